"""The rules of a shop as people see them."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation

from exceptions.deadlines.terms import Length
from exceptions.rulemaking import listing
from merchants.models import Shop

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"


def row(shop: Shop, document: dict, now: datetime, code: str = SHIP, number: int | None = None) -> listing.Row:
    found = listing.row(shop, document, number, code, now)
    assert found
    return found


def test_a_rule_as_shipped(shop: Shop, now: datetime) -> None:
    found = row(shop, {}, now)
    assert (found.pack, found.name, found.length, found.kind) == (
        "pdd",
        "Dispatch limit, ordinary goods",
        "48h",
        "late_dispatch",
    )
    assert (found.state.value, found.changed, found.needs_review, found.version) == ("on", False, False, "2026-11")
    with translation.override("zh-hans"):
        assert row(shop, {}, now).name == "发货时限（普通商品）"


def test_a_changed_rule_says_so_and_from_which_version(shop: Shop, now: datetime) -> None:
    document = {"changes": [{"code": SHIP, "scope": {"shops": ["MT-PDD"]}, "set": {"days": 2}}]}
    found = row(shop, document, now, number=4)
    assert (found.length, found.changed, found.version) == ("2 days", True, "2026-11+4")
    elsewhere = {"changes": [{"code": SHIP, "scope": {"shops": ["MT-DY"]}, "set": {"days": 2}}]}
    assert not row(shop, elsewhere, now).changed
    for_some = {"changes": [{"code": SHIP, "scope": {"skus": ["A"]}, "set": {"days": 2}}]}
    found = row(shop, for_some, now)
    assert (found.length, found.changed, len(found.variants)) == ("48h", True, 1)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"enabled": False}, "off"),
        ({"enabled": False, "hours": None, "promise": None}, "no_length"),
        ({"effective_from": "2026-11-23"}, "not_yet"),
        ({"effective_to": "2026-11-21"}, "no_longer"),
    ],
)
def test_whether_a_rule_judges_orders_paid_now(shop: Shop, now: datetime, values: dict, state: str) -> None:
    assert row(shop, {"changes": [{"code": SHIP, "set": values}]}, now).state.value == state


def test_a_confirmed_rule_needs_no_review_and_is_not_changed(shop: Shop, now: datetime) -> None:
    code = "PDD-ALERT-UPDATE"
    assert row(shop, {}, now, code).needs_review
    found = row(shop, {"reviewed": {code: {"by": 1}}}, now, code)
    assert (found.needs_review, found.changed) == (False, False)


def test_a_rule_the_shop_does_not_have_is_none(other_shop: Shop, now: datetime) -> None:
    assert listing.row(other_shop, {}, None, SHIP, now) is None


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (Length(lasts=timedelta(hours=48)), "48h", "48 小时"),
        (Length(days=1), "1 day", "1 天"),
        (Length(days=2, at=time(7)), "07:00 on day 2", "第 2 天 07:00"),
        (Length(working_days=2), "2 working days", "2 个工作日"),
        (Length(until=date(2026, 2, 22)), "until 2026-02-22", "截至 2026-02-22"),
    ],
)
def test_lengths_in_words(length: Length, english: str, chinese: str) -> None:
    assert listing.spell(length) == english
    with translation.override("zh-hans"):
        assert listing.spell(length).replace(" ", "") == chinese.replace(" ", "")
