"""The waybill page: raw beside readable, how old it is, and asking by hand."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from merchants.models import Shop, User
from shipments.answers import Answer
from shipments.booking import book
from shipments.models import CarrierAccount, Waybill
from shipments.recording import Told, record
from shipments.status import Cause, Event, Stage
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]
NUMBER = "YT8834201944712"


@pytest.fixture
def waybill(shop: Shop, account: CarrierAccount, now: datetime) -> Waybill:
    a_dispatch(shop, NUMBER, now)
    book(now)
    found = the_waybill(NUMBER)
    events = (
        Event(
            now - timedelta(hours=30), 0, Stage.PICKED_UP, None, "【广州太和】 已收件", "广东 广州市", "103", "code:103"
        ),
        Event(
            now - timedelta(hours=2),
            1,
            Stage.OUT_FOR_DELIVERY,
            Cause.UNREACHABLE,
            "失败签收录入 电话无人接听",
            "",
            "206",
            "code:206",
        ),
        Event(now - timedelta(hours=1), 2, Stage.UNKNOWN, None, "<b>某种新扫描</b>", "", "999"),
    )
    record([Told(found.pk, Answer(NUMBER, "yuantong", events))], now)
    return the_waybill(NUMBER)


def page(client: Client, waybill: Waybill) -> str:
    response = client.get(reverse("waybill", args=[waybill.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_scans_raw_beside_readable(client: Client, support: User, waybill: Waybill) -> None:
    client.force_login(support)
    shown = page(client, waybill)
    assert "YTO Express YT8834201944712" in shown
    assert "【广州太和】 已收件" in shown
    assert "Out for delivery · Recipient unreachable" in shown
    assert "[206]" in shown
    assert "&lt;b&gt;某种新扫描&lt;/b&gt;" in shown, "text of a carrier is text"
    assert "1 scan could not be read" in shown
    assert shown.index("某种新扫描") < shown.index("已收件"), "newest first"
    assert f"O-{NUMBER}" in shown


def test_a_waybill_without_scans_and_without_account_says_so(
    client: Client, shop: Shop, support: User, now: datetime
) -> None:
    a_dispatch(shop, NUMBER, now)
    book(now)
    client.force_login(support)
    shown = page(client, the_waybill(NUMBER))
    assert "No scan yet" in shown
    assert "Nobody can be asked." in shown
    assert "Refresh now" not in shown


def test_a_parcel_of_several_orders_shows_those_of_ones_own_shops_and_opens_once(
    client: Client, shop: Shop, other_shop: Shop, support: User, admin: User, waybill: Waybill, now: datetime
) -> None:
    for at in (shop, other_shop):
        extra = a_dispatch(at, f"YT00000000{at.pk:05}", now)
        type(extra).objects.filter(pk=extra.pk).update(number=NUMBER)
    book(now)
    assert waybill.parcels.count() == 3
    client.force_login(support)
    assert f"O-YT00000000{other_shop.pk:05}" not in page(client, waybill)
    client.force_login(admin)
    assert f"O-YT00000000{other_shop.pk:05}" in page(client, waybill)


def test_strangers_do_not_learn_that_it_exists(client: Client, stranger: User, waybill: Waybill) -> None:
    client.force_login(stranger)
    assert client.get(reverse("waybill", args=[waybill.pk])).status_code == 404
    assert client.post(reverse("waybill-refresh", args=[waybill.pk])).status_code == 404


def test_refresh_has_it_asked_now(client: Client, support: User, waybill: Waybill) -> None:
    Waybill.objects.update(poll_at=None, asked_at=timezone.now() - timedelta(minutes=31))
    client.force_login(support)
    before = timezone.now()
    response = client.post(reverse("waybill-refresh", args=[waybill.pk]), follow=True)
    assert "The carrier is being asked" in response.content.decode()
    asked = the_waybill(NUMBER).poll_at
    assert asked is not None
    assert before <= asked <= timezone.now()


def test_refresh_does_not_ask_twice_in_half_an_hour_and_says_from_when_it_may(
    client: Client, support: User, waybill: Waybill
) -> None:
    later = timezone.now() + timedelta(hours=5)
    Waybill.objects.update(poll_at=later, asked_at=timezone.now() - timedelta(minutes=10))
    client.force_login(support)
    assert "By hand again from" in page(client, waybill)
    response = client.post(reverse("waybill-refresh", args=[waybill.pk]), follow=True)
    told = response.content.decode()
    assert "the provider wants a pause between two questions. It may be asked again in 19m." in told
    assert the_waybill(NUMBER).poll_at == later


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        ("arrived", "It has arrived, or is back with the sender."),
        ("dead", "Nothing has been heard of it for too long."),
        ("refused", "The provider refuses to be asked about it as it is set up."),
    ],
)
def test_why_it_is_not_asked_about_any_more_is_said_in_words(
    client: Client, support: User, waybill: Waybill, stop: str, words: str
) -> None:
    Waybill.objects.update(poll_at=None, stop=stop)
    client.force_login(support)
    shown = page(client, waybill)
    assert "No further check is planned." in shown
    assert words in shown
    assert "Refresh now" in shown, "a person may start it again"


def test_a_person_starts_a_dead_number_again(client: Client, support: User, waybill: Waybill) -> None:
    Waybill.objects.update(poll_at=None, stop="dead", vain_count=9)
    client.force_login(support)
    client.post(reverse("waybill-refresh", args=[waybill.pk]))
    again = the_waybill(NUMBER)
    assert (again.poll_at is not None, again.stop, again.vain_count) == (True, "", 0)


def test_how_old_it_is_where_it_comes_from_and_what_is_left_to_ask(
    client: Client, support: User, waybill: Waybill
) -> None:
    now = timezone.now()
    Waybill.objects.update(polled_at=now - timedelta(minutes=12), created_at=now - timedelta(days=30), asks=[now] * 3)
    client.force_login(support)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(client, waybill)))
    assert "12m ago" in shown
    assert "Learned after 1h 00m" in shown
    assert "Source Kuaidi100" in shown
    assert "Questions in 24 h 3 of 48" in shown


def test_a_resting_account_is_announced_and_a_refresh_waits_for_it(
    client: Client, support: User, waybill: Waybill
) -> None:
    now = timezone.now()
    CarrierAccount.objects.update(paused_at=now, paused_until=now + timedelta(hours=1), trouble="auth")
    client.force_login(support)
    assert "rests until" in page(client, waybill)
    response = client.post(reverse("waybill-refresh", args=[waybill.pk]), follow=True)
    assert "The account rests; the parcel is asked about as soon as it is back." in response.content.decode()


def test_the_orders_page_says_how_old_each_parcel_is(
    client: Client, support: User, waybill: Waybill, django_assert_max_num_queries
) -> None:
    now = timezone.now()
    Waybill.objects.update(polled_at=now - timedelta(minutes=12), created_at=now - timedelta(days=30))
    client.force_login(support)
    order = waybill.parcels.get().dispatch.order
    with django_assert_max_num_queries(30):
        shown = client.get(reverse("order", args=[order.pk])).content.decode()
    assert "12m ago" in shown
    assert "Kuaidi100" in shown
    assert "learned 1h 00m after the scan" in shown


def test_a_page_costs_the_same_number_of_queries_whatever_its_length(
    client: Client, support: User, waybill: Waybill, now: datetime, django_assert_max_num_queries
) -> None:
    events = [Event(now - timedelta(minutes=n), n, Stage.IN_TRANSIT, None, f"到达 {n}") for n in range(120)]
    record([Told(waybill.pk, Answer(NUMBER, "yuantong", tuple(events)))], now)
    client.force_login(support)
    with django_assert_max_num_queries(20):
        page(client, waybill)
