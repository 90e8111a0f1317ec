"""J&T's open platform as it is in China: track query of up to thirty numbers, subscription, pushes of single scans.

Retries of a push are not documented: three here, made up. Interception is left out, as no public source tells how it is called.
"""

import base64
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
    form_post,
    json_answer,
    mapping,
    one_by_one,
)
from simulator.texts import COURIER, COURIER_PHONE, OUTLET_PHONE, site, wording
from simulator.tracks import Step
from simulator.world import Parcel

API_ACCOUNT = "178337126125932605"
PRIVATE_KEY = "demo-private-key-jt"
CARRIER = "jtexpress"
MOST_NUMBERS = 30
MOST_SUBSCRIBED = 1000
RETRIES = (5 * MINUTE, 15 * MINUTE, 60 * MINUTE)
# Kind of scan → (type of scan, its node, type of problem). J&T tells no order notices.
SCANS = {
    "picked": ("快件揽收", "1", ""),
    "left": ("发件扫描", "3", ""),
    "arrived": ("到件扫描", "4", ""),
    "reached": ("到件扫描", "4", ""),
    "outlet": ("到件扫描", "4", ""),
    "held": ("留仓件入仓", "13", ""),
    "weather": ("问题件扫描", "11", "A27"),
    "damaged": ("问题件扫描", "11", "A8"),
    "out": ("出仓扫描", "5", ""),
    "unreachable": ("问题件扫描", "11", "A9"),
    "absent": ("问题件扫描", "11", "A13"),
    "refused": ("问题件扫描", "11", "A2"),
    "stored": ("入库扫描", "6", ""),
    "uncollected": ("问题件扫描", "11", "A21"),
    "collected": ("快件签收", "10", ""),
    "signed": ("快件签收", "10", ""),
    "signed_by": ("快件签收", "10", ""),
    "signed_after": ("快件签收", "10", ""),
    "intercepted": ("拦截件扫描", "13", ""),
    "returning": ("退件扫描", "14", ""),
    "return_arrived": ("到件扫描", "4", ""),
    "return_left": ("发件扫描", "3", ""),
    "return_signed": ("退件签收", "14", ""),
}
_MESSAGES = {
    "1": "success",
    "145003010": "API account does not exist",
    "145003030": "headers signature verification failed",
    "145003050": "Illegal parameters",
    "145003053": "timestamp is empty!",
    "145003502": "运单号个数超过30",
    "145009001": "请求过于频繁，请稍后再试",
}


def digest(content: str, key: str) -> str:
    """base64 of the raw md5 over bizContent and the private key."""
    return base64.b64encode(hashlib.md5((content + key).encode()).digest()).decode()


def trace(scene: Scene, call: Call) -> Answer:
    """POST …/logistics/trace: a number that is nobody's, or not yet scanned, is left out of the answer."""
    refused = _refusal(scene, call)
    if refused is not None:
        return refused
    told = mapping(call.form["bizContent"]).get("billCodes")
    numbers = [number.strip() for number in str(told or "").split(",") if number.strip()]
    if not numbers:
        return _envelope("145003050")
    if len(numbers) > MOST_NUMBERS:
        return _envelope("145003502")
    now = scene.clock.now()
    tracks: list[dict[str, Any]] = []
    for number in numbers:
        parcel = scene.parcel(number, now, CARRIER)
        known = [step for step in scene.known(parcel, now) if step.kind in SCANS] if parcel is not None else []
        if parcel is not None and known:
            rows = [row(parcel.order, step) for step in reversed(known)]
            tracks.append({"billCode": number, "details": scene.rows(rows, number)})
    return _envelope("1", tracks)


def subscribe(scene: Scene, call: Call) -> Answer:
    """POST …/trace/subscribe: the address to push to is the account's. A number that is followed already stays so."""
    refused = _refusal(scene, call)
    if refused is not None:
        return refused
    wanted = mapping(call.form["bizContent"])
    rows = wanted.get("list")
    if str(wanted.get("Id")) != API_ACCOUNT or not isinstance(rows, list) or not 0 < len(rows) <= MOST_SUBSCRIBED:
        return _envelope("145003050")
    for one in rows:
        number = str(one.get("waybillCode") or "").strip() if isinstance(one, dict) else ""
        if not number:
            return _envelope("145003050")
        scene.subscribe(number, nodes=str(one.get("traceNode") or ""))
    return _envelope("1")


def row(order: Order, step: Step) -> dict[str, Any]:
    """One detail of a track. problemReason repeats the type of a normal scan, as the real one does."""
    scan, _, problem = SCANS[step.kind]
    city = CITIES[step.place[0]]
    detail: dict[str, Any] = {
        "scanTime": local_text(step.at),
        "desc": wording(order, step),
        "scanType": scan,
        "scanNetworkTypeName": "中心" if step.hub else "网点",
        "scanNetworkName": site(order.actual, step.place, hub=step.hub),
        "scanNetworkId": int(city.code),
        "scanNetworkContact": OUTLET_PHONE,
        "scanNetworkProvince": city.province,
        "scanNetworkCity": city.name,
        "scanNetworkArea": city.districts[step.place[1]][0],
        "staffName": COURIER,
        "staffContact": COURIER_PHONE,
        "problemReason": scan,
    }
    if step.to is not None:
        detail["nextStopName"] = site(order.actual, step.to, hub=step.to_hub)
    if problem:
        detail["problemType"] = problem
    return detail


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """One scan a push, of the nodes that were subscribed."""
    nodes = str(subscription.data.get("nodes", "")).split("&")

    def make(parcel: Parcel, step: Step) -> Post | None:
        if step.kind not in SCANS or SCANS[step.kind][1] not in nodes:
            return None
        detail = {"billCode": parcel.number, **row(parcel.order, step)}
        content = compact({"billCode": parcel.number, "txlogisticId": parcel.order.number, "details": [detail]})
        signature = digest(content, scene.secret(PRIVATE_KEY))
        headers = {"apiAccount": API_ACCOUNT, "digest": signature, "timestamp": str(now * 1000)}
        return form_post({"bizContent": content}, headers)

    return one_by_one(scene, subscription, now, make, CARRIER)


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """J&T takes code 1 for received."""
    said = reply.json
    return isinstance(said, dict) and said.get("code") == "1"


def _refusal(scene: Scene, call: Call) -> Answer | None:
    content = call.form.get("bizContent", "")
    if call.headers.get("apiaccount") != API_ACCOUNT:
        return _envelope("145003010")
    if call.headers.get("digest") != digest(content, PRIVATE_KEY):
        return _envelope("145003030")
    if not call.headers.get("timestamp", "").isdigit():
        return _envelope("145003053")
    return _envelope("145009001") if scene.throttled() else None


def _envelope(code: str, data: object = None) -> Answer:
    return json_answer({"code": code, "msg": _MESSAGES[code], "data": data})


_BASE = "/webopenplatformapi/api"
ROUTES = (
    Route("POST", f"{_BASE}/logistics/trace", trace),
    Route("POST", f"{_BASE}/trace/subscribe", subscribe),
)
PUSHES = Pushes(compose, acknowledged, retries=RETRIES)
