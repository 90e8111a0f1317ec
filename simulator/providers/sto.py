"""STO's link gateway: track query, subscription and interception through one address, and its signed single-scan push."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

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
    compact,
    form_post,
    json_answer,
    mapping,
    one_by_one,
)
from simulator.texts import COURIER, COURIER_PHONE, OUTLET_PHONE, site, wording
from simulator.tracks import Step
from simulator.world import Parcel

APP_KEY = "CAK-DEMO"
KEY = "demo-secret-sto"
CARRIER = "shentong"
MOST_NUMBERS = 100
# A push that is not acknowledged in time is sent again; how often and how far apart is not documented.
RETRIES = (5 * MINUTE, 15 * MINUTE, 60 * MINUTE)
# Kind of scan → scanType.
_TYPES = {
    "picked": "收件",
    "left": "发件",
    "arrived": "到件",
    "reached": "到件",
    "outlet": "到件",
    "held": "留仓件",
    "weather": "问题件",
    "damaged": "问题件",
    "out": "派件",
    "stored": "驿站代收",
    "uncollected": "问题件",
    "collected": "驿站出库",
    "signed": "签收",
    "signed_by": "签收",
    "signed_after": "签收",
    "unreachable": "问题件",
    "absent": "问题件",
    "refused": "问题件",
    "intercepted": "退回件",
    "returning": "退回件",
    "return_arrived": "到件",
    "return_left": "发件",
    "return_signed": "签收",
}
_ISSUES = {
    "damaged": "外包装破损",
    "weather": "台风天气",
    "unreachable": "电话联系不上",
    "absent": "收件人外出，约定改日派送",
    "refused": "客户拒收",
}
_SIGNERS = {"signed": "本人", "signed_after": "本人", "signed_by": "家人", "return_signed": "寄件方"}
_NOT_TAKEN = {
    "unknown": "运单号不存在",
    "early": "快件未揽收，不可拦截",
    "late": "快件已签收，不可拦截",
    "again": "重复拦截",
}


def digest(content: str, secret: str) -> str:
    """base64 of the raw md5 over content + secret key."""
    return base64.b64encode(hashlib.md5((content + secret).encode()).digest()).decode()


def link(scene: Scene, call: Call) -> Answer:
    """POST /gateway/link.do: what is wanted is the api_name, who is to do it the to_code; all in HTTP 200."""
    form = call.form
    content = form.get("content", "")
    receiver, handler = _APIS.get(form.get("api_name", ""), ("", _nothing))
    if form.get("from_appkey") != APP_KEY or form.get("from_code") != APP_KEY:
        return said("S03", "未授权的from_appkey")
    if not receiver or form.get("to_appkey") != receiver or form.get("to_code") != receiver:
        return said("S04", "api_name或to_code不合法")
    if form.get("data_digest") != digest(content, KEY):
        return said("S02", "签名校验不通过")
    if scene.throttled():
        return said("S08", "访问频率超限，请稍后再试")
    return handler(scene, mapping(content))


def said(code: str, message: str) -> Answer:
    """A refusal: success is the text "false"."""
    return json_answer({"success": "false", "errorCode": code, "errorMsg": message, "needRetry": "false", "data": None})


def done(data: Any) -> Answer:
    """An answer that succeeded: success is the text "true"."""
    return json_answer({"success": "true", "errorCode": None, "errorMsg": None, "needRetry": None, "data": data})


def _nothing(scene: Scene, wanted: dict[str, Any]) -> Answer:
    return said("S04", "api_name不合法")


def _query(scene: Scene, wanted: dict[str, Any]) -> Answer:
    numbers = wanted.get("waybillNoList")
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_NUMBERS:
        return said("S05", "waybillNoList不能为空，且不超过100个")
    newest_first = wanted.get("order", "desc") != "asc"
    return done({str(number): _rows(scene, str(number), newest_first=newest_first) for number in numbers})


def _rows(scene: Scene, number: str, *, newest_first: bool) -> list[dict[str, Any]]:
    now = scene.clock.now()
    parcel = scene.parcel(number, now, CARRIER)
    if parcel is None:
        return []
    rows = [_row(parcel, step) for step in scene.known(parcel, now) if step.kind in _TYPES]
    return scene.rows(rows[::-1] if newest_first else rows, number)


def _row(parcel: Parcel, step: Step) -> dict[str, Any]:
    city, carrier = CITIES[step.place[0]], parcel.order.actual
    return {
        "waybillNo": parcel.number,
        "opTime": local_text(step.at),
        "opOrgName": site(carrier, step.place, hub=step.hub),
        "opOrgCode": f"{city.code}{step.place[1]:02}",
        "opOrgProvinceName": city.province,
        "opOrgCityName": city.name,
        "opOrgTel": OUTLET_PHONE,
        "opEmpName": COURIER,
        "scanType": _TYPES[step.kind],
        "weight": "0.68",
        "memo": wording(parcel.order, step),
        "bizEmpName": COURIER if step.kind in ("picked", "out") else "",
        "bizEmpPhone": COURIER_PHONE if step.kind in ("picked", "out") else "",
        "nextOrgName": site(carrier, step.to, hub=step.to_hub) if step.to else "",
        "issueName": _ISSUES.get(step.kind, ""),
        "signoffPeople": _SIGNERS.get(step.kind, ""),
    }


def _subscribe(scene: Scene, wanted: dict[str, Any]) -> Answer:
    asked = wanted.get("subscribeInfoList")
    numbers = (
        [str(one.get("waybillNo", "")).strip() for one in asked if isinstance(one, dict)]
        if isinstance(asked, list)
        else []
    )
    if not numbers or not all(numbers):
        return said("S05", "subscribeInfoList不能为空")
    taken = [scene.subscribe(number, CARRIER) for number in numbers]
    return done(None) if any(taken) else said("400", "重复订阅")


def _intercept(scene: Scene, wanted: dict[str, Any]) -> Answer:
    number = str(wanted.get("waybillNo", "")).strip()
    if not number or not wanted.get("interceptForAct"):
        return said("S05", "waybillNo或interceptForAct不能为空")
    if wanted.get("receiverAddress"):
        return said("400", "该网点不受理改址")
    why = scene.intercept(number, CARRIER)
    return said("400", _NOT_TAKEN[why]) if why else done({"waybillNo": number})


def _withdraw(scene: Scene, wanted: dict[str, Any]) -> Answer:
    """This world turns parcels back for good."""
    return said("400", "拦截已执行，不可取消")


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """The newest scan of a subscribed number, to the address that is set on STO's platform."""

    def make(parcel: Parcel, step: Step) -> Post | None:
        if step.kind not in _TYPES:
            return None
        trace = _row(parcel, step)
        number = trace.pop("waybillNo")
        trace["outBizCode"] = hashlib.md5(f"{number}:{step.at}:{step.kind}".encode()).hexdigest()
        content = compact({"waybillNo": number, "linkCode": parcel.order.number, "trace": trace})
        fields = {"content": content, "data_digest": digest(content, scene.secret(KEY))}
        sender = {"from_appkey": "sto_trace_platform", "from_code": "sto_trace_platform"}
        return form_post(
            fields | sender | {"api_name": "STO_TRACE_PLATFORM_PUSH", "to_appkey": APP_KEY, "to_code": APP_KEY}
        )

    return one_by_one(scene, subscription, now, make, CARRIER)


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """STO wants success as a text, the waybill back and no wish to be told again."""
    told = reply.json
    data = told.get("data") if isinstance(told, dict) else None
    return (
        isinstance(data, dict)
        and told["success"] == "true"
        and data.get("waybillNo") == subscription.number
        and data.get("needRetry") is False
    )


_APIS: dict[str, tuple[str, Callable[[Scene, dict[str, Any]], Answer]]] = {
    "STO_TRACE_QUERY_COMMON": ("sto_trace_query", _query),
    "STO_TRACE_PLATFORM_SUBSCRIBE": ("sto_trace_platform", _subscribe),
    "INTERCEPT_CREATE_STANDARD": ("reverse-center", _intercept),
    "INTERCEPT_DEL_STANDARD": ("reverse-center", _withdraw),
}
ROUTES = (Route("POST", "/gateway/link.do", link),)
PUSHES = Pushes(compose, acknowledged, retries=RETRIES)
