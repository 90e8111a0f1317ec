"""J&T 极兔 (the open platforms in China and abroad): track query, subscription, pushes. Pure.

Protocol facts: the documents of the open platforms, which share one gateway and differ in the words and numbers of their
scans. Every call and every push is a form with the field bizContent, signed by the header digest = base64 of the raw MD5 over
that field's bytes and the private key. The address pushes go to is entered on the platform, not sent with a subscription.
J&T takes interceptions too, but two public sources name two different addresses for them and its own document was not
found, so none is offered. An account abroad sets its platform's address as base_url.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import (
    Answer,
    Ask,
    Contract,
    Failure,
    Field,
    Kind,
    NotAnAnswer,
    Trouble,
    Wish,
    answered,
    epoch_ms,
)
from shipments.carriers import _envelopes, _frames, _refusals
from shipments.carriers._jtexpress import CARRIER
from shipments.carriers._jtexpress import STATUS as STATUS
from shipments.carriers._jtexpress import events as _events
from shipments.carriers._shapes import Keyed, compact, fields, first, header, plain
from shipops.kit.wire import Request, Response

LABEL = _("J&T Express")
FIELDS = (
    Field("api_account", _("API account"), secret=False),
    Field("private_key", _("Private key")),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
BATCH = 30
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset()
RECOGNISES = False
ADDRESS = "https://openapi.jtexpress.com.cn"
# Every type of scan there is.
NODES = "&".join(str(node) for node in range(1, 15))

_FAILURES: dict[str, _refusals.Refusal] = {
    "0": (Trouble.TRANSIENT, None, False),
    "145003010": (Trouble.AUTH, None, True),
    "145003012": (Trouble.AUTH, None, True),
    "145003030": (Trouble.AUTH, None, True),
    "145003031": (Trouble.AUTH, None, True),
    "145003040": (Trouble.TRANSIENT, None, True),
    "145003051": (Trouble.AUTH, None, True),
    "145003052": (Trouble.AUTH, None, True),
    "145003053": (Trouble.AUTH, None, True),
    "145003071": (Trouble.AUTH, None, True),
    "145005000": (Trouble.TRANSIENT, None, True),
    "145002002": (Trouble.AUTH, None, True),
    "999011010": (Trouble.AUTH, None, True),
    "999011020": (Trouble.AUTH, None, True),
    "999011030": (Trouble.AUTH, None, True),
    "145003050": (Trouble.CONFIG, None, False),
    "145003502": (Trouble.CONFIG, None, False),
    "999001010": (Trouble.CONFIG, None, False),
    "145003064": (Trouble.NO_DATA, None, False),
    "999002000": (Trouble.NO_DATA, None, False),
    # Said of thirty numbers for the sake of one: none may be given up for it.
    "145003100": (Trouble.NO_DATA, None, False),
}
_DETAILS = ("details", "detail")
_NUMBER = ("billcode", "waybillcode", "waybillno", "waybillid", "mailno")
# 1 = yes, 0 = no, or a number of theirs: 145003030, 999001010, 1450033315.
_CODE = re.compile(r"[01]|\d{9,10}")
_REQUEST = {"billcodes", "tracenode", "apiaccount"}


def digest(content: bytes, private_key: str) -> str:
    """Return base64 of the raw MD5 over bizContent as it is sent and the private key."""
    return base64.b64encode(hashlib.md5(content + private_key.encode()).digest()).decode()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the track query of up to thirty waybills."""
    return _call(contract, "logistics/trace", {"billCodes": ",".join(ask.number for ask in asks)}, now)


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the subscription of all scans of one waybill."""
    content = {
        "Id": contract.credentials.get("api_account", ""),
        "list": [{"traceNode": NODES, "waybillCode": ask.number}],
    }
    return _call(contract, "trace/subscribe", content, now)


def _call(contract: Contract, path: str, content: object, now: datetime) -> Request:
    biz_content = compact(content)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
        "apiAccount": contract.credentials.get("api_account", ""),
        "digest": digest(biz_content.encode(), contract.credentials.get("private_key", "")),
        "timestamp": epoch_ms(now),
    }
    url = f"{contract.base_url.rstrip('/') or ADDRESS}/webopenplatformapi/api/{path}"
    return Request("POST", url, headers, urlencode({"bizContent": biz_content}).encode())


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the push carries the digest over its bizContent; over the body where it is no form."""
    private_key = contract.credentials.get("private_key", "")
    if not private_key:
        return False
    form = _form(body)
    given = header(headers, "digest") or form.get("digest", b"").decode("ascii", "replace")
    return hmac.compare_digest(digest(form.get("bizcontent", body), private_key).encode(), given.encode())


