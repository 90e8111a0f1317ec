"""What one parcel cannot have been through, and what only looks so."""

from datetime import UTC, datetime, timedelta

import pytest

from shipments import plausible
from shipments._provinces import PROVINCES
from shipments.answers import Answer
from shipments.status import Cause, Event, Stage, word

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OUT, MOVING, SIGNED, PICKED = Stage.OUT_FOR_DELIVERY, Stage.IN_TRANSIT, Stage.DELIVERED, Stage.PICKED_UP


def track(*scans: tuple[float, Stage, str]) -> list[Event]:
    """Events so many hours after the start."""
    return [Event(START + timedelta(hours=h), i, stage, None, text) for i, (h, stage, text) in enumerate(scans)]


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("【安徽省合肥市政务区柏堰工业园公司】 派件人 : 某某 派件中", "", "安徽"),
        ("【郑州市】快件已到达【郑州高新区】", "", "河南"),
        ("江苏南京江宁公司-已装袋发往-浙江杭州转运中心", "", "江苏"),
        ("快件在【陕西西安航空部】由【黄某某】扫描发往【湖南长沙中转部】", "", "陕西"),
        ("离开天津市 发往北京市", "", "天津"),
        ("到达：广东深圳公司 上级站点：湖南长沙分拨中心", "", "广东"),
        ("顺丰速运 已收取快件", "深圳市", "广东"),
        ("【乌鲁木齐市】快件到达", "", "新疆"),
        ("【朝阳市】快件到达", "", "辽宁"),
        ("【朝阳】快件到达", "", None),
        ("快件已到达南京路驿站", "", None),
        ("【北京东路营业点】派件中", "", None),
        # The place may be the next station's where the words speak of one.
        ("已装袋发往-江苏无锡中转部", "无锡市", None),
        ("", "", None),
    ],
)
def test_a_scan_was_made_where_its_first_words_say(text: str, place: str, name: str | None) -> None:
    found = plausible.province(text, place)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("here", "there", "least", "most"),
    [("北京", "河北", 0, 0), ("云南", "黑龙江", 2000, 2600), ("广东", "广西", 0, 0), ("新疆", "广东", 1500, 2500)],
)
def test_provinces_are_apart_what_lies_between_their_nearest_places(
    here: str, there: str, least: float, most: float
) -> None:
    assert least <= plausible.distance(PROVINCES[here], PROVINCES[there]) <= most
    assert plausible.distance(PROVINCES[here], PROVINCES[there]) == plausible.distance(
        PROVINCES[there], PROVINCES[here]
    )


class TestContradictions:
    def test_faster_than_a_plane_is_no_way(self) -> None:
        (said,) = plausible.contradictions(track((0, MOVING, "【昆明市】到达"), (1.5, MOVING, "【哈尔滨市】到达")))
        assert "云南" in said
        assert "90 minutes" in said

    def test_two_far_doors_within_hours_are_two_parcels(self) -> None:
        said = plausible.contradictions(track((0, OUT, "【济南市】派件中"), (4, OUT, "【杭州市】派件中")))
        assert said == ("The parcel is at the door in 山东 and, 240 minutes later, in 浙江",)

    def test_three_doors_in_a_day_are_several_parcels_even_along_borders(self) -> None:
        doors = track((0, OUT, "【合肥市】派件中"), (8, OUT, "【南昌市】派件中"), (16, OUT, "【长沙市】派件中"))
        assert plausible.contradictions(doors) == (
            "The parcel is at the door in 3 provinces within a day: 安徽, 江西, 湖南",
        )

    def test_a_pickup_days_after_the_signature_is_another_parcels(self) -> None:
        said = plausible.contradictions(
            track((0, PICKED, "已揽收"), (48, SIGNED, "已签收"), (48 + 24 * 9, PICKED, "已揽收"))
        )
        assert said == ("The parcel is picked up again 9 days after it was signed",)

    def test_the_order_they_are_told_in_does_not_matter(self) -> None:
        events = track((0, MOVING, "【昆明市】到达"), (1.5, MOVING, "【哈尔滨市】到达"), (2, OUT, "【合肥市】派件中"))
        assert plausible.contradictions(reversed(events)) == plausible.contradictions(events)

    @pytest.mark.parametrize(
        "scans",
        [
            # By plane, overnight.
            [(0, MOVING, "【深圳市】快件离开【深圳集散】 发往 【北京】"), (3.5, MOVING, "【北京市】到达【北京】")],
            # Outlets on either side of a border.
            [(0, OUT, "【北京市】派件中"), (1, OUT, "【廊坊市】派件中")],
            # Delivered next door, in two lines.
            [(0, OUT, "【苏州市】派件中"), (5, SIGNED, "【上海市】已签收")],
            # A late pickup scan, and one that came after the signature.
            [(0, SIGNED, "已签收"), (6, PICKED, "已揽收")],
            # On its way home it is signed far away, days later.
            [(0, Stage.REFUSED, "【昆明市】拒收"), (90, Stage.RETURNED, "【哈尔滨市】退回签收")],
            [],
        ],
    )
    def test_what_happens_to_parcels_is_no_contradiction(self, scans: list[tuple[float, Stage, str]]) -> None:
        assert plausible.contradictions(track(*scans)) == ()


def test_a_track_that_contradicts_itself_is_a_conflict_whatever_its_last_scan_says() -> None:
    far = track((0, Stage.IN_TRANSIT, "【哈尔滨市】到达"), (1, SIGNED, "【广州市】已签收"))
    answer = Answer("1", events=tuple(far))
    assert (answer.stage, answer.cause, answer.status) == (SIGNED, Cause.CONTRADICTION, "conflict")
    assert word(Stage.UNKNOWN, Cause.CONTRADICTION) == "conflict"


def test_a_remark_yields_to_events() -> None:
    answer = Answer("1", events=tuple(track((0, SIGNED, "已签收"))), remark=Cause.NO_RECORD)
    assert (answer.cause, answer.status) == (None, "delivered")
