"""17TRACK (v2.4), for parcels abroad: registration, track info, webhook; also reads its older format. Pure.

Protocol facts: api.17track.net/en/doc?version=v2.4. A number is registered once and costs one credit; reading it and being
pushed costs nothing. Where pushes go is set in 17TRACK's console, not in a call. The provider's code is 17track.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import Answer, Ask, Contract, Failure, Field, Kind, NotAnAnswer, Trouble, Wish
from shipments.carriers import _seventeentrack as scans
from shipments.carriers._abroad import heard, mapping, mistyped, parsed
from shipments.carriers._refusals import by_http
from shipments.carriers._seventeentrack import STATUS as STATUS
from shipments.carriers._shapes import header, pick, word
from shipments.status import Cause
from shipops.kit.wire import Request, Response

LABEL = _("17TRACK")
FIELDS = (Field("key", _("API key")),)
CARRIERS: frozenset[str] | None = frozenset(scans.KEY_OF_CARRIER)
BATCH = 40
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 3.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset()
RECOGNISES = False
ADDRESS = "https://api.17track.net"

_ALREADY = "-18019901"
_GONE = Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))
_NOTHING_YET = gettext_noop("No scan yet")


def _group(trouble: Trouble, account_wide: bool, *codes: int) -> dict[str, tuple[Trouble, bool]]:
    return {str(code): (trouble, account_wide) for code in codes}


# What is not here is theirs, and asking again later may help.
_FAILURES: dict[str, tuple[Trouble, bool]] = {
    # Address not allowed, key, account switched off, not authorised.
    **_group(Trouble.AUTH, True, -18010001, -18010002, -18010004, -18010005),
    # The number, or what must come with it: a postal code, a telephone.
    **_group(Trouble.CONFIG, False, *range(-18010016, -18010009), *range(-18010022, -18010017)),
    **_group(Trouble.CONFIG, False, *range(-18010206, -18010200)),
    **_group(Trouble.CONFIG, False, *range(-18019811, -18019800)),
    # The carrier was not found out, or cannot be registered; retracked or stopped what cannot be.
    **_group(Trouble.CONFIG, False, -18019903, -18019904, -18019905, -18019906, -18019910, -18019911, -18019912, -18019818),
    # Not registered (yet), nothing known yet.
    **_group(Trouble.NO_DATA, False, -18019902, -18019909),
    # Only registering costs, yet the account rests, so that somebody sees why its new numbers stay blank.
    **_group(Trouble.QUOTA, True, -18019907, -18019908),
    # A change of carrier whose result is still to come.
    **_group(Trouble.TRANSIENT, False, -18019808),
}  # fmt: skip


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the question about up to forty registered numbers."""
    return _post(contract, "gettrackinfo", [_named(ask) for ask in asks])


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the registration of one number; without a carrier of ours 17TRACK finds it out."""
    phone = {"phone_number_last_4": ask.phone_tail} if ask.phone_tail else {}
    return _post(contract, "register", [{**_named(ask), **phone}])


def encode_carrier_change(ask: Ask, carrier: str, contract: Contract, now: datetime) -> Request:
    """Return the correction of a registered number's carrier; Carrier.codes that 17TRACK has. Five times a number at most."""
    old, new = scans.KEY_OF_CARRIER[ask.carrier], scans.KEY_OF_CARRIER[carrier]
    return _post(contract, "changecarrier", [{"number": ask.number, "carrier_old": old, "carrier_new": new}])


def encode_quota(contract: Contract) -> Request:
    """Return the question how many registrations are left."""
    return _post(contract, "getquota", {})


def _named(ask: Ask) -> dict[str, str | int]:
    key = scans.KEY_OF_CARRIER.get(ask.carrier)
    return {"number": ask.number, "carrier": key} if key else {"number": ask.number}


