"""Since when: the instants of a track that limits begin at anew."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shipments.moments import FAILED, Moments, Scan, moments
from shipments.status import Cause, Stage

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PICKED, MOVING, OUT = Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY
STATION, SIGNED, BACK = Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED, Stage.RETURNING


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def track(*scans: tuple[float, Stage] | tuple[float, Stage, Cause]) -> list[Scan]:
    """Scans so many hours after the start."""
    return [(hour(scan[0]), scan[1], scan[2] if len(scan) == 3 else None) for scan in scans]


class TestAtStation:
    def test_a_stay_begins_with_its_first_scan(self) -> None:
        told = moments(track((0, OUT), (1, STATION), (30, STATION, Cause.UNCOLLECTED)))
        assert told.at_station_at == hour(1)

    def test_taken_out_by_the_courier_and_brought_again_is_another_stay(self) -> None:
        assert moments(track((1, STATION), (20, OUT), (26, STATION), (50, STATION))).at_station_at == hour(26)

    def test_brought_again_after_a_signature_that_was_none_is_another_stay(self) -> None:
        assert moments(track((1, STATION), (2, SIGNED), (5, STATION))).at_station_at == hour(5)

    def test_the_newest_stay_is_told_after_it_is_over(self) -> None:
        assert moments(track((1, STATION), (9, SIGNED))).at_station_at == hour(1)

    def test_trouble_or_silence_at_the_station_does_not_end_the_stay(self) -> None:
        told = moments(
            track(
                (1, STATION),
                (2, Stage.UNKNOWN),
                (3, PICKED),
                (4, OUT, Cause.UNREACHABLE),
                (5, MOVING, Cause.DELAYED),
                (6, STATION),
            )
        )
        assert told.at_station_at == hour(1)


class TestAttempts:
    def test_the_latest_failure_counts(self) -> None:
        told = moments(track((0, OUT), (4, OUT, Cause.ATTEMPT_FAILED), (24, OUT), (28, OUT, Cause.UNREACHABLE)))
        assert (told.attempt_failed_at, told.retried_at) == (hour(28), None)

    def test_the_first_try_after_it_is_the_retry(self) -> None:
        told = moments(track((4, OUT, Cause.ADDRESS), (10, MOVING), (24, OUT), (27, SIGNED)))
        assert (told.attempt_failed_at, told.retried_at) == (hour(4), hour(24))

    def test_bringing_it_to_a_station_or_a_signature_is_a_retry(self) -> None:
        assert moments(track((4, OUT, Cause.UNREACHABLE), (6, STATION))).retried_at == hour(6)
        assert moments(track((4, Stage.UNKNOWN, Cause.UNREACHABLE), (5, SIGNED))).retried_at == hour(5)

    def test_an_attempt_of_the_same_instant_is_the_one_that_failed(self) -> None:
        assert moments(track((4, OUT, Cause.ATTEMPT_FAILED), (4, OUT))).retried_at is None
        assert moments(track((4, Stage.UNKNOWN, Cause.UNREACHABLE), (4, OUT))).retried_at is None

    def test_what_became_of_it_at_the_same_instant_came_after(self) -> None:
        assert moments(track((4, STATION), (4, OUT, Cause.ATTEMPT_FAILED))).retried_at == hour(4)

    def test_a_refusal_is_no_failed_attempt(self) -> None:
        assert moments(track((4, Stage.REFUSED, Cause.REFUSED))).attempt_failed_at is None


def test_the_last_pickup_counts() -> None:
    assert moments(track((0, PICKED), (20, PICKED), (21, MOVING))).last_pickup_at == hour(20)


class TestReturning:
    def test_the_way_back_begins_with_its_first_scan(self) -> None:
        told = moments(track((0, MOVING), (3, BACK), (9, MOVING), (20, BACK), (40, Stage.RETURNED)))
        assert told.returning_at == hour(3)

    def test_a_refusal_begins_it_unless_the_parcel_is_taken_out_again(self) -> None:
        assert moments(track((0, Stage.REFUSED), (3, BACK), (40, Stage.RETURNED))).returning_at == hour(0)
        assert moments(track((0, Stage.REFUSED), (9, MOVING))).returning_at == hour(0), "nobody sends it on its way"
        assert moments(track((0, Stage.REFUSED), (20, Stage.OUT_FOR_DELIVERY))).returning_at is None
        again = track((0, Stage.REFUSED), (20, Stage.OUT_FOR_DELIVERY), (22, Stage.REFUSED), (30, BACK))
        assert moments(again).returning_at == hour(22)

    def test_a_parcel_sent_on_to_another_address_is_not_on_its_way_back(self) -> None:
        assert moments(track((3, BACK, Cause.FORWARDED), (9, BACK))).returning_at == hour(9)
        assert moments(track((3, BACK, Cause.FORWARDED))).returning_at is None


def test_nothing_told_is_nothing_known() -> None:
    assert moments([]) == Moments()
    assert moments(track((0, Stage.UNKNOWN), (1, MOVING))) == Moments()


SCANS = st.lists(
    st.tuples(
        st.integers(0, 6).map(hour),
        st.sampled_from(list(Stage)),
        st.none() | st.sampled_from(list(Cause)),
    ),
    max_size=12,
)


@given(SCANS, st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(scans: list[Scan], random: object) -> None:
    shuffled = [*scans, *scans[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert moments(shuffled) == moments(scans)


@given(SCANS)
def test_every_moment_is_one_of_a_scan_that_says_so(scans: list[Scan]) -> None:
    told = moments(scans)
    assert told.at_station_at in {None, *(at for at, stage, _ in scans if stage is STATION)}
    assert told.attempt_failed_at == max((at for at, _, cause in scans if cause in FAILED), default=None)
    assert told.last_pickup_at == max((at for at, stage, _ in scans if stage is PICKED), default=None)
    if told.retried_at:
        assert told.attempt_failed_at
        assert told.retried_at >= told.attempt_failed_at
