"""Kuaidi100: real-time query and subscription, as its public documents and captures show them."""

from typing import Any
from urllib.parse import urlsplit

from simulator.providers import Answer, Call, Route, Scene, json_answer, mapping, phone_fits
from simulator.providers._kuaidi100 import (
    COMPANIES,
    CUSTOMER,
    DIGESTS,
    KEY,
    PHONE_REQUIRED,
    push_sign,
    query_sign,
    result,
)
from simulator.providers._kuaidi100_calls import SECRET, intercept, label_sign, recognise
from simulator.providers._kuaidi100_push import PUSHES

__all__ = ["CUSTOMER", "KEY", "PUSHES", "ROUTES", "SECRET", "label_sign", "push_sign", "query_sign", "result"]

MOST_QUERIES_A_DAY = 48


def query(scene: Scene, call: Call) -> Answer:
    """POST /poll/query.do. Every refusal is HTTP 200 with a returnCode."""
    form = call.form
    param = form.get("param", "")
    kind = form.get("signType") or "MD5"
    if (
        kind not in DIGESTS
        or form.get("customer") != CUSTOMER
        or form.get("sign", "") != query_sign(param, KEY, CUSTOMER, kind)
    ):
        return _refusal("503", "验证签名失败")
    wanted = mapping(param)
    company, number = str(wanted.get("com", "")), str(wanted.get("num", "")).strip()
    if not company or not 6 <= len(number) <= 32:
        return _refusal("400", "提交的数据不完整，或者贵公司没授权")
    if company not in COMPANIES:
        return _refusal("400", "不支持此快递公司")
    now = scene.clock.now()
    if scene.throttled() or scene.too_soon(f"{company}:{number}", MOST_QUERIES_A_DAY):
        return _refusal("504", "请求过于频繁，请稍后再查")
    parcel = scene.world.parcel(number, now)
    phone = str(wanted.get("phone", "") or "")
    if company in PHONE_REQUIRED and (not phone or (parcel is not None and not phone_fits(parcel.order, phone))):
        return _refusal("408", "验证码错误：请输入收、寄件人电话号码后四位")
    if parcel is None or parcel.number != number or scene.carrier(parcel) != company or not parcel.known(now):
        return _refusal("500", "查询无结果，请隔段时间再查")
    version = str(wanted.get("resultv2", "") or "0")
    return json_answer(result(scene, parcel, company, now, version, ascending=wanted.get("order") == "asc"))


def subscribe(scene: Scene, call: Call) -> Answer:
    """POST /poll."""
    code, asked = subscription(call.form)
    if code == "200" and not scene.subscribe(**asked):
        code = "501"
    return subscription_answer(code)


def subscription(form: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """(returnCode, what was asked for); 501 is for the register of subscriptions to find."""
    wanted = mapping(form.get("param", ""))
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


def _refusal(code: str, message: str) -> Answer:
    return json_answer({"result": False, "returnCode": code, "message": message})


ROUTES = (
    Route("POST", "/poll/query.do", query),
    Route("POST", "/poll", subscribe),
    Route("GET", "/autonumber/auto", recognise),
    Route("POST", "/autonumber/auto", recognise),
    Route("POST", "/label/order", intercept),
)
