"""Kdniao 快递鸟: query, subscription, push, number recognition. Pure.

Protocol facts: the company's documents and its SDKs. Requests 8001 and 8008 are the paid ones, 1002 and 1008 the free ones, which
tell no StateEx, Action or Location. Where pushes go is set in Kdniao's console, not in the subscription.
"""

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import Answer, Ask, Contract, Failure, Field, Kind, NotAnAnswer, Trouble, Wish, answered
from shipments.carriers import _frames, _kdniao, _refusals, _shapes
from shipments.carriers._envelopes import framed
from shipments.carriers._kdniao import STATUS as STATUS
from shipments.carriers._shapes import compact, plain, signed
from shipments.status import Event
from shipops.kit.wire import Request, Response

LABEL = _("Kdniao")
FIELDS = (
    Field("business_id", _("Business ID"), secret=False),
    Field("app_key", _("App key")),
    Field("plan", _("Plan: paid or free"), required=False, secret=False),
    Field("jd_merchant", _("JD merchant code"), required=False, secret=False),
)
CARRIERS: frozenset[str] | None = frozenset(_kdniao.SHIPPERS.values())
BATCH = 1
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = True
SIGNED = True
INTERCEPTS: frozenset[Wish] = frozenset()
RECOGNISES = True
ADDRESS: Final = "https://api.kdniao.com"
QUERY_PATH: Final = "/Ebusiness/EbusinessOrderHandle.aspx"
SUBSCRIBE_PATH: Final = "/api/dist"
# Request types by plan: query, subscription. 2002 recognises, 101 and 102 are what is pushed to us.
_PAID: Final = ("8001", "8008")
_FREE: Final = ("1002", "1008")
_RECOGNITION: Final = "2002"
_PUSHES: Final = ("101", "102")

_FORM: Final = ("RequestData", "EBusinessID", "RequestType", "DataSign", "DataType")
_NUMBERS: Final = ("logisticcode", "waybillno", "outwaybillno", "mailno", "billcode", "expressno", "nu", "no", "number")
_COMPANIES: Final = (
    "shippercode",
    "carriercode",
    "expresscode",
    "company",
    "com",
    "shippername",
    "carriername",
    "expressname",
)
# Kdniao says in a sentence what went wrong, without a code.
_REASONS: Final = _refusals.worded(
    (r"签名|DataSign|验证(?:失败|不通过)|AppKey|未认证|权限|未授权", (Trouble.AUTH, None, True)),
    (r"(?:用户|商户|电商|EBusinessID).{0,8}(?:不存在|错误|无效|非法|未)", (Trouble.AUTH, None, True)),
    (r"套餐|余额|次数|额度|欠费|未开通|充值|超过.{0,6}(?:上限|限制)", (Trouble.QUOTA, None, True)),
    (r"频繁|过快|并发|限流|超频", (Trouble.THROTTLE, timedelta(minutes=10), False)),
    (r"暂无|无轨迹|没有.{0,4}(?:轨迹|物流|信息|结果)|查无|查询无|未查询?到|无此", (Trouble.NO_DATA, None, False)),
    (r"CustomerName|手机|电话|后四位|尾号|编码|ShipperCode|LogisticCode", (Trouble.CONFIG, None, False)),
    (r"单号|不支持|参数|格式|指令|RequestData|RequestType", (Trouble.CONFIG, None, False)),
)
_ALREADY: Final = re.compile("重复|已订阅|已经订阅|已存在")


def sign(data: bytes, key: str) -> str:
    """Return DataSign as it is before URL encoding: base64 of the 32 hex characters of the MD5, not of its bytes."""
    return base64.b64encode(hashlib.md5(data + key.encode()).hexdigest().encode()).decode()


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the query of one waybill."""
    (ask,) = asks
    return _post(contract, QUERY_PATH, _plan(contract)[0], _waybill(ask, contract))


def encode_subscription(ask: Ask, contract: Contract, now: datetime) -> Request:
    """Return the subscription of one waybill."""
    return _post(contract, SUBSCRIBE_PATH, _plan(contract)[1], _waybill(ask, contract))


def encode_recognition(number: str, contract: Contract, now: datetime) -> Request:
    """Return the question which carriers `number` may be of."""
    return _post(contract, QUERY_PATH, _RECOGNITION, {"LogisticCode": number})


def _plan(contract: Contract) -> tuple[str, str]:
    free = contract.credentials.get("plan", "").strip().lower() in ("free", "免费", "免费版")
    return _FREE if free else _PAID


def _waybill(ask: Ask, contract: Contract) -> dict[str, str]:
    """CustomerName proves that we know of the parcel: digits of a telephone, with JD the merchant's code."""
    told = {
        "OrderCode": "",
        "ShipperCode": _kdniao.SHIPPER_OF.get(ask.carrier, ask.carrier),
        "LogisticCode": ask.number,
    }
    proof = contract.credentials.get("jd_merchant", "") if ask.carrier == "jd" else ask.phone_tail
    return told | ({"CustomerName": proof} if proof else {})


