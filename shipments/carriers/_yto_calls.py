"""YTO's open platform: how a call is signed, what its refusals mean, subscriptions and interceptions. Pure.

Protocol facts: the platform's documents (menu251, menu295) and code that uses them.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_noop

from shipments.answers import (
    Ask,
    Contract,
    Failure,
    Interception,
    NotAnAnswer,
    Recipient,
    Taken,
    Trouble,
    Wish,
    epoch_ms,
)
from shipments.carriers import _frames, _refusals
from shipments.carriers._shapes import compact, first, folded
from shipops.kit.wire import Request, Response

INTERCEPTS: frozenset[Wish] = frozenset({Wish.RETURN, Wish.REDIRECT})
ADDRESS = "https://openapi.yto.net.cn:11443"
VERSION = "v1"
QUERY, SUBSCRIBE = "track_query_adapter", "subscribe_adapter"
INTERCEPT, REDIRECT, WITHDRAW = "wanted_report_adapter", "wanted_change_adapter", "wanted_cancel_adapter"
PUSHED = "logistics_interface"
_FAILURES: dict[str, _refusals.Refusal] = {
    "1001": (Trouble.NO_DATA, None, False),
    "200010005": (Trouble.TRANSIENT, None, False),
    "200017004": (Trouble.CONFIG, None, False),
}
# Codes that stand for whatever is wrong with the call, or with the platform: the reason tells.
_CATCH_ALL = {"200010002": Trouble.TRANSIENT, "200010003": Trouble.CONFIG}
_YES = ("true", "1", "0", "200", "success", "ok")
_AGAIN = re.compile("重复|已订阅|已经订阅")


def sign(param: str, method: str, secret: str) -> str:
    """Return base64 of the raw MD5 over param, method, version and secret, as the open platform wants it."""
    return base64.b64encode(hashlib.md5((param + method + VERSION + secret).encode()).digest()).decode()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the track query of one waybill."""
    (ask,) = asks
    return _call(QUERY, {"NUMBER": ask.number}, contract, now)


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the wish to be pushed what happens to a waybill; where to is set in the console."""
    client = contract.credentials.get("user_no", "")
    inner = compact({"clientId": client, "waybillNo": ask.number})
    return _call(SUBSCRIBE, {"client_id": client, PUSHED: inner, "msg_type": "online"}, contract, now)


def encode_interception(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that has a parcel sent back or, with `to`, on to another address. YTO refuses a blank reason."""
    if wanted.wish is Wish.REDIRECT and wanted.to is not None:
        told = {"waybillNo": wanted.ask.number, **_to(wanted.to), "wantedDesc": wanted.reason or "更改地址"}
        return _call(REDIRECT, told, contract, now)
    return _call(INTERCEPT, {"waybillNo": wanted.ask.number, "wantedDesc": wanted.reason or "拦截退回"}, contract, now)


def encode_withdrawal(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that takes an interception back; decode_interception reads its answer."""
    return _call(WITHDRAW, {"waybillNo": wanted.ask.number, "dealRemark": wanted.reason or "取消拦截"}, contract, now)


def _to(recipient: Recipient) -> dict[str, str]:
    return {
        "receiverName": recipient.name,
        "receiverTel": recipient.phone,
        "receiveProvName": recipient.province,
        "receiveCityName": recipient.city,
        "receiveCountyName": recipient.district,
        "receiveAddress": recipient.street,
    }


def _call(method: str, wanted: Mapping[str, str], contract: Contract, now: datetime) -> Request:
    credentials = contract.credentials
    param = compact(wanted)
    body = {
        "timestamp": epoch_ms(now),
        "param": param,
        "sign": sign(param, method, credentials.get("secret", "")),
        "format": "JSON",
    }
    parts = (method, VERSION, credentials.get("app_code", ""), credentials.get("user_no", ""))
    path = "/open/" + "/".join(quote(part, safe="") for part in parts)
    url = (contract.base_url.rstrip("/") or ADDRESS) + path
    return Request("POST", url, {"Content-Type": "application/json;charset=UTF-8"}, compact(body).encode())


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it stands. It never stops the account: queries go on without it."""
    return _refusals.unless_already(_outcome(response), _AGAIN)


def decode_interception(response: Response) -> Taken | Failure:
    """Return that an interception (or its withdrawal) was taken, or why not. Its scans tell what became of it."""
    told = _outcome(response)
    if isinstance(told, Failure):
        return told
    cost = first(told, "fee", "amount")
    return Taken(first(told, "wantedid", "workorderno", "data"), Decimal(cost) if _is_sum(cost) else None)


def _is_sum(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,9}(?:\.\d{1,4})?", text))


def _outcome(response: Response) -> dict[str, str] | Failure:
    """Return what a call's answer says, or why it was refused."""
    try:
        value = _frames.outcome_of(response)
    except NotAnAnswer as error:
        return Failure(Trouble.TRANSIENT, str(error))
    told = in_short(value)
    if first(told, "success", "statuscode", "code").lower() in _YES:
        return told
    return failure_of(told)


def in_short(value: Any) -> dict[str, str]:
    """What an answer says in short, out of the one element that XML needs around it."""
    while isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), dict):
        (value,) = value.values()
    return folded(value) if isinstance(value, dict) else {}


def failure_of(told: Mapping[str, str], otherwise: Trouble = Trouble.TRANSIENT) -> Failure:
    """Return what a refusal means; `otherwise` where neither its code nor its words tell."""
    code = first(told, "code", "statuscode", "errorcode")
    message = first(told, "message", "reason", "msg", "statusmessage", "errormsg")
    if told.get("success", "").lower() == "false" or (not message and code):
        otherwise = Trouble.TRANSIENT
    otherwise = _CATCH_ALL.get(code, otherwise)
    nothing = gettext_noop("No scan yet") if otherwise is Trouble.NO_DATA else ""
    return _refusals.failure(code, message or nothing, _FAILURES, otherwise)
