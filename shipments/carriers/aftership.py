"""AfterShip, for parcels abroad: trackings made and read, webhook. Pure.

Protocol facts: aftership.com/docs/tracking. A number is made a tracking once; its carrier is a slug. Where pushes go, and the
secret they are signed with, are set in AfterShip's console, not in a call.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import Answer, Ask, Contract, Failure, Field, Kind, NotAnAnswer, Trouble, Wish
from shipments.carriers import _aftership as scans
from shipments.carriers._abroad import heard, mapping, mistyped, parsed
from shipments.carriers._aftership import STATUS as STATUS
from shipments.carriers._refusals import by_http
from shipments.carriers._shapes import header, pick, word
from shipments.status import Cause
from shipops.kit.wire import Request, Response

LABEL = _("AfterShip")
FIELDS = (
    Field("api_key", _("API key")),
    Field("webhook_secret", _("Webhook secret")),
)
CARRIERS: frozenset[str] | None = frozenset(scans.SLUG_OF_CARRIER)
# One page of trackings holds more; fifty numbers are the most it filters by.
BATCH = 50
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 10.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset()
RECOGNISES = False
ADDRESS = "https://api.aftership.com"
VERSION = "2025-07"

_ALREADY = "4003"
_EVENTS = frozenset({"tracking_update", "edd_revise", "tracking_pending_time"})
_NOTHING_YET = gettext_noop("No scan yet")
# meta.code; what is not here is theirs, and asking again later may help.
_FAILURES: dict[str, tuple[Trouble, timedelta | None, bool]] = {
    "400": (Trouble.CONFIG, None, False),
    "401": (Trouble.AUTH, None, True),
    "402": (Trouble.QUOTA, None, True),
    "403": (Trouble.AUTH, None, True),
    "404": (Trouble.NO_DATA, None, False),
    "422": (Trouble.CONFIG, None, False),
    "429": (Trouble.THROTTLE, timedelta(minutes=1), True),
    "4001": (Trouble.CONFIG, None, False),
    # There is no such tracking (yet).
    "4004": (Trouble.NO_DATA, None, False),
    # The number or its carrier is none, or a field is missing that this carrier wants.
    **{str(code): (Trouble.CONFIG, None, False) for code in (4002, *range(4005, 4018))},
}


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the question about up to fifty numbers, whatever carrier each was made with."""
    wanted = urlencode({"tracking_numbers": ",".join(ask.number for ask in asks), "limit": 200}, safe=",")
    return Request("GET", f"{_trackings(contract)}?{wanted}", _headers(contract))


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the making of a tracking; without a carrier of ours AfterShip finds it out."""
    slug = scans.SLUG_OF_CARRIER.get(ask.carrier)
    wanted = {"tracking_number": ask.number, **({"slug": slug} if slug else {})}
    body = json.dumps(wanted, ensure_ascii=False, separators=(",", ":")).encode()
    return Request("POST", _trackings(contract), _headers(contract), body)


def _trackings(contract: Contract) -> str:
    return f"{contract.base_url.rstrip('/') or ADDRESS}/tracking/{VERSION}/trackings"


def _headers(contract: Contract) -> dict[str, str]:
    return {"Content-Type": "application/json", "as-api-key": contract.credentials.get("api_key", "")}


def sign(body: bytes, secret: str) -> str:
    """Return the base64 HMAC-SHA256 over the body as it came."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the header aftership-hmac-sha256 is over these bytes."""
    secret, given = contract.credentials.get("webhook_secret", ""), header(headers, "aftership-hmac-sha256").strip()
    return bool(secret) and hmac.compare_digest(sign(body, secret).encode(), given.encode())


def acknowledge(body: bytes) -> Response:
    """Return HTTP 200: AfterShip looks at nothing else, and tries again up to fourteen times."""
    return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, b"OK")


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says, one Answer a tracking."""
    return heard(response, read)


def decode_subscription(response: Response) -> Failure | None:
    """Return why no tracking was made; None = it is there, also from before (4003)."""
    refused = by_http(response)
    if refused is not None and refused.trouble is Trouble.THROTTLE:
        return refused
    try:
        value = parsed(response.body)[0]
    except NotAnAnswer:
        value = None
    code = word(mapping(pick(mapping(value), "meta")), "code")
    if code in ("200", "201", _ALREADY):
        return None
    if code:
        return _failure(value)
    return refused or Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not an answer about a tracking")


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of AfterShip says. Raises NotAnAnswer."""
    try:
        value, warnings = parsed(body)
        return tuple(replace(told, warnings=(*warnings, *told.warnings)) for told in _answers(value))
    except RecursionError:
        raise NotAnAnswer("The body is nested too deeply") from None


