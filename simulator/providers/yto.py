"""YTO's open platform: track query, subscription, interception, and the classic push of one scan as a signed XML form."""

import base64
import hashlib
import re
from typing import Any
from xml.sax.saxutils import escape

from simulator.instants import MINUTE, local_text
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
    form_post,
    json_answer,
    mapping,
    one_by_one,
)
from simulator.texts import site, wording
from simulator.tracks import Step
from simulator.world import Parcel

APP_CODE = "DEMOyt"
USER = "K-DEMO"
KEY = "demo-secret-yto"
PUSH_KEY = "demo-push-yto"
CARRIER = "yuantong"
# Tried again three times, then dropped; how far apart is not documented.
RETRIES = (10 * MINUTE, 30 * MINUTE, 120 * MINUTE)
QUERY, SUBSCRIBE = "track_query_adapter", "subscribe_adapter"
INTERCEPT, REDIRECT, WITHDRAW = "wanted_report_adapter", "wanted_change_adapter", "wanted_cancel_adapter"
# Kind of scan → infoContent. What the platform has no code for it tells in words alone, and does not push.
_CODES = {
    "picked": "GOT",
    "left": "DEPARTURE",
    "arrived": "ARRIVAL",
    "reached": "ARRIVAL",
    "outlet": "ARRIVAL",
    "out": "SENT_SCAN",
    "stored": "INBOUND",
    "collected": "SIGNED",
    "signed": "SIGNED",
    "signed_by": "SIGNED",
    "signed_after": "SIGNED",
    "unreachable": "FAILED",
    "absent": "FAILED",
    "refused": "FAILED",
    "returning": "TMS_RETURN",
    "return_arrived": "ARRIVAL",
    "return_left": "DEPARTURE",
    "return_signed": "SIGNED",
}
_ACKNOWLEDGEMENT = re.compile(
    rb"\s*<Response>\s*<logisticProviderID>YTO</logisticProviderID>\s*<txLogisticID>[^<]+</txLogisticID>\s*"
    rb"<success>true</success>\s*</Response>\s*"
)
# The carrier knows nothing of a parcel that it has not got yet.
_UNTOLD = "waiting"
_NOT_TAKEN = {
    "unknown": "运单号不存在",
    "early": "快件未揽收，不能拦截",
    "late": "快件已签收，不能拦截",
    "again": "重复上报拦截",
}


def sign(param: str, method: str, version: str, secret: str) -> str:
    """base64 of the raw md5 over param + method + version + secret."""
    return base64.b64encode(hashlib.md5((param + method + version + secret).encode()).digest()).decode()


def digest(document: str, secret: str) -> str:
    """base64 of the raw md5 over the pushed document + secret."""
    return base64.b64encode(hashlib.md5((document + secret).encode()).digest()).decode()


def open_api(scene: Scene, call: Call) -> Answer:
    """POST /open/<method>/<version>/<app code>/<user>: JSON with a param that is JSON again, signed."""
    parts = call.path.split("/")
    if len(parts) != 6 or parts[2] not in _METHODS or parts[3] != "v1":
        return refusal(200010003, "接口不存在")
    _, _, method, version, app, user = parts
    if (app, user) != (APP_CODE, USER):
        return refusal(200010003, "客户编码不存在")
    sent = mapping(call.body)
    param = str(sent.get("param", ""))
    if not str(sent.get("timestamp", "")).isdigit() or sent.get("format") != "JSON":
        return refusal(200010003, "timestamp或format不规范")
    if sent.get("sign") != sign(param, method, version, KEY):
        return refusal(200010003, "签名错误")
    if scene.throttled():
        return refusal(200010002, "请求过于频繁，请稍后再试")
    return _METHODS[method](scene, mapping(param))