def _post(contract: Contract, call: str, value: object) -> Request:
    url = f"{contract.base_url.rstrip('/') or ADDRESS}/track/v2.4/{call}"
    headers = {"Content-Type": "application/json", "17token": contract.credentials.get("key", "")}
    return Request("POST", url, headers, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def sign(body: bytes, key: str) -> str:
    """Return the hex SHA-256 over the body as it came, a slash, and the key."""
    return hashlib.sha256(body + b"/" + key.encode()).hexdigest()


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the header `sign` is over these bytes. The signature inside a body of v1 is not taken."""
    key, given = contract.credentials.get("key", ""), header(headers, "sign").strip().lower()
    return bool(key) and hmac.compare_digest(sign(body, key).encode(), given.encode())


def acknowledge(body: bytes) -> Response:
    """Return HTTP 200, which is all 17TRACK looks at."""
    return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, b"OK")


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says, one Answer a number."""
    return heard(response, read)


def decode_subscription(response: Response) -> Failure | None:
    """Return why a number was not registered; None = it is, or was already."""
    refused = by_http(response)
    if refused is not None and refused.trouble is Trouble.THROTTLE:
        return refused
    try:
        told = read(response.body)
    except NotAnAnswer:
        return refused or Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a registration answer")
    failed = next((answer.failure for answer in told if answer.failure), None)
    return failed or refused


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of 17TRACK says. Raises NotAnAnswer."""
    try:
        value, warnings = parsed(body)
        return tuple(replace(told, warnings=(*warnings, *told.warnings)) for told in _answers(value))
    except RecursionError:
        raise NotAnAnswer("The body is nested too deeply") from None


def _answers(value: Any) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(failure=_GONE),)
    if isinstance(value, list):
        if not any(isinstance(row, dict) and _tells(row) for row in value):
            raise NotAnAnswer("This is a request to 17TRACK, not an answer" if value else "The list is empty")
        return _items(value, Kind.QUERY)
    if not isinstance(value, dict):
        raise NotAnAnswer(f"The body is a JSON {type(value).__name__}, not an object")
    event = word(value, "event")
    if event and pick(value, "data") is not None:
        return _push(event, value)
    if "dat" in value or "shipments" in value:
        return _web(value)
    if _tells(value):
        return _items([value], Kind.QUERY)
    if "code" in value or "data" in value:
        return _reply(value)
    if pick(value, "number", "17token") is not None:
        raise NotAnAnswer("This is a request to 17TRACK, not an answer")
    raise NotAnAnswer("The body is JSON, but nothing that 17TRACK answers or pushes")


def _tells(row: Mapping[str, Any]) -> bool:
    return any(key.replace("_", "").lower() in ("trackinfo", "track", "shipment") for key in row)


def _push(event: str, value: Mapping[str, Any]) -> tuple[Answer, ...]:
    """TRACKING_UPDATED brings the full track again; TRACKING_STOPPED only says that no more will come."""
    stopped = event.upper() == "TRACKING_STOPPED"
    told = _items(bodies.rows(pick(value, "data")), Kind.PUSH, bare=stopped)
    if not told:
        raise NotAnAnswer("The push holds no number")
    return tuple(replace(answer, ended=True) if stopped else answer for answer in told)


def _reply(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    """The frame of v2.4. Some numbers may be accepted and others rejected; an error of the whole names none."""
    code = word(value, "code") or "0"
    data = pick(value, "data")
    if isinstance(data, (list, str)) and not mapping(data):
        data = {"accepted": data}
    frame = mapping(data)
    if pick(frame, "quota_total", "quota_remain") is not None:
        return (_quota(frame),)
    if _tells(frame):
        return _items([frame], Kind.QUERY)
    if pick(frame, "data") is not None and pick(frame, "accepted", "rejected", "errors") is None:
        return _answers(frame)  # a relay's frame around it
    told = list(_items(bodies.rows(pick(frame, "accepted")), Kind.QUERY, bare=True))
    registering = any(answer.kind is Kind.SUBSCRIPTION for answer in told)
    told += [_rejected(row, registering) for row in bodies.rows(pick(frame, "rejected")) if isinstance(row, dict)]
    errors = [row for row in bodies.rows(pick(frame, "errors")) if isinstance(row, dict)]
    if code not in ("0", "200") or errors:
        first = errors[0] if errors else {}
        named = word(first, "code") or code
        told.append(Answer(failure=_failure(named, word(first, "message") or word(value, "message", "msg"))))
    return tuple(told) or (Answer(failure=Failure(Trouble.NO_DATA, _NOTHING_YET)),)


def _quota(frame: Mapping[str, Any]) -> Answer:
    left, total = word(frame, "quota_remain"), word(frame, "quota_total")
    failure = (
        Failure(Trouble.QUOTA, gettext_noop("No registrations are left"), account_wide=True) if left == "0" else None
    )
    return Answer(warnings=(f"Registrations left: {left} of {total}",), failure=failure, kind=Kind.SUBSCRIPTION)


def _rejected(row: Mapping[str, Any], registering: bool) -> Answer:
    """A number refused; whether it was to be registered or read shows in what was accepted beside it, or in the code."""
    error = mapping(pick(row, "error"))
    code = word(error, "code")
    carrier, warnings = scans.carrier_of(word(row, "carrier"))
    failure = None if code == _ALREADY else _failure(code, word(error, "message"))
    registering = registering or code in (_ALREADY, "-18019903", "-18019908")
    return Answer(
        word(row, "number"),
        carrier,
        warnings=warnings,
        failure=failure,
        kind=Kind.SUBSCRIPTION if registering else Kind.QUERY,
    )


def _failure(code: str, message: str) -> Failure:
    trouble, account_wide = _FAILURES.get(code, (Trouble.TRANSIENT, False))
    if code == "429":  # HTTP's own code, in the frame as well
        return Failure(Trouble.THROTTLE, f"{code} {message}".strip(), timedelta(minutes=1), account_wide=True)
    return Failure(trouble, f"{code} {message}".strip(), account_wide=account_wide)


def _items(rows: Sequence[Any], kind: Kind, *, bare: bool = False) -> tuple[Answer, ...]:
    """One Answer a number. `bare`: a row without a track is an answer too, to a call that is no query."""
    return tuple(_item(row, kind, bare) for row in rows if isinstance(row, dict))


def _item(row: Mapping[str, Any], kind: Kind, bare: bool) -> Answer:
    number = word(row, "number", "no")
    info = mapping(pick(row, "track_info", "track", "shipment"))
    carrier, warnings = scans.carrier_of(word(row, "carrier"), *(scans.leg_key(leg) for leg in scans.legs(info)))
    if not info and bare and not _tells(row):
        ended = word(row, "tracking_status") == "Stopped"
        told = Kind.SUBSCRIPTION if kind is Kind.QUERY else kind
        return Answer(number, carrier, warnings=warnings, kind=told, ended=ended)
    if scans.is_older(info):
        return replace(_older({"no": number, "track": info}), kind=kind)
    events, unread = scans.scans(info)
    expired = scans.status_of(info).startswith("Expired")
    remark = Cause.NO_RECORD if expired and not events else None
    failure = None if events or unread or remark else Failure(Trouble.NO_DATA, _NOTHING_YET)
    warnings = (*warnings, *unread, *(mistyped(number) if failure else ()))
    # misc_info.local_number, the last mile's own, is no number to follow on: its scans are in this track already.
    return Answer(number, carrier, events, warnings, failure, kind, remark)


def _web(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    """What 17TRACK's own pages are answered: today's in `shipments`, the older ones in `dat`."""
    rows = [row for row in bodies.rows(value.get("shipments", value.get("dat"))) if isinstance(row, dict)]
    told = _items(rows, Kind.QUERY) if "shipments" in value else tuple(_older(row) for row in rows)
    return told or (Answer(failure=_failure(word(value, "ret"), word(value, "msg"))),)


def _older(row: Mapping[str, Any]) -> Answer:
    track = mapping(row.get("track"))
    events, warnings = scans.older(track)
    carrier, unknown = scans.carrier_of(word(track, "w1"), word(track, "w2"))
    number = word(row, "no")
    failure = None if events or warnings else Failure(Trouble.NO_DATA, _NOTHING_YET)
    doubts = mistyped(number) if failure else ()
    return Answer(number, carrier, events, (*unknown, *warnings, *doubts), failure)
