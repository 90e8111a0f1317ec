"""How Yunda tells scans: the action of each, the status of the whole, and what their words add. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers._shapes import Keyed, first, line, plain
from shipments.carriers._whole import newest_as
from shipments.carriers._words import RETURN_ASKED_FOR, held_by_a_place
from shipments.status import Cause, Event, Stage

CARRIER = "yunda"
# The actions of single scans; five of them are also what `status` says of the whole, or of a scan without an action.
STATUS: dict[str, texts.Verdict] = {
    "ACCEPT": (Stage.PICKED_UP, None),
    "GOT": (Stage.PICKED_UP, None),
    "TRANSIT": (Stage.IN_TRANSIT, None),
    "ARRIVAL": (Stage.IN_TRANSIT, None),
    "DEPARTURE": (Stage.IN_TRANSIT, None),
    "SENT": (Stage.OUT_FOR_DELIVERY, None),
    "INBOUND": (Stage.AVAILABLE_FOR_PICKUP, None),
    # The courier took it out of the station again; the buyer who collects it is SIGNED.
    "OUTBOUND": (Stage.OUT_FOR_DELIVERY, None),
    "SIGNED": (Stage.DELIVERED, None),
    "SIGNFAIL": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "RETURN": (Stage.RETURNING, None),
    "REJECTION": (Stage.REFUSED, Cause.REFUSED),
    "ISSUE": (Stage.UNKNOWN, Cause.OTHER),
    # "Other" says nothing at all: what its words do not tell stays unknown.
    "OTHER": (Stage.UNKNOWN, None),
    "TRANSFER": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "OVERSEA_IN": (Stage.IN_TRANSIT, None),
    "OVERSEA_OUT": (Stage.IN_TRANSIT, None),
    "OVERSEA_ARRIVAL": (Stage.IN_TRANSIT, None),
    "OVERSEA_DEPARTURE": (Stage.IN_TRANSIT, None),
    "CLEARANCE_START": (Stage.CUSTOMS, None),
    "CLEARANCE_FINISH": (Stage.CUSTOMS, None),
    "CLEARANCE_FAIL": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
}
# The names the same codes go by.
_NAMES = {
    "收件扫描": "ACCEPT", "揽件扫描": "GOT", "已揽件": "GOT", "运输中": "TRANSIT", "入中转": "ARRIVAL", "出中转": "DEPARTURE",
    "派件中": "SENT", "第三方代收入库": "INBOUND", "第三方代收快递员取出": "OUTBOUND", "已签收": "SIGNED",
    "签收失败": "SIGNFAIL", "异常签收": "SIGNFAIL", "退回件": "RETURN", "问题件": "ISSUE", "拒收": "REJECTION",
    "其他": "OTHER", "转单": "TRANSFER", "海外入库扫描": "OVERSEA_IN", "海外出库扫描": "OVERSEA_OUT",
    "入库扫描": "OVERSEA_IN", "出库扫描": "OVERSEA_OUT", "清关开始": "CLEARANCE_START", "清关结束": "CLEARANCE_FINISH",
    "清关失败": "CLEARANCE_FAIL", "干线到达": "OVERSEA_ARRIVAL", "干线离开": "OVERSEA_DEPARTURE",
}  # fmt: skip
# What words may add: 签收 covers a station that signs and the shop that got it back, a failed signature a refusal.
_COARSE = {
    "TRANSIT": frozenset(Stage) - {Stage.UNKNOWN},
    "ARRIVAL": frozenset({Stage.RETURNING}),
    "DEPARTURE": frozenset({Stage.RETURNING}),
    "SIGNED": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED}),
    "SIGNFAIL": frozenset({Stage.REFUSED, Stage.RETURNING, Stage.AVAILABLE_FOR_PICKUP}),
    "RETURN": frozenset({Stage.RETURNED}),
    "REJECTION": frozenset({Stage.RETURNING}),
}
_SIGNED_BY_A_PERSON = {"SIGNED": _COARSE["SIGNED"] - {Stage.AVAILABLE_FOR_PICKUP}}
# "In transit" of the whole says nothing of a newest scan that nobody can read.
_ENDS = frozenset({"SIGNED", "SIGNFAIL", "RETURN"})
_FAILED_SIGNATURE = re.compile("失败签收|签收失败|未签收|异常签收")


def code_of(value: str) -> str:
    """Return the code that a value of `action` or `status` is, however it is written; "" if none we know."""
    upper = value.upper().replace("-", "_").replace(" ", "_")
    return upper if upper in STATUS else _NAMES.get(value, "")


def events(steps: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of steps, oldest first, and warnings."""
    rows = [plain(step) if isinstance(step, dict) else step for step in steps]
    stored = [bodies.instant(_time(row)) for row in rows if isinstance(row, dict) and _code(row) == "INBOUND"]
    parked = min((at for at in stored if at is not None), default=None)

    def event(row: Any, at: datetime, position: int) -> Event:
        # Who signs for what lies at a station already is whoever collects it there, even if its name is written down.
        return _event(row, at, position, ignores_signer=parked is not None and parked < at)

    return bodies.scans(rows, _time, event, newest_first=False)


def _time(row: Any) -> object:
    # The documents write "yyyy-MM-dd HH : mm : ss".
    return re.sub(r"\s*:\s*", ":", first(row, "time", "scantime", "accepttime", "optime"))


def _code(row: Keyed) -> str:
    return code_of(first(row, "action", "actioncode"))


def _event(row: Keyed, at: datetime, position: int, *, ignores_signer: bool) -> Event:
    text = line(first(row, "description", "desc", "remark", "memo"))
    action, status = _code(row), code_of(first(row, "status"))
    signer = "" if ignores_signer else first(row, "signer")
    said = f"{text} 签收人：{signer}" if signer and "SIGNED" in (action, status) and signer not in text else text
    stage, cause, rule = _read(action, status, said)
    place = first(row, "city", "stationname", "station")
    return Event(at, position, stage, cause, text, place, action or first(row, "action", "actioncode", "status"), rule)


def _read(action: str, status: str, said: str) -> reading.Reading:
    """The action decides, else the words, else what status the parcel had with that scan.

    On the way back a parcel comes and goes as on the way out: only its status tells which way it is.
    """
    if status == "RETURN" and action in ("ARRIVAL", "DEPARTURE"):
        return _verdict(status, said)
    if action:
        return _verdict(action, said)
    told = reading.worded(said, CARRIER)
    return told if told.rule or not status else _verdict(status, said)


def _verdict(code: str, text: str) -> reading.Reading:
    if code == "SIGNED" and _FAILED_SIGNATURE.search(text):
        code = "SIGNFAIL"
    if code == "RETURN" and RETURN_ASKED_FOR.search(text):
        return reading.worded(text, CARRIER)
    if code == "SIGNED" and not held_by_a_place(text):
        return reading.read(code, text, STATUS, CARRIER, _SIGNED_BY_A_PERSON)
    return reading.read(code, text, STATUS, CARRIER, _COARSE)


def settled(told: tuple[Event, ...], status: str) -> tuple[Event, ...]:
    """Return the events with the newest read by the status of the whole, where nothing else reads it and that is an end."""
    code = code_of(status)
    if not told or code not in _ENDS or told[-1].rule:
        return told
    stage, cause, _ = _verdict(code, told[-1].text)
    return newest_as(told, stage, cause, code)
