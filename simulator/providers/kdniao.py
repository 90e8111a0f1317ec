"""Kdniao: query, subscription, number recognition and pushes, as its documents and captures show them.

Paid requests (8001, 8008) tell the state of every scan, free ones (1002, 1008) their words alone. A subscription names no
address: pushes go to the account's.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from simulator.catalogue import CARRIERS
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
    phone_fits,
    whole_list,
)
from simulator.texts import wording
from simulator.tracks import Step
from simulator.world import Parcel

BUSINESS_ID = "DEMO-KDNIAO"
KEY = "demo-key-kdniao"
SHIPPERS = {
    "YTO": "yuantong",
    "ZTO": "zhongtong",
    "STO": "shentong",
    "YD": "yunda",
    "JTSD": "jtexpress",
    "SF": "shunfeng",
    "EMS": "ems",
}
_SHIPPER_OF = {code: shipper for shipper, code in SHIPPERS.items()}
_NAMES = {carrier.code: carrier.name for carrier in CARRIERS}
_PHONE_REQUIRED = frozenset({"shunfeng", "zhongtong"})
# Kind of scan → Action; the State of the whole is its first digit.
ACTIONS = {
    "waiting": "10",
    "picked": "1",
    "left": "2",
    "arrived": "204",
    "reached": "201",
    "outlet": "205",
    "held": "417",
    "weather": "4",
    "damaged": "414",
    "out": "202",
    "unreachable": "416",
    "absent": "405",
    "stored": "211",
    "uncollected": "412",
    "collected": "301",
    "signed": "301",
    "signed_by": "304",
    "signed_after": "302",
    "refused": "404",
    "intercepted": "413",
    "returning": "407",
    "return_arrived": "407",
    "return_left": "407",
    "return_signed": "406",
}
_PAID = frozenset({"8001", "8008"})


def data_sign(data: str, key: str) -> str:
    """base64 of the hex md5 over data and key; the form encodes it for the URL."""
    return base64.b64encode(hashlib.md5((data + key).encode()).hexdigest().encode()).decode()


def handle(scene: Scene, call: Call) -> Answer:
    """POST /Ebusiness/EbusinessOrderHandle.aspx: queries and recognition."""
    refused = _refused(scene, call)
    if refused is not None:
        return refused
    wanted, asked = mapping(call.form.get("RequestData", "")), call.form.get("RequestType", "")
    if asked == "2002":
        return _recognise(str(wanted.get("LogisticCode", "")))
    if asked not in ("8001", "1002"):
        return _refusal("请求指令类型错误，参数RequestType")
    shipper, number = str(wanted.get("ShipperCode", "")), str(wanted.get("LogisticCode", "")).strip()
    company = SHIPPERS.get(shipper)
    if company is None:
        return _refusal("快递公司编码错误")
    phone = str(wanted.get("CustomerName") or "")
    if company in _PHONE_REQUIRED and not phone:
        return _refusal("CustomerName不能为空，请输入收寄件人手机号后四位")
    now = scene.clock.now()
    parcel = scene.world.parcel(number, now)
    if parcel is None or parcel.number != number or scene.carrier(parcel) != company or not parcel.known(now):
        return json_answer(_nothing(shipper, number))
    if company in _PHONE_REQUIRED and not phone_fits(parcel.order, phone):
        return json_answer(_nothing(shipper, number))
    return json_answer(result(scene, parcel, scene.known(parcel, now), paid=asked in _PAID))


def subscribe(scene: Scene, call: Call) -> Answer:
    """POST /api/dist. A number that is followed already is followed on."""
    refused = _refused(scene, call)
    if refused is not None:
        return refused
    wanted, asked = mapping(call.form.get("RequestData", "")), call.form.get("RequestType", "")
    number = str(wanted.get("LogisticCode", "")).strip()
    if asked not in ("8008", "1008"):
        return _refusal("请求指令类型错误，参数RequestType")
    if wanted.get("ShipperCode") not in SHIPPERS:
        return _refusal("快递公司编码错误")
    if not number:
        return _refusal("物流单号LogisticCode不能为空")
    phone = str(wanted.get("CustomerName") or "")
    scene.subscribe(number, str(wanted["ShipperCode"]), phone=phone, paid=asked in _PAID)
    return json_answer({
        "EBusinessID": BUSINESS_ID,
        "UpdateTime": local_text(scene.clock.now()),
        "Success": True,
        "Reason": "",
    })  # fmt: skip


def result(scene: Scene, parcel: Parcel, steps: Sequence[Step], *, paid: bool) -> dict[str, Any]:
    """One track, oldest first, as a query answers it and a push carries it."""
    newest = ACTIONS[steps[-1].kind]
    told: dict[str, Any] = {
        "EBusinessID": BUSINESS_ID,
        "OrderCode": "",
        "ShipperCode": _SHIPPER_OF[scene.carrier(parcel)],
        "LogisticCode": parcel.number,
        "Success": True,
        "Reason": None,
        "State": newest[0],
        "Traces": scene.rows([_row(parcel, step, paid=paid) for step in steps], parcel.number),
    }
    if paid:
        told |= {"StateEx": newest, "Location": CITIES[steps[-1].place[0]].name}
    return told


def _row(parcel: Parcel, step: Step, *, paid: bool) -> dict[str, Any]:
    row = {"AcceptTime": local_text(step.at), "AcceptStation": wording(parcel.order, step), "Remark": None}
    return row | ({"Action": ACTIONS[step.kind], "Location": CITIES[step.place[0]].name} if paid else {})


def _nothing(shipper: str, number: str) -> dict[str, Any]:
    return {
        "EBusinessID": BUSINESS_ID,
        "ShipperCode": shipper,
        "LogisticCode": number,
        "Success": False,
        "Reason": "暂无轨迹信息",
        "State": "0",
        "Traces": [],
    }


def _recognise(number: str) -> Answer:
    fitting = [
        carrier
        for carrier in CARRIERS
        if number.startswith(carrier.prefix) and len(number) == len(carrier.prefix) + carrier.digits
    ]
    shippers = [{"ShipperCode": _SHIPPER_OF[one.code], "ShipperName": _NAMES[one.code]} for one in fitting]
    head = {"EBusinessID": BUSINESS_ID, "LogisticCode": number, "Success": bool(shippers), "Code": "100"}
    return json_answer(head | {"Shippers": shippers})


def _refused(scene: Scene, call: Call) -> Answer | None:
    form = call.form
    if form.get("EBusinessID") != BUSINESS_ID:
        return _refusal("用户ID不存在")
    if form.get("DataSign") != data_sign(form.get("RequestData", ""), KEY):
        return _refusal("数据签名验证失败")
    return _refusal("请求过于频繁，请稍后再试") if scene.throttled() else None


def _refusal(reason: str) -> Answer:
    return json_answer({"EBusinessID": BUSINESS_ID, "Success": False, "Reason": reason})


def _compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    company = SHIPPERS[subscription.company]
    paid = bool(subscription.data.get("paid"))

    def make(parcel: Parcel, steps: tuple[Step, ...]) -> Post:
        track = result(scene, parcel, steps, paid=paid) | {"CallBack": "", "EstimatedDeliveryTime": ""}
        data = compact({"EBusinessID": BUSINESS_ID, "Count": "1", "PushTime": local_text(now), "Data": [track]})
        return form_post({
            "RequestData": data,
            "EBusinessID": BUSINESS_ID,
            "RequestType": "102" if paid else "101",
            "DataSign": data_sign(data, scene.secret(KEY)),
            "DataType": "2",
        })  # fmt: skip

    parcel = scene.parcel(subscription.number, now, company)
    if company in _PHONE_REQUIRED and parcel and not phone_fits(parcel.order, str(subscription.data.get("phone", ""))):
        return Push(None, None)
    return whole_list(scene, subscription, now, make, company)


def _acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """Kdniao wants its own id back, a time and a true Success."""
    said = reply.json if isinstance(reply.json, dict) else {}
    timed = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(said.get("UpdateTime")))
    return said.get("Success") is True and said.get("EBusinessID") == BUSINESS_ID and timed is not None


ROUTES = (
    Route("POST", "/Ebusiness/EbusinessOrderHandle.aspx", handle),
    Route("POST", "/api/dist", subscribe),
)
# The documents promise repetition and give no times; these are ours.
PUSHES = Pushes(_compose, _acknowledged, retries=(15 * MINUTE, HOUR, 4 * HOUR))
