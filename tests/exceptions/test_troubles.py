"""What scans and people tell went wrong: which kind it comes to, when it is over, and who is quiet meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.deadlines.facts import OrderFacts, ParcelFacts, ReportFacts, Sign, TicketFacts, as_of, joined
from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rulebook import plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.troubles import TOLD_BY_PEOPLE, Trouble, signs, troubles
from shipments import carriers
from shipments.doubts import Doubt
from shipments.moments import Scan, moments
from shipments.status import Cause, Stage
from tests.shipments.golden import SAMPLES

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OUT, MOVING, STATION, SIGNED = Stage.OUT_FOR_DELIVERY, Stage.IN_TRANSIT, Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED
BACK, HOME = Stage.RETURNING, Stage.RETURNED
Told = tuple[float, Stage] | tuple[float, Stage, Cause]


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def scans(*told: Told) -> list[Scan]:
    return [(hour(one[0]), one[1], one[2] if len(one) == 3 else None) for one in told]


def signed(*told: Told, doubts: tuple[Doubt, ...] = (), **at: float) -> list[tuple[Kind, float, float | None]]:
    """What a track says went wrong: the kind, and from which to which hour."""
    instants: dict[str, Any] = {
        f"{name}_at": hour(at[name]) if name in at else None
        for name in ("uploaded", "first_trace", "picked_up", "delivered")
    }
    found = signs(moments(scans(*told)), [doubt.value for doubt in doubts], **instants)

    def hours(instant: datetime | None) -> float | None:
        return (instant - START) / timedelta(hours=1) if instant else None

    return [(sign.kind, hours(sign.at) or 0, hours(sign.over_at)) for sign in found]


def order(*parcels: ParcelFacts, **facts: Any) -> OrderFacts:
    return OrderFacts(
        **({"id": 1, "amount": Decimal(100), "placed_at": START, "paid_at": START} | facts), parcels=parcels
    )


def parcel(*told: Sign, **facts: Any) -> ParcelFacts:
    return ParcelFacts(waybill_id=9, uploaded_at=hour(1), signs=told, **facts)


class TestSigns:
    def test_an_attempt_that_failed_is_a_failed_delivery_until_it_is_tried_again(self) -> None:
        assert signed((4, OUT), (5, OUT, Cause.UNREACHABLE)) == [(Kind.FAILED_DELIVERY, 5, None)]
        assert signed((5, OUT, Cause.ADDRESS), (20, OUT)) == [(Kind.FAILED_DELIVERY, 5, 20)]

    def test_left_at_a_station_nobody_has_to_try_again(self) -> None:
        assert signed((5, OUT, Cause.ATTEMPT_FAILED), (6, STATION)) == [(Kind.FAILED_DELIVERY, 5, 6)]

    def test_a_refusal_is_told_once_whatever_follows_on_the_way_home(self) -> None:
        assert signed((5, Stage.REFUSED, Cause.REFUSED), (8, BACK)) == [(Kind.REFUSED, 5, None)]

    def test_what_we_had_intercepted_ourselves_is_not_refused(self) -> None:
        assert signed((5, MOVING, Cause.INTERCEPTED), (8, BACK)) == []
        assert signed((5, BACK, Cause.INTERCEPTED)) == []

    def test_damage_lasts_and_what_is_lost_may_be_found(self) -> None:
        assert signed((5, MOVING, Cause.DAMAGED), (6, MOVING)) == [(Kind.DAMAGE, 5, None)]
        assert signed((5, MOVING, Cause.LOST)) == [(Kind.LOSS, 5, None)]
        assert signed((5, MOVING, Cause.LOST), (9, MOVING)) == [(Kind.LOSS, 5, 9)]
        assert signed((5, MOVING, Cause.LOST), (9, MOVING), (12, MOVING, Cause.LOST)) == [(Kind.LOSS, 12, None)]

    @pytest.mark.parametrize(
        ("doubt", "kind", "since"),
        [
            (Doubt.MOVED_ON, Kind.FALSE_DELIVERY, 40),
            (Doubt.ELSEWHERE, Kind.FALSE_DELIVERY, 40),
            (Doubt.SHARED, Kind.WRONG_NUMBER, 2),
            (Doubt.OTHER_CARRIER, Kind.WRONG_NUMBER, 2),
            (Doubt.EARLY, Kind.CONTRADICTION, 3),
            (Doubt.JUMPED, Kind.CONTRADICTION, 3),
        ],
    )
    def test_each_contradiction_of_a_track_comes_to_a_kind(self, doubt: Doubt, kind: Kind, since: float) -> None:
        instants = {"uploaded": 1, "first_trace": 2, "picked_up": 3, "delivered": 40}
        assert signed(doubts=(doubt,), **instants) == [(kind, since, None)]

    def test_every_doubt_has_its_kind(self) -> None:
        assert all(signed(doubts=(doubt,), first_trace=1, picked_up=1, delivered=2) for doubt in Doubt)

    @given(
        told=st.lists(
            st.tuples(st.integers(0, 60), st.sampled_from(list(Stage)), st.sampled_from([None, *Cause])), max_size=10
        ),
        seed=st.randoms(use_true_random=False),
    )
    def test_the_order_in_which_scans_are_told_changes_nothing(self, told: list[Any], seed: Any) -> None:
        track = [(hour(at), stage, cause) for at, stage, cause in told]
        shuffled = track + track[:3]
        seed.shuffle(shuffled)
        bare: dict[str, Any] = dict.fromkeys(("uploaded_at", "first_trace_at", "picked_up_at", "delivered_at"))
        assert signs(moments(track), (), **bare) == signs(moments(shuffled), (), **bare)


class TestTroubles:
    def test_a_signature_ends_a_failed_delivery_and_a_return_a_refusal(self) -> None:
        failed = Sign(Kind.FAILED_DELIVERY, hour(5))
        assert troubles(order(parcel(failed, delivered_at=hour(9))))[0].over_at == hour(9)
        refused = Sign(Kind.REFUSED, hour(5))
        assert troubles(order(parcel(refused, returned_at=hour(90))))[0].over_at == hour(90)

    def test_a_claim_takes_over_from_damage_and_loss(self) -> None:
        claim = TicketFacts(1, "claim", hour(7))
        for kind in (Kind.DAMAGE, Kind.LOSS):
            assert troubles(order(parcel(Sign(kind, hour(5))), tickets=(claim,)))[0].over_at == hour(7)
        former = TicketFacts(1, "claim", hour(2))
        assert troubles(order(parcel(Sign(Kind.DAMAGE, hour(5))), tickets=(former,)))[0].over_at is None

    def test_of_an_order_that_is_not_owed_only_what_the_carrier_owes_us_matters(self) -> None:
        told = [Sign(kind, hour(5)) for kind in (Kind.FAILED_DELIVERY, Kind.DAMAGE, Kind.LOSS, Kind.FALSE_DELIVERY)]
        refunded = order(parcel(*told), refunded=Decimal(100))
        assert {one.kind for one in troubles(refunded)} == {Kind.DAMAGE, Kind.LOSS}
        assert troubles(order(parcel(*told), completed=True)) == []

    def test_what_people_say_stands_whatever_became_of_the_order(self) -> None:
        said = ReportFacts(Kind.FALSE_DELIVERY, 9, hour(50))
        done = order(parcel(delivered_at=hour(40)), completed=True, refunded=Decimal(100), reports=(said,))
        assert troubles(done) == [Trouble(Kind.FALSE_DELIVERY, 9, hour(50))]
        closed = replace(done, reports=(replace(said, closed_at=hour(60)),))
        assert troubles(closed) == [Trouble(Kind.FALSE_DELIVERY, 9, hour(50), hour(60))]

    def test_facts_answer_what_people_said_only_where_they_come_after_it(self) -> None:
        said = ReportFacts(Kind.LOSS, None, hour(50))
        assert troubles(order(parcel(delivered_at=hour(40)), reports=(said,)))[0].over_at is None
        assert troubles(order(parcel(delivered_at=hour(70)), reports=(said,)))[0].over_at == hour(70)

    def test_said_of_the_order_as_a_whole_all_its_parcels_have_to_arrive(self) -> None:
        said = ReportFacts(Kind.LOSS, None, hour(50))
        two = [parcel(delivered_at=hour(70)), replace(parcel(), waybill_id=10)]
        assert troubles(order(*two, reports=(said,)))[0].over_at is None

    def test_a_new_number_ends_a_wrong_one(self) -> None:
        wrong = parcel(Sign(Kind.WRONG_NUMBER, hour(2)))
        right = replace(parcel(), waybill_id=10, uploaded_at=hour(8))
        assert troubles(order(wrong, right))[0].over_at == hour(8)

    def test_a_number_that_is_none_is_wrong_until_another_is_followed(self) -> None:
        malformed = order(unbooked=("malformed_number",), dispatched_at=hour(3))
        assert troubles(malformed) == [Trouble(Kind.WRONG_NUMBER, None, hour(3))]
        assert troubles(replace(malformed, parcels=(parcel(),))) == []
        assert troubles(order(unbooked=("unknown_carrier",), dispatched_at=hour(3))) == []

    def test_told_by_track_and_buyer_at_one_instant_it_is_one(self) -> None:
        said = ReportFacts(Kind.DAMAGE, 9, hour(5), hour(6))
        assert troubles(order(parcel(Sign(Kind.DAMAGE, hour(5))), reports=(said,))) == [
            Trouble(Kind.DAMAGE, 9, hour(5))
        ]

    def test_travelling_on_under_another_number_ends_all_but_damage(self) -> None:
        told = (Sign(Kind.FAILED_DELIVERY, hour(5)), Sign(Kind.DAMAGE, hour(6)))
        later = ParcelFacts(waybill_id=10, first_trace_at=hour(20))
        found = {sign.kind: sign.over_at for sign in joined(parcel(*told), [later], []).signs}
        assert found == {Kind.FAILED_DELIVERY: hour(20), Kind.DAMAGE: None}

    def test_on_the_way_home_only_damage_and_loss_are_news(self) -> None:
        home = ParcelFacts(waybill_id=10, signs=(Sign(Kind.FAILED_DELIVERY, hour(30)), Sign(Kind.DAMAGE, hour(31))))
        assert [sign.kind for sign in joined(parcel(), [], [home]).signs] == [Kind.DAMAGE]

    def test_a_past_instant_knows_only_what_had_been_told(self) -> None:
        said = ReportFacts(Kind.LOSS, None, hour(50), hour(60))
        told = order(parcel(Sign(Kind.DAMAGE, hour(5), hour(55))), reports=(said,))
        assert troubles(as_of(told, hour(4))) == []
        assert troubles(as_of(told, hour(52))) == [
            Trouble(Kind.DAMAGE, 9, hour(5)),
            Trouble(Kind.LOSS, None, hour(50)),
        ]


class TestClocks:
    @pytest.mark.parametrize("kind", TOLD_BY_PEOPLE)
    def test_each_kind_is_lit_the_moment_after_it_is_told(self, kind: Kind) -> None:
        told = order(parcel(), reports=(ReportFacts(kind, 9, hour(5)),))
        (clock,) = [one for one in judge(told, plain("pdd").watched) if one.kind is kind]
        assert (clock.warn_at, clock.waybill_id) == (hour(5), 9)
        assert clock.level_at(hour(5) + timedelta(microseconds=1)) is Level.SOON

    def test_an_order_nothing_went_wrong_with_has_none(self) -> None:
        assert not {one.kind for one in judge(order(parcel()), plain("pdd").watched)} & set(TOLD_BY_PEOPLE)

    def test_a_failed_delivery_is_to_be_seen_to_by_noon_of_the_next_day(self) -> None:
        told = order(parcel(Sign(Kind.FAILED_DELIVERY, hour(5))))
        (clock,) = [one for one in judge(told, plain("pdd").watched) if one.kind is Kind.FAILED_DELIVERY]
        assert clock.due_at == datetime(2026, 11, 21, 4, tzinfo=UTC)


def signs_of(file: str, until: datetime) -> list[Sign]:
    """What a real track said had gone wrong by an instant."""
    provider, _, _ = file.partition("/")
    (answer,) = carriers.provider(provider).read((SAMPLES / file).read_bytes())
    track = [(one.occurred_at, one.stage, one.cause) for one in answer.events if one.occurred_at <= until]
    bare: dict[str, Any] = dict.fromkeys(("uploaded_at", "first_trace_at", "picked_up_at", "delivered_at"))
    return list(signs(moments(track), (), **bare))


class TestRealTracks:
    """Samples as carriers answered them; their times are those of Shanghai."""

    def test_a_refusal_is_told_until_it_is_tried_again(self, shared: Path) -> None:
        file, refused = "sf/route_query_refused_then_signed.xml", datetime(2016, 1, 27, 4, 6, tzinfo=UTC)
        assert signs_of(file, refused - timedelta(seconds=1)) == []
        assert signs_of(file, refused) == [Sign(Kind.REFUSED, refused)]
        assert signs_of(file, refused + timedelta(days=1)) == []

    def test_a_buyer_nobody_reaches_is_a_failed_delivery_until_the_signature(self, shared: Path) -> None:
        file = "sto/relay_problem_unreachable_then_signed.json"
        failed, delivered = datetime(2014, 1, 18, 10, 25, 55, tzinfo=UTC), datetime(2014, 1, 19, 10, 24, tzinfo=UTC)
        assert signs_of(file, failed) == [Sign(Kind.FAILED_DELIVERY, failed)]
        assert signs_of(file, delivered) == [Sign(Kind.FAILED_DELIVERY, failed, delivered)]
