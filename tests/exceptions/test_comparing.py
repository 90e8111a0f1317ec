"""One order under two rulebooks: what is flagged anew, no longer, or as before, and what that costs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.comparing import Change, breaches, compare
from exceptions.deadlines.facts import OrderFacts, ParcelFacts
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.penalties import Tier
from exceptions.deadlines.rulebook import Rule, plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.terms import Length, Term, pack

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Ten in the evening in Shanghai.
T0 = datetime(2026, 11, 10, 14, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE, UNTIL = T0 - 5 * DAY, T0 + 5 * DAY
PRICE = Decimal(100)


def term(kind: Kind, hours: int = 48, *, cost: int = 3, code: str = "") -> Term:
    """The generic pack's term of a kind, of this length, at this price for a breach."""
    (found,) = [one for one in pack("generic") if one.kind is kind and one.after == ""][:1]
    return replace(
        found,
        code=code or found.code,
        length=Length(lasts=timedelta(hours=hours)),
        promise="",
        tiers=(Tier(fixed=Decimal(cost)),),
        stack="",
        stack_cap=None,
        stack_cap_percent=None,
    )


def late(hours: int, **given: object) -> Term:
    return term(Kind.LATE_DISPATCH, hours, **given)  # type: ignore[arg-type]


def order(**facts: object) -> OrderFacts:
    return replace(OrderFacts(id=1, amount=PRICE, placed_at=T0, paid_at=T0), **facts)  # type: ignore[arg-type]


def clocks(order: OrderFacts, *terms: Term) -> list[ClockDraft]:
    return judge(order, replace(plain("other"), rules=tuple(Rule(one) for one in terms)))


def changes(
    order: OrderFacts,
    before: Iterable[Term],
    after: Iterable[Term],
    since: datetime = SINCE,
    until: datetime = UNTIL,
) -> list[Change]:
    return compare(clocks(order, *before), clocks(order, *after), since, until, SHANGHAI)


DISPATCHED = {"dispatched_at": T0 + 30 * HOUR, "handed_over_at": T0 + 30 * HOUR}


def test_a_limit_of_48_hours_made_24_flags_an_order_dispatched_after_30() -> None:
    assert changes(order(**DISPATCHED), [late(48)], [late(24)]) == [
        Change(
            Kind.LATE_DISPATCH,
            None,
            due_before=None,
            due_after=T0 + 24 * HOUR,
            penalty_before=Decimal("0.00"),
            penalty_after=Decimal("3.00"),
            day=date(2026, 11, 11),
        )
    ]


def test_a_limit_of_24_hours_made_48_flags_it_no_longer() -> None:
    (change,) = changes(order(**DISPATCHED), [late(24)], [late(48)])
    assert (change.is_new, change.is_gone) == (False, True)
    assert (change.due_before, change.due_after) == (T0 + 24 * HOUR, None)
    assert (change.penalty_before, change.penalty_after, change.penalty) == (3, 0, 3)


def test_an_order_never_dispatched_breaks_both_limits_and_counts_on_the_day_of_the_new_one() -> None:
    (change,) = changes(order(), [late(48)], [late(24, cost=5)])
    assert (change.is_new, change.is_gone) == (False, False)
    assert (change.due_before, change.due_after) == (T0 + 48 * HOUR, T0 + 24 * HOUR)
    assert (change.penalty_before, change.penalty_after) == (3, 5)
    assert change.day == date(2026, 11, 11)


def test_the_day_is_the_shops() -> None:
    (change,) = changes(order(), [], [late(2)])
    assert (change.due_after, change.day) == (T0 + 2 * HOUR, date(2026, 11, 11)), "midnight in Shanghai is 16:00 UTC"
    (change,) = changes(order(), [], [late(1)])
    assert change.day == date(2026, 11, 10)


@pytest.mark.parametrize(
    ("dispatched", "broken"), [(24 * HOUR, False), (24 * HOUR + timedelta(seconds=1), True), (None, True)]
)
def test_only_later_than_due_is_broken(dispatched: timedelta | None, broken: bool) -> None:
    at = T0 + dispatched if dispatched else None
    assert bool(changes(order(dispatched_at=at, handed_over_at=at), [], [late(24)])) is broken


def test_the_window_is_from_since_inclusive_to_until_exclusive() -> None:
    due = T0 + 24 * HOUR
    assert len(changes(order(), [], [late(24)], since=due)) == 1
    assert changes(order(), [], [late(24)], since=due + timedelta(seconds=1)) == []
    assert changes(order(), [], [late(24)], until=due) == []
    assert len(changes(order(), [], [late(24)], until=due + timedelta(seconds=1))) == 1