def _form(body: bytes) -> dict[str, bytes]:
    known = ("bizcontent", "digest", "timestamp", "apiaccount")
    return {} if body.lstrip()[:1] in (b"{", b"[") else fields(body, *known)


def acknowledge(body: bytes) -> Response:
    """Return the platform's own envelope of an answer that says yes."""
    said = '{"code":"1","msg":"success","data":"SUCCESS"}'
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says, one Answer a waybill."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of J&T says. Raises NotAnAnswer."""
    form = _form(body)

    def answers(value: Any) -> tuple[Answer, ...]:
        wrapped = isinstance(value, dict) and "bizcontent" in plain(value)
        return _answers(value, pushed=wrapped or "bizcontent" in form)

    return _frames.read_json(form.get("bizcontent", body), answers, _salvage)


def _salvage(text: str) -> Answer:
    rows = _frames.whole_rows(text, lambda row: "scantime" in row)
    told, more = _events(rows)
    number = next(filter(None, (first(plain(row), *_NUMBER) for row in rows)), "") or _frames.named(text, "billCode")
    return Answer(number, CARRIER, told, ("The body is cut or broken; its whole details were read", *more))


def _is_track(row: Keyed) -> bool:
    """A waybill with its scans, or a scan that lost its frame."""
    if not any(name in row for name in _DETAILS):
        return "scantime" in row
    told = next(bodies.rows(row[name]) for name in _DETAILS if name in row)
    return bool(first(row, *_NUMBER)) or any(isinstance(one, dict) and "scantime" in plain(one) for one in told)


def _answers(value: Any, *, pushed: bool) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    outer = plain(value) if isinstance(value, dict) else {}
    refused = _refusal(outer)
    rows = list(_envelopes.found(value, _is_track))
    if rows:
        kind = Kind.PUSH if pushed or not outer.keys() & {"code", "msg"} else Kind.QUERY
        return _by_number(rows, refused, kind)
    if next(_envelopes.found(value, lambda row: bool(row.keys() & _REQUEST)), None) is not None:
        raise _refusals.request("J&T")
    if "msg" in outer and _CODE.fullmatch(first(outer, "code")):
        nothing = Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))
        return (Answer(carrier=CARRIER, failure=refused or nothing),)
    raise NotAnAnswer("The body is JSON, but nothing that J&T answers or pushes")


def _refusal(outer: Keyed) -> Failure | None:
    """Return why an envelope says no; None where it says yes, or there is none."""
    code = first(outer, "code")
    if code == "1" or not code or not outer.keys() & {"msg", "data"}:
        return None
    return _refusals.failure(code, first(outer, "msg", "message"), _FAILURES)


def _by_number(rows: Sequence[Keyed], refused: Failure | None, kind: Kind) -> tuple[Answer, ...]:
    """One Answer a waybill. A scan's own number goes before the one around it, which a push fills with another id."""
    by_number: dict[str, list[Any]] = {}
    for row in rows:
        outer = first(row, *_NUMBER)
        framed = next((bodies.rows(row[name]) for name in _DETAILS if name in row), [row])
        if not framed:
            by_number.setdefault(outer, [])
        for detail in framed:
            own = first(plain(detail), *_NUMBER) if isinstance(detail, dict) else ""
            by_number.setdefault(own or outer, []).append(detail)
    return tuple(_track(number, details, refused, kind) for number, details in by_number.items())


def _track(number: str, details: Sequence[Any], refused: Failure | None, kind: Kind) -> Answer:
    told, warnings = _events(details)
    failure = None
    if not told and not warnings:
        failure = refused or Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))
    return Answer(number, CARRIER, told, warnings, failure, kind)


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it stands."""
    outer = _frames.object_of(response)
    if outer is None:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a subscription answer")
    if "code" not in outer:
        return Failure(Trouble.TRANSIENT, "Not a subscription answer")
    return _refusal(outer)
