"""What a buyer may be told of an order, in polite Chinese or English: a text to copy. Pure.

It says where the parcel is, since when, what we do next, and by when where a limit or a promise says so. It never says how
the desk works, what is owed to whom, whose fault it is, or anything nobody knows: the words come from the tables below alone,
and the only things put into them are a carrier's name, a city, numbers and times.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

LANGUAGES: Final = ("zh", "en")
# A place as scans name it may hold anything: only one that is a division of China is repeated.
CITY: Final = re.compile(r"[\u4e00-\u9fff]{1,10}[省市区县州盟旗]")
CARRIER: Final = re.compile(r"[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z .&-]{0,39}")
WAYBILL: Final = re.compile(r"[A-Za-z0-9-]{5,40}")
TAIL: Final = 4


class Situation(StrEnum):
    """Where a parcel, or an order without one, stands for its buyer."""

    NOT_DISPATCHED = "not_dispatched"
    AWAITING_PICKUP = "awaiting_pickup"
    IN_TRANSIT = "in_transit"
    STALLED = "stalled"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NOT_REACHED = "not_reached"
    AT_STATION = "at_station"
    DELIVERED = "delivered"
    DELIVERY_DOUBTED = "delivery_doubted"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"
    DAMAGED = "damaged"
    LOST = "lost"
    INTERCEPTED = "intercepted"
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """One parcel, or the order itself. Instants are wall clock in the shop's zone."""

    situation: Situation
    # Company and number; blank = no parcel is meant.
    carrier: str = ""
    waybill: str = ""
    place: str = ""
    since: datetime | None = None
    # Until when a limit or the platform's promise says that the next thing happens; null = nothing says so.
    by: datetime | None = None
    # The carrier was asked already.
    asked: bool = False


# Where it is: without and with the instant it is so since.
STANDS: Final[dict[str, dict[Situation, tuple[str, str]]]] = {
    "zh": {
        Situation.NOT_DISPATCHED: ("商品还没有发出。", "您于{since}付款的商品还没有发出。"),
        Situation.AWAITING_PICKUP: (
            "包裹已备好，正在等待{carrier}揽收。",
            "包裹已于{since}交单，正在等待{carrier}揽收。",
        ),
        Situation.IN_TRANSIT: ("包裹正在运输途中。", "包裹正在运输途中，最近一次更新是{since}{at}。"),
        Situation.STALLED: ("包裹的物流暂时没有更新。", "包裹自{since}{at}之后暂时没有新的物流更新。"),
        Situation.OUT_FOR_DELIVERY: ("包裹正在派送。", "包裹已于{since}开始派送。"),
        Situation.NOT_REACHED: ("包裹派送时没有送到您手上。", "{since}派送时没有送到您手上。"),
        Situation.AT_STATION: ("包裹已到代收点，等您领取。", "包裹已于{since}到达代收点，等您领取。"),
        Situation.DELIVERED: ("物流显示包裹已签收。", "物流显示包裹已于{since}签收。"),
        Situation.DELIVERY_DOUBTED: ("物流显示包裹已签收。", "物流显示包裹已于{since}签收。"),
        Situation.REFUSED: ("物流显示包裹没有签收。", "物流于{since}显示包裹没有签收。"),
        Situation.RETURNING: ("包裹正在退回。", "包裹正在退回，最近一次更新是{since}{at}。"),
        Situation.RETURNED: ("包裹已退回到我们这里。", "包裹已于{since}退回到我们这里。"),
        Situation.DAMAGED: ("包裹在运输中有破损。", "物流于{since}反馈包裹在运输中有破损。"),
        Situation.LOST: ("包裹目前还没有找到。", "包裹自{since}之后还没有找到。"),
        Situation.INTERCEPTED: ("包裹正在按要求拦截退回。", "包裹正在按要求拦截退回，最近一次更新是{since}{at}。"),
        Situation.REFUND_ASKED: ("您的退款申请已收到。", "您的退款申请已于{since}收到。"),
        Situation.REFUNDED: ("订单已退款。", "订单已退款。"),
        Situation.UNKNOWN: ("我们正在核实包裹的情况。", "我们正在核实包裹的情况。"),
    },
    "en": {
        Situation.NOT_DISPATCHED: (
            "Your goods have not left yet.",
            "The goods you paid for on {since} have not left yet.",
        ),
        Situation.AWAITING_PICKUP: (
            "Your parcel is packed and waits for {carrier} to collect it.",
            "Your parcel was handed in on {since} and waits for {carrier} to collect it.",
        ),
        Situation.IN_TRANSIT: (
            "Your parcel is on its way.",
            "Your parcel is on its way; the last update came on {since}{at}.",
        ),
        Situation.STALLED: (
            "There is no new update on your parcel at the moment.",
            "There has been no new update on your parcel since {since}{at}.",
        ),
        Situation.OUT_FOR_DELIVERY: (
            "Your parcel is out for delivery.",
            "Your parcel has been out for delivery since {since}.",
        ),
        Situation.NOT_REACHED: (
            "The courier could not hand your parcel over.",
            "The courier could not hand your parcel over on {since}.",
        ),
        Situation.AT_STATION: (
            "Your parcel is at the pickup point, ready to be collected.",
            "Your parcel has been at the pickup point since {since}, ready to be collected.",
        ),
        Situation.DELIVERED: ("The track shows it as delivered.", "The track shows it as delivered on {since}."),
        Situation.DELIVERY_DOUBTED: ("The track shows it as delivered.", "The track shows it as delivered on {since}."),
        Situation.REFUSED: (
            "The track shows that your parcel was not accepted.",
            "The track shows that your parcel was not accepted on {since}.",
        ),
        Situation.RETURNING: (
            "Your parcel is on its way back to us.",
            "Your parcel is on its way back to us; the last update came on {since}{at}.",
        ),
        Situation.RETURNED: ("Your parcel is back with us.", "Your parcel came back to us on {since}."),
        Situation.DAMAGED: (
            "Your parcel was damaged on its way.",
            "On {since} we were told that your parcel was damaged on its way.",
        ),
        Situation.LOST: ("Your parcel has not been found yet.", "Your parcel has not been found since {since}."),
        Situation.INTERCEPTED: (
            "Your parcel is being recalled as asked.",
            "Your parcel is being recalled as asked; the last update came on {since}{at}.",
        ),
        Situation.REFUND_ASKED: (
            "We have received your refund request.",
            "We received your refund request on {since}.",
        ),
        Situation.REFUNDED: ("The order is refunded.", "The order is refunded."),
        Situation.UNKNOWN: ("We are checking on your parcel.", "We are checking on your parcel."),
    },
}

