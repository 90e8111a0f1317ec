"""The first sentence of a case: what to do now. Pure."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind, Level


@dataclass(frozen=True, slots=True)
class Advice:
    # The next act in two or three words, as a button or a row says it, and the sentence behind it.
    action: Any
    sentence: Any


DISPATCH_NOW = Advice(
    _("Dispatch today"),
    _("Pack and hand it to the carrier before the limit; upload the number when the courier is there."),
)
DISPATCH_LATE = Advice(
    _("Dispatch now"),
    _("Dispatch it first today, and tell the buyer when it leaves: a promised time keeps most from cancelling."),
)
DISPATCH_OR_REFUND = Advice(
    _("Dispatch or refund"),
    _("The platform may count it as out of stock. Dispatch at once, or agree a refund with the buyer."),
)
URGE_PICKUP = Advice(
    _("Urge pickup"),
    _("Call the pickup outlet for the next round; the scan must be in before the limit."),
)
PROVE_PICKUP = Advice(
    _("Urge and keep proof"),
    _("Urge the pickup, tell the buyer, and keep the hand-over slip and the outlet's answer for an appeal."),
)
REPLACE_PARCEL = Advice(
    _("Find or re-ship"),
    _("Ask the outlet whether it has the parcel. If not, re-ship under a new number and tell the buyer why."),
)
ASK_OUTLET = Advice(
    _("Ask the outlet"),
    _("Picked up but never seen at a hub: ask the pickup outlet whether it left, and have it scanned."),
)
TRACE_PARCEL = Advice(
    _("Open a work order"),
    _("Open a tracing work order with the carrier and tell the buyer when you will know more."),
)
PREPARE_CLAIM = Advice(
    _("Prepare the claim"),
    _("Likely lost: gather the proof of value, file the claim, and offer the buyer a re-ship or a refund."),
)
URGE_DELIVERY = Advice(
    _("Urge delivery"),
    _("Ask the delivery outlet what keeps it, and check with the buyer that phone and address are right."),
)
TELL_BUYER = Advice(
    _("Tell the buyer"),
    _("It is past its promise: urge the delivery outlet and tell the buyer before the buyer asks."),
)

TELL_TO_COLLECT = Advice(
    _("Remind the buyer"),
    _(
        "Tell the buyer where it waits and the code to collect it with; the station sends it back when its time is over."
    ),
)
KEEP_AT_STATION = Advice(
    _("Keep it there"),
    _("Ask the station to hold it, and the buyer whether to deliver it to the door or send it back."),
)
RETRY = Advice(
    _("Have it tried again"),
    _("Check phone and address with the buyer, then ask the outlet for another attempt today."),
)
FIND_RETURN = Advice(
    _("Trace the return"),
    _(
        "Ask the carrier where it is; do not pay out a refund that hangs on the goods before they are known to come back."
    ),
)
ANSWER = Advice(
    _("Answer now"),
    _("Answer on the platform before the limit: silence counts as agreement, and is paid out by itself."),
)
ANSWER_LATE = Advice(
    _("See what was decided"),
    _("The platform may have decided by itself. Look it up, note the result, and appeal where it is wrong."),
)
HAND_IN = Advice(
    _("Hand in evidence"),
    _("Track, pictures, chat and the carrier's answer, at once and complete: most platforms take it only once."),
)
APPEAL = Advice(
    _("Appeal"),
    _("Gather the proof and appeal before the window closes: what is not appealed counts as accepted."),
)
FILE_CLAIM = Advice(
    _("File the claim"),
    _("File it with proof of value and pictures before the carrier's window closes."),
)
URGE_INTERCEPTION = Advice(
    _("Ask for the result"),
    _("Accepted is not yet stopped: call the outlet, and ask the buyer to refuse the parcel if it still comes."),
)
URGE_ANSWER = Advice(
    _("Urge the carrier"),
    _("Urge the answer; after seven days without one the postal regulator takes complaints."),
)

ASK_BUYER = Advice(
    _("Ask the buyer"),
    _("Check phone, address and a time with the buyer, then have the outlet try again or leave it at a station."),
)
ASK_WHY = Advice(
    _("Ask why"),
    _("Ask the buyer why, and follow the parcel home: a refund waits until it is known to come back."),
)
GATHER_PICTURES = Advice(
    _("Ask for pictures"),
    _("Ask for pictures of goods, wrapping and label, and open a work order before the carrier’s window closes."),
)
FIND_PARCEL = Advice(
    _("Have it found"),
    _("Ask the outlet who signed and where it was left; tell the buyer when you will know more."),
)
CORRECT_NUMBER = Advice(
    _("Correct the number"),
    _("Correct it on the platform while its window is open; after that tell the buyer and note the right number."),
)
LOOK_AT_TRACK = Advice(
    _("Look at the track"),
    _("Its scans cannot all be true: ask the outlet where the parcel is before a buyer or the platform asks you."),
)

TABLE: dict[Kind, tuple[Advice, Advice, Advice]] = {
    # about to break, broken, seriously broken
    Kind.LATE_DISPATCH: (DISPATCH_NOW, DISPATCH_LATE, DISPATCH_OR_REFUND),
    Kind.LATE_PICKUP: (URGE_PICKUP, PROVE_PICKUP, REPLACE_PARCEL),
    Kind.NO_MOVEMENT: (ASK_OUTLET, ASK_OUTLET, TRACE_PARCEL),
    Kind.TRANSIT_STALL: (TRACE_PARCEL, TRACE_PARCEL, PREPARE_CLAIM),
    Kind.DELIVERY_OVERDUE: (URGE_DELIVERY, TELL_BUYER, PREPARE_CLAIM),
    Kind.NOT_COLLECTED: (TELL_TO_COLLECT, TELL_TO_COLLECT, KEEP_AT_STATION),
    Kind.NOT_RETRIED: (RETRY, RETRY, TELL_BUYER),
    Kind.RETURN_OVERDUE: (FIND_RETURN, FIND_RETURN, PREPARE_CLAIM),
    Kind.ANSWER_DUE: (ANSWER, ANSWER_LATE, ANSWER_LATE),
    Kind.EVIDENCE_DUE: (HAND_IN, ANSWER_LATE, ANSWER_LATE),
    Kind.APPEAL_DUE: (APPEAL, ANSWER_LATE, ANSWER_LATE),
    Kind.CLAIM_DUE: (FILE_CLAIM, FILE_CLAIM, FILE_CLAIM),
    Kind.INTERCEPTION_DUE: (URGE_INTERCEPTION, URGE_INTERCEPTION, URGE_INTERCEPTION),
    Kind.WORK_ORDER_DUE: (URGE_ANSWER, URGE_ANSWER, URGE_ANSWER),
    Kind.FAILED_DELIVERY: (ASK_BUYER, ASK_BUYER, TELL_BUYER),
    Kind.REFUSED: (ASK_WHY, ASK_WHY, FIND_RETURN),
    Kind.DAMAGE: (GATHER_PICTURES, GATHER_PICTURES, PREPARE_CLAIM),
    Kind.LOSS: (PREPARE_CLAIM, PREPARE_CLAIM, PREPARE_CLAIM),
    Kind.MISDELIVERY: (FIND_PARCEL, FIND_PARCEL, PREPARE_CLAIM),
    Kind.FALSE_DELIVERY: (FIND_PARCEL, FIND_PARCEL, PREPARE_CLAIM),
    Kind.WRONG_NUMBER: (CORRECT_NUMBER, CORRECT_NUMBER, CORRECT_NUMBER),
    Kind.CONTRADICTION: (LOOK_AT_TRACK, LOOK_AT_TRACK, LOOK_AT_TRACK),
}


def advice(kind: Kind, level: Level) -> Advice:
    """What to do now about a case of this kind at this level; a calm one is advised like one about to break."""
    return TABLE[kind][max(level.value, 1) - 1]
