"""Find the tracks in an answer, whatever a gateway, a shop's relay or a web page put around them. Pure.

Carriers' answers reach a seller in many frames: a bare list, a list under the waybill's number, XML, a relay's own keys,
a page's table. What they share is a list of rows that hold a time and words; the carrier's module says what these mean.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shipments import bodies
from shipments.answers import NotAnAnswer
from shipments.carriers._shapes import first, folded, key

# Keys are compared without case, underscores and hyphens: waybill_No, Upload_Time and uploadTime are all met.
_TIMES = (
    "uploadtime", "optime", "accepttime", "scantime", "ftime", "time", "datetime", "operatetime", "operationtime",
    "eventtime", "statustime", "tracetime", "msgtime", "createtime", "timestamp", "date", "day", "时间",
)  # fmt: skip
_DAYS = ("date", "day", "ymd", "日期")
_HOURS = ("time", "hour", "hms", "时间")
TEXTS = (
    "processinfo", "context", "station", "memo", "acceptstation", "remark", "desc", "description", "content", "info",
    "detail", "tracecontent", "statusdesc", "trackinfo", "message", "msg", "text", "step", "描述", "内容",
)  # fmt: skip
# What makes a lone object a scan; other words beside a time stand in every frame.
_TELLING = frozenset(["processinfo", "context", "memo", "acceptstation", "remark", "infocontent", "scantype"])
_NUMBERS = (
    "waybillno", "waybillnum", "waybillcode", "waybill", "waybillid", "mailno", "mailnumber", "billcode", "billno",
    "nu", "deliverno", "deliveryno", "deliverysn", "logisticcode", "logisticno", "logisticnum", "logisticsnum",
    "expressno", "expressnumber", "expresscode", "expresssn", "expressid", "trackingno", "trackingnumber",
    "trackingcode", "trackno", "outsid", "invoiceno", "codenumber", "shippingno", "shippingcode", "shippingsn",
    "shipno", "kuaidinum", "kuaidino", "expno", "postid", "no", "num", "number", "logisticsno", "运单号", "快递单号", "物流单号",
    "单号",
)  # fmt: skip
_ROW_NUMBERS = ("waybillno", "waybillnum", "mailno", "billcode", "nu", "运单号")
_NAMES = (
    "com", "companytype", "company", "companyname", "comname", "delivername", "shippingname", "expressname",
    "expresscompany", "shippercode", "shippername", "logisticscompany", "logisticsname", "expname",
    "expresscompanyname", "logisticproviderid", "typename", "carrier", "carriername",
)  # fmt: skip
# A shop may be called as a carrier is (天天优品).
_COMPANY = re.compile("快递|速递|速运|快运|物流|包裹|快件|特快|EMS")
# Carrier.code: its name, then the codes it goes by.
_CARRIERS = {
    "yuantong": ("圆通", "yto", "yt", "yuantong"),
    "shentong": ("申通", "sto", "st", "shentong"),
    "zhongtong": ("中通", "zto", "zt", "zhongtong"),
    "yunda": ("韵达", "yd", "yunda"),
    "jtexpress": ("极兔", "jtsd", "jt", "jtexpress"),
    "shunfeng": ("顺丰", "sf", "shunfeng"),
    "ems": ("EMS", "ems"),
    "youzhengguonei": ("邮政", "yzpy", "youzhengguonei"),
    "jd": ("京东", "jd"),
    "debangkuaidi": ("德邦", "dbl", "debangkuaidi", "debangwuliu"),
    "huitongkuaidi": ("百世", "htky", "huitongkuaidi"),
    "tiantian": ("天天", "hhtt", "tiantian"),
}
_NUMBER = re.compile(r"(?=(?:[^\d]*\d){6})[A-Za-z0-9-]{6,40}")
_NUMBER_AS_KEY = re.compile(r"(?=(?:[^\d]*\d){8})[A-Za-z0-9]{8,40}")
_TOLD_NUMBER = re.compile(
    r"(?<![新转换面])(?<!新运)(?<!转运)(?<!换运)单号\s*[：:]?\s*[【\[]?\s*([A-Za-z]{0,4}\d{8,20})"
)
# A line of a page or a log: a day, perhaps its name, an hour, and the words; or the words first.
_DAY = r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)"
_HOUR = r"(\d{1,2}:\d{2}(?::\d{2})?)"
_WEEKDAY = r"(?:(?:星期|周)\S)?"
_BETWEEN = r"[\s,;|\"']"
_LINE = re.compile(
    rf"^\W{{0,3}}{_DAY}(?:T|{_BETWEEN})*{_WEEKDAY}{_BETWEEN}*{_HOUR}{_BETWEEN}*{_WEEKDAY}{_BETWEEN}+(.+)$"
)
_LINE_BACK = re.compile(rf"^(.{{2,}}?){_BETWEEN}+{_DAY}(?:T|{_BETWEEN})*{_HOUR}\W*$")
# What carriers say of parcels; other rows that hold a time (orders, goods) do not.
_OF_PARCELS = re.compile("快件|包裹|【|已收|收件|揽|发往|发出|下一站|到达|派件|派送|扫描|签收|驿站|代收")
_DEEPEST = 12


class Track(NamedTuple):
    """The rows told of one waybill, as they came: folded() objects, or what is none. `named` = the carrier's name there."""

    number: str
    rows: list[Any]
    named: str = ""
    # One lone object that looks like a scan.
    lone: bool = False


def when(row: Mapping[str, str]) -> str:
    """Return what tells a folded row's time: one value, or a day and an hour in two; an unreadable one as it stands."""
    told = [row[name] for name in _TIMES if row.get(name)]
    both = f"{first(row, *_DAYS)} {first(row, *_HOURS)}".strip()
    # The values of keys nobody knows come last, and only what is written as a date: any number could be an epoch.
    others = [value for value in row.values() if not value.isdigit()]
    return next((value for value in (*told, both, *others) if bodies.instant(value)), next(iter(told), ""))