CHECK: Final = {
    "zh": ("我们会向{carrier}核实，有结果马上告诉您。", "我们会向{carrier}核实，并在{by}前给您答复。"),
    "en": (
        "We will check with {carrier} and write to you as soon as we know.",
        "We will check with {carrier} and write to you by {by}.",
    ),
}
CHECKING: Final = {
    "zh": ("我们已请{carrier}核实，有结果马上告诉您。", "我们已请{carrier}核实，会在{by}前给您答复。"),
    "en": (
        "We have asked {carrier} to check and will write to you as soon as we know.",
        "We have asked {carrier} to check and will write to you by {by}.",
    ),
}
# What comes next: without and with the instant until which something says it does; "" = nothing is to be said.
NEXT: Final[dict[str, dict[Situation, tuple[str, str]]]] = {
    "zh": {
        Situation.NOT_DISPATCHED: ("我们正在安排发货，发出后会第一时间告诉您。", "我们会在{by}前发出。"),
        Situation.AWAITING_PICKUP: ("我们会跟进揽收，有更新马上告诉您。", "我们会跟进，{by}前应有揽收记录。"),
        Situation.IN_TRANSIT: ("我们会继续跟进。", "承诺送达时间是{by}，我们会继续跟进。"),
        Situation.OUT_FOR_DELIVERY: ("请留意快递员的电话或短信。", "请留意快递员的电话或短信。"),
        Situation.NOT_REACHED: ("请确认收件电话和地址是否正确，我们会请{carrier}再次派送。",) * 2,
        Situation.AT_STATION: ("请凭取件短信尽快领取。", "请凭取件短信尽快领取。"),
        Situation.DELIVERED: ("如果没有收到，请告诉我们。", "如果没有收到，请告诉我们。"),
        Situation.REFUSED: ("如果您仍想要这件商品，请告诉我们。", "如果您仍想要这件商品，请告诉我们。"),
        Situation.RETURNING: ("收到退回的包裹后，我们会马上联系您。",) * 2,
        Situation.RETURNED: ("请告诉我们您希望怎样处理。", "请告诉我们您希望怎样处理。"),
        Situation.INTERCEPTED: ("有结果马上告诉您。", "我们会在{by}前告诉您结果。"),
        Situation.REFUND_ASKED: ("我们正在处理。", "我们会在{by}前处理。"),
        Situation.REFUNDED: ("款项按原支付方式退回。", "款项按原支付方式退回。"),
    },
    "en": {
        Situation.NOT_DISPATCHED: (
            "We are arranging it and will tell you once they leave.",
            "They will leave by {by}.",
        ),
        Situation.AWAITING_PICKUP: (
            "We are following it up and will tell you once it is collected.",
            "We are following it up; it should be collected by {by}.",
        ),
        Situation.IN_TRANSIT: ("We keep an eye on it.", "The promised delivery is by {by}; we keep an eye on it."),
        Situation.OUT_FOR_DELIVERY: ("Please watch for the courier’s call or message.",) * 2,
        Situation.NOT_REACHED: (
            "Please check that phone and address are right; we will ask {carrier} to deliver it again.",
        )
        * 2,
        Situation.AT_STATION: ("Please collect it soon with the code in your message.",) * 2,
        Situation.DELIVERED: ("If it has not reached you, please tell us.",) * 2,
        Situation.REFUSED: ("If you still want the goods, please tell us.",) * 2,
        Situation.RETURNING: ("We will contact you as soon as it has arrived.",) * 2,
        Situation.RETURNED: ("Please tell us what you would like us to do.",) * 2,
        Situation.INTERCEPTED: ("We will write to you as soon as we know.", "We will write to you by {by}."),
        Situation.REFUND_ASKED: ("We are working on it.", "We will handle it by {by}."),
        Situation.REFUNDED: ("The money goes back the way it was paid.",) * 2,
    },
}
CHECKED: Final = frozenset(
    {Situation.STALLED, Situation.DELIVERY_DOUBTED, Situation.DAMAGED, Situation.LOST, Situation.UNKNOWN}
)
MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Greeting and subject, with the parcel where there is one; the carrier where none is named; one of several parcels.
WORDS: Final = {
    "zh": {
        "hello": "您好，您的订单",
        "order": "您好，您尾号{tail}的订单",
        "parcel": "（{carrier} {waybill}）",
        "colon": "：",
        "each": "{carrier} {waybill}：",
        "carrier": "快递公司",
    },
    "en": {
        "hello": "Hello, this is about your order",
        "order": "Hello, this is about your order ending in {tail}",
        "parcel": " ({carrier} {waybill})",
        "colon": ". ",
        "each": "{carrier} {waybill}: ",
        "carrier": "the carrier",
    },
}
BYE: Final = {"zh": "如有其他问题，请随时联系我们。", "en": "Please write to us whenever you have a question."}


