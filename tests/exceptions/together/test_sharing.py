"""Who gets which case: nobody what they may not see, equals the same, nobody more than they have room for."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.desk.sharing import Taker, Waiting, Way, share

SHOPS, KINDS, CARRIERS = (1, 2, 3), ("late_pickup", "damage", "loss"), (7, 8)
numbers = st.frozensets
ways = st.sampled_from(Way)

takers = st.lists(
    st.builds(
        Taker,
        pk=st.integers(1, 9),
        sees=numbers(st.sampled_from(SHOPS)),
        kinds=numbers(st.sampled_from(KINDS)),
        carriers=numbers(st.sampled_from(CARRIERS)),
        takes_shops=numbers(st.sampled_from(SHOPS)),
        load=st.integers(0, 9),
        room=st.integers(0, 6),
        turn=st.integers(0, 9).map(float),
    ),
    max_size=6,
    unique_by=lambda taker: taker.pk,
)
cases = st.lists(
    st.builds(
        Waiting,
        pk=st.integers(1, 999),
        shop=st.sampled_from(SHOPS),
        kind=st.sampled_from(KINDS),
        carrier=st.sampled_from((*CARRIERS, None)),
        weight=st.sampled_from((1, 2)),
        not_to=numbers(st.integers(1, 9), max_size=2),
    ),
    max_size=40,
    unique_by=lambda case: case.pk,
)


@given(ways, takers, cases)
def test_nobody_gets_what_they_may_not_see_do_not_take_or_have_no_room_for(
    way: Way, people: list, waiting: list
) -> None:
    by_pk = {taker.pk: taker for taker in people}
    shared = share(way, people, waiting)
    for case in waiting:
        if case.pk in shared:
            taker = by_pk[shared[case.pk]]
            assert case.shop in taker.sees
            assert taker.takes(case)
    got = Counter(shared.values())
    assert all(got[pk] <= by_pk[pk].room for pk in got)


@given(ways, takers, cases)
def test_a_case_is_left_lying_only_where_nobody_takes_it_or_all_who_do_are_full(
    way: Way, people: list, waiting: list
) -> None:
    shared = share(way, people, waiting)
    got = Counter(shared.values())
    for case in waiting:
        if case.pk not in shared:
            assert all(got[taker.pk] == taker.room for taker in people if taker.takes(case))


@given(ways, st.integers(1, 7), st.integers(0, 60))
def test_among_equals_what_they_are_given_differs_by_at_most_one(way: Way, people: int, many: int) -> None:
    equals = [Taker(pk, frozenset(SHOPS)) for pk in range(1, people + 1)]
    got = Counter(share(way, equals, [Waiting(pk, 1, "damage", 7) for pk in range(many)]).values())
    counts = [got[taker.pk] for taker in equals]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == many


@given(takers, cases, st.randoms())
def test_the_order_in_which_people_are_listed_changes_nothing(people: list, waiting: list, random) -> None:
    other = list(people)
    random.shuffle(other)
    for way in Way:
        assert share(way, people, waiting) == share(way, other, waiting)


ALL = frozenset(SHOPS)
ONE, TWO = Waiting(1, 1, "damage", 7), Waiting(2, 1, "damage", 7)


def test_in_turn_the_one_who_got_nothing_for_longest_comes_first() -> None:
    people = [Taker(1, ALL, turn=300.0), Taker(2, ALL, turn=100.0), Taker(3, ALL, turn=200.0)]
    waiting = [Waiting(pk, 1, "damage") for pk in (11, 12, 13, 14)]
    assert share(Way.TURNS, people, waiting) == {11: 2, 12: 3, 13: 1, 14: 2}


def test_by_load_a_case_that_is_due_soon_weighs_double() -> None:
    people = [Taker(1, ALL, load=3), Taker(2, ALL, load=4)]
    waiting = [replace(ONE, weight=2), TWO, replace(ONE, pk=3)]
    assert share(Way.LOAD, people, waiting) == {1: 1, 2: 2, 3: 1}


def test_by_skill_the_one_who_named_it_comes_before_the_one_who_takes_all() -> None:
    people = [Taker(1, ALL), Taker(2, ALL, kinds=frozenset({"damage"}), load=5)]
    assert share(Way.SKILL, people, [ONE, Waiting(5, 1, "loss")]) == {1: 2, 5: 1}


@pytest.mark.parametrize("way", Way)
def test_a_claim_that_ran_out_does_not_come_back_to_the_same_person(way: Way) -> None:
    gone = replace(ONE, not_to=frozenset({1}))
    assert share(way, [Taker(1, ALL)], [gone, TWO]) == {2: 1}
    assert share(way, [Taker(1, ALL), Taker(2, ALL, load=9)], [gone]) == {1: 2}


def test_with_nobody_on_duty_nothing_is_given() -> None:
    assert share(Way.LOAD, [], [ONE, TWO]) == {}
