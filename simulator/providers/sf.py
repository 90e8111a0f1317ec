"""SF Express's gateway: EXP_RECE_SEARCH_ROUTES with its digest and its doubly encoded answer."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

from simulator.instants import local_text
from simulator.places import CITIES
from simulator.providers import Answer, Scene, json_answer, struck
from simulator.providers.kuaidi100 import phone_fits
from simulator.texts import CODES, wording
from simulator.world import Parcel

PARTNER = "DEMO-SF"
CHECKWORD = "demo-checkword-sf"
SERVICE = "EXP_RECE_SEARCH_ROUTES"
MOST_NUMBERS = 10
_FIELDS = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")
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


def service(scene: Scene, form: dict[str, str]) -> Answer:
    """POST /std/service. Refusals of the gateway are outer codes, refusals of the service inner ones; both in HTTP 200."""
    answer = struck(scene)
    if answer is not None:
        return answer
    if not all(form.get(name) for name in _FIELDS):
        return envelope(form.get("requestID", ""), "A1001")
    if form["partnerID"] != PARTNER or form["msgDigest"] != msg_digest(form["msgData"], form["timestamp"], CHECKWORD):
        return envelope(form.get("requestID", ""), "A1006")
    if form["serviceCode"] != SERVICE:
        return envelope(form.get("requestID", ""), "A1004")
    if scene.faults.strikes("throttle"):
        return envelope(form.get("requestID", ""), "A1005")
    return envelope(form.get("requestID", ""), "A1000", _routes(scene, form["msgData"]))


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
    if parcel is None or parcel.order.actual.code != "shunfeng" or by_order != (number == parcel.order.number):
        return {"mailNo": number, "routes": []}
    # The merchant's own account may ask without a telephone number; a number that is given must fit.
    if phone and not phone_fits(parcel.order, phone):
        return {"mailNo": parcel.number, "routes": []}
    return {"mailNo": parcel.number, "routes": scene.faults.disturbed(routes(parcel, now), parcel.number)}


def routes(parcel: Parcel, now: int) -> list[dict[str, str]]:
    """The scans that SF tells of, oldest first."""
    rows = []
    for step in parcel.known(now):
        op_code = CODES[step.kind].op_code
        if not op_code:
            continue
        city = CITIES[step.place[0]].name
        rows.append(_route(step.at, city, wording(parcel.order, step), op_code))
        if op_code == "80":
            rows.append(_route(step.at, city, "在官网“运单资料&签收图”,可查看签收人信息", "8000"))
    return rows


def _route(at: int, city: str, remark: str, op_code: str) -> dict[str, str]:
    return {"acceptAddress": city, "acceptTime": local_text(at), "remark": remark, "opCode": op_code}


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
