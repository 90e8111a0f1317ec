"""Kuaidi100's calls beside tracking: which carriers a number may be of, and turning a parcel back."""

import hashlib
from typing import Any

from simulator.catalogue import CARRIER_BY_CODE, CARRIERS
from simulator.providers import Answer, Call, Scene, json_answer, mapping
from simulator.providers._kuaidi100 import COMPANIES, KEY

SECRET = "DEMO-SECRET-100"
_RETURNS = frozenset({"RETURN_SEND_ADDR", "RETURN_SEND_STATION"})
_REFUSALS = {
    "unknown": "运单号不存在",
    "early": "快件未揽收，无法拦截",
    "late": "快件派送中或已签收，无法拦截",
    "again": "该运单已提交拦截，请勿重复提交",
}


def label_sign(param: str, t: str, key: str, secret: str) -> str:
    """Upper-case hex md5 over param + t + key + secret."""
    return hashlib.md5((param + t + key + secret).encode()).hexdigest().upper()


def recognise(scene: Scene, call: Call) -> Answer:
    """GET or POST /autonumber/auto: a list, best first; an error is an object."""
    asked = {**call.query, **call.form}
    number = asked.get("num", "").strip()
    if not asked.get("key"):
        return _error("701", "请求参数有误：缺少授权key")
    if asked["key"] != KEY:
        return _error("601", "key过期")
    if not 6 <= len(number) <= 32 or not number.isalnum():
        return _error("201", "单号格式错误")
    parcel = scene.parcel(number, scene.clock.now())
    right = scene.carrier(parcel) if parcel is not None else ""
    fitting = [
        one.code for one in CARRIERS if number.startswith(one.prefix) and len(number) == len(one.prefix) + one.digits
    ]
    codes = dict.fromkeys([right, *fitting] if right else fitting)
    return json_answer([_candidate(code, number, rank) for rank, code in enumerate(codes)])


def intercept(scene: Scene, call: Call) -> Answer:
    """POST /label/order with method=interceptOrder; taken is not yet intercepted."""
    form = {**call.query, **call.form}
    param, t = form.get("param", ""), form.get("t", "")
    if form.get("key") != KEY or form.get("sign", "") != label_sign(param, t, KEY, SECRET):
        return _frame(503, "验证签名失败")
    wanted = mapping(param)
    company, number = str(wanted.get("kuaidicom", "")), str(wanted.get("kuaidinum", "")).strip()
    if form.get("method") != "interceptOrder" or company not in COMPANIES or not number:
        return _frame(400, "提交的数据不完整")
    if wanted.get("interceptType") not in _RETURNS:
        return _frame(400, "该快递公司暂不支持此拦截类型")
    if scene.throttled():
        return _frame(504, "请求过于频繁，请稍后再试")
    refusal = scene.intercept(number, company)
    if refusal:
        return _frame(400, _REFUSALS[refusal])
    task = hashlib.md5(f"{number}:{wanted.get('orderId', '')}".encode()).hexdigest().upper()
    return _frame(200, "success", {"taskId": task, "kuaidicom": company, "kuaidinum": number})


def _candidate(code: str, number: str, rank: int) -> dict[str, Any]:
    return {
        "lengthPre": len(number),
        "comCode": code,
        "name": CARRIER_BY_CODE[code].name,
        "noPre": number[:6],
        "noCount": 24_000_000 // 10 ** (3 * rank),
    }


def _error(code: str, message: str) -> Answer:
    return json_answer({"returnCode": code, "message": message, "result": False})


def _frame(code: int, message: str, data: dict[str, Any] | None = None) -> Answer:
    """The frame of the e-waybill side, another than that of tracking."""
    return json_answer({"success": code == 200, "code": code, "message": message, "data": data})
