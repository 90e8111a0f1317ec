"""Kuaidi100 快递100: real-time query, subscription, push, number recognition, interception. Pure.

Protocol facts: api.kuaidi100.com/document and the company's own demos; state codes 0–14 are the basic level, three
digits and more the advanced level that `resultv2=4` brings.
"""

import hmac
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import Answer, Ask, Contract, Failure, Field, Kind, NotAnAnswer, Trouble, answered
from shipments.carriers import _envelopes, _frames, _kuaidi100_relays
from shipments.carriers._kuaidi100 import STATUS as STATUS
from shipments.carriers._kuaidi100 import events as _events
from shipments.carriers._kuaidi100 import settled
from shipments.carriers._kuaidi100_calls import INTERCEPTS as INTERCEPTS
from shipments.carriers._kuaidi100_calls import decode_interception as decode_interception
from shipments.carriers._kuaidi100_calls import decode_recognition as decode_recognition
from shipments.carriers._kuaidi100_calls import encode_interception as encode_interception
from shipments.carriers._kuaidi100_calls import encode_recognition as encode_recognition
from shipments.carriers._kuaidi100_calls import post
from shipments.carriers._kuaidi100_calls import sign as sign
from shipments.carriers._shapes import Keyed, compact
from shipments.status import Cause
from shipops.kit.wire import Request, Response

LABEL = _("Kuaidi100")
FIELDS = (
    Field("customer", _("Customer number"), secret=False),
    Field("key", _("Authorisation key")),
    # Of the e-waybill service; without it no parcel can be called back.
    Field("secret", _("E-waybill secret"), required=False),
    Field("partner_id", _("E-waybill account with the carrier"), required=False, secret=False),
    Field("partner_key", _("Key of the e-waybill account"), required=False),
)
CARRIERS: frozenset[str] | None = None
BATCH = 1
# Documented: 30 min between queries of one number; more than 48 a day lock it for a day.
SPACING = timedelta(minutes=30)
DAILY = 48
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
RECOGNISES = True
ADDRESS = "https://poll.kuaidi100.com"

_HALF_AN_HOUR = timedelta(minutes=30)
_FAILURES: dict[str, tuple[Trouble, timedelta | None, bool]] = {
    "400": (Trouble.CONFIG, None, False),
    "408": (Trouble.CONFIG, None, False),
    "500": (Trouble.NO_DATA, None, False),
    "501": (Trouble.TRANSIENT, None, False),
    "502": (Trouble.TRANSIENT, None, False),
    "503": (Trouble.AUTH, None, True),
    "504": (Trouble.THROTTLE, _HALF_AN_HOUR, False),
    "601": (Trouble.QUOTA, None, True),
}
_SUBSCRIPTION_FAILURES: dict[str, tuple[Trouble, timedelta | None, bool]] = {
    "500": (Trouble.TRANSIENT, None, False),
    "600": (Trouble.AUTH, None, True),
    "601": (Trouble.QUOTA, None, True),
    "700": (Trouble.CONFIG, None, False),
    "701": (Trouble.CONFIG, None, False),
    "702": (Trouble.CONFIG, None, False),
}
# As Kuaidi100 spells them, where a relay does not.
_KEYS = (
    "lastResult", "destResult", "comNew", "comOld", "autoCheck", "comCode", "returnCode", "statusCode", "areaName",
    "interceptType", "companytype", "codenumber", "kuaidinum", "kuaidicom",
)  # fmt: skip
_REQUEST_KEYS = (
    {"interceptType", "kuaidinum"},
    {"com", "num"},
    {"company", "number"},
    {"customer", "sign"},
    {"schema", "param"},
)


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the real-time query of one waybill."""
    (ask,) = asks
    wanted = {"com": ask.carrier, "num": ask.number, "phone": ask.phone_tail, "resultv2": "4"}
    param = compact({**wanted, "show": "0", "order": "desc"})
    key, customer = contract.credentials.get("key", ""), contract.credentials.get("customer", "")
    fields = {"customer": customer, "sign": sign(param, key, customer), "param": param}
    return post(contract, ADDRESS, "/poll/query.do", fields)


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the subscription of one waybill; Kuaidi100 takes at most four a month for one number."""
    parameters = {
        "callbackurl": contract.callback_url,
        "salt": contract.salt,
        "resultv2": "4",
        "autoCom": "1",
        "phone": ask.phone_tail,
    }
    param = compact({
        "company": ask.carrier,
        "number": ask.number,
        "key": contract.credentials.get("key", ""),
        "parameters": parameters,
    })  # fmt: skip
    return post(contract, ADDRESS, "/poll", {"schema": "json", "param": param})


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the push carries md5(param + salt). A framework on the way may have HTML-escaped param."""
    fields = bodies.form(bodies.decoded(body)[0])
    param, given = fields.get("param", ""), fields.get("sign", "").encode()
    as_sent = hmac.compare_digest(sign(param, contract.salt).encode(), given)
    unescaped = hmac.compare_digest(sign(html.unescape(param), contract.salt).encode(), given)
    return as_sent or unescaped


def acknowledge(body: bytes) -> Response:
    """Return the one answer that Kuaidi100 takes for "received"; anything else is pushed again."""
    said = '{"result":true,"returnCode":"200","message":"成功"}'
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query or a subscription says."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of Kuaidi100 says. Raises NotAnAnswer."""
    text, warnings = bodies.decoded(body)
    pushed = "param=" in text[:4000] and text.strip()[:1] not in "{["
    inner = bodies.form(text).get("param", "") if pushed else text
    if inner.lstrip()[:1] == "<" and "<html" not in inner[:500].lower():  # show=1
        value, broken = _frames.value_of(inner)
        told, warnings = _all(value, pushed=pushed), (*warnings, *broken)
    else:
        told = _frames.read_json(inner.encode(errors="replace"), lambda value: _all(value, pushed=pushed), _salvage)
    return tuple(replace(answer, warnings=(*warnings, *answer.warnings)) for answer in told)


