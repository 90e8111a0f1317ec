"""How near a shop is to what its platform does to shops that break too often. Pure.

Only what is counted by the day can be reckoned: from other spans no rule says when they begin.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from exceptions.deadlines.kinds import Level
from exceptions.deadlines.terms import SHOP_DAY, SHOP_RATE, Limit, Term
from shipops.kit.bilingual import language
from shipops.kit.choices import Choice

TENTH = Decimal("0.1")
DAY, GOODS_DAY = "day", "goods_day"


class Reach(Choice):
    """How near it is. Near = at least half of the way: a busy shop goes the other half within hours."""

    REACHED = "reached", gettext_lazy("Reached"), Level.GRAVE.tone
    NEAR = "near", gettext_lazy("Near"), Level.SOON.tone
    FAR = "far", gettext_lazy("Far off"), Level.CALM.tone
    UNKNOWN = "unknown", gettext_lazy("Cannot tell"), Level.CALM.tone


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shop stands on one day with one limit; `limit` None = the platform's number is not known."""

    limit: Limit | None
    reach: Reach
    # Orders that broke it that day, of the orders with a limit of its kind due that day.
    broken: int
    due: int

    @property
    def share(self) -> Decimal:
        """Percent of the orders due that day, to a tenth; 0 where none were."""
        return (Decimal(100 * self.broken) / self.due).quantize(TENTH) if self.due else Decimal("0.0")

    @property
    def more(self) -> int | None:
        """How many more orders until the count is reached; None where no count is named."""
        return None if self.limit is None or self.limit.count is None else max(self.limit.count - self.broken, 0)

    @property
    def points(self) -> Decimal | None:
        """How many percentage points until the rate is reached; None where none is named, or it is not the shop's."""
        if self.limit is None or self.limit.rate is None or self.limit.per != DAY:
            return None
        return max(self.limit.rate - self.share, Decimal(0))


def limits_of(term: Term) -> tuple[Limit | None, ...]:
    """What a shop may run into by this term; None = it counts for the shop, but its number is not known."""
    if term.limits:
        return term.limits
    return (None,) if term.level in (SHOP_DAY, SHOP_RATE) and not term.tiers else ()


def by_kind(term: Term) -> bool:
    """Whether all orders broken of the term's kind count, not those that broke this term alone."""
    return term.level in (SHOP_DAY, SHOP_RATE)


def standing(limit: Limit | None, broken: int, due: int) -> Standing:
    """Where a shop stands that broke so many of the orders due that day.

    Platforms say partly that a number must be reached (Pinduoduo's stock-out), partly exceeded (its fake dispatch, the
    rate of Douyin's stock-out): all are told as reached, which warns one order early at most.
    """
    if limit and limit.per == GOODS_DAY and limit.count is not None and broken < limit.count:
        # No product has come so far while all of the shop's together have not.
        return Standing(limit, Reach.NEAR if broken * 2 >= limit.count else Reach.FAR, broken, due)
    if limit is None or limit.per != DAY or (limit.count is None and limit.rate is None):
        return Standing(limit, Reach.UNKNOWN, broken, due)
    met, halfway = [], []
    if limit.count is not None:
        met.append(broken >= limit.count)
        halfway.append(broken * 2 >= limit.count)
    if limit.rate is not None:
        met.append(due > 0 and broken * 100 >= limit.rate * due)
        halfway.append(due > 0 and broken * 200 >= limit.rate * due)
    together = all if limit.both else any
    if together(met):
        return Standing(limit, Reach.REACHED, broken, due)
    return Standing(limit, Reach.NEAR if together(halfway) else Reach.FAR, broken, due)


def consequence(limit: Limit) -> str:
    """What the platform does, in the reader's language."""
    return limit.en if language() == "en" else limit.zh


def threshold(limit: Limit) -> str:
    """From which numbers on a shop is met by what: “30 orders and 30 % a day: …”."""
    parts = [] if limit.count is None else [ngettext("{n} order", "{n} orders", limit.count).format(n=limit.count)]
    parts += [] if limit.rate is None else [pgettext("threshold", "{n} %").format(n=limit.rate)]
    joined = (_(" and ") if limit.both else _(" or ")).join(parts)
    if limit.per in (DAY, GOODS_DAY):
        joined = _("{numbers} a day").format(numbers=joined)
    return _("{counted}: {what}").format(counted=joined, what=consequence(limit))


def told(stand: Standing) -> str:
    """Where the shop stands, in a sentence."""
    counted = _("{broken} of {due} orders ({share} %)").format(broken=stand.broken, due=stand.due, share=stand.share)
    if stand.limit is None:
        return _("{counted}. At which number the platform acts is not known.").format(counted=counted)
    if stand.reach is Reach.UNKNOWN and stand.limit.per == GOODS_DAY:
        text = _("{counted}. The platform counts each product on its own: which has come so far is not known.")
        return text.format(counted=counted)
    if stand.reach is Reach.UNKNOWN:
        return _("{counted}. What the platform counts by is not known.").format(counted=counted)
    if stand.reach is Reach.REACHED:
        return _("{counted}: {what}").format(counted=counted, what=consequence(stand.limit))
    left = []
    if stand.more:
        left.append(ngettext("{n} more order", "{n} more orders", stand.more).format(n=stand.more))
    if stand.points or (stand.points is not None and not left):
        left.append(_("{n} points").format(n=stand.points))
    joined = (_(" and ") if stand.limit.both else _(" or ")).join(left)
    return _("{counted}; {left} until: {what}").format(counted=counted, left=joined, what=consequence(stand.limit))