def summary(number: str, parts: Sequence[Part], language: str) -> str:
    """Return the text for an order's buyer. `number` is the order's: its tail alone is told. `language` is one of LANGUAGES."""
    words = WORDS[language]
    tail = re.sub(r"[^A-Za-z0-9]", "", number)[-TAIL:]
    hello = words["order"].format(tail=tail) if tail else words["hello"]
    if len(parts) > 1:
        lines = [(hello + words["colon"]).rstrip()]
        lines += [_parcel(part, language, "each") + _told(part, language) for part in parts]
    else:
        part = parts[0] if parts else Part(Situation.UNKNOWN)
        lines = [hello + _parcel(part, language, "parcel") + words["colon"] + _told(part, language)]
    return "\n".join([*lines, BYE[language]])


def _parcel(part: Part, language: str, name: str) -> str:
    if not WAYBILL.fullmatch(part.waybill):
        return ""
    return WORDS[language][name].format(carrier=_carrier(part, language), waybill=part.waybill)


def _carrier(part: Part, language: str) -> str:
    return part.carrier if CARRIER.fullmatch(part.carrier) else WORDS[language]["carrier"]


def _told(part: Part, language: str) -> str:
    told = {
        "carrier": _carrier(part, language),
        "since": _day(part.since, language) if part.since else "",
        "by": _day(part.by, language) if part.by else "",
        "at": _at(part.place if CITY.fullmatch(part.place) else "", language),
    }
    stands = STANDS[language][part.situation][part.since is not None]
    after = (CHECKING if part.asked else CHECK)[language]
    comes = (after if part.situation in CHECKED else NEXT[language][part.situation])[part.by is not None]
    return ("" if language == "zh" else " ").join(sentence.format(**told) for sentence in (stands, comes))


def _at(place: str, language: str) -> str:
    if not place:
        return ""
    return f"（{place}）" if language == "zh" else f" ({place})"


def _day(at: datetime, language: str) -> str:
    if language == "zh":
        return f"{at.month}月{at.day}日 {at:%H:%M}"
    return f"{at.day} {MONTHS[at.month - 1]}, {at:%H:%M}"
