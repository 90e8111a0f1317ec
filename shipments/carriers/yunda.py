"""Yunda 韵达 (openapi.yundaex.com): track query, subscription, pushes. Pure.

Protocol facts: Yunda's open platform. A number must have been subscribed before it can be asked about (orders made over
Yunda's own interface are by themselves), and the address pushes go to is entered on the platform, not sent with a
subscription. Every call and every push carries sign = hex MD5 over its body, "_" and the app secret. An interface to change the
address of a parcel under way exists, but its document was not found, so no interception is offered.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
from shipments.carriers._shapes import Keyed, compact, fields, first, header, plain
from shipments.carriers._yunda import CARRIER, settled
from shipments.carriers._yunda import STATUS as STATUS
from shipments.carriers._yunda import events as _events
from shipops.kit.wire import Request, Response

LABEL = _("Yunda Express")
FIELDS = (
    Field("app_key", _("App key"), secret=False),
    Field("app_secret", _("App secret")),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
BATCH = 1
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset()
RECOGNISES = False
ADDRESS = "https://openapi.yundaex.com"

# Yunda documents no table of codes: what its words do not tell is theirs, and asking again later may help.
_FAILURES: dict[str, _refusals.Refusal] = {}
_NUMBER = ("mailno", "waybillno")
_STEPS = ("steps", "traces", "tracks")
_ENVELOPE = {"code", "message", "msg", "data", "remark"}
_OTHERS_ENVELOPE = {"returncode", "statuscode", "errorcode", "nu"}


def sign(body: bytes, secret: str) -> str:
    """Return the hex MD5 over the body as it is sent, an underscore and the secret."""
    return hashlib.md5(body + b"_" + secret.encode()).hexdigest()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the track query of one waybill."""
    (ask,) = asks
    return _call(contract, "/openapi/outer/logictis/query", {"mailno": ask.number}, now)


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the subscription of one waybill; our id of it is its number, which the answer and the pushes repeat."""
    orders = [{"orderid": ask.number, "mailno": ask.number}]
    return _call(contract, "/openapi/outer/logictis/subscribe", {"orders": orders}, now)


def _call(contract: Contract, path: str, content: object, now: datetime) -> Request:
    body = compact(content).encode()
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "app-key": contract.credentials.get("app_key", ""),
        "sign": sign(body, contract.credentials.get("app_secret", "")),
        "req-time": epoch_ms(now),
    }
    return Request("POST", (contract.base_url.rstrip("/") or ADDRESS) + path, headers, body)


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the push carries md5(body_secret), in its header; or beside its `data`, over that text."""
    secret = contract.credentials.get("app_secret", "")
    if not secret:
        return False
    given = header(headers, "sign").lower().encode()
    if hmac.compare_digest(sign(body, secret).encode(), given):
        return True
    content, beside = _signed_inside(body)
    return content is not None and hmac.compare_digest(
        sign(content, secret).encode(), (given or beside.lower().encode())
    )


def _signed_inside(body: bytes) -> tuple[bytes | None, str]:
    """Return the text that a push wraps, and the signature beside it: {"data": "…", "appKey", "sign"}, or a form of these."""
    form = _form(body)
    if "data" in form:
        return form["data"], form.get("sign", b"").decode("ascii", "replace")
    try:
        value = bodies.json_value(bodies.decoded(body)[0])
    except ValueError:
        return None, ""
    row = plain(value) if isinstance(value, dict) else {}
    data = row.get("data")
    return (data.encode("utf-8", "replace") if isinstance(data, str) else None), first(row, "sign")


def _form(body: bytes) -> dict[str, bytes]:
    return {} if body.lstrip()[:1] in (b"{", b"[") else fields(body, "data", "sign", "appkey")


