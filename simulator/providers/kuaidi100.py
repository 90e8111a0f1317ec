"""Kuaidi100: real-time query, subscription and the callback's signature, as its public documents and captures show them."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from simulator.catalogue import CARRIER_BY_CODE, SHOP_BY_CODE
from simulator.instants import DAY, local_text
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import Answer, Scene, json_answer, struck
from simulator.texts import CODES, wording
from simulator.tracks import Step
from simulator.world import Parcel

CUSTOMER = "DEMO-CUSTOMER"
KEY = "DEMO-KEY-100"
ACKNOWLEDGEMENT = {"result": True, "returnCode": "200", "message": "成功"}
PHONE_REQUIRED = frozenset({"shunfeng", "shunfengkuaiyun", "zhongtong"})
# Known company codes; the others are refused as the real service refuses a misspelt one.
COMPANIES = frozenset({*CARRIER_BY_CODE, "shunfengkuaiyun", "youzhengguonei", "jd", "debangkuaidi", "huitongkuaidi"})
MOST_QUERIES_A_DAY = 48
# Seconds; a caller that waits exactly as long as it must may not fail by a delay on the way.
_GRACE = 5
_DIGESTS = {"MD5": hashlib.md5, "SHA256": hashlib.sha256}


@dataclass
class Gate:
    """Remembers when each number was asked for, to refuse what comes too often."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: dict[str, list[int]] = field(default_factory=dict)

    def refuses(self, key: str, now: int, interval: float) -> bool:
        """True if `key` was let through less than `interval` virtual seconds ago, or 48 times within a day."""
        if not interval:
            return False
        with self._lock:
            recent = [at for at in self._asked.get(key, ()) if now - DAY < at <= now]
            if recent and (now - recent[-1] < interval - _GRACE or len(recent) >= MOST_QUERIES_A_DAY):
                return True
            self._asked[key] = [*recent, now]
            return False


def query_sign(param: str, key: str, customer: str, kind: str = "MD5") -> str:
    """Upper-case hex digest over param + key + customer."""
    return _DIGESTS[kind]((param + key + customer).encode()).hexdigest().upper()


def push_sign(param: str, salt: str) -> str:
    """Upper-case hex md5 over param + salt."""
    return hashlib.md5((param + salt).encode()).hexdigest().upper()


def query(scene: Scene, gate: Gate, form: dict[str, str]) -> Answer:
    """POST /poll/query.do. Every refusal is HTTP 200 with a returnCode."""
    answer = struck(scene)
    if answer is not None:
        return answer
    param = form.get("param", "")
    kind = form.get("signType") or "MD5"
    if (
        kind not in _DIGESTS
        or form.get("customer") != CUSTOMER
        or form.get("sign", "") != query_sign(param, KEY, CUSTOMER, kind)
    ):
        return _refusal("503", "验证签名失败")
    wanted = _mapping(param)
    company, number = str(wanted.get("com", "")), str(wanted.get("num", "")).strip()
    if not company or not 6 <= len(number) <= 32:
        return _refusal("400", "提交的数据不完整，或者贵公司没授权")
    if company not in COMPANIES:
        return _refusal("400", "不支持此快递公司")
    now = scene.clock.now()
    if scene.faults.strikes("throttle") or gate.refuses(
        f"{company}:{number}", now, scene.faults.seconds("min_interval")
    ):
        return _refusal("504", "请求过于频繁，请稍后再查")
    parcel = scene.world.parcel(number, now)
    phone = str(wanted.get("phone", "") or "")
    if company in PHONE_REQUIRED and (not phone or (parcel is not None and not phone_fits(parcel.order, phone))):
        return _refusal("408", "验证码错误：请输入收、寄件人电话号码后四位")
    if parcel is None or parcel.number != number or parcel.order.actual.code != company or not parcel.known(now):
        return _refusal("500", "查询无结果，请隔段时间再查")
    version = str(wanted.get("resultv2", "") or "0")
    return json_answer(result(scene, parcel, company, now, version, ascending=wanted.get("order") == "asc"))


