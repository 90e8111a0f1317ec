"""SF Express 顺丰 (the Fengqiao gateway): EXP_RECE_SEARCH_ROUTES and WANTED_INTERCEPT, route pushes, and the older BSP XML. Pure.

Protocol facts: the Fengqiao documents and its SDKs. Pushes carry no signature, so their address must be unguessable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from shipments import bodies
from shipments.answers import Answer, Ask, Contract, Failure, Field, Kind, NotAnAnswer, Trouble, answered
from shipments.carriers import _envelopes
from shipments.carriers._sf import STATUS as STATUS
from shipments.carriers._sf import events as _events
from shipments.carriers._sf_calls import INTERCEPTS as INTERCEPTS
from shipments.carriers._sf_calls import SEARCH_ROUTES, call, failure
from shipments.carriers._sf_calls import decode_interception as decode_interception
from shipments.carriers._sf_calls import digest as digest
from shipments.carriers._sf_calls import encode_interception as encode_interception
from shipments.carriers._sf_calls import verify_code as verify_code
from shipments.carriers._shapes import Keyed, first, plain
from shipops.kit.wire import Request, Response

CARRIER = "shunfeng"
LABEL = _("SF Express")
FIELDS = (
    Field("partner_id", _("Partner ID"), secret=False),
    Field("checkword", _("Check word")),
    Field("monthly_card", _("Monthly account number"), required=False, secret=False),
    Field("phone_tail", _("Last four digits of the sender's phone"), required=False, secret=False),
)
CARRIERS: frozenset[str] | None = frozenset({CARRIER})
BATCH = 10
SPACING = timedelta(minutes=10)
DAILY = 0
RATE = 0.0
SUBSCRIBES = False
SIGNED = False
RECOGNISES = False

# As SF spells them, where a relay does not.
_KEYS = (
    "apiResultCode", "apiResultData", "apiErrorMsg", "errorCode", "errorMsg", "msgData", "routeResps", "mailNo", "routes",
    "Body", "WaybillRoute", "apiResultMsg", "acceptTime", "acceptAddress", "opCode", "reasonCode", "reasonName",
    "secondaryStatusName",
)  # fmt: skip
_REQUEST_FORM = re.compile(
    "(?:partnerID|requestID|serviceCode|timestamp|msgDigest|msgData|accessToken|xml|verifyCode)="
)
_REQUEST_KEYS = ("trackingNumber", "attributeNo", "searchNo", "partnerID", "serviceCode", "barOprCode", "checkPhoneNo")


def encode(asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
    """Return the route query of up to ten waybills; they share one phone tail, as one question holds one."""
    wanted = {
        "language": "zh-CN",
        "trackingType": "1",
        "trackingNumber": [ask.number for ask in asks],
        "methodType": "1",
        "checkPhoneNo": contract.credentials.get("phone_tail") or asks[0].phone_tail,
    }
    return call(SEARCH_ROUTES, wanted, contract, now)


def verify(contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
    """Return True: SF signs no push. What protects is the address, known to SF alone."""
    return True


def acknowledge(body: bytes) -> Response:
    """Return what SF wants to hear: XML for the older XML push, JSON else."""
    if body.lstrip()[:1] == b"<" or body.lstrip()[:8] == b"content=":
        said = '<Response service="RoutePushService"><Head>OK</Head></Response>'
        return Response(200, {"Content-Type": "text/xml; charset=utf-8"}, said.encode())
    said = '{"return_code":"0000","return_msg":"成功"}'
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, said.encode())


def decode(response: Response) -> tuple[Answer, ...]:
    """Return what the answer to a query says, one Answer a waybill."""
    return answered(response, read)


def read(body: bytes) -> tuple[Answer, ...]:
    """Return what any body of SF says. Raises NotAnAnswer."""
    text, warnings = bodies.decoded(body)
    text = text.strip()
    if text.startswith("content="):
        text = bodies.form(text)["content"].strip()
    if _REQUEST_FORM.match(text):
        raise NotAnAnswer("This is a request to SF, not an answer")
    if text.startswith("<"):
        answers = _xml(bodies.xml_root(text))
    else:
        try:
            value = bodies.json_value(text)
        except ValueError:
            raise NotAnAnswer("The body is neither JSON nor XML" if text else "The body is empty") from None
        answers = tuple(answer for one in _envelopes.unwrapped(value, _is_ours, _KEYS) for answer in _json(one))
    return tuple(replace(answer, warnings=(*warnings, *answer.warnings)) for answer in answers)


def _is_ours(row: Keyed) -> bool:
    return bool({"apiresultcode", "routeresps", "waybillroute"} & row.keys()) or {"mailno", "routes"} <= row.keys()


def _json(value: Any) -> tuple[Answer, ...]:
    if value is None:
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    if isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
        if any(set(_REQUEST_KEYS) & row.keys() for row in rows):
            raise NotAnAnswer("This is a request to SF, not an answer")
        if any({"mailno", "accepttime"} <= plain(row).keys() for row in rows):
            return _pushed(rows)  # events that lost their frame
    if not isinstance(value, dict):
        raise NotAnAnswer(f"The body is a JSON {type(value).__name__}, not an object")
    if "apiResultCode" in value:
        return _envelope(value)
    if "routes" in value and "mailNo" in value:
        return (_track(value),)
    if "Body" in value or "WaybillRoute" in value:
        inner = value.get("Body", value)
        pushed = bodies.rows(inner.get("WaybillRoute")) if isinstance(inner, dict) else []
        return _pushed(pushed)
    if "msgData" in value and "timestamp" in value:
        raise NotAnAnswer("This is a request to SF, not an answer")
    if "routeResps" in value or "msgData" in value or "errorCode" in value:
        return _inner(value)
    if set(_REQUEST_KEYS) & value.keys():
        raise NotAnAnswer("This is a request to SF, not an answer")
    raise NotAnAnswer("The body is JSON, but nothing that SF answers or pushes")


def _envelope(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    """The gateway's frame: apiResultData is JSON again, as a text (a few tools hand on the object itself)."""
    code = str(value.get("apiResultCode", ""))
    if code != "A1000":
        return (Answer(carrier=CARRIER, failure=failure(code, value.get("apiErrorMsg"))),)
    inner = value.get("apiResultData") or value.get("apiResultMsg")
    if isinstance(inner, str):
        try:
            inner = bodies.json_value(inner)
        except ValueError:
            raise NotAnAnswer("apiResultData is not JSON") from None
    if not isinstance(inner, dict):
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("The answer is empty"))),)
    return _inner(inner)


