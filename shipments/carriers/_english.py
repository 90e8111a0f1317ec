"""Read a scan from its English sentence, where an aggregator of carriers abroad tells no code. Pure.

The first rule that fits wins, as in shipments.texts: “could not be delivered” before “delivered”, “returned to sender” before
both. What no rule fits stays unread.
"""

import re
from functools import lru_cache

from shipments import reading, texts
from shipments.reading import UNREAD, Reading
from shipments.status import Cause, Stage

# Where a parcel waits for whom it was sent to. A post office may also be one on the way.
_SHELF = (
    r"(?:parcel ?shop|access point|pick-?up point|collection point|service point|parcel ?locker|packstation|"
    r"retail (?:partner|location))"
)

# Name, pattern over lower case, what it means. Order matters; see the module's first lines.
_RULES: tuple[tuple[str, str, texts.Verdict], ...] = (
    (
        "return_asked",
        r"return (?:requested|request received|label)|request(?:ed)? (?:a |the )?return",
        (Stage.UNKNOWN, Cause.OTHER),
    ),
    (
        "returning",
        r"(?:being|will be|to be|is) returned|return(?:ing)? to (?:the )?(?:sender|shipper|origin)|"
        r"return (?:process|in progress|initiated|started)|on its way back",
        (Stage.RETURNING, None),
    ),
    (
        "returned",
        r"returned to (?:the )?(?:sender|shipper|seller|merchant)|"
        r"delivered,? (?:back )?to (?:the )?(?:original )?(?:sender|shipper)|return (?:was )?delivered",
        (Stage.RETURNED, None),
    ),
    ("refused", r"refus(?:ed|al)|(?:recipient|customer|receiver|addressee) reject", (Stage.REFUSED, Cause.REFUSED)),
    (
        "cancelled",
        r"(?:shipment|order|label|parcel|package|item)[\w ]{0,12} (?:cancell?ed|voided)",
        (Stage.CANCELLED, None),
    ),
    ("damaged", r"\bdamage", (Stage.IN_TRANSIT, Cause.DAMAGED)),
    ("lost", r"\b(?:lost|missing)\b(?! (?:document|paperwork|information))", (Stage.IN_TRANSIT, Cause.LOST)),
    (
        "address",
        r"(?:incorrect|insufficient|incomplete|wrong|bad|invalid|unknown|undeliverable) (?:delivery )?address|"
        r"address (?:is )?(?:unknown|incorrect|incomplete|not found|problem)|moved,? left no|"
        r"no such (?:number|street)|addressee unknown",
        (Stage.UNKNOWN, Cause.ADDRESS),
    ),
    (
        "unreachable",
        r"(?:unable|failed|not able) to (?:contact|reach) (?:the )?(?:recipient|customer|receiver|"
        r"addressee|consignee)",
        (Stage.UNKNOWN, Cause.UNREACHABLE),
    ),
    (
        "customs_held",
        r"(?:held|detained|seized|retained|stopped)[\w ]{0,12} customs|"
        r"customs[\w ]{0,20}(?:hold|delay|held|seiz|detain)|clearance delay",
        (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    ),
    (
        "not_picked",
        r"(?:attempted to|unable to|could not|failed to) (?:pick ?up|collect)|pick-?up (?:attempt|failed|missed)",
        (Stage.INFO_RECEIVED, Cause.OTHER),
    ),
    (
        "uncollected",
        r"unclaimed|not (?:been )?(?:collected|claimed|picked up)",
        (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    ),
    (
        "attempt",
        r"undeliver(?:able|ed)|(?:not|n't|unable to|cannot|could not|failed to) (?:be )?deliver|"
        r"deliver(?:y|ies)[\w ,]{0,12}(?:attempt|fail|unsuccess|exception|not (?:complete|possible|success))|"
        r"attempted (?:delivery|to deliver)|(?:failed|missed|unsuccessful) (?:delivery|attempt)|notice left|"
        r"no authori[sz]ed recipient|(?:not been|un)able to deliver|business closed|"
        r"(?:customer|recipient|receiver|addressee|consignee) (?:was |is )?(?:not|un) ?(?:available|(?:at )?home)|"
        r"(?:nobody|no one) (?:was |is )?(?:available|(?:at )?home)",
        (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ),
    (
        "waiting",
        r"(?:available|ready|held|awaiting|waiting|arrived) (?:for|"
        r"to be) (?:customer )?(?:pick(?:ed)?[- ]?up|collect)|"
        rf"deliver(?:ed|y) (?:by [\w ]{{1,12}}? )?(?:to|at) (?:a |an |the |ups |dhl |pick-?up )*(?:{_SHELF}|post office)|"
        rf"(?:arrived|stored|placed|deposited)[\w ]{{0,20}}{_SHELF}|hold at location",
        (Stage.AVAILABLE_FOR_PICKUP, None),
    ),
    (
        "out",
        r"out for delivery|out with (?:the )?(?:courier|driver)|with (?:the )?(?:delivery )?(?:courier|driver)|"
        r"on (?:the |\w+ )?(?:delivery )?vehicle|loaded (?:for|on(?:to)? (?:the )?) ?deliver|on ?board for delivery|"
        r"in delivery to|out on a? ?delivery|on (?:its|the) way to (?:you|the (?:consignee|recipient|customer))",
        (Stage.OUT_FOR_DELIVERY, None),
    ),
    (
        "planned",
        r"(?:will|to|can|should|must) be delivered|"
        r"(?:scheduled|expected|estimated|rescheduled)[\w ]{0,12} deliver|"
        r"deliver[\w ]{0,12} (?:scheduled|rescheduled|date|day|appointment)|"
        r"delivered to (?:agent|airline|air transport|carrier|local courier|(?:the )?last[- ]mile)",
        (Stage.IN_TRANSIT, None),
    ),
    (
        "announced",
        r"label (?:created|printed|has been)|shipment information|pre-?shipment|pre-?advice|"
        r"electronic(?:ally)? (?:notif|transmit|submi|shipping|shipment|information)|"
        r"(?:information|info|data|details|order) (?:has been )?(?:received|transmitted|submitted|processed|sent)|"
        r"data (?:was |has been )?(?:entered|uploaded)|(?:number|inventory) allocated|order ready|"
        r"shipper created|awaiting (?:item|parcel|package)|preparing (?:the )?shipment|"
        r"not yet (?:been )?(?:received|in|handed)",
        (Stage.INFO_RECEIVED, None),
    ),
    (
        "delivered",
        r"\bdelivered\b|signed for|proof of delivery|signature image|successfully deliver|"
        r"(?:collected|picked up) by (?:the )?(?:customer|recipient|addressee|receiver)|"
        r"left (?:with|at) (?:a |the )?(?:neighbo|front|porch|door|mailbox|reception|safe)|"
        r"handed (?:over )?to (?:the )?(?:recipient|customer|resident|addressee)",
        (Stage.DELIVERED, None),
    ),
    ("customs", r"customs|\bclearance\b|\bcleared\b", (Stage.CUSTOMS, None)),
    ("astray", r"mis-?(?:sort|rout|sent)|wrong (?:facility|depot|route)", (Stage.IN_TRANSIT, Cause.OTHER)),
    ("weather", r"weather|storm|snow|flood|natural disaster|typhoon|hurricane", (Stage.IN_TRANSIT, Cause.WEATHER)),
    ("delayed", r"\bdelay", (Stage.IN_TRANSIT, Cause.DELAYED)),
    (
        "picked",
        r"picked[- ]?up|pick-?up (?:scan|complete)|\baccept(?:ed|ance)\b|\bcollected\b|\bposted\b|dropped off|"
        r"in possession of item|received (?:item |parcel )?(?:by|from|at) (?:the )?(?:carrier|sender|shipper|origin|counter)|"
        r"received by [\w ]{0,20}(?:post|mail|express|courier)|has received your|tendered|origin scan|pick-?up from|"
        r"(?:package|parcel|item|shipment) received",
        (Stage.PICKED_UP, None),
    ),
    (
        "moving",
        r"in[- ]transit|in[- ]route|en route|on (?:its|the) way|arriv|depart|process|sort|transfer|forward|"
        r"hand(?:ed|ing)? over|hand-?over|flight|airport|airline|facility|\bhub\b|depot|export|import|dispatch|"
        r"despatch|loaded|line-?haul|\bleft (?:the|\w+ origin)|leaving|reached|international|exchange|shipped|"
        r"consolidat",
        (Stage.IN_TRANSIT, None),
    ),
)
_COMPILED = tuple((f"text:en_{name}", re.compile(pattern), verdict) for name, pattern, verdict in _RULES)


@lru_cache(maxsize=5_000)
def worded(text: str) -> Reading:
    """Return what an English sentence tells; UNREAD where no rule fits."""
    lower = text.lower()
    for rule, pattern, (stage, cause) in _COMPILED:
        if pattern.search(lower):
            return Reading(stage, cause, rule)
    return UNREAD


def read(code: str, text: str, table: dict[str, texts.Verdict], coarse: dict[str, frozenset[Stage]]) -> Reading:
    """Return what a scan means: its code, then its words in Chinese, then in English; as reading.read does."""
    told = reading.read(code, text, table, coarse=coarse)
    if "text:" in told.rule or "carrier:" in told.rule:
        return told
    allowed = coarse.get(code)
    if told.rule and allowed is None and told.stage is not Stage.UNKNOWN:
        return told
    english = worded(text)
    if not english.rule or not told.rule:
        return english if english.rule else told
    if english.stage is not Stage.UNKNOWN and (allowed is None or english.stage in allowed):
        return Reading(english.stage, english.cause, f"{told.rule}+{english.rule}")
    if english.cause is not None and told.cause is not None:
        return Reading(told.stage, english.cause, f"{told.rule}+{english.rule}")
    return told
