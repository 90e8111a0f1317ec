"""The pages of an order's limits and of what cannot be judged, and where else they show, as a person uses them."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions import blindspots, limits, sweep
from exceptions.models import Blindspot, Policy
from insights import board
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.making import a_parcel, an_order, member_of

HOUR = timedelta(hours=1)
RIGHT = {
    "code": "OWN-EDIT",
    "name_zh": "改单号期限",
    "name_en": "Edit the number",
    "whose": "right",
    "subject": "order",
    "start": "paid",
    "stop": ["dispatched"],
    "hours": 100,
    "warn_hours": 1,
    "grave_hours": 1,
    "source": ["S"],
    "grade": "A",
    "needs_review": True,
}


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def browser(support: User) -> Client:
    """Of 赵敏, who sees one shop of two."""
    client = Client()
    client.force_login(support)
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def judge_all(now: datetime) -> None:
    Order.objects.update(review_at=now)
    while sweep.judge_batch(now):
        pass


def with_right(shop: Shop, now: datetime) -> None:
    Policy.objects.create(
        merchant=shop.merchant,
        number=1,
        state="published",
        document={"own": [RIGHT]},
        created_at=now,
        effective_from=now - timedelta(days=100),
        published_at=now,
    )


def local(shop: Shop, at: datetime) -> str:
    return f"{timezone.localtime(at, shop.zone):%m-%d %H:%M}"


@pytest.mark.django_db
def test_the_page_of_limits_tells_the_arithmetic_of_those_that_run(browser: Client, shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now - 10 * HOUR)
    shown = text(browser.get(reverse("order-limits", args=[order.pk])))
    due = local(shop, now + 38 * HOUR)
    assert f"Paid {local(shop, now - 10 * HOUR)} + 48h = {due} due {due}" in shown
    assert "ends with Number uploaded and Handed over" in shown
    assert "Penalty ¥3.00 · ¥3.00" in shown
    assert "our clock · PDD-SHIP-48 · pack 2026-11 · source grade A" in shown
    assert "As judged now" in shown


@pytest.mark.django_db
def test_rules_that_do_not_apply_are_grouped_by_the_reason(browser: Client, shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    a_parcel(order, "YT1", now, account=None, polled_at=None)
    shown = text(browser.get(reverse("order-limits", args=[order.pk])))
    assert "Nobody follows the parcel." in shown
    assert "PDD-FAKE-NOPICKUP YT1" in shown


@pytest.mark.django_db
def test_the_page_shows_what_was_known_at_an_earlier_instant(browser: Client, shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now - 60 * HOUR, dispatched_at=now - HOUR, handed_over_at=now - HOUR)
    url = reverse("order-limits", args=[order.pk])
    assert "Late by 11h 00m" in text(browser.get(url))
    at = timezone.localtime(now - 20 * HOUR, shop.zone)
    then = text(browser.get(url, {"at": f"{at:%Y-%m-%dT%H:%M:%S}"}))
    assert f"As known at {at:%m-%d %H:%M}" in then
    assert "8h 00m left" in then, "in the shop's time zone"
    refused = browser.get(url, {"at": "yesterday"})
    assert refused.status_code == 422
    assert "As judged now" in text(refused)


@pytest.mark.django_db
def test_the_limits_of_an_order_out_of_reach_are_not_shown(browser: Client, other_shop: Shop, now: datetime) -> None:
    order = an_order(other_shop, "a", now)
    assert browser.get(reverse("order-limits", args=[order.pk])).status_code == 404


@pytest.mark.django_db
def test_the_page_of_limits_takes_the_same_queries_however_many_parcels(
    browser: Client, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    order = an_order(shop, "a", now)
    url = reverse("order-limits", args=[order.pk])
    for n in range(3):
        a_parcel(order, f"YT{n}", now)
        caches["local"].clear()
        if n:
            # session, person, membership, shops (2), order, versions, facts (7), numbers of parcels, rail
            with django_assert_num_queries(20):
                browser.get(url)


@pytest.mark.django_db
def test_a_right_that_still_runs_is_shown_on_the_order_with_the_version_that_gave_it(
    browser: Client, shop: Shop, now: datetime
) -> None:
    order = an_order(shop, "a", now)
    page = reverse("order", args=[order.pk])
    assert "Edit the number" not in text(browser.get(page))
    with_right(shop, now)
    assert "Edit the number until" in text(browser.get(page))
    assert f"{local(shop, now + 100 * HOUR)} · a right of ours that expires, shown only" in text(browser.get(page))
    assert "your own rule, your version 1" in text(browser.get(reverse("order-limits", args=[order.pk])))


@pytest.mark.django_db
def test_rights_cost_one_reading_of_the_order(shop: Shop, now: datetime, django_assert_num_queries) -> None:
    order = an_order(shop, "a", now)
    with_right(shop, now)
    limits.shown_only(order, now)
    # published versions, facts (6: nothing was sent, so no scans), no numbers of parcels
    with django_assert_num_queries(8):
        assert [line.code for line in limits.shown_only(order, now)] == ["OWN-EDIT"]


@pytest.mark.django_db
def test_an_order_that_cannot_be_judged_says_so_and_what_helps(browser: Client, shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now, status="dispatched")
    judge_all(now)
    shown = text(browser.get(reverse("order", args=[order.pk])))
    assert "Cannot judge Waybill number unknown" in shown
    assert "Import an export that has the waybill numbers." in shown
    assert "Nothing is wrong with this order." not in shown


@pytest.mark.django_db
def test_a_parcel_that_cannot_be_judged_says_so_once(browser: Client, shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now), "YT1", now, account=None, polled_at=None)
    judge_all(now)
    shown = text(browser.get(reverse("waybill", args=[waybill.pk])))
    assert shown.count("Cannot judge No account follows it") == 1


@pytest.mark.django_db
def test_what_cannot_be_judged_is_listed_by_reason_and_shop_within_ones_reach(
    browser: Client, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    an_order(shop, "690001", now, status="dispatched")
    a_parcel(an_order(shop, "690002", now), "YT1", now, account=None, polled_at=None)
    an_order(other_shop, "690003", now, status="dispatched")
    judge_all(now)
    url = reverse("blindspots")
    shown = text(browser.get(url))
    assert "2 open orders" in shown
    assert "All 2 Waybill number unknown 1 No account follows it 1" in shown
    assert ("690001" in shown, "690002" in shown, "690003" in shown) == (True, True, False)
    narrowed = text(browser.get(url, {"reason": "unwatched"}))
    assert ("690001" in narrowed, "690002" in narrowed) == (False, True)
    elsewhere = text(browser.get(url, {"shop": other_shop.pk}))
    assert "Nothing matches these filters." in elsewhere


@pytest.mark.django_db
def test_the_list_goes_on_where_a_page_ends(browser: Client, shop: Shop, now: datetime) -> None:
    orders = [an_order(shop, f"a{n}", now) for n in range(blindspots.PAGE + 1)]
    Blindspot.objects.bulk_create(Blindspot(order=order, reason="no_number") for order in orders)
    first = browser.get(reverse("blindspots"), {"reason": "no_number"}).content.decode()
    (link,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = browser.get(link.replace("&amp;", "&")).content.decode()
    numbers = [re.findall(r">(a\d+)</a>", page) for page in (first, second)]
    assert numbers == [[f"a{n}" for n in range(blindspots.PAGE, 0, -1)], ["a0"]]


@pytest.mark.django_db
def test_the_list_takes_the_same_queries_whatever_its_length(
    browser: Client, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    for n in range(3):
        a_parcel(an_order(shop, f"a{n}", now), f"YT{n}", now, account=None, polled_at=None)
        judge_all(now)
        caches["local"].clear()
        if n:
            # session, person, membership, shops (2), page, two of counts, by shop, the numbers, one's own
            with django_assert_num_queries(13):
                browser.get(reverse("blindspots"))


@pytest.mark.django_db
def test_the_start_page_counts_what_cannot_be_judged_and_does_not_call_it_kept(
    browser: Client, support: User, shop: Shop, now: datetime
) -> None:
    # Noon in the shop: at any hour of the day only the limit of 48 h is yesterday's.
    yesterday = timezone.localtime(now, shop.zone).replace(hour=12) - timedelta(days=1)
    paid = {"placed_at": yesterday - 48 * HOUR, "paid_at": yesterday - 48 * HOUR}
    blind = an_order(shop, "a", now, **paid)
    a_parcel(blind, "YT1", yesterday - 40 * HOUR, account=None, polled_at=None)
    seen = an_order(shop, "b", now, **paid)
    a_parcel(seen, "YT2", yesterday - 40 * HOUR, picked_up_at=yesterday - 39 * HOUR, first_trace_at=yesterday)
    judge_all(now)
    caches["local"].clear()
    kept = board.kept_yesterday(member_of(support), now)
    assert blind.clocks.filter(due_at=yesterday).exists()
    assert (kept.due, kept.kept) == (1, 1), "the other's limit is not counted as kept"
    page = browser.get("/")
    assert "1 order not judged" in text(page)
    assert "Cannot be judged 1 No account follows it 1" in text(page)
    assert f"{reverse('blindspots')}?reason=unwatched" in page.content.decode()


@pytest.mark.django_db
def test_an_empty_desk_says_what_is_not_judged(browser: Client, shop: Shop, now: datetime) -> None:
    assert "cannot be judged" not in text(browser.get(reverse("desk")))
    a_parcel(an_order(shop, "a", now), "YT1", now, account=None, polled_at=None)
    judge_all(now)
    assert "1 open order cannot be judged." in text(browser.get(reverse("desk")))


@pytest.mark.django_db
def test_the_api_tells_what_cannot_be_judged(browser: Client, shop: Shop, other_shop: Shop, now: datetime) -> None:
    a_parcel(an_order(shop, "a", now), "YT1", now, account=None, polled_at=None)
    an_order(other_shop, "b", now, status="dispatched")
    judge_all(now)
    told = browser.get(reverse("api-blindspots"), {"reason": "unwatched"}).json()
    assert (told["orders"], told["by_reason"], told["next"]) == (1, [{"reason": "unwatched", "orders": 1}], 0)
    (spot,) = told["blindspots"]
    assert (spot["order"], spot["shop"], spot["waybill"], spot["carrier"]) == ("a", "MT-PDD", "YT1", "yuantong")
    assert spot["remedy"] == "Have an admin add a tracking account that knows this carrier."
