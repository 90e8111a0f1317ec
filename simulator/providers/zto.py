"""ZTO's open platform: track query, subscription (at the address it misspells), single-scan pushes, interception.

The query and the pushes have vocabularies of their own; ARRIVAL is a locker in the one and a hub in the other. A subscription
names no address: pushes go to the account's.
"""

import base64
import hashlib
from typing import Any

from simulator.catalogue import CARRIER_BY_CODE
from simulator.instants import HOUR, MINUTE, local_text
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
    phone_fits,
)
from simulator.texts import COURIER, COURIER_PHONE, OUTLET_PHONE, site, wording
from simulator.tracks import SIGNED, Step
from simulator.world import Parcel

APP_KEY = "DEMO-ZTO"
SIGN_KEY = "demo-secret-zto"
CARRIER = "zhongtong"
# Kind of scan → (scanType of an answer, action of a push); '' = ZTO does not tell it.
CODES = {
    "waiting": ("", ""),
    "picked": ("收件", "GOT"),
    "left": ("发件", "DEPARTURE"),
    "arrived": ("到件", "ARRIVAL"),
    "reached": ("到件", "ARRIVAL"),
    "outlet": ("到件", "ARRIVAL"),
    "held": ("问题件", "PROBLEM"),
    "weather": ("问题件", "PROBLEM"),
    "damaged": ("问题件", "PROBLEM"),
    "out": ("派件", "DISPATCH"),
    "unreachable": ("问题件", "PROBLEM"),
    "absent": ("问题件", "PROBLEM"),
    "stored": ("ARRIVAL", "INBOUND"),
    "uncollected": ("问题件", "PROBLEM"),
    "collected": ("SIGNED", "DEPARTURE_SIGNED"),
    "signed": ("签收", "SIGNED"),
    "signed_by": ("签收", "SIGNED"),
    "signed_after": ("签收", "SIGNED"),
    "refused": ("问题件", "PROBLEM"),
    "intercepted": ("退件", "RETURN_SCAN"),
    "returning": ("退件", "RETURN_SCAN"),
    "return_arrived": ("到件", "ARRIVAL"),
    "return_left": ("发件", "DEPARTURE"),
    "return_signed": ("退件签收", "RETURN_SIGNED"),
}
_REFUSALS = {
    "S206": "api qos limit",
    "S208": "billCode不能为空",
    "S210": "无权限访问",
    "S211": "签名错误",
    "E409": "鉴权失败,收寄人电话号码校验不一致",
    "E413": "鉴权失败,请输入收寄人任一方电话号码后4位",
    "E416": "不符合中通运单号规则校验",
}
_NO_INTERCEPTION = {
    "unknown": "运单不存在",
    "early": "运单未揽收，无法拦截",
    "late": "运单已签收，无法拦截",
    "again": "该运单已存在拦截任务",
}


def digest(data: bytes, secret: str) -> str:
    """base64 of the raw md5 over the bytes and the secret."""
    return base64.b64encode(hashlib.md5(data + secret.encode()).digest()).decode()


def query(scene: Scene, call: Call) -> Answer:
    """POST /zto.merchant.waybill.track.query."""
    code, parcel = _allowed(scene, call)
    if code:
        return _refusal(code)
    now = scene.clock.now()
    steps = scene.known(parcel, now) if parcel is not None else ()
    told = [scan(parcel, step) for step in steps if CODES[step.kind][0]] if parcel is not None else []
    return _yes(scene.rows(told, parcel.number if parcel is not None else ""), "操作成功")


def subscribe(scene: Scene, call: Call) -> Answer:
    """POST /zto.merchant.waybill.track.subsrcibe; a number that is followed already is followed on."""
    code, _ = _allowed(scene, call)
    if code:
        return _refusal(code)
    scene.subscribe(str(mapping(call.body)["billCode"]).strip())
    return _yes(None, "操作成功")


def intercept(scene: Scene, call: Call) -> Answer:
    """POST /thirdcenter.createIntercept: back to the sender (2); other addresses are not kept here."""
    code = _signed(scene, call)
    if code:
        return _refusal(code)
    wanted = mapping(call.body)
    if not all(wanted.get(name) for name in ("billCode", "requestId", "destinationType")):
        return _refusal("S208")
    if wanted["destinationType"] != 2:
        return _no("暂不支持该拦截类型")
    why = scene.intercept(str(wanted["billCode"]), CARRIER)
    return (
        _no(_NO_INTERCEPTION[why]) if why else json_answer(_frame({"bizNo": f"LJ{wanted['billCode']}"}, "成功", "data"))
    )


def withdraw(scene: Scene, call: Call) -> Answer:
    """POST /thirdcenter.cancelIntercept: what has been taken is carried out."""
    code = _signed(scene, call)
    if code:
        return _refusal(code)
    return _no("拦截已执行，无法取消") if _standing(scene, call) else _no("拦截任务不存在")


