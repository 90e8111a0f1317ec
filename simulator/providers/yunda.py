"""Yunda's open platform: track query, subscription and pushes of single scans, all signed in a header.

Its documents name the fields, the signature and the actions, but no codes of refusals and no times of retries: those here are
made up. A number that was never subscribed is not told of.
"""

import hashlib
from typing import Any

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
    compact,
    json_answer,
    json_post,
    mapping,
    one_by_one,
)
from simulator.texts import site, wording
from simulator.tracks import Step
from simulator.world import Parcel

APP_KEY = "DEMO-YUNDA"
SIGNING_KEY = "demo-secret-yunda"
CARRIER = "yunda"
RETRIES = (5 * MINUTE, 15 * MINUTE, 60 * MINUTE)
# Kind of scan → (action, status of the parcel with it). Yunda tells no order notices.
ACTIONS = {
    "picked": ("GOT", "GOT"),
    "left": ("DEPARTURE", "TRANSIT"),
    "arrived": ("ARRIVAL", "TRANSIT"),
    "reached": ("ARRIVAL", "TRANSIT"),
    "outlet": ("ARRIVAL", "TRANSIT"),
    "held": ("ISSUE", "TRANSIT"),
    "weather": ("ISSUE", "TRANSIT"),
    "damaged": ("ISSUE", "TRANSIT"),
    "out": ("SENT", "TRANSIT"),
    "unreachable": ("SIGNFAIL", "SIGNFAIL"),
    "absent": ("SIGNFAIL", "SIGNFAIL"),
    "refused": ("REJECTION", "SIGNFAIL"),
    "stored": ("INBOUND", "TRANSIT"),
    "uncollected": ("ISSUE", "TRANSIT"),
    "collected": ("SIGNED", "SIGNED"),
    "signed": ("SIGNED", "SIGNED"),
    "signed_by": ("SIGNED", "SIGNED"),
    "signed_after": ("SIGNED", "SIGNED"),
    "intercepted": ("ISSUE", "RETURN"),
    "returning": ("RETURN", "RETURN"),
    "return_arrived": ("ARRIVAL", "RETURN"),
    "return_left": ("DEPARTURE", "RETURN"),
    "return_signed": ("SIGNED", "RETURN"),
}
_SIGNERS = {
    "signed": "本人",
    "signed_after": "本人",
    "signed_by": "家人",
    "collected": "本人",
    "return_signed": "寄件方",
}


def sign(body: bytes, secret: str) -> str:
    """Lower-case hex md5 over the body, an underscore and the secret."""
    return hashlib.md5(body + b"_" + secret.encode()).hexdigest()


def query(scene: Scene, call: Call) -> Answer:
    """POST /openapi/outer/logictis/query (spelt so)."""
    refused = _refusal(scene, call)
    if refused is not None:
        return refused
    number = str(mapping(call.body).get("mailno") or "").strip()
    if not number:
        return _envelope("1002", "参数错误：mailno不能为空")
    now = scene.clock.now()
    data: dict[str, Any] = {"mailno": number, "result": False, "time": local_text(now), "status": "", "steps": []}
    if not scene.register.follows(scene.provider, "", number):
        return _envelope("0000", "请求成功", data | {"remark": "运单未订阅"})
    parcel = scene.parcel(number, now, CARRIER)
    rows = [row(parcel.order, step) for step in scene.known(parcel, now) if step.kind in ACTIONS] if parcel else []
    if not rows:
        return _envelope("0000", "请求成功", data | {"remark": "无数据"})
    data |= {"result": True, "remark": "", "status": rows[-1]["status"], "steps": scene.rows(rows, number)}
    return _envelope("0000", "请求成功", data)


def subscribe(scene: Scene, call: Call) -> Answer:
    """POST /openapi/outer/logictis/subscribe: the address to push to is the account's."""
    refused = _refusal(scene, call)
    if refused is not None:
        return refused
    orders = mapping(call.body).get("orders")
    if not isinstance(orders, list) or not orders:
        return _envelope("1002", "参数错误：orders不能为空")
    said = []
    for order in orders:
        wanted = order if isinstance(order, dict) else {}
        number = str(wanted.get("mailno") or "").strip()
        taken = bool(number) and scene.subscribe(number, orderid=str(wanted.get("orderid") or ""))
        remark = "" if taken else "重复订阅" if number else "运单号不能为空"
        said.append({"orderid": wanted.get("orderid"), "mailno": number, "result": taken, "remark": remark})
    return _envelope("0000", "请求成功", said)


def row(order: Order, step: Step) -> dict[str, Any]:
    """One step of a track, with the fields that the platform documents."""
    action, status = ACTIONS[step.kind]
    onward: dict[str, Any] = {"next": None, "next_name": None, "next_type": None, "next_city": None}
    if step.to is not None:
        onward = {
            "next": _code(step.to[0], hub=step.to_hub),
            "next_name": site(order.actual, step.to, hub=step.to_hub),
            "next_type": 2 if step.to_hub else 1,
            "next_city": CITIES[step.to[0]].name,
        }
    return {
        "time": local_text(step.at),
        "status": status,
        "action": action,
        "city": CITIES[step.place[0]].name,
        "station": _code(step.place[0], hub=step.hub),
        "station_name": site(order.actual, step.place, hub=step.hub),
        "station_type": 2 if step.hub else 1,
        "description": wording(order, step),
        "phone": "",
        "signer": _SIGNERS.get(step.kind),
        **onward,
    }


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """One scan a push, with the number and our id of the order."""

    def make(parcel: Parcel, step: Step) -> Post | None:
        if step.kind not in ACTIONS:
            return None
        value = {
            "partner_id": APP_KEY,
            "orderid": subscription.data.get("orderid", ""),
            "mailno": parcel.number,
            **row(parcel.order, step),
        }
        signature = sign(compact(value).encode(), scene.secret(SIGNING_KEY))
        return json_post(value, {"app-key": APP_KEY, "sign": signature, "req-time": str(now * 1000)})

    return one_by_one(scene, subscription, now, make, CARRIER)


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """Yunda takes its own envelope that says yes for received."""
    said = reply.json
    return isinstance(said, dict) and said.get("result") is True


def _refusal(scene: Scene, call: Call) -> Answer | None:
    if call.headers.get("app-key") != APP_KEY:
        return _envelope("1001", "app-key不存在")
    if call.headers.get("sign") != sign(call.body, SIGNING_KEY):
        return _envelope("1003", "签名错误")
    if not call.headers.get("req-time", "").isdigit():
        return _envelope("1002", "参数错误：req-time不能为空")
    if scene.throttled():
        return _envelope("1004", "请求过于频繁，请稍后再试")
    return None


def _envelope(code: str, message: str, data: object = None) -> Answer:
    return json_answer({"result": code == "0000", "code": code, "message": message, "data": data})


def _code(city: int, *, hub: bool) -> int:
    return int(CITIES[city].code) + (0 if hub else 3)


ROUTES = (
    Route("POST", "/openapi/outer/logictis/query", query),
    Route("POST", "/openapi/outer/logictis/subscribe", subscribe),
)
PUSHES = Pushes(compose, acknowledged, retries=RETRIES)