def subscription(form: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """POST /poll: (returnCode, what was asked for); 501 is for the register of subscriptions to find."""
    wanted = _mapping(form.get("param", ""))
    given = wanted.get("parameters")
    parameters: dict[str, Any] = given if isinstance(given, dict) else {}
    callback = urlsplit(str(parameters.get("callbackurl", "")))
    number, company = str(wanted.get("number", "")).strip(), str(wanted.get("company", ""))
    asked = {
        "company": company,
        "number": number,
        "callback": callback.geturl(),
        "salt": str(parameters.get("salt", "") or ""),
        "version": str(parameters.get("resultv2", "") or "0"),
        "phone": str(parameters.get("phone", "") or ""),
        "auto": str(parameters.get("autoCom", "") or "0") == "1",
    }
    if wanted.get("key") != KEY:
        return "600", asked
    if callback.scheme not in ("http", "https") or not callback.hostname or not 6 <= len(number) <= 32:
        return "700", asked
    if not company and not asked["auto"]:
        return "702", asked
    if company and company not in COMPANIES:
        return "701", asked
    return "200", asked


def subscription_answer(code: str) -> Answer:
    """The reply to a subscription."""
    texts = {
        "200": "提交成功",
        "500": "服务器错误",
        "501": "重复订阅",
        "600": "您不是合法的订阅者",
        "700": "订阅方的订阅数据存在错误",
        "701": "拒绝订阅的快递公司",
        "702": "识别不到该单号对应的快递公司",
    }
    return json_answer({"result": code == "200", "returnCode": code, "message": texts[code]})


def phone_fits(order: Order, phone: str) -> bool:
    """The last four digits (after the dash of a virtual number) are the buyer's or the shop's."""
    tail = phone.strip()[-4:]
    return tail in (order.phone_tail, SHOP_BY_CODE[order.shop].sender_phone[-4:])


def result(
    scene: Scene, parcel: Parcel, company: str, now: int, version: str, *, ascending: bool = False
) -> dict[str, Any]:
    """The body that a query answers and a push carries as lastResult."""
    steps = parcel.known(now)
    advanced = version in ("4", "8")
    rows = [_row(parcel.order, step, version) for step in reversed(steps)]
    if ascending:
        rows.reverse()
    newest = CODES[steps[-1].kind]
    finished = newest.state in ("3", "4")
    body: dict[str, Any] = {
        "message": "ok",
        "nu": parcel.number,
        "ischeck": "1" if finished else "0",
        "condition": "F00" if finished else "00",
        "com": company,
        "status": "200",
        "state": newest.code if advanced else newest.state,
        "data": scene.faults.disturbed(rows, parcel.number),
    }
    if advanced:
        body["routeInfo"] = _route(parcel, steps)
        body["isLoop"] = False
    return body


def empty_result(company: str, number: str) -> dict[str, Any]:
    """lastResult of a subscription that found nothing."""
    return {
        "message": "快递公司参数异常：单号不存在或者已经过期",
        "nu": number,
        "ischeck": "0",
        "condition": "",
        "com": company,
        "status": "201",
        "state": "0",
        "data": [],
    }


def _row(order: Order, step: Step, version: str) -> dict[str, Any]:
    code, city, at = CODES[step.kind], CITIES[step.place[0]], local_text(step.at)
    row: dict[str, Any] = {"time": at, "context": wording(order, step), "ftime": at}
    if version == "0":
        return row
    district, district_code = city.districts[step.place[1]]
    row["areaCode"] = f"CN{city.code if step.hub else district_code}000000"
    row["areaName"] = f"{city.province_short},{city.name}" + ("" if step.hub else f",{district}")
    if version == "1":
        row["status"] = code.name
        return row
    row.update(
        status=code.code_name,
        statusCode=code.code,
        areaCenter=f"{city.lon:.3f},{city.lat:.3f}",
        areaPinYin=city.pinyin,
        location=f"{city.province_short} {city.name}",
    )
    return row


def _route(parcel: Parcel, steps: tuple[Step, ...]) -> dict[str, Any]:
    places = [parcel.order.origin, steps[-1].place, parcel.order.dest]
    named = [
        {"number": f"CN{CITIES[city].code}000000", "name": f"{CITIES[city].province_short},{CITIES[city].name}"}
        for city, _ in places
    ]
    return {"from": named[0], "cur": named[1], "to": named[2]}


def _mapping(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refusal(code: str, message: str) -> Answer:
    return json_answer({"result": False, "returnCode": code, "message": message})