def words(row: Mapping[str, str]) -> str:
    """Return the sentence of a folded row, with single spaces; under a key nobody knows it is the longest of a parcel."""
    told = first(row, *TEXTS)
    if not told and not {"scantype", "infocontent"} & row.keys():
        told = max((value for value in row.values() if _OF_PARCELS.search(value)), key=len, default="")
    return " ".join(told.split())


def line(text: str) -> dict[str, str] | None:
    """Return the row that a line of text tells; None where it holds no time and words."""
    text = " ".join(text.split())
    found = _LINE.match(text)
    if found:
        return {"time": f"{found[1]} {found[2]}", "context": found[3].strip("|;,\"' ")}
    found = _LINE_BACK.match(text)
    return {"time": f"{found[2]} {found[3]}", "context": found[1].strip("|;,\"' ")} if found else None


def number_in(texts: Sequence[str]) -> str:
    """Return the waybill number that stands in the words alone (袋号 is the bag's); blank if none does."""
    return next((found[1] for text in texts if (found := _TOLD_NUMBER.search(text))), "")


def carrier_named(name: str) -> str:
    """Return the Carrier.code of a company's name or code as frames have them; blank for one we do not know."""
    name = name.strip()
    for code, (own, *codes) in _CARRIERS.items():
        if name.lower() in codes or (own in name and (name == own or _COMPANY.search(name))):
            return code
    return ""


def tracks(value: Any) -> list[Track]:
    """Return the tracks in a JSON value, one a waybill. A list of scans is believed before a lone object that looks like one."""
    found = list(_walk(value, _Frame(is_scan)))
    if not any(track.rows for track in found):
        found = list(_walk(value, _Frame(_tells_of_a_parcel))) or found
    listed = [track for track in found if not track.lone]
    merged: dict[str, Track] = {}
    for track in listed or found:
        before = merged.get(track.number)
        merged[track.number] = before._replace(rows=[*before.rows, *track.rows]) if before else track
    return list(merged.values())


def of_carrier(value: Any, carrier: str) -> list[Track]:
    """Return the tracks in a JSON value, as `tracks`. Raises NotAnAnswer where one is of another carrier by its name."""
    found = tracks(value)
    for track in found:
        if carrier_named(track.named) not in ("", carrier):
            raise NotAnAnswer(f"This tells of another carrier's parcel: {track.named[:40]}")
    return found


class _Frame(NamedTuple):
    """What is known of a value from what is around it, and what counts as a scan in it."""

    scan: Callable[[Any], bool]
    number: str = ""
    named: str = ""
    depth: int = 0


def _walk(value: Any, frame: _Frame) -> Iterator[Track]:
    if frame.depth > _DEEPEST:
        return
    frame = frame._replace(depth=frame.depth + 1)
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = bodies.json_value(value)
        except ValueError:
            return
    if isinstance(value, list):
        rows = [_row(one) for one in value]
        if any(frame.scan(row) for row in rows):
            yield from _grouped(rows, frame, lone=False)
        else:
            for one in value:
                yield from _walk(one, frame)
    elif isinstance(value, dict):
        yield from _walk_object(value, frame)


def _row(value: Any) -> Any:
    """A scan may be told as a line of text, or as a list of its cells."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = " | ".join(value)
    return (line(value) or value) if isinstance(value, str) else value


def _walk_object(value: Mapping[str, Any], frame: _Frame) -> Iterator[Track]:
    own = folded(value)
    frame = frame._replace(number=number_of(value) or frame.number, named=first(own, *_NAMES) or frame.named)
    inside = False
    for name, inner in value.items():
        is_number = bool(_NUMBER_AS_KEY.fullmatch(str(name)))
        for track in _walk(inner, frame._replace(number=str(name)) if is_number else frame):
            inside = True
            yield track
        if is_number and inner in (None, "", [], {}):
            inside = True
            yield Track(str(name), [], frame.named)
    if not inside and is_scan(value) and _TELLING & own.keys():
        yield from _grouped([value], frame, lone=True)


def is_scan(value: Any) -> bool:
    """Return whether a value is an object that holds a time and words."""
    if not isinstance(value, dict):
        return False
    keys = {key(name) for name in value}
    return any(name in keys for name in (*_TIMES, *_DAYS)) and bool(keys & ({*TEXTS} | _TELLING))


def _tells_of_a_parcel(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    told = folded(value)
    return bool(bodies.instant(when(told)) and _OF_PARCELS.search(words(told)))


def _grouped(rows: Sequence[Any], frame: _Frame, *, lone: bool) -> Iterator[Track]:
    number = frame.number
    by_number: dict[str, list[Any]] = {}
    for row in rows:
        told = folded(row) if isinstance(row, dict) else row
        own = first(told, *_ROW_NUMBERS) if isinstance(told, dict) else ""
        by_number.setdefault(own or number, []).append(told)
    # What is no object, or forgot its number, is of the one waybill that the others are of.
    if len(by_number) == 2 and not number and "" in by_number:
        stray = by_number.pop("")
        ((only, mine),) = by_number.items()
        by_number = {only: [*mine, *stray]}
    for own, mine in by_number.items():
        yield Track(own, mine, frame.named, lone)


def number_of(value: Any) -> str:
    """Return the waybill number that the frame itself names; blank if it names none."""
    own = folded(value) if isinstance(value, dict) else {}
    return next((own[name] for name in _NUMBERS if _NUMBER.fullmatch(own.get(name, ""))), "")
