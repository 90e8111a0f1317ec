"""ZTO 中通 (the open platform): track query, subscription, single-scan pushes, interception. Pure.

Protocol facts: ZTO's documents, its SDKs and pushes kept by integrators. The subscription's address is misspelt by ZTO itself.
Where pushes go is set in ZTO's console, not in the subscription.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments.answers import (
    Answer,
    Ask,
    Contract,
    Failure,
    Field,
    Interception,
    Kind,
    NotAnAnswer,
    Taken,
    Trouble,
    Wish,
    answered,
)
from shipments.carriers import _frames, _refusals, _shapes, _zto
from shipments.carriers._envelopes import framed
from shipments.carriers._shapes import Keyed, compact, plain, signed
from shipments.carriers._zto import CARRIER
from shipments.carriers._zto import STATUS as STATUS
from shipments.status import Cause
from shipops.kit.wire import Request, Response

LABEL = _("ZTO Express")
FIELDS = (
    Field("app_key", _("App key"), secret=False),
    Field("app_secret", _("App secret")),
    Field("phone_tail", _("Last four digits of the sender's phone"), required=False, secret=False),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
BATCH = 1
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset({Wish.RETURN, Wish.REDIRECT})
RECOGNISES = False
ADDRESS: Final = "https://japi.zto.com"
QUERY: Final = "zto.merchant.waybill.track.query"
SUBSCRIBE: Final = "zto.merchant.waybill.track.subsrcibe"
INTERCEPT: Final = "thirdcenter.createIntercept"
WITHDRAW: Final = "thirdcenter.cancelIntercept"
INQUIRE: Final = "thirdcenter.queryInterceptAndReturnStatus"
# 1 would be back to the outlet that picked it up, 4 back to another address.
_DESTINATION: Final = {Wish.RETURN: 2, Wish.REDIRECT: 3}

_FORM: Final = ("data", "data_digest", "msg_type", "company_id", "token")
_SUCCESS: Final = frozenset({"", "SYS000", "0000", "0", "200"})
_NUMBERS: Final = ("billcode", "waybillno", "mailno", "no", "nu")
# A query that worked and brought nothing says so in words; a subscription that worked has nothing to bring.
_NOTHING: Final = re.compile("暂无|无(?:轨迹|物流|数据|走件)|没有.{0,4}(?:轨迹|物流)|未?查询?不?到|查无")
# What the platform refuses, then what the check of the telephone refuses.
_FAILURES: Final[Mapping[str, tuple[Trouble, timedelta | None, bool]]] = {
    "S200": (Trouble.TRANSIENT, None, False),
    "S202": (Trouble.TRANSIENT, None, False),
    "S203": (Trouble.TRANSIENT, None, True),
    "S206": (Trouble.THROTTLE, timedelta(hours=1), True),
    "S207": (Trouble.CONFIG, None, True),
    "S208": (Trouble.CONFIG, None, False),
    "S210": (Trouble.AUTH, None, True),
    "S211": (Trouble.AUTH, None, True),
    "S212": (Trouble.AUTH, None, True),
    "S214": (Trouble.CONFIG, None, False),
    "S221": (Trouble.THROTTLE, timedelta(minutes=1), True),
    "E404": (Trouble.CONFIG, None, False),
    "E409": (Trouble.CONFIG, None, False),
    "E413": (Trouble.CONFIG, None, False),
    "E416": (Trouble.CONFIG, None, False),
    "E418": (Trouble.CONFIG, None, False),
}


def digest(data: bytes, secret: str) -> str:
    """Return x-dataDigest and data_digest alike: base64 of the raw MD5 over the bytes and the secret."""
    return base64.b64encode(hashlib.md5(data + secret.encode()).digest()).decode()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the query of one waybill; ZTO tells nothing without four digits of either telephone."""
    (ask,) = asks
    return _post(contract, QUERY, _waybill(ask, contract))


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the subscription of one waybill."""
    return _post(contract, SUBSCRIBE, _waybill(ask, contract))


def encode_interception(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that sends a parcel back to its sender, or on to another address. The reference makes it idempotent."""
    asked: dict[str, object] = {
        "billCode": wanted.ask.number,
        "requestId": wanted.reference,
        "thirdBizNo": wanted.reference,
        "destinationType": _DESTINATION[wanted.wish],
    }
    if wanted.to is not None:
        asked |= {
            "receiveUsername": wanted.to.name,
            "receivePhone": wanted.to.phone,
            "receiveProvince": wanted.to.province,
            "receiveCity": wanted.to.city,
            "receiveDistrict": wanted.to.district,
            "receiveAddress": wanted.to.street,
        }
    return _post(contract, INTERCEPT, asked)


