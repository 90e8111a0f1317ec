"""How near a shop is to what its platform does to shops, in numbers and words. Pure."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import translation

from exceptions.deadlines.shoplimits import Reach, by_kind, limits_of, standing, threshold, told
from exceptions.deadlines.terms import Limit, pack


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


BOTH = Limit("day", "限制上新", "No new goods", count=30, rate=Decimal(30))
OF_GOODS = Limit("goods_day", "下架", "Taken down", count=30, rate=Decimal(30))
EITHER = Limit("day", "限制上新", "No new goods", count=30, rate=Decimal(30), both=False)


@pytest.mark.parametrize(
    ("broken", "due", "reach"),
    [
        (30, 100, Reach.REACHED),
        (30, 101, Reach.NEAR),
        (29, 29, Reach.NEAR),
        (15, 100, Reach.NEAR),
        (14, 28, Reach.FAR),
        (15, 101, Reach.FAR),
        (0, 0, Reach.FAR),
    ],
)
def test_a_limit_of_both_needs_the_count_and_the_rate(broken: int, due: int, reach: Reach) -> None:
    assert standing(BOTH, broken, due).reach is reach


@pytest.mark.parametrize(
    ("broken", "due", "reach"),
    [
        (30, 1000, Reach.REACHED),
        (3, 10, Reach.REACHED),
        (2, 10, Reach.NEAR),
        (15, 1000, Reach.NEAR),
        (1, 10, Reach.FAR),
    ],
)
def test_a_limit_of_either_is_reached_by_one_of_them(broken: int, due: int, reach: Reach) -> None:
    assert standing(EITHER, broken, due).reach is reach


@pytest.mark.parametrize(
    "limit", [None, Limit("fortnight", "扣分", "Points", rate=Decimal(50)), Limit("day", "罚", "Fine")]
)
def test_what_the_platform_counts_by_and_nobody_knows_cannot_be_told(limit: Limit | None) -> None:
    assert standing(limit, 40, 50).reach is Reach.UNKNOWN


def test_a_standing_tells_how_far_it_is_in_orders_and_points() -> None:
    stand = standing(BOTH, 18, 68)
    assert (stand.share, stand.more, stand.points) == (Decimal("26.5"), 12, Decimal("3.5"))
    assert told(stand) == "18 of 68 orders (26.5 %); 12 more orders and 3.5 points until: No new goods"
    assert told(standing(EITHER, 1, 10)).startswith("1 of 10 orders (10.0 %); 29 more orders or 20.0 points until")
    assert told(standing(BOTH, 29, 29)) == "29 of 29 orders (100.0 %); 1 more order until: No new goods"
    assert told(standing(BOTH, 30, 120)) == "30 of 120 orders (25.0 %); 5.0 points until: No new goods"
    assert told(standing(BOTH, 40, 50)) == "40 of 50 orders (80.0 %): No new goods"
    assert told(standing(None, 40, 50)) == ("40 of 50 orders (80.0 %). At which number the platform acts is not known.")


def test_a_standing_speaks_the_language_of_the_reader() -> None:
    with translation.override("zh-hans"):
        assert told(standing(BOTH, 18, 68)) == "68 单中有 18 单（26.5%）；再有 12 单且再升 3.5 个百分点即：限制上新"
        assert threshold(BOTH) == "一天满 30 单且达 30%：限制上新"


@pytest.mark.parametrize(("broken", "reach"), [(14, Reach.FAR), (29, Reach.NEAR), (30, Reach.UNKNOWN)])
def test_a_limit_that_counts_one_product_cannot_be_told_once_the_shop_has_so_many(broken: int, reach: Reach) -> None:
    stand = standing(OF_GOODS, broken, 40)
    assert stand.reach is reach
    if reach is Reach.UNKNOWN:
        assert told(stand).endswith(" The platform counts each product on its own: which has come so far is not known.")
    else:
        assert told(stand).endswith(f"{30 - broken} more order{'s' * (broken < 29)} until: Taken down")


def test_a_threshold_is_told_in_its_numbers() -> None:
    assert threshold(BOTH) == "30 orders and 30 % a day: No new goods"
    assert threshold(Limit("week", "罚", "Fine", count=1)) == "1 order: Fine"


def test_only_rules_that_count_for_the_shop_have_shop_limits() -> None:
    douyin = {term.code: term for term in pack("douyin")}
    assert [limit.count for limit in limits_of(douyin["DY-SHIP-TO-STOCKOUT"]) if limit] == [30]
    assert limits_of(douyin["DY-SHIP-48"]) == ()
    domestic = next(term for term in pack("xiaohongshu") if term.code == "XHS-SHIP-48")
    assert limits_of(domestic) == (None,)
    assert by_kind(domestic)
    assert not by_kind(douyin["DY-SHIP-TO-STOCKOUT"])
