"""What J&T's types of scan and of problem mean, in all the names and numbers its editions give them. Pure."""

from shipments import texts
from shipments.status import Cause, Stage


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
NAMES = {name: code for code, names in _NAMED.items() for name in names.split("|")}
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
PROBLEM_NAMES = {name: code for code, names in _PROBLEMS_NAMED.items() for name in names.split("|")}
# Numbers that only the Chinese edition has, and numbers that only those abroad have.
HERE = frozenset(["1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "12", "13", "14", "15"])
ABROAD = frozenset(["20", "30", "50", "92", "94", "100", "101", "106", "109", "112", "113", "116", "117", "172", "173"])
# What words may add to a type that says too little: 签收 covers a station and the shop that got it back.
COARSE = {
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