def _query(scene: Scene, wanted: dict[str, Any]) -> Answer:
    number, now = str(wanted.get("NUMBER") or wanted.get("Number") or "").strip(), scene.clock.now()
    if not number:
        return refusal(200010003, "NUMBER不能为空; ")
    parcel = scene.parcel(number, now, CARRIER)
    steps = [step for step in scene.known(parcel, now) if step.kind != _UNTOLD] if parcel else []
    if parcel is None or not steps:
        return json_answer({"map": {number: []}, "code": "1001", "success": "true", "message": "查询结果为空。"})
    return json_answer(scene.rows([_row(parcel, step) for step in steps], number))


def _row(parcel: Parcel, step: Step) -> dict[str, Any]:
    city = CITIES[step.place[0]]
    return {
        "waybill_No": parcel.number,
        "upload_Time": local_text(step.at),
        "infoContent": _CODES.get(step.kind, ""),
        "processInfo": wording(parcel.order, step),
        "city": city.name,
        "district": "" if step.hub else city.districts[step.place[1]][0],
        "weight": 0.68,
    }


def _subscribe(scene: Scene, wanted: dict[str, Any]) -> Answer:
    inner = mapping(str(wanted.get("logistics_interface", "")))
    number = str(inner.get("waybillNo", "")).strip()
    if wanted.get("client_id") != USER or inner.get("clientId") != USER or wanted.get("msg_type") != "online":
        return refusal(200010003, "client_id不合法")
    if not number:
        return refusal(200010003, "waybillNo不能为空; ")
    if not scene.subscribe(number, CARRIER):
        return refusal(200010005, "重复订阅")
    return json_answer({"success": True, "code": "200", "message": "订阅成功"})


def _intercept(scene: Scene, wanted: dict[str, Any]) -> Answer:
    number = str(wanted.get("waybillNo", "")).strip()
    if not number or not str(wanted.get("wantedDesc", "")).strip():
        return refusal(200010003, "waybillNo或wantedDesc不能为空; ")
    why = scene.intercept(number, CARRIER)
    return json_answer({"statusCode": -1 if why else 0, "statusMessage": _NOT_TAKEN.get(why, "成功")})


def _not_here(scene: Scene, wanted: dict[str, Any]) -> Answer:
    """Redirections and withdrawals: this world turns parcels back, and for good."""
    return json_answer({"statusCode": -1, "statusMessage": "该网点不受理更址和取消"})


def refusal(code: int, reason: str) -> Answer:
    """How the platform says no, in HTTP 200."""
    return json_answer({"success": False, "code": code, "reason": reason})


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """The newest scan of a subscribed number, to the address that is set in the platform's console."""

    def make(parcel: Parcel, step: Step) -> Post | None:
        if step.kind not in _CODES:
            return None
        document = _update(parcel, step)
        fields = {"logistics_interface": document, "data_digest": digest(document, scene.secret(PUSH_KEY))}
        return form_post(fields | {"clientId": USER, "type": "online"})

    return one_by_one(scene, subscription, now, make, CARRIER)


def _update(parcel: Parcel, step: Step) -> str:
    row = _row(parcel, step)
    told = {
        "logisticProviderID": "YTO",
        "clientID": USER,
        "txLogisticID": parcel.order.number,
        "mailNo": parcel.number,
        "infoType": "STATUS",
        "infoContent": row["infoContent"],
        "acceptTime": f"{row['upload_Time']}.0 CST",
        "city": row["city"],
        "district": row["district"],
        "orgName": site(parcel.order.actual, step.place, hub=step.hub),
        "weight": "0.68",
        "remark": row["processInfo"],
    }
    return (
        "<UpdateInfo>"
        + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in told.items())
        + "</UpdateInfo>"
    )


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """YTO wants its own name, its order number and success back, in XML."""
    return _ACKNOWLEDGEMENT.fullmatch(reply.body) is not None


_METHODS = {
    QUERY: _query,
    SUBSCRIBE: _subscribe,
    INTERCEPT: _intercept,
    REDIRECT: _not_here,
    WITHDRAW: _not_here,
}
ROUTES = (Route("POST", "/open/", open_api, prefix=True),)
PUSHES = Pushes(compose, acknowledged, retries=RETRIES)
