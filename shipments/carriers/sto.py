"""STO Express 申通: queries, subscriptions, pushes and interceptions through its link gateway (link.do). Pure.

Protocol facts: open.sto.cn (STO_TRACE_QUERY_COMMON, STO_TRACE_PLATFORM_SUBSCRIBE and _PUSH, INTERCEPT_CREATE_STANDARD)
and code that uses them. All that travels is one form: the document in `content`, its signature in `data_digest`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import (
    Answer,
    Contract,
    Failure,
    Field,
    Kind,
    NotAnAnswer,
    Trouble,
    answered,
)
from shipments.carriers import _frames, _tracks
from shipments.carriers._shapes import compact, folded, signed
from shipments.carriers._sto import CARRIER
from shipments.carriers._sto import STATUS as STATUS
from shipments.carriers._sto import events as _events
from shipments.carriers._sto_calls import INTERCEPTS as INTERCEPTS
from shipments.carriers._sto_calls import decode_interception as decode_interception
from shipments.carriers._sto_calls import decode_subscription as decode_subscription
from shipments.carriers._sto_calls import digest as digest
from shipments.carriers._sto_calls import encode as encode
from shipments.carriers._sto_calls import encode_interception as encode_interception
from shipments.carriers._sto_calls import encode_subscription as encode_subscription
from shipments.carriers._sto_calls import encode_withdrawal as encode_withdrawal
from shipments.carriers._sto_calls import failure_of, unwrapped
from shipops.kit.wire import Response

LABEL = _("STO Express")
FIELDS = (
    Field("app_key", _("App key"), secret=False),
    Field("secret_key", _("Secret key")),
    Field("from_code", _("Resource code, if it differs from the app key"), required=False, secret=False),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
# How many numbers one question may hold is not documented: so few that no gateway minds.
BATCH = 10
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
RECOGNISES = False

# What stands beside the document in a form.
_FORM = ("data_digest", "api_name", "from_appkey", "from_code", "to_appkey", "to_code")
# Only a push holds its one scan under this name.
_TRACE = re.compile(r'"trace"\s*:')
_REQUEST_KEYS = ({"waybillnolist"}, {"subscribeinfolist"}, {"waybillno", "interceptforact"}, {"datadigest", "apiname"})
_SAID = ("success", "errorcode", "errormsg", "succeed", "status", "message", "msg")


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a push carries data_digest over its content. A framework on the way may have HTML-escaped that."""
    secret = contract.credentials.get("secret_key", "")
    content, given = _pushed(body)
    if not secret or content is None:
        return False
    return signed(content, given, lambda data: digest(data, secret))


def _pushed(body: bytes) -> tuple[bytes | None, bytes]:
    """The content of a push, byte for byte, and its digest: out of the form, or out of the same fields in JSON."""
    fields = _frames.fields(body, "content", *_FORM)
    if fields:
        return fields["content"], fields.get("data_digest", b"")
    try:
        value = bodies.json_value(bodies.decoded(body)[0])
    except ValueError:
        return None, b""
    if isinstance(value, dict) and isinstance(value.get("content"), str):
        return value["content"].encode("utf-8", "replace"), str(value.get("data_digest") or "").encode(
            "utf-8", "replace"
        )
    return None, b""


def acknowledge(body: bytes) -> Response:
    """Return what STO wants to hear for a push: the waybill back, in XML for a push in XML, in JSON else."""
    content = _pushed(body)[0]
    document = bodies.decoded(body if content is None else content)[0].lstrip()
    number = ""
    try:
        value, _warnings = _frames.value_of(document)
        number = next((track.number for track in _tracks.tracks(value)), "") or _tracks.number_of(value)
    except NotAnAnswer:
        pass
    if document[:1] == "<" or document[:4] == "&lt;":
        said = (
            "<response><success>true</success><errorCode>0</errorCode><errorMsg></errorMsg>"
            f"<data><waybillNo>{escape(number)}</waybillNo><needRetry>false</needRetry></data></response>"
        )
        return Response(200, {"Content-Type": "text/xml; charset=utf-8"}, said.encode("utf-8", "replace"))
    data = {"waybillNo": number, "needRetry": False}
    said = compact({"success": "true", "errorCode": "0", "errorMsg": "", "data": data})
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode("utf-8", "replace"))


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says, one Answer a waybill."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of STO, or a shop's relay of it, says. Raises NotAnAnswer."""
    content = _pushed(body)[0]
    text, warnings = bodies.decoded(body if content is None else content)
    value, broken = _frames.document(text)
    if value is None:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    value = unwrapped(value)
    pushed = content is not None or _TRACE.search(text) is not None
    return _answers(value, (*warnings, *broken), Kind.PUSH if pushed else Kind.QUERY)


def _answers(value: Any, warnings: tuple[str, ...], kind: Kind) -> tuple[Answer, ...]:
    told = folded(value) if isinstance(value, dict) else {}
    found = _tracks.of_carrier(value, CARRIER)
    keys = {str(name).replace("_", "").lower() for name in value} if isinstance(value, dict) else set()
    if any(wanted <= keys for wanted in _REQUEST_KEYS):
        raise NotAnAnswer("This is a request to STO, not an answer")
    if found:
        return tuple(_answer(track, told, warnings, kind) for track in found)
    if value == []:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet")), kind=kind),)
    if not any(name in told for name in _SAID):
        raise NotAnAnswer("The body is nothing that STO answers or pushes")
    return (Answer(_tracks.number_of(value), CARRIER, failure=failure_of(told), kind=kind),)


def _answer(track: _tracks.Track, told: Mapping[str, str], warnings: tuple[str, ...], kind: Kind) -> Answer:
    events, more = _events(track.rows)
    number = track.number or _tracks.number_in([event.text for event in events])
    failure = None if events or more else failure_of(told)
    return Answer(number, CARRIER, events, (*warnings, *more), failure, kind)