def inquire(scene: Scene, call: Call) -> Answer:
    """POST /thirdcenter.queryInterceptAndReturnStatus."""
    code = _signed(scene, call)
    if code:
        return _refusal(code)
    standing = _standing(scene, call)
    if not standing:
        return _no("拦截任务不存在")
    number = mapping(call.body).get("billCode")
    status = {"billCode": number, "serviceCode": "INTERCEPT", "status": "1", "statusName": standing}
    return json_answer(_frame(status, "成功", "data"))


def _standing(scene: Scene, call: Call) -> str:
    now = scene.clock.now()
    parcel = scene.parcel(str(mapping(call.body).get("billCode", "")), now, CARRIER)
    if parcel is None or not any(step.kind == "intercepted" for step in parcel.steps):
        return ""
    return "拦截成功" if any(step.kind == "intercepted" for step in parcel.known(now)) else "拦截中"


def scan(parcel: Parcel, step: Step) -> dict[str, Any]:
    """One scan as the query answers it; its time is in milliseconds."""
    city, order = CITIES[step.place[0]], parcel.order
    return {
        "billCode": parcel.number,
        "scanType": CODES[step.kind][0],
        "scanDate": step.at * 1000,
        "desc": wording(order, step),
        "scanSite": {
            "name": site(order.actual, step.place, hub=step.hub),
            "code": city.code,
            "phone": OUTLET_PHONE,
            "prov": city.province,
            "city": city.name,
            "isCenter": "T" if step.hub else "F",
        },
        "preOrNextSite": {"name": site(order.actual, step.to, hub=step.to_hub)} if step.to else None,
        "signMan": "本人" if step.kind in SIGNED else "",
        "operateUser": COURIER,
        "operateUserPhone": COURIER_PHONE,
    }


def trace(parcel: Parcel, step: Step) -> dict[str, Any]:
    """One scan as it is pushed."""
    city, order = CITIES[step.place[0]], parcel.order
    told: dict[str, Any] = {
        "billCode": parcel.number,
        "action": CODES[step.kind][1],
        "actionTime": local_text(step.at),
        "city": city.name,
        "facilityCode": city.code,
        "facilityName": site(order.actual, step.place, hub=step.hub),
        "desc": wording(order, step),
    }
    if step.to:
        told |= {"nextCity": CITIES[step.to[0]].name, "nextNodeName": site(order.actual, step.to, hub=step.to_hub)}
    if CODES[step.kind][1] == "SIGNED":
        told["expressSigner"] = "本人"
    return told


def _signed(scene: Scene, call: Call) -> str:
    """Why a call is refused before it is read; blank = it is not."""
    if call.headers.get("x-appkey") != APP_KEY:
        return "S210"
    if call.headers.get("x-datadigest") != digest(call.body, SIGN_KEY):
        return "S211"
    return "S206" if scene.throttled() else ""


def _allowed(scene: Scene, call: Call) -> tuple[str, Parcel | None]:
    """(why a call about a waybill is refused, the parcel); nobody's number is refused by its form alone."""
    code = _signed(scene, call)
    if code:
        return code, None
    wanted = mapping(call.body)
    number, phone = str(wanted.get("billCode") or "").strip(), str(wanted.get("mobilePhone") or "")
    carrier = CARRIER_BY_CODE[CARRIER]
    if not number:
        return "S208", None
    if not number.startswith(carrier.prefix) or len(number) != len(carrier.prefix) + carrier.digits:
        return "E416", None
    if not phone:
        return "E413", None
    parcel = scene.parcel(number, scene.clock.now(), CARRIER)
    if parcel is not None and not phone_fits(parcel.order, phone):
        return "E409", None
    return "", parcel


def _frame(told: Any, message: str, name: str = "result") -> dict[str, Any]:
    return {name: told, "message": message, "status": True, "statusCode": "SYS000"}


def _yes(told: Any, message: str) -> Answer:
    return json_answer(_frame(told, message))


def _refusal(code: str) -> Answer:
    return json_answer({"result": None, "message": _REFUSALS[code], "status": False, "statusCode": code})


def _no(message: str) -> Answer:
    return json_answer({"data": None, "message": message, "status": False, "statusCode": "9999"})


def _compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    def make(parcel: Parcel, step: Step) -> Post | None:
        if not CODES[step.kind][1]:
            return None
        data = compact(trace(parcel, step))
        sign = digest(data.encode(), scene.secret(SIGN_KEY))
        return form_post({"data": data, "data_digest": sign, "msg_type": "Traces", "company_id": APP_KEY})

    return one_by_one(scene, subscription, now, make, CARRIER)


def _acknowledged(reply: Reply, subscription: Subscription) -> bool:
    return isinstance(reply.json, dict) and reply.json.get("status") is True


ROUTES = (
    Route("POST", "/zto.merchant.waybill.track.query", query),
    Route("POST", "/zto.merchant.waybill.track.subsrcibe", subscribe),
    Route("POST", "/thirdcenter.createIntercept", intercept),
    Route("POST", "/thirdcenter.cancelIntercept", withdraw),
    Route("POST", "/thirdcenter.queryInterceptAndReturnStatus", inquire),
)
# ZTO repeats what is not acknowledged and publishes no times; these are ours.
PUSHES = Pushes(_compose, _acknowledged, retries=(10 * MINUTE, HOUR, 4 * HOUR))
