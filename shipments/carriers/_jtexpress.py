"""How J&T tells scans: types of scan by number or name, types of problem, and the words of the overseas editions. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers._loose import RETURN_ASKED_FOR, SIGNED_BY_A_PERSON, Keyed, first, keyed, line
from shipments.status import Cause, Event, Stage

CARRIER = "jtexpress"


def _table(*groups: tuple[str, Stage, Cause | None]) -> dict[str, texts.Verdict]:
    return {code: (stage, cause) for codes, stage, cause in groups for code in codes.split()}


# 1–15 are the types of scan of the Chinese edition, A… the types of problem of its scan 11; the other numbers are those of
# the editions abroad, which share all but a few: 10 and 110 mean different things here and there (see `kind`).
# 5 出仓 is the courier leaving the outlet with the parcel, not a parcel leaving a hub.
STATUS = _table(
    ("1 106 200", Stage.PICKED_UP, None),
    ("2 3 4 12 13 20 30 50 92 109 404 405", Stage.IN_TRANSIT, None),
    ("5 8 9 94 112", Stage.OUT_FOR_DELIVERY, None),
    ("6 7 700 701", Stage.AVAILABLE_FOR_PICKUP, None),
    ("10 100 113 702", Stage.DELIVERED, None),
    ("11 118", Stage.UNKNOWN, Cause.OTHER),
    ("14 116 172", Stage.RETURNING, None),
    ("703 704", Stage.RETURNING, Cause.UNCOLLECTED),
    ("120", Stage.RETURNING, Cause.OTHER),
    ("101 117 173", Stage.RETURNED, None),
    ("15", Stage.IN_TRANSIT, Cause.FORWARDED),
    ("103", Stage.INFO_RECEIVED, None),
    ("104", Stage.INFO_RECEIVED, Cause.OTHER),
    ("105", Stage.CANCELLED, None),
    ("121", Stage.UNKNOWN, None),
    ("300", Stage.IN_TRANSIT, Cause.DAMAGED),
    ("301", Stage.IN_TRANSIT, Cause.LOST),
    ("302 305 306", Stage.IN_TRANSIT, Cause.OTHER),
    ("303", Stage.REFUSED, Cause.REFUSED),
    ("304", Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    ("400 401 402 403", Stage.CUSTOMS, None),
    ("A1 A26 A31", Stage.CANCELLED, None),
    ("A2 A14 A29 A35", Stage.REFUSED, Cause.REFUSED),
    ("A3 A12 A15 A16 A19", Stage.UNKNOWN, Cause.ADDRESS),
    ("A4 A5 A22 A25", Stage.RETURNING, None),
    ("A6 A23", Stage.IN_TRANSIT, Cause.DELAYED),
    ("A7 A8 A20 A24 A30 A32 A33", Stage.IN_TRANSIT, Cause.OTHER),
    ("A9 A10", Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE),
    ("A11 A13 A34", Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ("A17 A18 A21", Stage.AVAILABLE_FOR_PICKUP, None),
    ("A27 A28", Stage.IN_TRANSIT, Cause.WEATHER),
    # Types that have a name and no number.
    ("kept", Stage.IN_TRANSIT, Cause.DELAYED),
    ("again", Stage.OUT_FOR_DELIVERY, None),
    ("odd", Stage.UNKNOWN, Cause.OTHER),
    ("handled", Stage.IN_TRANSIT, None),
    ("stopped", Stage.RETURNING, Cause.INTERCEPTED),
)
# The names of the types, in Chinese and as the editions abroad have them, to a code of STATUS.
_NAMED = {
    "1": "快件揽收|揽收|揽件扫描|收件扫描|揽收扫描|pickup scan|pick up scan|pick-up scan|pick up|picked up|parcel pickup|"
    "express mail collection|package collection|collection|nhận hàng",
    "2": "入仓扫描|入仓扫描（停用）|入仓扫描(停用)|入仓扫描 (停用)|warehouse scanning|warehouse scanning (disabled)",
    "3": "发件扫描|发件|装车发件|sending scan|send scan|departure|departure scan|mail scanning|quét mã gửi hàng|gửi hàng",
    "4": "到件扫描|到件|中心到件|卸车到件|集货到件|station arrival|arrival|arrival scan|to scanning|scan to|center arrival|"
    "quét hàng đến|hàng đến|hàng đến tttc",
    "5": "出仓扫描|出仓|派件扫描|派件|delivery scan|on delivery|out for delivery|scanning out of warehouse|quét phát hàng",
    "6": "入库扫描|入库|inbound scanning|inbound scan",
    "7": "代理点收入扫描|代理点收入|proxy revenue scan",
    "8": "快件取出扫描|快件取出|express take out scanning",
    "9": "出库扫描|出库|outbound scanning|outbound scan",
    "10": "快件签收|签收|签收扫描|signing scan|sign scan|signed|delivered|delivered sign|package delivery|parcel signed|"
    "signing for express mail|ký nhận cpn|ký nhận",
    "11": "问题件扫描|问题件|problem scan|problematic scanning|problematic scan|problem shipment|scanning for problems|"
    "delivery problem|quét kiện vấn đề",
    "12": "安检扫描|安检|security scan|security check scan",
    "13": "其他扫描|其他|other scan",
    "14": "退件扫描|退件|退件登记|再次登记|退件确认|return scan|return registration|return confirmation|returning|"
    "đăng ký chuyển hoàn|đang chuyển hoàn|in đơn chuyển hoàn",
    "15": "转寄扫描|forward scan",
    "103": "order placed|manifes|manifest",
    "104": "pickup failure|pickup failed",
    "105": "cancel order|cancelled",
    "117": "退件签收|return signature|return sign|returned sign|đã chuyển hoàn",
    "120": "return problem",
    "121": "完结|finish|kết thúc",
    "200": "寄件入库",
    "300": "damage parcel",
    "301": "lost parcel",
    "302": "dispose parcel",
    "303": "reject parcel",
    "304": "customs confiscated parcel",
    "305": "exceed life cycle parcel",
    "306": "crossborder dispose parcel",
    "400": "清关提货|picked up from cargo station",
    "401": "清关中|customs clearance in process",
    "402": "清关放行|customs clearance",
    "403": "清关交付",
    "404": "大包入库|package inbound",
    "405": "中心入库",
    "700": "驿站入库|pop arrived",
    "701": "取件通知|pop reminder sent",
    "702": "驿站出库|signed pop",
    "703": "异常出库|unreachable returning",
    "704": "取件交接|unreachable return deliver station out",
    "kept": "留仓件入仓|留仓件入库|留仓件|warehousing of stored parts|storage scan",
    "again": "重派|redelivery|giao lại hàng",
    "odd": "转单确认|库存盘点",
    "handled": "建包扫描|拆包扫描|卸车扫描|装车扫描|建包|拆包|packing scan|unpacking scan|loading scan|unloading scan",
    "stopped": "拦截件扫描",
}
_NAMES = {name: code for code, names in _NAMED.items() for name in names.split("|")}
# The names of the types of problem.
_PROBLEMS_NAMED = {
    "A1": "客户取消寄件-网点|客户取消寄件", "A2": "客户拒收", "A3": "更改派送地址", "A4": "退回件-网点|退回件",
    "A5": "疫情退回-网点", "A6": "疫情延迟", "A7": "异常件提醒", "A8": "包裹异常-网点", "A9": "收件人联系不上",
    "A11": "多次派件失败", "A12": "收件人信息错误", "A13": "更改派送时间", "A15": "收件地址不详",
    "A16": "收件地址错误", "A17": "包裹存放至网点", "A19": "收件地址禁止", "A20": "包裹异常", "A21": "包裹暂存网点",
    "A22": "疫情退回-中心", "A23": "包裹延迟-节假日", "A24": "包裹异常-中心", "A25": "退回件-中心",
    "A26": "客户取消寄件-中心", "A27": "异常天气", "A28": "自然灾害", "A29": "代收/到付结算异议拒付",
    "A30": "货未到齐", "A31": "作废件", "A32": "未录进仓编码", "A33": "政府管制", "A34": "乡镇件",
    "A35": "发票问题客户拒收",
}  # fmt: skip
_PROBLEM_NAMES = {name: code for code, names in _PROBLEMS_NAMED.items() for name in names.split("|")}
# Numbers that only the Chinese edition has, and numbers that only those abroad have.
_HERE = frozenset(["1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "12", "13", "14", "15"])
_ABROAD = frozenset(
    ["20", "30", "50", "92", "94", "100", "101", "106", "109", "112", "113", "116", "117", "172", "173"]
)
# What words may add to a type that says too little: 签收 covers a station and the shop that got it back.
_COARSE = {
    "4": frozenset({Stage.RETURNING}),
    "3": frozenset({Stage.RETURNING}),
    "9": frozenset({Stage.DELIVERED}),
    "10": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED}),
    "12": frozenset(Stage) - {Stage.UNKNOWN},
    "13": frozenset(Stage) - {Stage.UNKNOWN},
    "14": frozenset({Stage.RETURNED}),
    "104": frozenset({Stage.CANCELLED}),
    "A17": frozenset({Stage.AVAILABLE_FOR_PICKUP}),
    "A18": frozenset({Stage.AVAILABLE_FOR_PICKUP}),
    "A21": frozenset({Stage.AVAILABLE_FOR_PICKUP}),
    # "Something is wrong with the parcel": words may say what, never where it is.
    **dict.fromkeys(("A7", "A8", "A20", "A24", "A30", "A32", "A33"), frozenset[Stage]()),
    "100": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED}),
    "113": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED}),
}
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
    rows = [keyed(detail) if isinstance(detail, dict) else detail for detail in details]
    numbers = {first(row, *_CODE_KEYS) for row in rows if isinstance(row, dict)}
    ten = "10" if numbers & _HERE else "1" if numbers & _ABROAD else ""
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
        named = _NAMES.get(value.lower().replace("_", " ")) or _NAMES.get(_ADORNED.sub("", value).lower())
        if named:
            return named, value
    for value in names:
        if value in STATUS and value.isdigit():
            return value, value
    for value in numbers:
        meant = ten if value == "10" else value
        if meant in STATUS and value.isdigit():
            return meant, value
    repeated = _NAMES.get(first(row, "problemreason").lower(), "")
    return ("" if repeated in _PROBLEMS else repeated), came


def _problem(row: Keyed) -> str:
    named = _PROBLEM.search(first(row, "problemtype", "problemtypecode", "problemcode"))
    code = named.group().upper() if named else ""
    if code in STATUS:
        return code
    names = (first(row, name) for name in ("problemtype", "problemtypename", "problemreason"))
    return next((_PROBLEM_NAMES[name] for name in names if name in _PROBLEM_NAMES), "")


def _read(code: str, text: str, row: Keyed, signer: str) -> reading.Reading:
    if code in _PROBLEMS:
        return _problem_in_words(code, text, row)
    said = f"{text} 签收人：{signer}" if signer and code in _SIGNATURES and signer not in text else text
    if code in _SIGNATURES and _FAILED_SIGNATURE.search(said):
        return reading.read("A11", said, STATUS, CARRIER, {"A11": frozenset({Stage.REFUSED, Stage.RETURNING})})
    if code == "14" and RETURN_ASKED_FOR.search(said):
        return _worded(said)
    if code in _SIGNATURES and SIGNED_BY_A_PERSON.search(said):
        return reading.read(code, said, STATUS, CARRIER)
    return reading.read(code, said, STATUS, CARRIER, _COARSE)


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
    told = reading.worded(text, CARRIER)
    if told.rule:
        return told
    for name, pattern, (stage, cause) in _SENTENCES:
        if pattern.search(text):
            return reading.Reading(stage, cause, f"carrier:{CARRIER}:{name}")
    return reading.UNREAD