def test_what_broke_before_the_window_under_one_of_them_is_no_news() -> None:
    since = T0 + 36 * HOUR
    (longer,) = changes(order(), [late(24)], [late(48)], since)
    assert (longer.is_new, longer.is_gone, longer.day) == (False, False, date(2026, 11, 12))
    assert (longer.due_before, longer.penalty_before) == (T0 + 24 * HOUR, 3)
    (shorter,) = changes(order(), [late(48)], [late(24)], since)
    assert (shorter.is_new, shorter.is_gone, shorter.day) == (False, False, date(2026, 11, 12))
    assert (shorter.due_after, shorter.penalty_after) == (T0 + 24 * HOUR, 3)


def test_several_clocks_of_a_kind_are_one_case_from_the_first_that_breaks() -> None:
    (change,) = changes(order(), [late(48)], [late(48), late(24, code="OWN-24")])
    assert (change.is_new, change.is_gone, change.due_after) == (False, False, T0 + 24 * HOUR)
    assert (change.penalty_before, change.penalty_after) == (3, 6)


def test_parcels_are_counted_one_by_one() -> None:
    parcels = (
        ParcelFacts(waybill_id=7, uploaded_at=T0),
        ParcelFacts(waybill_id=8, uploaded_at=T0, first_trace_at=T0 + 30 * HOUR, picked_up_at=T0 + 30 * HOUR),
    )
    pickup = {hours: term(Kind.LATE_PICKUP, hours) for hours in (24, 48)}
    found = changes(order(parcels=parcels), [pickup[48]], [pickup[24]])
    assert [(change.waybill_id, change.is_new) for change in found] == [(7, False), (8, True)]


def test_the_same_rules_change_nothing() -> None:
    rules = [late(24), late(24, code="OTHER"), term(Kind.LATE_PICKUP, 24)]
    (change,) = changes(order(), rules, rules)
    assert (change.due_before, change.penalty_before) == (change.due_after, change.penalty_after)


class TestMoney:
    """Clocks of one stack pay once or up to their cap, over all kinds of the order; each break carries what it adds."""

    STACKED = {"stack": "late"}

    def test_a_stack_pays_its_dearest_once(self) -> None:
        late_and_gone = [
            replace(late(24, cost=3), **self.STACKED),
            replace(late(48, cost=5, code="STOCKOUT"), **self.STACKED),
        ]
        (change,) = changes(order(), [late(24, cost=3)], late_and_gone)
        assert (change.penalty_before, change.penalty_after) == (3, 5)

    def test_what_a_kind_adds_is_told_at_that_kind_and_the_sum_is_what_is_owed(self) -> None:
        parcel = ParcelFacts(waybill_id=7, uploaded_at=T0 + 30 * HOUR)
        rules = [
            replace(late(24, cost=3), **self.STACKED),
            replace(term(Kind.LATE_PICKUP, 24, cost=5), **self.STACKED),
        ]
        found = changes(order(parcels=(parcel,), dispatched_at=T0 + 30 * HOUR), rules, rules)
        assert {(change.kind, change.penalty_after) for change in found} == {
            (Kind.LATE_DISPATCH, Decimal(3)),
            (Kind.LATE_PICKUP, Decimal(2)),
        }

    def test_a_cap_holds_over_the_stack(self) -> None:
        capped = self.STACKED | {"stack_cap": Decimal(7), "stack_cap_percent": Decimal(10)}
        rules = [replace(late(24 + n, cost=4, code=f"L{n}"), **capped) for n in range(3)]
        adds = [breach.adds for breach in breaches(clocks(order(), *rules), UNTIL).values()]
        assert adds == [4, 3, 0]

    def test_a_share_of_what_was_paid_caps_too(self) -> None:
        capped = self.STACKED | {"stack_cap_percent": Decimal(5)}
        rules = [replace(late(24 + n, cost=4, code=f"L{n}"), **capped) for n in range(2)]
        (change,) = changes(order(), [], rules)
        assert change.penalty_after == 5

    def test_a_stack_that_paid_before_the_window_adds_nothing_in_it(self) -> None:
        parcel = ParcelFacts(waybill_id=7, uploaded_at=T0 + 30 * HOUR)
        rules = [
            replace(late(24, cost=5), **self.STACKED),
            replace(term(Kind.LATE_PICKUP, 24, cost=5), **self.STACKED),
        ]
        facts = order(parcels=(parcel,), dispatched_at=T0 + 30 * HOUR)
        (change,) = changes(facts, [], rules, since=T0 + 40 * HOUR)
        assert (change.kind, change.penalty_after) == (Kind.LATE_PICKUP, 0)
