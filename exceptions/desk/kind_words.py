"""What the kinds of exception mean and how each is opened, in words; and which two are easily taken for one another. Pure."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind
from shipops.kit.choices import Choice


class Opening(Choice):
    """Ways a case is opened."""

    RULE = "rule", _("A limit comes near")
    TICKET = "ticket", _("A request or notice is due")
    TRACK = "track", _("A scan says so")
    BUYER = "buyer", _("The buyer’s form")
    PEOPLE = "people", _("By hand, pasted, or REST")


@dataclass(frozen=True, slots=True)
class Words:
    meaning: Any
    openings: tuple[Opening, ...]


_LIMIT = (Opening.RULE,)
_TICKET = (Opening.TICKET,)
_TOLD = (Opening.TRACK, Opening.PEOPLE)
_BUYER = (Opening.TRACK, Opening.BUYER, Opening.PEOPLE)

KINDS: Final[dict[Kind, Words]] = {
    Kind.LATE_DISPATCH: Words(_("The order is not sent by the time the platform promised."), _LIMIT),
    Kind.LATE_PICKUP: Words(_("The number is uploaded, but the carrier has not scanned the pickup."), _LIMIT),
    Kind.NO_MOVEMENT: Words(_("Picked up, and not seen at any hub since."), _LIMIT),
    Kind.TRANSIT_STALL: Words(_("No new scan on its way for too long."), _LIMIT),
    Kind.DELIVERY_OVERDUE: Words(_("Not delivered by the promised day."), _LIMIT),
    Kind.NOT_COLLECTED: Words(_("It lies at a station or locker and the buyer does not come."), _LIMIT),
    Kind.NOT_RETRIED: Words(_("An attempt failed and the courier has not tried again."), _LIMIT),
    Kind.RETURN_OVERDUE: Words(_("On its way back, and not with us in time."), _LIMIT),
    Kind.ANSWER_DUE: Words(_("A buyer or the platform waits for our answer."), _TICKET),
    Kind.EVIDENCE_DUE: Words(_("The platform asks for evidence."), _TICKET),
    Kind.APPEAL_DUE: Words(_("A decision against us can still be appealed."), _TICKET),
    Kind.CLAIM_DUE: Words(_("A claim against the carrier has to be handed in."), _TICKET),
    Kind.INTERCEPTION_DUE: Words(
        _("We asked the carrier to stop the parcel and bring it back or elsewhere: its answer is due."),
        (Opening.TICKET, Opening.PEOPLE),
    ),
    Kind.WORK_ORDER_DUE: Words(_("We asked the carrier something by a work order: its answer is due."), _TICKET),
    Kind.FAILED_DELIVERY: Words(
        _("The carrier’s courier tried and did not get it delivered: nobody there, no answer, a wrong address."), _BUYER
    ),
    Kind.REFUSED: Words(_("The buyer refused it, or the carrier sends it back by itself."), _TOLD),
    Kind.DAMAGE: Words(_("The goods are damaged, by a scan or the buyer’s word."), _BUYER),
    Kind.LOSS: Words(_("The carrier or the buyer says that it is lost."), _BUYER),
    Kind.MISDELIVERY: Words(
        _("It was left at the wrong place or with somebody else."), (Opening.BUYER, Opening.PEOPLE)
    ),
    Kind.FALSE_DELIVERY: Words(
        _("It is scanned as delivered, and the track or the buyer says that it was not."), _BUYER
    ),
    Kind.WRONG_NUMBER: Words(
        _("The number uploaded is none, is of another carrier, or is on orders of several buyers."), _TOLD
    ),
    Kind.CONTRADICTION: Words(
        _("Its scans cannot all be true: picked up before it was paid, or two places too far apart."), (Opening.TRACK,)
    ),
}

# What is done to a parcel by us, and what happens to it by them.
_TWO: Final = re.compile(
    r"拦截|截回|追回|intercept|recall|派送失败|派件失败|投递失败|派送不成功|fail(?:ed)?\s*(?:to\s*)?deliver|deliver\w*\s*fail",
    re.IGNORECASE,
)


def explains(q: str) -> bool:
    """Whether what is searched for is interception or failed delivery, which are easily taken for one another."""
    return bool(_TWO.search(q))
