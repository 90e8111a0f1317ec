"""STO's link gateway: how a call is signed, what its refusals mean, subscriptions and interceptions. Pure.

Protocol facts: open.sto.cn and code that uses it.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_noop

from shipments.answers import Ask, Contract, Failure, Interception, NotAnAnswer, Recipient, Taken, Trouble, Wish
from shipments.carriers import _frames, _refusals
from shipments.carriers._shapes import compact, first, folded
from shipops.kit.wire import Request, Response

INTERCEPTS: frozenset[Wish] = frozenset({Wish.RETURN, Wish.REDIRECT})
ADDRESS = "https://cloudinter-linkgatewayonline.sto.cn"
QUERY, SUBSCRIBE = "STO_TRACE_QUERY_COMMON", "STO_TRACE_PLATFORM_SUBSCRIBE"
INTERCEPT, WITHDRAW = "INTERCEPT_CREATE_STANDARD", "INTERCEPT_DEL_STANDARD"
_RECEIVERS = {
    QUERY: "sto_trace_query",
    SUBSCRIBE: "sto_trace_platform",
    INTERCEPT: "reverse-center",
    WITHDRAW: "reverse-center",
}
_AGAIN = re.compile("重复|已订阅|已经订阅|已存在")


def digest(content: bytes, secret: str) -> str:
    """Return data_digest: base64 of the raw MD5 over the content's bytes and the secret key."""
    return base64.b64encode(hashlib.md5(content + secret.encode()).digest()).decode()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the track query of up to ten waybills."""
    return _call(QUERY, {"order": "desc", "waybillNoList": [ask.number for ask in asks]}, contract)


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the wish to be pushed what happens to a waybill; where to is set on STO's platform."""
    return _call(SUBSCRIBE, {"subscribeInfoList": [{"waybillNo": ask.number}]}, contract)


def encode_interception(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that has a parcel sent back or, with `to`, on to another address."""
    told: dict[str, Any] = {"waybillNo": wanted.ask.number, "interceptForAct": "DEFAULT"}
    if wanted.wish is Wish.REDIRECT and wanted.to is not None:
        told |= _to(wanted.to)
    return _call(INTERCEPT, told, contract)


def encode_withdrawal(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that takes an interception back; decode_interception reads its answer."""
    return _call(WITHDRAW, {"waybillNo": wanted.ask.number}, contract)


def _to(recipient: Recipient) -> dict[str, str]:
    return {
        "receiverName": recipient.name,
        "receiverTel": recipient.phone,
        "receiverProvince": recipient.province,
        "receiverCity": recipient.city,
        "receiverArea": recipient.district,
        "receiverAddress": recipient.street,
    }


def _call(api: str, wanted: Mapping[str, Any], contract: Contract) -> Request:
    credentials = contract.credentials
    content = compact(wanted)
    app_key = credentials.get("app_key", "")
    fields = {
        "content": content,
        "data_digest": digest(content.encode(), credentials.get("secret_key", "")),
        "api_name": api,
        "from_appkey": app_key,
        "from_code": credentials.get("from_code") or app_key,
        "to_appkey": _RECEIVERS[api],
        "to_code": _RECEIVERS[api],
    }
    url = (contract.base_url.rstrip("/") or ADDRESS) + "/gateway/link.do"
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    return Request("POST", url, headers, urlencode(fields).encode())


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it stands. It never stops the account: queries go on without it."""
    return _refusals.unless_already(_outcome(response), _AGAIN)


def decode_interception(response: Response) -> Taken | Failure:
    """Return that an interception (or its withdrawal) was taken, or why not. Its scans tell what became of it."""
    told = _outcome(response)
    return told if isinstance(told, Failure) else Taken(first(told, "interceptno", "interceptid", "bizno", "data"))


def _outcome(response: Response) -> dict[str, str] | Failure:
    """Return what a call's answer says, or why it was refused."""
    try:
        value = unwrapped(_frames.outcome_of(response))
    except NotAnAnswer as error:
        return Failure(Trouble.TRANSIENT, str(error))
    told = folded(value) if isinstance(value, dict) else {}
    if told.get("success", "").lower() != "true":
        return failure_of({"success": "false"} | told)
    inner = value.get("data")
    return told | folded(inner) if isinstance(inner, dict) else told


def unwrapped(value: Any) -> Any:
    inner = value.get("response") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else value


def failure_of(told: Mapping[str, str]) -> Failure:
    """Success is the text "true"; an answer that succeeds and brings nothing has nothing yet."""
    code, message = told.get("errorcode", ""), first(told, "errormsg", "message", "msg")
    if told.get("success", "true").lower() == "true" or told.get("succeed") == "1":
        return Failure(Trouble.NO_DATA, message or gettext_noop("No scan yet"))
    return _refusals.failure(code, message, {}, Trouble.TRANSIENT)
