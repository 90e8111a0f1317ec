"""What carriers abroad write in English. What fails stands before what arrives: NOT DELIVERED holds DELIVERED. Pure.

Other languages are left unread: their carriers come through 17TRACK and AfterShip, whose codes say it better.
"""

import re

from shipments.status import Cause, Stage
from shipments.wording import compiled

_GOODS = r"(?:package|parcel|shipment|item|merchandise|object)"
_SENDER = r"(?:sender|shipper|seller|merchant|origin)"
# Who carries it on: "delivered to" one of these is a hand-over.
_NEXT = r"(?:local |partner |air |final |destination |third.party )*(?:carrier|airline|post\b|postal|agent|hub|terminal|facility|warehouse|gateway|usps)"
# Where a parcel waits for whom it was sent to. A post office may also be one on the way.
_PLACE = (
    r"(?:pick-?up (?:point|parcel ?shop|location|station)|parcel ?shop|"
    r"(?:collection|access|service) point|retail (?:partner|location))"
)
_WHO = r"(?:recipient|customer|receiver|addressee|consignee)"
_NOT = r"(?<!\bnot )(?<!\bbe )(?<!\bbeing )(?<!\bnot yet )(?<!\bnot been )"

ENGLISH = compiled((
    ("en_signature_kept", r"signature image recorded", (Stage.DELIVERED, None)),
    ("en_return_asked", r"return (?:requested|request received|label)|request(?:ed)? (?:a |the )?return", (Stage.UNKNOWN, Cause.OTHER)),
    ("en_refused", r"\brefused\b(?! .{0,12}broker)|\brefusal\b|\brejected by\b", (Stage.REFUSED, Cause.REFUSED)),
    (
        "en_returned",
        rf"(?<!being )(?<!be )(?<!is )\breturned to (?:the )?{_SENDER}|return(?:ed)? .{{0,12}}(?:delivered|complete)|"
        rf"{_NOT}\bdelivered,? (?:back )?to (?:the )?(?:original )?(?:sender|shipper)",
        (Stage.RETURNED, None),
    ),
    ("en_returning", rf"\breturn(?:ing)? to (?:the )?{_SENDER}|\b(?:being|will be|to be|is) returned\b|on its way back", (Stage.RETURNING, None)),
    ("en_lost", rf"{_GOODS}[^.;]{{0,20}}\b(?:lost|missing)\b|\blost {_GOODS}", (Stage.IN_TRANSIT, Cause.LOST)),
    ("en_damaged", r"\bdamaged?\b", (Stage.IN_TRANSIT, Cause.DAMAGED)),
    (
        "en_address",
        r"\b(?:incorrect|incomplete|wrong|insufficient|bad|invalid|unknown|undeliverable) (?:delivery )?address|"
        r"address(?:ing)?(?: is)? (?:error|incomplete|incorrect|unknown|invalid|not found|problem)|moved,? left no|"
        r"no such (?:number|street)|addressee unknown",
        (Stage.UNKNOWN, Cause.ADDRESS),
    ),
    (
        "en_unreachable",
        rf"(?:unable|failed|not able) to (?:contact|reach) (?:the )?{_WHO}",
        (Stage.UNKNOWN, Cause.UNREACHABLE),
    ),
    ("en_cancelled", rf"\b(?:{_GOODS}|order|label)[^.;]{{0,12}}\b(?:cancell?ed|voided)\b", (Stage.CANCELLED, None)),
    (
        "en_not_picked_up",
        r"(?:attempted to|unable to|could not|failed to) (?:pick ?up|collect)\b|pick-?up (?:attempt|failed|missed)",
        (Stage.INFO_RECEIVED, Cause.OTHER),
    ),
    (
        "en_uncollected",
        r"\bunclaimed\b|\bnot (?:been )?(?:collected|claimed)\b",
        (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    ),
    (
        "en_absent",
        r"(?:no ?body|no one|not|customer|recipient|receiver|consignee)[^.;]{0,16}(?:at home|"
        r"available)|not at home|business closed",
        (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ),
    (
        "en_failed_attempt",
        r"(?:not (?:been )?able|unable) to (?:be )?deliver|(?:could not|cannot|can't|"
        r"couldn't) be delivered|undeliver(?:able|ed)|\bnot delivered\b|"
        r"(?:delivery|deliver)[ _]?(?:attempt|failed|failure|unsuccessful|exception)|"
        r"failed (?:delivery|to deliver)|attempted (?:delivery|to deliver)|missed delivery|unsuccessful (?:delivery|attempt)|"
        r"delivery (?:not (?:possible|successful)|attempted)|notice left|no authori[sz]ed recipient",
        (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ),
    ("en_customs_held", r"\b(?:held|detained|seized|retained) (?:by|at|in) customs|customs (?:hold|held)\b|clearance delay", (Stage.CUSTOMS, Cause.CUSTOMS_HELD)),
    ("en_customs", r"\bcustoms\b|\bclearance\b", (Stage.CUSTOMS, None)),
    (
        "en_at_a_place",
        rf"(?:delivered|arrived|redirected|delivery)[^.;]{{0,40}}{_PLACE}|(?:available|"
        rf"ready) for (?:pick-?up|collection) (?:by|at)|\bavailable for (?:pick-?up|"
        rf"collection)|"
        r"\bhold at location|held (?:at|for) .{0,24}(?:pick-?up|location|collection)|redirected your \w+ to a nearby|"
        r"(?:arrived|stored|placed|deposited)[^.;]{0,20}\b(?:parcel ?locker|packstation)",
        (Stage.AVAILABLE_FOR_PICKUP, None),
    ),
    (
        "en_out_for_delivery",
        r"out[ _-]?for[ _-]?(?:delivery|distribution)|with (?:the )?delivery courier|"
        r"\bon ?(?:board|vehicle|the vehicle)? ?for delivery|is delivering the|gone out on a delivery|"
        r"in delivery to the|to be delivered (?:today|during the day)|out with (?:the )?(?:courier|driver)|"
        r"on (?:the |\w+ )?(?:delivery )?vehicle (?:for|out)|loaded (?:for|on(?:to)? (?:the )?) ?deliver|"
        r"on (?:its|the) way to (?:you|the (?:consignee|recipient|customer))",
        (Stage.OUT_FOR_DELIVERY, None),
    ),
    # A promise for a day is none that the courier is under way.
    (
        "en_planned",
        r"(?:scheduled|rescheduled|estimated|expected)[\w ]{0,12} deliver|will be delivered today|"
        r"deliver\w* (?:was |has been |is )?(?:scheduled|rescheduled)",
        (Stage.IN_TRANSIT, None),
    ),
    (
        "en_announced",
        r"information (?:has been )?(?:received|sent|transmitted|submitted)|\bdata (?:has been |was )?(?:received|entered|"
        r"transmitted|uploaded)|shipper created|pre-?advi[cs]e|label (?:created|printed|has been created)|preparing (?:the )?shipment|"
        r"in preparation|is preparing (?:your|the|to ship)|number allocated|not yet handed|inventory allocated|shipper release|"
        r"shipping label|electronic notification",
        (Stage.INFO_RECEIVED, None),
    ),
    ("en_handed_on", rf"{_NOT}(?:delivered|handed over|transferred|tendered) to (?:the )?{_NEXT}", (Stage.IN_TRANSIT, None)),
    ("en_collected", r"(?:collected|picked up) by (?:the )?(?:recipient|customer|consignee|addressee|receiver)", (Stage.DELIVERED, None)),
    ("en_delivered", rf"{_NOT}\bdelivered\b|delivery[ _]confirmed|proof of delivery|{_NOT}\bsigned for\b|successfully deliver", (Stage.DELIVERED, None)),
    ("en_astray", r"\bmis-?(?:sort|rout|sent)|wrong (?:facility|depot|route)", (Stage.IN_TRANSIT, Cause.OTHER)),
    ("en_weather", r"\bweather\b|\b\w*storm\b|\bsnow\b|\bflood|natural disaster|typhoon|hurricane", (Stage.IN_TRANSIT, Cause.WEATHER)),
    ("en_delayed", r"\bdelay(?:ed|s)?\b", (Stage.IN_TRANSIT, Cause.DELAYED)),
    (
        "en_picked_up",
        rf"{_NOT}\bpicked up\b|\bpick-?up (?:scan|from|complete)|posted by the sender|"
        rf"^(?:object )?post(?:ed|ing)$|received (?:item |{_GOODS} )?(?:from|by) (?:the )?(?:sender|"
        rf"shipper|\w+ post)|"
        r"has received your|handed over by (?:the )?shipper|\borigin scan|received at (?:origin|"
        rf"tnt location)|{_NOT}\baccept(?:ed|ance)\b|in possession of item|^tendered\b|dropped off|^{_GOODS} received\b(?! at)",
        (Stage.PICKED_UP, None),
    ),
    (
        "en_moving",
        rf"{_NOT}(?:\bin transit\b|\barriv(?:ed|al|ing)\b|\bdepart(?:ed|ure|ing)\b)|"
        rf"^left .{{0,30}}(?:facility|hub|cent(?:re|er)|depot|office)\W*$|"
        rf"\bprocessed (?:at|through|by air|in)\b|\b{_GOODS} processed\b|^processed$|"
        rf"(?:^|\bis )at .{{0,30}}(?:facility|hub|cent(?:re|er)|depot)\b|received at (?:transit|"
        rf"international)|outgoing scan|"
        r"scanned at|reached the .{0,20}cent(?:re|er)|crossing border|onward transportation|"
        r"\bdes?patch(?:ed)?\b|\bdispatched\b|awaiting international departure|interline outbound|"
        r"\bgrouped (?:at|when)",
        (Stage.IN_TRANSIT, None),
    ),
    # Words that nobody writes of a parcel that stands still.
    (
        "en_on_its_way",
        rf"{_NOT}(?:\bin[- ]route\b|\ben route\b|on (?:its|the) way|\binternational (?:transit|facility|hub|flight)|\bflight\b|\bairport\b|"
        rf"\bline-?haul\b|\bconsolidat|\btransferred\b|\bforwarded\b|\bsorted\b|\bsorting\b|\bloaded\b|\bleft (?:the|origin)\b|\bshipped\b|"
        rf"\bexported\b|\bimported\b|\bprocess(?:ed|ing)\b|\bleaving\b)",
        (Stage.IN_TRANSIT, None),
    ),
), re.IGNORECASE)  # fmt: skip
