"""Which parcels make an incident, whatever the order in which they are told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exceptions.incidents.grouping import Key, Rule, Rules, Standing, Stuck, dense, gather, over
from exceptions.incidents.whereabouts import Site

START = datetime(2026, 11, 22, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
HUB = Key(1, 1, Site("hub", "杭州转运中心"))
RULE = Rule(threshold=3, window=24 * HOUR)

stuck = st.builds(
    Stuck,
    case=st.integers(1, 60),
    waybill=st.integers(1, 30),
    key=st.sampled_from([HUB, Key(1, 2, HUB.site), Key(2, 1, HUB.site), Key(1, 1, Site("leg", "杭州", "宁波"))]),
    since=st.integers(0, 200).map(lambda hours: START + hours * HOUR),
)
many = st.lists(stuck, max_size=40, unique_by=lambda one: one.case)


def parcel(number: int, hours: float, key: Key = HUB) -> Stuck:
    return Stuck(number, number, key, START + timedelta(hours=hours))


@given(many, st.randoms())
def test_the_order_of_arrival_does_not_matter(parcels: list[Stuck], rng) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(parcels)
    rng.shuffle(shuffled)
    rules = Rules({(1, None): RULE, (2, None): RULE})
    assert gather(parcels, {}, rules) == gather(shuffled, {}, rules)


@given(many)
def test_every_incident_has_enough_parcels_of_one_place_and_no_case_is_in_two(parcels: list[Stuck]) -> None:
    by_case = {one.case: one for one in parcels}
    openings = gather(parcels, {}, Rules({(1, None): RULE, (2, None): RULE})).openings
    for one in openings:
        members = [by_case[case] for case in one.cases]
        assert {member.key for member in members} == {one.key}
        assert len({member.waybill for member in members}) >= RULE.threshold
        assert one.began_at == min(member.since for member in members)
    gathered = [case for one in openings for case in one.cases]
    assert len(gathered) == len(set(gathered))


@given(many)
def test_whoever_is_left_out_lies_in_no_window_with_enough_parcels(parcels: list[Stuck]) -> None:
    inside = {
        case for one in gather(parcels, {}, Rules({(1, None): RULE, (2, None): RULE})).openings for case in one.cases
    }
    for one in parcels:
        if one.case in inside:
            continue
        there = [other for other in parcels if other.key == one.key]
        for start in there:
            window = [o for o in there if start.since <= o.since <= start.since + RULE.window]
            assert one not in window or len({o.waybill for o in window}) < RULE.threshold


@given(many, many)
def test_healed_parcels_are_never_counted(parcels: list[Stuck], healed: list[Stuck]) -> None:
    """What is not told does not count: an incident is the same with and without those that have left."""
    gone = {one.case for one in healed}
    left = [one for one in parcels if one.case not in gone]
    rules = Rules({(1, None): RULE})
    for opening in gather(left, {}, rules).openings:
        assert not gone & set(opening.cases)


def test_three_cases_of_one_parcel_are_one_parcel() -> None:
    cases = [Stuck(case, 7, HUB, START) for case in (1, 2, 3)]
    assert dense(cases, RULE) == []
    assert len(dense([*cases, parcel(8, 1), parcel(9, 2)], RULE)) == 5


def test_two_waves_a_week_apart_are_gathered_and_the_one_between_is_not() -> None:
    first, between, second = [parcel(n, n) for n in (1, 2, 3)], parcel(4, 80), [parcel(n, 150 + n) for n in (5, 6, 7)]
    assert dense([*second, between, *first], RULE) == [*first, *second]


def test_an_open_incident_takes_in_who_stopped_about_then_or_later() -> None:
    standing = {HUB: Standing(9, START + 30 * HOUR)}
    found = gather([parcel(1, 5), parcel(2, 7), parcel(3, 300)], standing, Rules({(1, None): RULE}))
    assert (found.openings, dict(found.joining)) == ((), {9: (2, 3)})
    by_hand = {HUB: Standing(9, START + 30 * HOUR, by_hand=True)}
    assert dict(gather([parcel(1, 0)], by_hand, Rules()).joining) == {9: (1,)}


def test_a_carrier_goes_by_its_own_rule_and_others_by_the_merchants() -> None:
    rules = Rules({(1, None): Rule(threshold=5), (1, 2): Rule(threshold=2)})
    assert [rules.of(*pair).threshold for pair in ((1, 1), (1, 2), (2, 2))] == [5, 2, 10]
    assert rules.least == 2


def test_it_is_over_with_none_left_or_with_too_few_for_long_enough() -> None:
    rule = Rule(close_below=3, close_after=6 * HOUR)
    assert over(0, None, rule, START)
    assert not over(2, START - 5 * HOUR, rule, START)
    assert over(2, START - 6 * HOUR, rule, START)
    assert not over(3, START - 60 * HOUR, rule, START)
