"""How J&T tells scans: types of scan by number or name, types of problem, and the words of the overseas editions. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers._jtexpress_types import ABROAD, COARSE, HERE, NAMES, PROBLEM_NAMES
from shipments.carriers._jtexpress_types import STATUS as STATUS
from shipments.carriers._shapes import Keyed, first, line, plain
from shipments.carriers._words import RETURN_ASKED_FOR, held_by_a_place
from shipments.status import Cause, Event, Stage

CARRIER = "jtexpress"
_PROBLEMS = frozenset({"11", "118", "120"})
_PROBLEM = re.compile(r"(?<![A-Z0-9])A\d{1,2}(?!\d)", re.IGNORECASE)
_STORED = frozenset({"6", "7", "700"})
_SIGNATURES = frozenset({"10", "100", "113"})
_FAILED_SIGNATURE = re.compile("失败签收|签收失败|未签收")
# The sentences of the editions abroad, where neither name nor number of the scan is one we know.
_REFUSED_TO = r"(?:unable|failed|could ?n.t|cannot)(?: to)? "
_SENTENCES: tuple[tuple[str, re.Pattern[str], texts.Verdict], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE), verdict)
    for name, pattern, verdict in (
        ("returned", r"returned to (?:the )?(?:sender|seller|shipper)|return completed", (Stage.RETURNED, None)),
        ("returning", r"return(?:ing)? to (?:the )?(?:sender|seller|shipper)|being returned", (Stage.RETURNING, None)),
        ("refused", r"\brefused|\brejected", (Stage.REFUSED, Cause.REFUSED)),
        ("unreachable", rf"{_REFUSED_TO}(?:contact|reach)|unreachable", (Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE)),
        (
            "failed",
            rf"(?:delivery|attempt) (?:was )?(?:failed|unsuccessful)|{_REFUSED_TO}deliver",
            (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
        ),
        ("id_failed", r"paket gagal dikirim", (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED)),
        ("id_not_picked", r"paket gagal dipickup", (Stage.INFO_RECEIVED, Cause.OTHER)),
        ("id_returning", r"paket akan diretur", (Stage.RETURNING, None)),
        ("id_stored", r"paket disimpan di gudang", (Stage.IN_TRANSIT, Cause.OTHER)),
        ("id_delivering", r"paket akan dikirim ke alamat", (Stage.OUT_FOR_DELIVERY, None)),
        ("id_signed", r"paket telah diterima", (Stage.DELIVERED, None)),
        ("expired", r"expired awb", (Stage.CANCELLED, None)),
        ("damaged", r"\bdamaged", (Stage.IN_TRANSIT, Cause.DAMAGED)),
        ("signed", r"completed the delivery|(?:been|successfully) (?:delivered|signed)", (Stage.DELIVERED, None)),
        ("delivering", r"is delivering|out for delivery|on the way to your address", (Stage.OUT_FOR_DELIVERY, None)),
        ("picked", r"picked up (?:the shipment|by)|been picked up", (Stage.PICKED_UP, None)),
        ("moved", r"(?:arrived at|departed from|left from)\b", (Stage.IN_TRANSIT, None)),
    )
)
_NAME_KEYS = ("scantypename", "scantype", "scanname")
_CODE_KEYS = ("scantypecode", "scancode")
# A name may come with its number: 10、快件签收, 快件签收(10).
_ADORNED = re.compile(r"^\d+\s*[、.:：-]\s*|\s*[（(]\d+[)）]$")
_ZONE = re.compile(r"(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


def events(details: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of details, oldest first, and warnings."""
    rows = [plain(detail) if isinstance(detail, dict) else detail for detail in details]
    numbers = {first(row, *_CODE_KEYS) for row in rows if isinstance(row, dict)}
    ten = "10" if numbers & HERE else "1" if numbers & ABROAD else ""
    stored = [bodies.instant(_time(row)) for row in rows if isinstance(row, dict) and kind(row)[0] in _STORED]
    parked = min((at for at in stored if at is not None), default=None)

    def event(row: Any, at: datetime, position: int) -> Event:
        # Who signs for what lies at a station already is whoever collects it there, even if its name is written down.
        signer = "" if parked is not None and parked < at else first(row, "signer", "signname")
        return _event(row, at, position, ten, signer)

    return bodies.scans(rows, _time, event, newest_first=True)