def _post(contract: Contract, path: str, request_type: str, told: Mapping[str, str]) -> Request:
    data = compact(told)
    fields = {
        "RequestData": data,
        "EBusinessID": contract.credentials.get("business_id", ""),
        "RequestType": request_type,
        "DataSign": sign(data.encode(), contract.credentials.get("app_key", "")),
        "DataType": "2",
    }
    url = (contract.base_url.rstrip("/") or ADDRESS) + path
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    return Request("POST", url, headers, urlencode(fields).encode())


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the push is signed with our key, over RequestData as it came or before a framework escaped it for HTML."""
    fields, key = _shapes.pushed(body, *_FORM), contract.credentials.get("app_key", "")
    return signed(fields.get("requestdata", b""), fields.get("datasign", b""), lambda data: sign(data, key))


def acknowledge(body: bytes) -> Response:
    """Return what Kdniao takes for "received". UpdateTime repeats the push's own time: an adapter reads no clock."""
    fields = _shapes.pushed(body, *_FORM)
    text = bodies.decoded(fields.get("requestdata", b"") or body)[0]
    told = dict(re.findall(r'"(EBusinessID|PushTime)"\s*:\s*"([^"\\]*)"', html.unescape(text)))
    business_id = fields.get("ebusinessid", b"").decode(errors="replace") or told.get("EBusinessID", "")
    pushed_at = bodies.instant(told.get("PushTime")) or datetime(2000, 1, 1, tzinfo=bodies.ZONE)
    said = {
        "EBusinessID": business_id,
        "UpdateTime": pushed_at.astimezone(bodies.ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "Success": True,
        "Reason": "",
    }
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, compact(said).encode(errors="replace"))


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says."""
    return answered(response, read)


def decode_subscription(response: Response) -> Failure | None:
    """Return why a subscription was not taken; None = it was, or stands already."""
    told = _frames.object_of(response)
    if told is None:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a subscription answer")
    reason = str(told.get("reason") or "")
    if _true(told.get("success")) or _ALREADY.search(reason):
        return None
    return _failure(reason)


def decode_recognition(response: Response) -> tuple[str, ...] | Failure:
    """Return the carriers a number may be of, the likeliest first."""
    told = _frames.object_of(response)
    if told is None:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}, not a recognition answer")
    candidates = _candidates(told)
    if candidates:
        return candidates
    return _failure(str(told.get("reason") or "") or gettext_noop("No carrier was recognised"), Trouble.NO_DATA)


def _candidates(head: Mapping[str, Any]) -> tuple[str, ...]:
    rows = [plain(row) for row in bodies.rows(head.get("shippers")) if isinstance(row, dict)]
    return tuple(dict.fromkeys(code for row in rows if (code := _company(row))))


@dataclass(frozen=True, slots=True)
class _Track:
    """One waybill's part of a body: its head under plain keys, its rows, and the day told once for all of them."""

    head: Mapping[str, Any]
    rows: Sequence[Any]

    @property
    def number(self) -> str:
        return next((str(self.head[name]).strip() for name in _NUMBERS if self.head.get(name) not in (None, "")), "")


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of Kdniao says. Raises NotAnAnswer."""
    fields = _shapes.pushed(body, *_FORM)
    kind = Kind.PUSH if "requestdata" in fields else Kind.QUERY
    if kind is Kind.PUSH and fields.get("requesttype", b"101").decode(errors="replace").strip() not in _PUSHES:
        raise NotAnAnswer("This is a request to Kdniao, not an answer")
    return _frames.read_json(
        fields.get("requestdata", body), lambda value: _answers(value, kind), lambda text: _salvage(text, kind)
    )


# Not the state: it tells of the newest scan, which may be among what was cut off.
_HEAD: Final = re.compile(r'"(LogisticCode|ShipperCode|logisticCode|shipperCode)"\s*:\s*"([^"\\]*)"')


def _salvage(text: str, kind: Kind) -> Answer:
    found = _frames.whole_rows(text, _kdniao.is_row)
    head = plain(dict(_HEAD.findall(html.unescape(text))))
    told = _answer([_Track(head, found)], kind)
    return replace(told, warnings=("The body is cut or broken; its whole scans were read", *told.warnings))


def _answers(value: Any, kind: Kind) -> list[Answer]:
    if value is None:
        return [Answer(failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty")))]
    head = plain(value) if isinstance(value, dict) else {}
    if "shippers" in head:
        return [_recognised(head)]
    if "pushtime" in head or ("count" in head and "data" in head):
        kind = Kind.PUSH
    by_number: dict[str, list[_Track]] = {}
    for around, rows in framed(value, _kdniao.is_row, _rows, (*_NUMBERS, *_COMPANIES)):
        track = _Track(around, rows)
        by_number.setdefault(track.number, []).append(track)
    if by_number:
        answers = [_answer(tracks, kind) for tracks in by_number.values()]
        count, pushed = str(head.get("count", "")), len(bodies.rows(head.get("data")))
        if count.isdigit() and int(count) != pushed and "data" in head:
            answers[0] = replace(answers[0], warnings=(f"Count says {count}, told are {pushed}", *answers[0].warnings))
        return answers
    if "success" in head and "ebusinessid" in head:
        return [_said(head)]
    if {"logisticcode", "shippercode"} & head.keys() and "success" not in head:
        raise NotAnAnswer("This is a request to Kdniao, not an answer")
    raise NotAnAnswer("The body is JSON, but nothing that Kdniao answers or pushes")


def _rows(head: Mapping[str, Any]) -> list[Any] | None:
    """The scans of an object that holds some, or has room for some and holds none; None = it is no track."""
    for value in head.values():
        if isinstance(value, list | dict | str):
            rows = bodies.rows(value)
            if any(_kdniao.is_row(row) for row in rows):
                return rows
    ours = {"logisticcode", "shippercode", "ebusinessid"} & head.keys()
    answered_for = ("traces" in head and bool(ours)) or {"logisticcode", "success"} <= head.keys()
    return [row for row in bodies.rows(head.get("traces")) if row is not None] if answered_for else None


def _answer(tracks: Sequence[_Track], kind: Kind) -> Answer:
    """One waybill's answer; what is told of it in several places is one track."""
    head = tracks[0].head
    company = _company(head)
    warnings: list[str] = []
    events: list[Event] = []
    shipper = head.get("shippercode")
    if shipper and not company:
        warnings.append(f"The carrier {str(shipper)[:40]!r} is not known")
    for track in tracks:
        found, complaints = _kdniao.events(track.rows, company, str(track.head.get("day") or ""))
        events.extend(found)
        warnings.extend(complaints)
    told = tuple(sorted(events, key=lambda event: (event.occurred_at, event.position)))
    told = _kdniao.settled(told, [str(head.get(name) or "") for name in ("stateex", "action", "state")], company)
    failure = None if told or warnings else _failure(str(head.get("reason") or ""), Trouble.NO_DATA)
    return Answer(
        number=tracks[0].number,
        carrier=company,
        events=told,
        warnings=tuple(warnings),
        failure=failure,
        kind=kind,
    )


def _company(head: Mapping[str, Any]) -> str:
    return _kdniao.carrier(*(head.get(name) for name in _COMPANIES))


def _recognised(head: Mapping[str, Any]) -> Answer:
    best = next(iter(_candidates(head)), "")
    failure = None if best else Failure(Trouble.NO_DATA, gettext_noop("No carrier was recognised"))
    return Answer(str(head.get("logisticcode") or ""), best, failure=failure, kind=Kind.RECOGNITION)


def _said(head: Mapping[str, Any]) -> Answer:
    """A short answer: the word on a subscription, or a refusal."""
    if _true(head.get("success")):
        return Answer(kind=Kind.SUBSCRIPTION)
    return Answer(failure=_failure(str(head.get("reason") or "")))


def _failure(reason: str, otherwise: Trouble = Trouble.TRANSIENT) -> Failure:
    said = reason.strip() or gettext_noop("No scan yet")
    return _refusals.failure("", said, {}, otherwise, _REASONS)


def _true(value: object) -> bool:
    return str(value).lower() == "true"