def _answers(value: Any) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    if isinstance(value, list):
        told = [row for row in value if isinstance(row, dict) and _tells(row)]
        if not told:
            raise NotAnAnswer("The body is a JSON list, but none of trackings")
        return tuple(_tracking(row, Kind.QUERY) for row in told)
    if not isinstance(value, dict):
        raise NotAnAnswer(f"The body is a JSON {type(value).__name__}, not an object")
    pushed = mapping(pick(value, "msg"))
    if pushed:
        return _push(word(value, "event"), pushed)
    if "meta" in value or "data" in value:
        return _reply(value)
    if _tells(value):
        return (_tracking(value, Kind.QUERY),)
    if pick(value, "tracking_number") is not None or isinstance(value.get("tracking"), dict):
        return _asked(value)
    raise NotAnAnswer("The body is JSON, but nothing that AfterShip answers or pushes")


def _tells(row: Mapping[str, Any]) -> bool:
    """A tracking, and not the request for one: AfterShip's own fields are in it."""
    return any(pick(row, name) is not None for name in ("checkpoints", "checkpoint", "tag", "subtag"))


def _asked(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    inner = mapping(value.get("tracking"))
    if _tells(inner):
        return (_tracking(inner, Kind.QUERY),)
    raise NotAnAnswer("This is a request to AfterShip, not an answer")


def _push(event: str, pushed: Mapping[str, Any]) -> tuple[Answer, ...]:
    if event and event not in _EVENTS and not _tells(pushed):
        raise NotAnAnswer(f"A push of the event {event[:40]!r} tells of no tracking")
    if not word(pushed, "tracking_number"):
        raise NotAnAnswer("The push holds no tracking number")
    return (_tracking(pushed, Kind.PUSH),)


def _reply(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    """The frame of the API: one tracking (in `tracking` before 2024-04), a page of them, or why there is none."""
    code = word(mapping(pick(value, "meta")), "code")
    data = pick(value, "data")
    if mapping(pick(mapping(data), "msg")) or isinstance(pick(mapping(data), "meta"), dict):
        return _answers(mapping(data))  # a relay's frame around it
    rows = bodies.rows(data) if isinstance(data, (list, str)) else [data]
    told: list[Answer] = []
    for frame in (row for row in rows if isinstance(row, dict)):
        several = pick(frame, "trackings")
        found = bodies.rows(several if several is not None else pick(frame, "tracking") or frame)
        told += [_tracking(row, Kind.QUERY) for row in found if isinstance(row, dict) and word(row, "tracking_number")]
    if code == _ALREADY:
        return tuple(replace(answer, kind=Kind.SUBSCRIPTION, failure=None) for answer in told or [Answer()])
    if code and not code.startswith("2"):
        return tuple(replace(answer, failure=_failure(value)) for answer in told or [Answer()])
    return tuple(told) or (Answer(failure=Failure(Trouble.NO_DATA, _NOTHING_YET)),)


def _failure(value: Any) -> Failure:
    meta = mapping(pick(mapping(value), "meta"))
    code = word(meta, "code")
    trouble, after, account_wide = _FAILURES.get(code, (Trouble.TRANSIENT, None, False))
    return Failure(trouble, f"{code} {word(meta, 'message')}".strip(), after, account_wide)


def _tracking(row: Mapping[str, Any], kind: Kind) -> Answer:
    carrier, unknown = scans.carrier_of(word(row, "slug"))
    events, unread = scans.scans(row)
    ended = scans.code_of(row).startswith("Expired")
    remark = Cause.NO_RECORD if ended and not events else None
    failure = None if events or unread or remark else Failure(Trouble.NO_DATA, _NOTHING_YET)
    number = word(row, "tracking_number")
    doubts = mistyped(number) if failure else ()
    return Answer(number, carrier, events, (*unknown, *unread, *doubts), failure, kind, remark, ended)
