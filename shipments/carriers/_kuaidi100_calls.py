"""Kuaidi100's calls beside tracking: whose number is this, and turn this parcel back. Pure.

Protocol facts: api.kuaidi100.com/document (dianzimiandanlanjie, autonumber) and the company's own demos and SDKs. The e-waybill
side (label/order) signs with a secret of its own and answers in its own frame; both frames are read wherever they come.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from shipments import bodies
from shipments.answers import Contract, Failure, Interception, Taken, Trouble, Wish, epoch_ms
from shipments.carriers._shapes import compact
from shipops.kit.wire import Request, Response

RECOGNITION_ADDRESS = "https://www.kuaidi100.com"
LABEL_ADDRESS = "https://api.kuaidi100.com"
INTERCEPTS: frozenset[Wish] = frozenset({Wish.RETURN, Wish.REDIRECT})

# Back to the sender's address (not to the outlet it was handed in at, which Kuaidi100 can ask for too), or to another address.
_WISHES = {Wish.RETURN: "RETURN_SEND_ADDR", Wish.REDIRECT: "MODIFY_ADDR"}
_SENDER = "1"
_RECOGNITION_FAILURES: dict[str, tuple[Trouble, bool]] = {
    "201": (Trouble.CONFIG, False),
    "400": (Trouble.CONFIG, False),
    "503": (Trouble.AUTH, True),
    "601": (Trouble.QUOTA, True),
    "701": (Trouble.AUTH, True),
}
_INTERCEPTION_FAILURES: dict[str, tuple[Trouble, bool]] = {
    "500": (Trouble.TRANSIENT, False),
    "501": (Trouble.TRANSIENT, False),
    "502": (Trouble.TRANSIENT, False),
    "503": (Trouble.AUTH, True),
    "600": (Trouble.AUTH, True),
    "601": (Trouble.QUOTA, True),
}


def sign(*parts: str) -> str:
    """Return the upper-case hex MD5 over the parts as they stand, the signature of all of Kuaidi100's calls."""
    return hashlib.md5("".join(parts).encode()).hexdigest().upper()


def post(contract: Contract, address: str, path: str, fields: Mapping[str, str]) -> Request:
    """Return a form for `path`, at the contract's own address if it has one."""
    url = (contract.base_url.rstrip("/") or address) + path
    return Request("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode())


def encode_recognition(number: str, contract: Contract, now: datetime) -> Request:
    """Return the question which carrier a number is of."""
    asked = {"num": number, "key": contract.credentials.get("key", "")}
    return post(contract, RECOGNITION_ADDRESS, "/autonumber/auto", asked)


def decode_recognition(response: Response) -> tuple[str, ...] | Failure:
    """Return the carriers a number may be of, the likeliest first. An error is an object where the answer is a list."""
    value = _value(response)
    if isinstance(value, Failure):
        return value
    told = value.get("auto") if isinstance(value, dict) else value
    if told is None:
        if "auto" in value or value.get("comCode"):
            return (str(value["comCode"]).strip().lower(),) if value.get("comCode") else _NOBODY
        return _failure(value, _RECOGNITION_FAILURES)
    codes = (str(row.get("comCode") or "").strip().lower() for row in bodies.rows(told) if isinstance(row, dict))
    return tuple(dict.fromkeys(code for code in codes if code)) or _NOBODY


def encode_interception(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the wish to turn a parcel back, or to send it to another address; its result is told by callback, too."""
    given = contract.credentials
    param: dict[str, object] = {
        "kuaidicom": wanted.ask.carrier,
        "kuaidinum": wanted.ask.number,
        "interceptType": _WISHES[wanted.wish],
        "orderId": wanted.reference,
        "orderRole": _SENDER,
        "interceptPayType": "MONTHLY",
        "reason": wanted.reason,
        "salt": contract.salt,
        "callbackUrl": contract.callback_url,
        "partnerId": given.get("partner_id", ""),
        "partnerKey": given.get("partner_key", ""),
    }
    if wanted.to is not None:
        to = wanted.to
        address = "".join(dict.fromkeys((to.province, to.city, to.district, to.street)))
        param["recManInfo"] = {"name": to.name, "mobile": to.phone, "printAddr": address}
    text, key, stamp = compact(param), given.get("key", ""), epoch_ms(now)
    fields = {
        "method": "interceptOrder",
        "key": key,
        "t": stamp,
        "param": text,
        "sign": sign(text, stamp, key, given.get("secret", "")),
    }
    return post(contract, LABEL_ADDRESS, "/label/order", fields)


def decode_interception(response: Response) -> Taken | Failure:
    """Return that Kuaidi100 has handed the wish on to the carrier, or why not."""
    value = _value(response)
    if isinstance(value, Failure):
        return value
    if not isinstance(value, dict):
        return Failure(Trouble.TRANSIENT, "The body is JSON, but not the answer to an interception")
    code = _code(value)
    said = value.get("result", value.get("success"))
    if code == "200" and said not in (False, "false"):
        data = value.get("data")
        if isinstance(data, str):
            data = (bodies.rows(data) or [{}])[0]
        told = data if isinstance(data, dict) else {}
        reference = told.get("taskId") or told.get("orderId") or told.get("thirdOrderId") or ""
        return Taken(str(reference), _money(told.get("freight") or told.get("fee")))
    # Codes that are not of the whole service are about this parcel: asking again changes nothing.
    return _failure(value, _INTERCEPTION_FAILURES, Trouble.CONFIG if code else Trouble.TRANSIENT)


_NOBODY = Failure(Trouble.NO_DATA, "No carrier was recognised")
_BACK_OFF = timedelta(minutes=30)


def _value(response: Response) -> Any:
    """The JSON of an answer, or the passing failure that stands in its place."""
    if response.status != 200:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}")
    try:
        value = bodies.json_value(bodies.decoded(response.body)[0])
    except ValueError:
        return Failure(Trouble.TRANSIENT, "The body is not JSON")
    return value if isinstance(value, dict | list) else Failure(Trouble.TRANSIENT, "The body is JSON, but no answer")


def _code(value: Mapping[str, Any]) -> str:
    return str(value.get("returnCode") or value.get("code") or value.get("status") or "")


def _failure(
    value: Mapping[str, Any], table: Mapping[str, tuple[Trouble, bool]], otherwise: Trouble = Trouble.TRANSIENT
) -> Failure:
    code = _code(value)
    trouble, account_wide = table.get(code, (otherwise, False))
    message = f"{code} {value.get('message') or value.get('msg') or ''}".strip()
    if code == "504":
        return Failure(Trouble.THROTTLE, message, _BACK_OFF)
    return Failure(trouble, message, None, account_wide)


def _money(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
