"""A track that contradicts itself, its order or its carrier is noticed, with a tolerance, and never on a guess."""

from datetime import UTC, datetime, timedelta

import pytest

from shipments.doubts import Doubt, Sold, doubted
from shipments.status import Cause, Event, Progress, Stage, fold

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
S = Stage


def scan(hour: float, stage: Stage, text: str = "", place: str = "", cause: Cause | None = None) -> Event:
    return Event(START + hour * HOUR, 0, stage, cause, text or f"scan {hour}", place)


SIGNED = [scan(0, S.PICKED_UP), scan(10, S.IN_TRANSIT), scan(30, S.OUT_FOR_DELIVERY), scan(32, S.DELIVERED)]


def progress(events: list[Event], **sold: object) -> Progress:
    return doubted(fold(events), events, Sold(**sold))  # type: ignore[arg-type]


def doubts(events: list[Event], **sold: object) -> list[Doubt]:
    return [Doubt(value) for value in progress(events, **sold).doubts]


def test_an_ordinary_track_raises_no_doubt_and_no_cause() -> None:
    found = progress(SIGNED, paid_at=START - HOUR, sent_to=(("广东省", "深圳市", "南山区"),), tails=frozenset({"4712"}))
    assert (found.stage, found.cause, found.doubts) == (S.DELIVERED, None, ())


class TestDeliveredThenMoving:
    def test_a_scan_on_the_way_long_after_the_signature_is_a_contradiction(self) -> None:
        found = progress([*SIGNED, scan(50, S.IN_TRANSIT)])
        assert (found.stage, found.cause, found.doubts) == (S.DELIVERED, Cause.CONTRADICTION, ("moved_on",))

    def test_a_hub_that_hands_in_its_scan_two_hours_late_is_not(self) -> None:
        assert doubts([*SIGNED, scan(34, S.IN_TRANSIT)]) == []

    @pytest.mark.parametrize("after", [S.AVAILABLE_FOR_PICKUP, S.RETURNING, S.RETURNED])
    def test_what_may_follow_a_signature_is_not(self, after: Stage) -> None:
        assert doubts([*SIGNED, scan(50, after)]) == []

    def test_scans_on_the_way_home_are_not(self) -> None:
        assert doubts([*SIGNED, scan(50, S.RETURNING), scan(60, S.IN_TRANSIT), scan(80, S.OUT_FOR_DELIVERY)]) == []

    def test_a_cause_that_is_known_stays_the_cause(self) -> None:
        damaged = [*SIGNED[:-1], scan(31, S.DELIVERED, cause=Cause.DAMAGED), scan(60, S.IN_TRANSIT)]
        found = progress(damaged)
        assert (found.cause, found.doubts) == (Cause.DAMAGED, ("moved_on",))


class TestScannedBeforePayment:
    def test_a_pickup_before_the_payment_is_a_contradiction(self) -> None:
        assert doubts(SIGNED, paid_at=START + HOUR) == [Doubt.EARLY]

    def test_clocks_may_differ_by_ten_minutes(self) -> None:
        assert doubts(SIGNED, paid_at=START + timedelta(minutes=10)) == []

    def test_an_unpaid_or_undated_order_is_not_judged(self) -> None:
        assert doubts(SIGNED, paid_at=None) == []


class TestSignedElsewhere:
    SENT = (("广东省", "深圳市", "南山区"),)

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("[东莞市]快件已在虎门签收", ""),
            ("【杭州市】您的快件已签收", ""),
            ("您的快件已签收", "浙江 杭州市"),
            ("您的快件已签收", "浙江 杭州市 西湖区分部杭州市"),
        ],
    )
    def test_a_signature_in_another_city_is_a_contradiction(self, text: str, place: str) -> None:
        assert doubts([*SIGNED[:-1], scan(32, S.DELIVERED, text, place)], sent_to=self.SENT) == [Doubt.ELSEWHERE]

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("[深圳市]快件已签收", ""),
            ("【深圳】快件已签收", ""),
            ("您的快件已签收", "广东 深圳市"),
            ("您的快件已签收", "广东 深圳市 南山区"),
            ("[东莞市]快件已由深圳南山网点签收", ""),
            ("已签收,感谢使用顺丰", ""),
            ("已签收", "广东"),
        ],
    )
    def test_one_where_it_was_sent_or_that_names_no_city_is_not(self, text: str, place: str) -> None:
        assert doubts([*SIGNED[:-1], scan(32, S.DELIVERED, text, place)], sent_to=self.SENT) == []

    def test_a_county_level_city_is_known_by_the_district(self) -> None:
        signed = [*SIGNED[:-1], scan(32, S.DELIVERED, "[昆山市]快件已签收")]
        assert doubts(signed, sent_to=(("江苏省", "苏州市", "昆山市"),)) == []

    def test_a_municipality_is_known_by_the_province(self) -> None:
        signed = [*SIGNED[:-1], scan(32, S.DELIVERED, "[上海市]快件已签收")]
        assert doubts(signed, sent_to=(("上海市", "市辖区", "浦东新区"),)) == []
        assert doubts(signed, sent_to=(("北京市", "市辖区", "朝阳区"),)) == [Doubt.ELSEWHERE]

    def test_of_several_orders_one_that_fits_is_enough(self) -> None:
        signed = [*SIGNED[:-1], scan(32, S.DELIVERED, "[杭州市]快件已签收")]
        assert doubts(signed, sent_to=(*self.SENT, ("浙江省", "杭州市", "西湖区"))) == []

    def test_an_order_without_a_city_is_not_judged(self) -> None:
        signed = [*SIGNED[:-1], scan(32, S.DELIVERED, "[杭州市]快件已签收")]
        assert doubts(signed, sent_to=(("", "", ""),)) == []


def test_one_number_on_orders_of_two_buyers_is_a_contradiction() -> None:
    assert doubts(SIGNED, tails=frozenset({"4712", "0001"})) == [Doubt.SHARED]
    assert doubts(SIGNED, tails=frozenset({"4712"})) == [], "two orders of one buyer travel together"


def test_another_carrier_under_way_is_a_contradiction() -> None:
    assert doubts(SIGNED, carrier_changed=True) == [Doubt.OTHER_CARRIER]


def test_a_track_that_is_none_of_one_parcel_is_a_contradiction() -> None:
    far = [
        scan(0, S.PICKED_UP),
        scan(30, S.OUT_FOR_DELIVERY, "【哈尔滨市】派件中"),
        scan(32, S.DELIVERED, "【广州市】已签收"),
    ]
    assert doubts(far) == [Doubt.JUMPED]
    assert doubts([*SIGNED, scan(24 * 11, S.PICKED_UP)]) == [Doubt.MOVED_ON, Doubt.JUMPED], "picked up anew"


def test_one_that_is_still_on_its_way_is_not_asked_yet() -> None:
    assert (
        doubts(
            [scan(0, S.PICKED_UP), scan(30, S.IN_TRANSIT, "【哈尔滨市】到达"), scan(31, S.IN_TRANSIT, "【广州市】到达")]
        )
        == []
    )


def test_all_that_is_doubtful_is_told_in_a_fixed_order() -> None:
    found = doubts([*SIGNED, scan(60, S.IN_TRANSIT)], paid_at=START + HOUR, tails=frozenset({"1", "2"}))
    assert found == [Doubt.MOVED_ON, Doubt.EARLY, Doubt.SHARED]