def acknowledge(body: bytes) -> Response:
    """Return Yunda's own envelope of an answer that says yes."""
    said = '{"result":true,"code":"0000","message":"success"}'
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of Yunda says. Raises NotAnAnswer."""
    return _frames.read_json(_form(body).get("data", body), _answers, _salvage)


def _salvage(text: str) -> Answer:
    rows = _frames.whole_rows(text, lambda row: {"action", "time"} <= row.keys())
    told, more = _events(rows)
    cut = "The body is cut or broken; its whole steps were read"
    return Answer(_frames.named(text, "mailno"), CARRIER, told, (cut, *more))


def _is_track(row: Keyed) -> bool:
    """A whole track, a single pushed scan, or the word on one number."""
    if not first(row, *_NUMBER):
        return "steps" in row
    if any(name in row for name in _STEPS):
        return True
    return bool(row.keys() & {"action", "result", "status"}) or {"time", "description"} <= row.keys()


def _answers(value: Any) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    outer = plain(value) if isinstance(value, dict) else {}
    rows = list(_envelopes.found(value, _is_track))
    refused = _refusal(outer) if "result" in outer and not rows else _refusal(outer, only_said=True)
    if rows:
        return _by_number(rows, refused)
    if outer.keys() & {"mailno", "orders"}:
        raise _refusals.request("Yunda")
    verdict = str(outer.get("result")).lower() in ("true", "false")
    if verdict and outer.keys() & _ENVELOPE and not outer.keys() & _OTHERS_ENVELOPE:
        return (Answer(carrier=CARRIER, failure=refused),)
    raise NotAnAnswer("The body is JSON, but nothing that Yunda answers or pushes")


def _refusal(outer: Keyed, *, only_said: bool = False) -> Failure | None:
    """Return why an envelope brings nothing: it says no, or it says yes and holds nothing."""
    if not _no(outer.get("result")):
        return None if only_said else Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))
    return _refusals.failure(first(outer, "code"), first(outer, "message", "msg", "remark"), _FAILURES)


def _no(value: object) -> bool:
    return value is False or str(value).lower() == "false"


def _by_number(rows: Sequence[Keyed], refused: Failure | None) -> tuple[Answer, ...]:
    answers = [_track(row, refused) for row in rows if any(name in row for name in _STEPS)]
    pushed: dict[str, list[Keyed]] = {}
    for row in rows:
        if any(name in row for name in _STEPS):
            continue
        if row.keys() & {"action", "time", "description"}:
            pushed.setdefault(first(row, *_NUMBER), []).append(row)
        else:
            answers.append(_word(row, refused))
    for number, scans in pushed.items():
        told, warnings = _events(scans)
        answers.append(Answer(number, CARRIER, told, warnings, kind=Kind.PUSH))
    return tuple(answers)


def _track(row: Keyed, refused: Failure | None) -> Answer:
    """A whole track; newer scans last, but their times decide."""
    number = first(row, *_NUMBER)
    steps = next(bodies.rows(row[name]) for name in _STEPS if name in row)
    told, warnings = _events(steps)
    told = settled(told, first(row, "status"))
    failure = None
    if not told and not warnings:
        failure = refused or (_word(row, None).failure or Failure(Trouble.NO_DATA, gettext_noop("No scan yet")))
    return Answer(number, CARRIER, told, warnings, failure)


def _word(row: Keyed, refused: Failure | None) -> Answer:
    """What is said of one number without a scan: it is subscribed, or it is not known."""
    number = first(row, *_NUMBER)
    if not _no(row.get("result")):
        return Answer(number, CARRIER, failure=refused, kind=Kind.SUBSCRIPTION)
    why = first(row, "remark", "message", "msg") or "The carrier has nothing on this number"
    failure = _refusals.failure(first(row, "code"), why, _FAILURES)
    if failure.trouble is Trouble.TRANSIENT:
        failure = replace(failure, trouble=Trouble.NO_DATA)
    return Answer(number, CARRIER, failure=failure)


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it was, or is there already."""
    outer = _frames.object_of(response)
    if outer is None:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a subscription answer")
    parts = [row for row in _envelopes.found(outer.get("data"), _is_track) if "result" in row]
    for row in [outer] if _no(outer.get("result")) else parts:
        said = first(row, "message", "msg", "remark")
        if _no(row.get("result")) and not any(word in said for word in ("重复", "已订阅", "已存在")):
            return _refusals.failure(first(row, "code"), said, _FAILURES)
    return None if "result" in outer else Failure(Trouble.TRANSIENT, "Not a subscription answer")