# Not the state: it tells of the newest event, which may be among what was cut off.
_HEAD = re.compile(r'"(nu|com)"\s*:\s*"([^"\\]*)"')


def _salvage(text: str) -> Answer:
    found = _frames.whole_rows(text, lambda row: "context" in row)
    head = dict(_HEAD.findall(html.unescape(text)))
    told = _result({**head, "data": found})
    return replace(told, warnings=("The body is cut or broken; its whole events were read", *told.warnings))


def _all(value: Any, *, pushed: bool) -> tuple[Answer, ...]:
    told = _envelopes.unwrapped(value, _is_track, _KEYS)
    return tuple(answer for one in told for answer in _answers(one, pushed=pushed))


def _is_track(row: Keyed) -> bool:
    return "lastresult" in row or ("data" in row and bool(row.keys() & {"nu", "codenumber"}))


def _answers(value: Any, *, pushed: bool) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    if isinstance(value, list):
        return _list(value)
    if isinstance(value.get("param"), str) and not {"customer", "schema"} & value.keys():
        return read(urlencode({"param": value["param"]}, errors="replace").encode())
    if "kuaidinum" in value and not {"interceptType", "lastResult"} & value.keys():
        return (_intercepted(value),)
    if "lastResult" in value or (pushed and "status" in value and "data" not in value):
        return (_push(value),)
    if "auto" in value or "comCode" in value:
        return (_recognised(value),)
    relayed = _relayed(value)
    if relayed:
        return relayed
    if {"result", "returnCode"} <= value.keys() and "nu" not in value:
        return (_said(value),)
    if "data" in value or "nu" in value:
        return (_result(value),)
    if "returnCode" in value or "result" in value:
        return (_said(value),)
    if any(keys <= value.keys() for keys in _REQUEST_KEYS):
        raise NotAnAnswer("This is a request to Kuaidi100, not an answer")
    raise NotAnAnswer("The body is JSON, but nothing that Kuaidi100 answers or pushes")


def _intercepted(value: Mapping[str, Any]) -> Answer:
    """The callback of an interception: what the carrier made of the wish, in words. What became of the parcel its scans tell."""
    said = " ".join(str(value[key]) for key in ("status", "message", "msg", "reason") if value.get(key))
    number, carrier = str(value["kuaidinum"]).strip(), str(value.get("kuaidicom") or "").strip().lower()
    return Answer(number, carrier, warnings=(f"Interception: {said}",) if said else (), kind=Kind.INTERCEPTION)


def _list(value: list[Any]) -> tuple[Answer, ...]:
    """A bare list is a recognition answer, or a list of events that lost its frame."""
    if any(isinstance(row, dict) and "context" in row for row in value):
        events, warnings = _events(value)
        return (Answer(events=events, warnings=warnings),)
    return _relayed(value) or (_recognised({"auto": value}),)


