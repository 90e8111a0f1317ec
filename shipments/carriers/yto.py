"""YTO Express 圆通: queries, subscriptions, pushes and interceptions of its open platform, and the older WaybillTrace. Pure.

Protocol facts: the open platform's documents (menu251, menu295) and code that uses them. Pushes go to the address that is
set in the platform's console; whether they carry a data_digest depends on the interface they are set up with.
"""

import base64
import hashlib
import hmac
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
from shipments.carriers._shapes import compact, folded
from shipments.carriers._yto import CARRIER
from shipments.carriers._yto import STATUS as STATUS
from shipments.carriers._yto import events as _events
from shipments.carriers._yto_calls import INTERCEPTS as INTERCEPTS
from shipments.carriers._yto_calls import PUSHED, failure_of, in_short
from shipments.carriers._yto_calls import decode_interception as decode_interception
from shipments.carriers._yto_calls import decode_subscription as decode_subscription
from shipments.carriers._yto_calls import encode as encode
from shipments.carriers._yto_calls import encode_interception as encode_interception
from shipments.carriers._yto_calls import encode_subscription as encode_subscription
from shipments.carriers._yto_calls import encode_withdrawal as encode_withdrawal
from shipops.kit.wire import Response

LABEL = _("YTO Express")
FIELDS = (
    Field("app_code", _("App code (in the interface's address)"), secret=False),
    Field("user_no", _("Customer code"), secret=False),
    Field("secret", _("Customer secret")),
    Field("push_secret", _("Secret of signed pushes"), required=False),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
BATCH = 1
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
# The classic push may be signed and may not: see verify.
SIGNED = False
RECOGNISES = False

# What stands beside the document in the form of a push.
_FORM = ("data_digest", "clientid", "type", "msg_type", "partnerid", "ecid")
_REQUEST_FORM = re.compile(r"^(?:sign|app_key|user_id|method|format|timestamp|param|v)=")
_REQUEST_KEYS = (
    {"param", "sign"},
    {"waybillno", "wanteddesc"},
    {"clientid", "waybillno"},
    {"requestorder"},
    {"waybillcode"},
)
_WHY = ("code", "statuscode", "message", "msg", "reason", "statusmessage", "errormsg")
_SAID = ("success", "code", "statuscode", "status", "message", "msg", "reason", "statusmessage", "errormsg", "result")


def digest(pushed: bytes, secret: str) -> str:
    """Return data_digest of the classic interface: base64 of the raw MD5 over the document's bytes and the secret."""
    return base64.b64encode(hashlib.md5(pushed + secret.encode()).digest()).decode()


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a push carries the digest of the classic interface; True where no secret of pushes was agreed.

    Without one, what protects is the address, known to YTO alone, and the query that confirms the news.
    """
    secret = contract.credentials.get("push_secret", "")
    if not secret:
        return True
    fields = _frames.fields(body, PUSHED, *_FORM)
    # Tools that forget to encode the form turn the + of base64 into a space.
    given = fields.get("data_digest", b"").replace(b" ", b"+")
    return hmac.compare_digest(digest(fields.get(PUSHED, b""), secret).encode(), given)


def acknowledge(body: bytes) -> Response:
    """Return what YTO wants to hear: its own order number back, in XML; in JSON for a push in JSON."""
    document, reference = _document(body)[0].lstrip(), ""
    try:
        value, _warnings = _frames.value_of(document)
        reference = _reference(value)
    except NotAnAnswer:
        pass
    if document[:1] in ("{", "["):
        said = compact({"logisticProviderID": "YTO", "txLogisticID": reference, "success": True})
        return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())
    said = (
        f"<Response><logisticProviderID>YTO</logisticProviderID><txLogisticID>{escape(reference)}</txLogisticID>"
        "<success>true</success></Response>"
    )
    return Response(200, {"Content-Type": "text/xml; charset=utf-8"}, said.encode("utf-8", "replace"))


def _reference(value: Any) -> str:
    inner = value.get("UpdateInfo", value) if isinstance(value, dict) else value
    told = inner[0] if isinstance(inner, list) and inner else inner
    return folded(told).get("txlogisticid", "") if isinstance(told, dict) else ""


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of YTO, or a shop's relay of it, says. Raises NotAnAnswer."""
    text, warnings, pushed = _document(body)
    if _REQUEST_FORM.match(text):
        raise NotAnAnswer("This is a request to YTO, not an answer")
    value, broken = _frames.document(text)
    inner = folded(value).get("logisticsinterface") if isinstance(value, dict) else ""
    if inner:
        value, broken = _frames.document(inner)
        pushed = True
    if value is None:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    pushed = pushed or "<UpdateInfo" in text[:200]
    return _answers(value, (*warnings, *broken), Kind.PUSH if pushed else Kind.QUERY)


def _document(body: bytes) -> tuple[str, tuple[str, ...], bool]:
    """The document in a body: what a push's form holds, else the body itself; warnings; whether it was a push's form."""
    fields = _frames.fields(body, PUSHED, *_FORM)
    text, warnings = bodies.decoded(fields.get(PUSHED, body))
    return text.strip(), warnings, bool(fields)


def _answers(value: Any, warnings: tuple[str, ...], kind: Kind) -> tuple[Answer, ...]:
    told = folded(value) if isinstance(value, dict) else {}
    found = _tracks.of_carrier(value, CARRIER)
    scans = [row for track in found for row in track.rows]
    if scans and all(isinstance(row, dict) and row.get("infotype", "").upper() == "INSTRUCTION" for row in scans):
        raise NotAnAnswer("This is an instruction about an order, not a scan")
    if found:
        return tuple(_answer(track, told, warnings, kind) for track in found)
    if _is_request(value):
        raise NotAnAnswer("This is a request to YTO, not an answer")
    if value == []:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet")), kind=kind),)
    said = in_short(value)
    if not any(name in said for name in _SAID):
        raise NotAnAnswer("The body is nothing that YTO answers or pushes")
    if said.get("success", "").lower() == "true" and not any(said.get(name) for name in _WHY):
        # A plain yes: a query that finds nothing says why.
        return (Answer(_tracks.number_of(value), kind=Kind.SUBSCRIPTION),)
    return (Answer(_tracks.number_of(value), CARRIER, failure=failure_of(said, Trouble.NO_DATA), kind=kind),)


def _is_request(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(
            isinstance(one, dict) and {_key.lower() for _key in one} == {"number"} for one in value
        )
    keys = {str(name).replace("_", "").lower() for name in value}
    inside = [inner for inner in value.values() if isinstance(inner, dict)]
    return (
        keys == {"number"}
        or any(wanted <= keys for wanted in _REQUEST_KEYS)
        or any(_is_request(inner) for inner in inside)
    )


def _answer(track: _tracks.Track, told: Mapping[str, str], warnings: tuple[str, ...], kind: Kind) -> Answer:
    events, more = _events(track.rows)
    number = track.number or _tracks.number_in([event.text for event in events])
    failure = None if events or more else failure_of(told, Trouble.NO_DATA)
    return Answer(number, CARRIER, events, (*warnings, *more), failure, kind)