def _time(row: Any) -> object:
    """The time of a scan, in the zone it names: the editions abroad may name one."""
    told = first(row, "scantime", "time", "accepttime", "optime")
    zone = _ZONE.fullmatch(first(row, "timezone"))
    if zone is None or not re.search(r"\d:\d\d(?::\d\d)?$", told):
        return told
    return f"{told}{zone[1]}{int(zone[2]):02d}:{zone[3] or '00'}"


def _event(row: Keyed, at: datetime, position: int, ten: str, signer: str) -> Event:
    text = line(first(row, "desc", "description", "remark", "memo"))
    scan, came = kind(row, ten)
    problem = _problem(row) if scan in _PROBLEMS else ""
    known = problem or scan
    stage, cause, rule = _read(known, text, row, signer) if known else _worded(text)
    parts = filter(None, (first(row, f"scannetwork{part}") for part in ("province", "city", "area")))
    place = " ".join(dict.fromkeys(parts)) or first(row, "scannetworkname", "sitename")
    return Event(at, position, stage, cause, text, place, problem or came, rule)


def kind(row: Keyed, ten: str = "10") -> tuple[str, str]:
    """Return the code of STATUS that a detail's type of scan is, "" if none we know; and the type as it came.

    Names go before numbers, because a number does not mean the same in every edition. `ten` is what number 10 in the code's
    own field means, as the other numbers of the list show; "" if they show nothing. problemReason repeats the name of a
    normal scan: it is asked last, and never makes a problem.
    """
    names = [first(row, name) for name in _NAME_KEYS]
    numbers = [first(row, name) for name in _CODE_KEYS]
    came = next(filter(None, (*names, *numbers)), "")
    for value in (*names, *numbers):
        named = NAMES.get(value.lower().replace("_", " ")) or NAMES.get(_ADORNED.sub("", value).lower())
        if named:
            return named, value
    for value in names:
        if value in STATUS and value.isdigit():
            return value, value
    for value in numbers:
        meant = ten if value == "10" else value
        if meant in STATUS and value.isdigit():
            return meant, value
    repeated = NAMES.get(first(row, "problemreason").lower(), "")
    return ("" if repeated in _PROBLEMS else repeated), came


def _problem(row: Keyed) -> str:
    named = _PROBLEM.search(first(row, "problemtype", "problemtypecode", "problemcode"))
    code = named.group().upper() if named else ""
    if code in STATUS:
        return code
    names = (first(row, name) for name in ("problemtype", "problemtypename", "problemreason"))
    return next((PROBLEM_NAMES[name] for name in names if name in PROBLEM_NAMES), "")


def _read(code: str, text: str, row: Keyed, signer: str) -> reading.Reading:
    if code in _PROBLEMS:
        return _problem_in_words(code, text, row)
    said = f"{text} 签收人：{signer}" if signer and code in _SIGNATURES and signer not in text else text
    if code in _SIGNATURES and _FAILED_SIGNATURE.search(said):
        return reading.read("A11", said, STATUS, CARRIER, {"A11": frozenset({Stage.REFUSED, Stage.RETURNING})})
    if code == "14" and RETURN_ASKED_FOR.search(said):
        return _worded(said)
    if code in _SIGNATURES and not held_by_a_place(said):
        return reading.read(code, said, STATUS, CARRIER, {code: COARSE[code] - {Stage.AVAILABLE_FOR_PICKUP}})
    return reading.read(code, said, STATUS, CARRIER, COARSE)


def _problem_in_words(code: str, text: str, row: Keyed) -> reading.Reading:
    """A problem without a type we know: its reason is in words, in a field of its own or in the sentence."""
    said = line(
        f"{first(row, 'problemtype')} {first(row, 'problemreason', 'probledescription', 'problemdescription')} {text}"
    )
    stage, cause = texts.reason(said)
    if (stage, cause) == texts.UNKNOWN:
        told = _worded(text)
        stage, cause = told.stage, told.cause
        if not told.rule or cause is None:
            return reading.Reading(STATUS[code][0], STATUS[code][1], f"code:{code}")
    return reading.Reading(stage, cause, f"code:{code}+reason")


def _worded(text: str) -> reading.Reading:
    """The carrier's own sentences go before everybody's."""
    for name, pattern, (stage, cause) in _SENTENCES:
        if pattern.search(text):
            return reading.Reading(stage, cause, f"carrier:{CARRIER}:{name}")
    return reading.worded(text, CARRIER)
