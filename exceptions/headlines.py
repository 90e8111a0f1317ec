"""What the desk says of a case in the fewest words: its kind and how far it has come, and since when. Pure."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind, Level

# About to break, broken, seriously broken.
HEADLINES: dict[Kind, tuple[Promise, Promise, Promise]] = {
    Kind.LATE_DISPATCH: (_("Dispatch due soon"), _("Late dispatch"), _("Very late dispatch")),
    Kind.LATE_PICKUP: (_("Pickup due soon"), _("Late pickup"), _("Very late pickup")),
    Kind.NO_MOVEMENT: (_("First scan due soon"), _("No movement"), _("No movement for long")),
    Kind.TRANSIT_STALL: (_("Next scan due soon"), _("Stalled in transit"), _("Stalled for long")),
    Kind.DELIVERY_OVERDUE: (_("Delivery due soon"), _("Delivery overdue"), _("Delivery long overdue")),
    Kind.NOT_COLLECTED: (_("Collection due soon"), _("Not collected"), _("Not collected for long")),
    Kind.NOT_RETRIED: (_("Second attempt due soon"), _("Not tried again"), _("Not tried again for long")),
    Kind.RETURN_OVERDUE: (_("Return due soon"), _("Return overdue"), _("Return long overdue")),
    Kind.ANSWER_DUE: (_("Answer due soon"), _("Answer overdue"), _("Answer long overdue")),
    Kind.EVIDENCE_DUE: (_("Evidence due soon"), _("Evidence overdue"), _("Evidence long overdue")),
    Kind.APPEAL_DUE: (_("Appeal due soon"), _("Appeal window missed"), _("Appeal window long gone")),
    Kind.CLAIM_DUE: (_("Claim due soon"), _("Claim overdue"), _("Claim long overdue")),
    Kind.INTERCEPTION_DUE: (
        _("Interception answer due soon"),
        _("Interception unanswered"),
        _("Interception lost sight of"),
    ),
    Kind.WORK_ORDER_DUE: (_("Carrier’s answer due soon"), _("Carrier has not answered"), _("Carrier silent for long")),
    Kind.FAILED_DELIVERY: (_("Delivery failed"), _("Delivery failed, not handled"), _("Delivery failed long ago")),
    Kind.REFUSED: (_("Refused"), _("Refused, not handled"), _("Refused long ago")),
    Kind.DAMAGE: (_("Damaged"), _("Damaged, not handled"), _("Damaged long ago")),
    Kind.LOSS: (_("Lost"), _("Lost, not handled"), _("Lost long ago")),
    Kind.MISDELIVERY: (_("Misdelivered"), _("Misdelivered, not handled"), _("Misdelivered long ago")),
    Kind.FALSE_DELIVERY: (_("Falsely signed"), _("Falsely signed, not handled"), _("Falsely signed long ago")),
    Kind.WRONG_NUMBER: (_("Wrong number"), _("Wrong number, not handled"), _("Wrong number for long")),
    Kind.CONTRADICTION: (_("Track contradicts itself"), _("Contradiction not handled"), _("Contradiction for long")),
}

# The second line of a row; {t} is the time since the clock started.
REASONS: dict[Kind, Promise] = {
    Kind.LATE_DISPATCH: _("Paid {t} ago, not dispatched"),
    Kind.LATE_PICKUP: _("Number uploaded {t} ago, no pickup scan"),
    Kind.NO_MOVEMENT: _("Picked up {t} ago, no scan since"),
    Kind.TRANSIT_STALL: _("No scan for {t}"),
    Kind.DELIVERY_OVERDUE: _("On its way for {t}, not delivered"),
    Kind.NOT_COLLECTED: _("At the station for {t}, not collected"),
    Kind.NOT_RETRIED: _("Attempt failed {t} ago, not tried again"),
    Kind.RETURN_OVERDUE: _("On its way back for {t}"),
    Kind.ANSWER_DUE: _("Asked {t} ago, not answered"),
    Kind.EVIDENCE_DUE: _("Evidence asked for {t} ago, not handed in"),
    Kind.APPEAL_DUE: _("Notice received {t} ago, no appeal"),
    Kind.CLAIM_DUE: _("Claim opened {t} ago, not filed"),
    Kind.INTERCEPTION_DUE: _("Interception asked for {t} ago, no result"),
    Kind.WORK_ORDER_DUE: _("Work order sent {t} ago, no answer"),
    Kind.FAILED_DELIVERY: _("Attempt failed {t} ago"),
    Kind.REFUSED: _("Refused {t} ago"),
    Kind.DAMAGE: _("Damage told {t} ago"),
    Kind.LOSS: _("Loss told {t} ago"),
    Kind.MISDELIVERY: _("Told {t} ago that somebody else has it"),
    Kind.FALSE_DELIVERY: _("Told {t} ago that nobody received it"),
    Kind.WRONG_NUMBER: _("Number found wrong {t} ago"),
    Kind.CONTRADICTION: _("Scans contradict each other since {t}"),
}

# Of these the parcel's last scan tells more.
TOLD_BY_SCANS = frozenset({
    Kind.NO_MOVEMENT,
    Kind.TRANSIT_STALL,
    Kind.DELIVERY_OVERDUE,
    Kind.NOT_COLLECTED,
    Kind.NOT_RETRIED,
    Kind.RETURN_OVERDUE,
    Kind.FAILED_DELIVERY,
    Kind.REFUSED,
    Kind.DAMAGE,
    Kind.LOSS,
})  # fmt: skip


def headline(kind: Kind, level: Level) -> str:
    """Kind and level in a few words; a calm one says the kind."""
    return str(kind.label if level is Level.CALM else HEADLINES[kind][level.value - 1])