def _inner(value: Mapping[str, Any]) -> tuple[Answer, ...]:
    value = _envelopes.spelt(value, _KEYS)
    code = str(value.get("errorCode") or "S0000")
    if value.get("success") in (False, "false") or code != "S0000":
        return (Answer(carrier=CARRIER, failure=failure(code, value.get("errorMsg"))),)
    data = value.get("msgData", value)
    if isinstance(data, str):
        data = _envelopes.spelt((bodies.rows(data) or [{}])[0], _KEYS)
    number = first(plain(data), "waybillno") if isinstance(data, dict) else ""
    if number and not {"routeResps", "routes"} & data.keys():
        return (Answer(number, CARRIER, kind=Kind.INTERCEPTION),)  # taken, not stopped yet: the scans will tell
    told = bodies.rows(data.get("routeResps")) if isinstance(data, dict) else []
    answers = [_track(row) for row in told if isinstance(row, dict)]
    return tuple(answers) or (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))),)


def _track(row: Mapping[str, Any]) -> Answer:
    found, warnings = _events(bodies.rows(row.get("routes")))
    failure = (
        None
        if found or warnings
        else Failure(Trouble.NO_DATA, gettext_noop("Not scanned yet, or the phone digits are wrong"))
    )
    return Answer(str(row.get("mailNo") or "").strip(), CARRIER, found, warnings, failure)


def _pushed(routes: Sequence[Any]) -> tuple[Answer, ...]:
    """Single events of any number of waybills, one Answer a waybill."""
    by_number: dict[str, list[Any]] = {}
    lost = 0
    for row in routes:
        number = first(plain(row), "mailno", "waybillno") if isinstance(row, Mapping) else ""
        lost += not number
        if number:
            by_number.setdefault(number, []).append(row)
    noted = (f"Routes without a waybill number: {lost}",) if lost else ()
    answers = []
    for number, told in by_number.items():
        found, warnings = _events(told)
        answers.append(Answer(number, CARRIER, found, (*noted, *warnings), kind=Kind.PUSH))
    if not answers:
        raise NotAnAnswer("The push holds no route with a waybill number")
    return tuple(answers)


def _xml(root: ElementTree.Element) -> tuple[Answer, ...]:
    """Answers of RouteService and bodies of RoutePushService, whose service name comes spelt in two ways."""
    if root.tag == "Request" and root.find(".//RouteRequest") is not None:
        raise NotAnAnswer("This is a request to SF, not an answer")
    error = root.find(".//ERROR")
    if error is not None:
        return (Answer(carrier=CARRIER, failure=failure(error.get("code", ""), error.text)),)
    pushed = [_row(element) for element in root.iter("WaybillRoute")]
    if pushed:
        return _pushed(pushed)
    answers = []
    for response in root.iter("RouteResponse"):
        routes = [_row(element) for element in response.iter("Route")]
        answers.append(_track({"mailNo": response.get("mailno"), "routes": routes}))
    if answers:
        return tuple(answers)
    if (root.findtext("Head") or "").strip() == "OK" and root.tag == "Response":
        return (Answer(carrier=CARRIER, failure=Failure(Trouble.NO_DATA, gettext_noop("No scan yet"))),)
    raise NotAnAnswer("The XML is nothing that SF answers or pushes")


def _row(element: ElementTree.Element) -> dict[str, str]:
    """One route, told in attributes; some tools make elements of them."""
    return {**{child.tag: child.text or "" for child in element}, **element.attrib}
