"""SF Express's gateway: EXP_RECE_SEARCH_ROUTES with its digest and its doubly encoded answer."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from simulator.instants import MINUTE, local_text
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import (
    Answer,
    Call,
    Post,
    Push,
    Pushes,
    Reply,
    Route,
    Scene,
    Subscription,
    json_answer,
    json_post,
    mapping,
    one_by_one,
    phone_fits,
)
from simulator.texts import CODES, wording
from simulator.tracks import Step
from simulator.world import Parcel

PARTNER = "DEMO-SF"
CHECKWORD = "demo-checkword-sf"
SEARCH_ROUTES = "EXP_RECE_SEARCH_ROUTES"
WANTED_INTERCEPT = "EXP_RECE_WANTED_INTERCEPT"
MOST_NUMBERS = 10
CARRIER = "shunfeng"
# Tried again three times, then dropped; how far apart is not documented.
MOST_RETRIES = 3
RETRY_AFTER = 10 * MINUTE
_FIELDS = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")
_REFUSALS = {
    "unknown": ("20001", "运单号不存在"),
    "early": ("20002", "运单未揽收，不能拦截"),
    "late": ("20003", "快件派送中或已签收，不能拦截"),
    "again": ("20004", "该运单已有拦截指令"),
}
_OUTER = {
    "A1000": "",
    "A1001": "必传参数不可为空",
    "A1004": "无对应服务权限",
    "A1005": "流量受控",
    "A1006": "数字签名无效",
}


def msg_digest(msg_data: str, timestamp: str, checkword: str) -> str:
    """base64 of the raw md5 over the Java-style url-encoded msgData + timestamp + checkword."""
    encoded = quote_plus(msg_data + timestamp + checkword, safe="*-._")
    # Java leaves * - . _ alone and writes ~ as %7E; Python leaves ~ alone.
    return base64.b64encode(hashlib.md5(encoded.replace("~", "%7E").encode()).digest()).decode()


def service(scene: Scene, call: Call) -> Answer:
    """POST /std/service. Refusals of the gateway are outer codes, refusals of the service inner ones; both in HTTP 200."""
    form = call.form
    if not all(form.get(name) for name in _FIELDS):
        return envelope(form.get("requestID", ""), "A1001")
    if form["partnerID"] != PARTNER or form["msgDigest"] != msg_digest(form["msgData"], form["timestamp"], CHECKWORD):
        return envelope(form.get("requestID", ""), "A1006")
    granted = {SEARCH_ROUTES: _routes, WANTED_INTERCEPT: _intercept}.get(form["serviceCode"])
    if granted is None:
        return envelope(form.get("requestID", ""), "A1004")
    if scene.throttled():
        return envelope(form.get("requestID", ""), "A1005")
    return envelope(form.get("requestID", ""), "A1000", granted(scene, form["msgData"]))


def _routes(scene: Scene, text: str) -> dict[str, Any]:
    try:
        wanted = json.loads(text)
        numbers = [str(number).strip() for number in wanted["trackingNumber"]]
        by_order = str(wanted.get("trackingType", "1")) == "2"
        phone = str(wanted.get("checkPhoneNo") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return inner("S0001", "非法的JSON格式")
    if not numbers or isinstance(wanted["trackingNumber"], str):
        return inner("S0002", "必填参数trackingNumber为空")
    if len(numbers) > MOST_NUMBERS:
        return inner("S0003", f"查询单号超过{MOST_NUMBERS}个")
    return inner(
        "S0000", None, {"routeResps": [_answer(scene, number, phone, by_order=by_order) for number in numbers]}
    )


def _answer(scene: Scene, number: str, phone: str, *, by_order: bool) -> dict[str, Any]:
    now = scene.clock.now()
    parcel = scene.world.parcel(number, now)
    if parcel is None or parcel.order.actual.code != CARRIER or by_order != (number == parcel.order.number):
        return {"mailNo": number, "routes": []}
    # The merchant's own account may ask without a telephone number; a number that is given must fit.
    if phone and not phone_fits(parcel.order, phone):
        return {"mailNo": parcel.number, "routes": []}
    return {"mailNo": parcel.number, "routes": scene.rows(_rows(parcel.order, scene.known(parcel, now)), parcel.number)}


def routes(parcel: Parcel, now: int) -> list[dict[str, str]]:
    """The scans that SF tells of, oldest first."""
    return _rows(parcel.order, parcel.known(now))


def _rows(order: Order, steps: Sequence[Step]) -> list[dict[str, str]]:
    rows = []
    for step in steps:
        op_code = CODES[step.kind].op_code
        if not op_code:
            continue
        city = CITIES[step.place[0]].name
        rows.append(_route(step.at, city, wording(order, step), op_code))
        if op_code == "80":
            rows.append(_route(step.at, city, "在官网“运单资料&签收图”,可查看签收人信息", "8000"))
    return rows


def _route(at: int, city: str, remark: str, op_code: str) -> dict[str, str]:
    return {"acceptAddress": city, "acceptTime": local_text(at), "remark": remark, "opCode": op_code}


def _intercept(scene: Scene, text: str) -> dict[str, Any]:
    """Send a parcel back (serviceCode 2); taken says nothing of whether it will be stopped in time."""
    wanted = mapping(text)
    if not wanted:
        return inner("S0001", "非法的JSON格式")
    missing = [name for name in ("waybillNo", "serviceCode", "role", "payMode") if not wanted.get(name)]
    if missing:
        return inner("S0002", f"必填参数{missing[0]}为空")
    if str(wanted["payMode"]) in ("3", "4") and not wanted.get("monthlyCardNo"):
        return inner("S0002", "必填参数monthlyCardNo为空")
    if str(wanted["serviceCode"]) != "2":
        return inner("20012", "该运单暂不支持此拦截类型")
    refusal = scene.intercept(str(wanted["waybillNo"]).strip(), CARRIER)
    return inner(*_REFUSALS[refusal]) if refusal else inner("S0000", None)


def inner(code: str, message: str | None, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the service itself says."""
    return {"success": code == "S0000", "errorCode": code, "errorMsg": message, "msgData": data}


def envelope(request_id: str, code: str, data: dict[str, Any] | None = None) -> Answer:
    """The gateway's envelope around it: the data is JSON inside JSON, as the real one sends it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data is not None else None
    identity = hashlib.md5(request_id.encode()).hexdigest().upper()
    return json_answer(
        {"apiErrorMsg": _OUTER[code], "apiResponseID": identity, "apiResultCode": code, "apiResultData": text}
    )


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """The newest route of a parcel of the account; SF signs no push."""
    return one_by_one(scene, subscription, now, _push, CARRIER)


def _push(parcel: Parcel, step: Step) -> Post | None:
    rows = [
        {
            "id": hashlib.md5(f"{parcel.number}:{row['acceptTime']}:{row['opCode']}".encode()).hexdigest()[:16],
            "mailno": parcel.number,
            "orderid": parcel.order.number,
            **row,
            "reasonCode": "",
            "reasonName": "",
        }
        for row in _rows(parcel.order, (step,))
    ]
    return json_post({"Body": {"WaybillRoute": rows}}) if rows else None


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """SF takes return_code 0000 for received."""
    said = reply.json
    return isinstance(said, dict) and said.get("return_code") == "0000"


ROUTES = (Route("POST", "/std/service", service),)
PUSHES = Pushes(compose, acknowledged, retries=(RETRY_AFTER,) * MOST_RETRIES, contract=frozenset({CARRIER}))