def _relayed(value: Any) -> tuple[Answer, ...]:
    """What lies in the frame of a shop or a reseller, or in none; empty if nothing does."""
    found = _kuaidi100_relays.tracks(value)
    return tuple(_push(told) if "lastResult" in told else _result(told) for told in found)


def _said(value: Mapping[str, Any]) -> Answer:
    """A short answer: a failed query or recognition, or the word on a subscription."""
    code, message = str(value.get("returnCode", "")), str(value.get("message") or "")
    subscribed = value.get("result") in (True, "true") or "订阅" in message
    data = value.get("data")
    if code == "200" and isinstance(data, dict) and {"taskId", "orderId"} & data.keys():
        return Answer(kind=Kind.INTERCEPTION)
    if subscribed and code in ("200", "501"):
        return Answer(kind=Kind.SUBSCRIPTION)
    if code in ("600", "700", "701", "702"):
        return Answer(failure=_failure(code, message, _SUBSCRIPTION_FAILURES), kind=Kind.SUBSCRIPTION)
    return Answer(failure=_failure(code, message, _FAILURES))


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it was, or is there already (501)."""
    try:
        value = bodies.json_value(bodies.decoded(response.body)[0])
    except ValueError:
        value = None
    if response.status != 200 or not isinstance(value, dict):
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a subscription answer")
    code = str(value.get("returnCode", ""))
    if code in ("200", "501"):
        return None
    return _failure(code, str(value.get("message") or ""), _SUBSCRIPTION_FAILURES)


def _failure(code: str, message: str, table: Mapping[str, tuple[Trouble, timedelta | None, bool]]) -> Failure:
    trouble, after, account_wide = table.get(code, (Trouble.TRANSIENT, None, False))
    return Failure(trouble, f"{code} {message}".strip(), after, account_wide)


def _recognised(value: Mapping[str, Any]) -> Answer:
    """Which carrier a number belongs to: the best candidate; the outer comCode is always empty."""
    candidates = [row for row in bodies.rows(value.get("auto")) if isinstance(row, dict)]
    best = str(candidates[0].get("comCode") or "") if candidates else ""
    number = str(value.get("num") or "")
    failure = None if best else Failure(Trouble.NO_DATA, "No carrier was recognised")
    return Answer(number, best or str(value.get("comCode") or ""), failure=failure, kind=Kind.RECOGNITION)


def _result(value: Mapping[str, Any], *, kind: Kind = Kind.QUERY) -> Answer:
    """The body of a query, and the lastResult of a push."""
    number = str(value.get("nu") or value.get("codenumber") or "").strip()
    carrier = str(value.get("com") or value.get("companytype") or "").strip().lower()
    found, warnings = _events(bodies.rows(value.get("data")), carrier)
    found = settled(found, str(value.get("state", "")), str(value.get("ischeck", "")) == "1", carrier)
    failure = None
    if not found and not warnings:
        code, message = str(value.get("status", "")), str(value.get("message") or "")
        trouble, after, account_wide = _FAILURES.get(code, (Trouble.NO_DATA, None, False))
        failure = Failure(trouble, f"{code} {message}".strip(), after, account_wide)
    return Answer(number, carrier, found, warnings, failure, kind)


def _push(value: Mapping[str, Any]) -> Answer:
    """A push: the full list again. Its own status says how the subscription stands, never how the parcel does."""
    last = value.get("lastResult")
    if isinstance(last, str):
        last = (bodies.rows(last) or [{}])[0]
    told = _result(last if isinstance(last, dict) else {}, kind=Kind.PUSH)
    status, message = str(value.get("status", "")), str(value.get("message") or "")
    abroad = value.get("destResult")
    warnings = told.warnings
    found = told.events
    if isinstance(abroad, dict) and abroad.get("data"):
        leg = _result(abroad, kind=Kind.PUSH)
        found = tuple(sorted((*found, *leg.events), key=lambda event: (event.occurred_at, event.position)))
        warnings = (*warnings, *leg.warnings)
    gave_up = status == "abort"
    # The word on a wrong company may be lost on the way; the scans under the right one are told again and again.
    instead = str(value.get("comNew") or "").strip().lower() or (told.carrier if found else "")
    if gave_up:
        warnings = (*warnings, f"Kuaidi100 gave up on this number: {message or 'no reason given'}")
    remark = Cause.NO_RECORD if gave_up and not found else None
    failure = None if found or remark else told.failure
    ended = status in ("abort", "shutdown")
    return Answer(told.number, told.carrier, found, warnings, failure, Kind.PUSH, remark, ended, instead)
