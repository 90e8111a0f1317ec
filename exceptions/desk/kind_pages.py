"""The page of the kinds of exception: what each means, how soon it is to be seen to, and how many are open."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.terms import pack
from exceptions.desk.advice import Advice, advice
from exceptions.desk.kind_words import KINDS, Opening
from exceptions.desk.workflow import State
from exceptions.models import Case
from exceptions.rulemaking.phrases import length_of
from merchants.access import Member, scoped

# In the order of a parcel's life, and then what people and platforms want.
GROUPS: tuple[tuple[Any, tuple[Kind, ...]], ...] = (
    (_("Before it is on its way"), (Kind.LATE_DISPATCH, Kind.LATE_PICKUP, Kind.WRONG_NUMBER)),
    (
        pgettext_lazy("group of kinds", "On its way"),
        (Kind.NO_MOVEMENT, Kind.TRANSIT_STALL, Kind.LOSS, Kind.DAMAGE, Kind.CONTRADICTION),
    ),
    (
        _("At the buyer’s door"),
        (
            *(Kind.DELIVERY_OVERDUE, Kind.FAILED_DELIVERY, Kind.NOT_RETRIED, Kind.NOT_COLLECTED),
            *(Kind.MISDELIVERY, Kind.FALSE_DELIVERY),
        ),
    ),
    (_("On its way back"), (Kind.INTERCEPTION_DUE, Kind.REFUSED, Kind.RETURN_OVERDUE)),
    (
        _("Asked of us, or by us"),
        (Kind.ANSWER_DUE, Kind.EVIDENCE_DUE, Kind.APPEAL_DUE, Kind.CLAIM_DUE, Kind.WORK_ORDER_DUE),
    ),
)


@dataclass(frozen=True, slots=True)
class OfKind:
    kind: Kind
    meaning: Any
    openings: tuple[Opening, ...]
    first: Advice
    open: int
    # How soon, by our default; blank where platforms set the limits.
    within: str


def groups(member: Member) -> list[tuple[Any, list[OfKind]]]:
    """Return the kinds by group, each with the member's open cases. One query."""
    cases = scoped(member, Case.objects.exclude(state=State.RESOLVED.value))
    counts = dict(cases.values_list("kind").annotate(n=Count("pk")).order_by())
    lengths = {term.kind: length_of(term) for term in pack("causes")}
    return [
        (name, [_of(kind, counts.get(kind.value, 0), lengths.get(kind, "")) for kind in kinds])
        for name, kinds in GROUPS
    ]


def _of(kind: Kind, count: int, within: str) -> OfKind:
    words = KINDS[kind]
    return OfKind(kind, words.meaning, words.openings, advice(kind, Level.SOON), count, within)