def encode_withdrawal(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the call that takes an interception back."""
    return _post(contract, WITHDRAW, {"thirdBizNo": wanted.reference, "billCode": wanted.ask.number})


def encode_inquiry(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the question how an interception stands; `decode` reads the answer."""
    return _post(contract, INQUIRE, {"billCode": wanted.ask.number})


def _waybill(ask: Ask, contract: Contract) -> dict[str, object]:
    tail = contract.credentials.get("phone_tail") or ask.phone_tail
    return {"billCode": ask.number, "mobilePhone": tail}


def _post(contract: Contract, api: str, told: Mapping[str, object]) -> Request:
    body = compact(told).encode()
    headers = {
        "Content-Type": "application/json;charset=utf-8",
        "x-appKey": contract.credentials.get("app_key", ""),
        "x-dataDigest": digest(body, contract.credentials.get("app_secret", "")),
    }
    return Request("POST", f"{contract.base_url.rstrip('/') or ADDRESS}/{api}", headers, body)


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the push carries our digest over `data`, as it came or before a framework escaped it for HTML."""
    fields, secret = _fields(body), contract.credentials.get("app_secret", "")
    return signed(fields.get("data", b""), fields.get("data_digest", b""), lambda data: digest(data, secret))


def acknowledge(body: bytes) -> Response:
    """Return what ZTO takes for "received": it looks at `status`, and pushes again unless that is true."""
    said = '{"message":"成功","result":"success","status":true,"statusCode":"0"}'
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())


def _fields(body: bytes) -> dict[str, bytes]:
    """The form of a push; empty for what is an answer: that may have a field `data`, too."""
    told = _shapes.pushed(body, *_FORM)
    return told if "data_digest" in told or "msg_type" in told or body.lstrip()[:1] not in (b"{", b"\xef") else {}


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says."""
    return answered(response, read)


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it stands."""
    told = _object(response)
    return (
        Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not an answer of ZTO") if told is None else _refusal(told)
    )


# An interception that is taken back is answered as a subscription is: yes, or why not.
decode_withdrawal = decode_subscription


def decode_interception(response: Response) -> Taken | Failure:
    """Return that the interception was taken, under ZTO's number of it; or why it was not."""
    failure = decode_subscription(response)
    told = _object(response)
    if failure is not None or told is None:
        return failure or Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not an answer of ZTO")
    inner = next((one for one in (told.get("data"), told.get("result")) if isinstance(one, Mapping)), {})
    return Taken(str(plain(inner).get("bizno") or ""))


def _object(response: Response) -> Keyed | None:
    told = _frames.object_of(response)
    return told if told is not None and "status" in told else None


def _refusal(told: Mapping[str, Any]) -> Failure | None:
    """Why an answer (under plain keys) is none; its status counts, as ZTO's own codes of success differ."""
    code = str(told.get("statuscode") or told.get("code") or "").strip()
    if str(told.get("status")).lower() == "true" and (code.upper() in _SUCCESS or code not in _FAILURES):
        return None
    return _refusals.failure(code.upper(), str(told.get("message") or told.get("msg") or ""), _FAILURES)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of ZTO says. Raises NotAnAnswer."""
    fields = _fields(body)
    kind = Kind.PUSH if "data" in fields else Kind.QUERY
    return _frames.read_json(
        fields.get("data", body), lambda value: _answers(value, kind), lambda text: _salvage(text, kind)
    )


def _salvage(text: str, kind: Kind) -> Answer:
    found = _frames.whole_rows(text, _zto.is_row)
    told = _answer(_number(plain(found[0])), found, kind)
    return replace(told, warnings=("The body is cut or broken; its whole scans were read", *told.warnings))


def _answers(value: Any, kind: Kind) -> list[Answer]:
    if value is None:
        return [Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty")))]
    head = plain(value) if isinstance(value, dict) else {}
    by_number: dict[str, list[Any]] = {}
    for number, rows in _tracks(value):
        by_number.setdefault(number, []).extend(rows)
    if by_number:
        return [_answer(number, rows, kind) for number, rows in by_number.items()]
    if str(head.get("status")).lower() in ("true", "false") and {"statuscode", "message", "msg"} & head.keys():
        return [_said(head)]
    if "billcode" in head and not {"traces", "result", "data"} & head.keys():
        raise NotAnAnswer("This is a request to ZTO, not an answer")
    raise NotAnAnswer("The body is JSON, but nothing that ZTO answers or pushes")


def _tracks(value: Any) -> Iterator[tuple[str, list[Any]]]:
    """Find waybills and their rows, which tell their own numbers where they are pushed."""
    for around, rows in framed(value, _zto.is_row, _rows, _NUMBERS):
        by_number: dict[str, list[Any]] = {}
        for row in rows:
            told = _number(plain(row)) if isinstance(row, dict) else ""
            by_number.setdefault(told or _number(around) or _first_number(rows), []).append(row)
        yield from by_number.items() if rows else [(_number(around), [])]


def _rows(head: Keyed) -> list[Any] | None:
    """A scan by itself, or a waybill that has none yet."""
    if _zto.is_row(head):
        return [head]
    return [] if _number(head) and head.get("traces") == [] else None


def _number(head: Mapping[str, Any]) -> str:
    return next(
        (str(head[name]).strip() for name in _NUMBERS if isinstance(head.get(name), str | int) and head[name]), ""
    )


def _first_number(rows: Sequence[Any]) -> str:
    """A row that does not say whose it is belongs with its neighbours."""
    return next((number for row in rows if isinstance(row, dict) and (number := _number(plain(row)))), "")


def _answer(number: str, rows: Sequence[Any], kind: Kind) -> Answer:
    if any(isinstance(row, dict) and "action" in plain(row) for row in rows):
        kind = Kind.PUSH
    found, warnings = _zto.events(rows)
    failure = None if found or warnings else Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))
    return Answer(number, CARRIER, found, warnings, failure, kind)


def _said(head: Mapping[str, Any]) -> Answer:
    """An answer without scans: a refusal, none yet, how an interception stands, or a plain yes."""
    failure = _refusal(head)
    if failure is not None:
        return Answer(carrier=CARRIER, failure=failure)
    told = next((head[name] for name in ("result", "data") if head.get(name) not in (None, "", {})), None)
    if isinstance(told, Mapping):
        inner = plain(told)
        if "statusname" in inner or "bizno" in inner:
            return _interception(inner)
    if isinstance(head.get("result", head.get("data")), list):
        return Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet")))
    if _NOTHING.search(str(head.get("message") or head.get("msg") or "")):
        return Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet")))
    return Answer(kind=Kind.SUBSCRIPTION)


def _interception(inner: Mapping[str, Any]) -> Answer:
    """How an interception stands, in ZTO's own words; that it worked is the waybill's news."""
    name = str(inner.get("statusname") or "").strip()
    worked = any(word in name for word in ("拦截成功", "已拦截", "退回成功", "退改成功"))
    said = (f"Interception: {name}",) if name else ()
    return Answer(_number(inner), CARRIER, (), said, None, Kind.INTERCEPTION, Cause.INTERCEPTED if worked else None)
