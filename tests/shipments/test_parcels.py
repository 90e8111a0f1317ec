"""A person says what an uploaded number is for its order; what the platform judges follows from it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from exceptions.deadlines import reading
from exceptions.deadlines.facts import OrderFacts, delivered_at, handed_over_at, uploaded_at
from exceptions.deadlines.rulebook import plain
from exceptions.deadlines.rules import judge
from merchants.models import Shop, User
from orders.models import Order
from shipments.models import Parcel, Waybill
from shipments.parcels import set_role
from tests.exceptions.making import a_parcel, an_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    """Dispatched ten hours ago under one number, and under another one two hours ago; the first has arrived."""
    order = an_order(shop, "two", now, placed_at=now - 11 * HOUR, paid_at=now - 11 * HOUR)
    a_parcel(order, "YT0000000000001", now - 10 * HOUR, picked_up_at=now - 9 * HOUR, delivered_at=now - 4 * HOUR)
    a_parcel(order, "YT0000000000002", now - 2 * HOUR)
    Order.objects.update(review_at=None)
    return order


def parcel(number: str) -> Parcel:
    return Parcel.objects.select_related("dispatch").get(waybill__number=number)


def facts(order: Order) -> OrderFacts:
    ((_, known),) = reading.read([order.pk])
    return known


def test_two_numbers_as_uploaded_both_have_to_arrive(order: Order) -> None:
    assert delivered_at(facts(order)) is None


def test_an_extra_parcel_changes_nothing_about_dispatch_and_arrival(order: Order, support: User, now: datetime) -> None:
    assert set_role(parcel("YT0000000000002"), "extra", support, now)
    known = facts(order)
    assert [one.extra for one in known.parcels] == [False, True]
    assert delivered_at(known) == now - 4 * HOUR
    assert (uploaded_at(known), handed_over_at(known)) == (now - 10 * HOUR, now - 9 * HOUR)


def test_an_extra_parcel_is_not_late_for_pickup_but_its_track_is_watched(
    order: Order, support: User, now: datetime
) -> None:
    set_role(parcel("YT0000000000002"), "extra", support, now)
    extra = Waybill.objects.get(number="YT0000000000002")
    Waybill.objects.filter(pk=extra.pk).update(picked_up_at=now - HOUR)
    started = {clock.term.start for clock in judge(facts(order), plain("pdd")) if clock.waybill_id == extra.pk}
    assert "uploaded" not in started
    assert "picked_up" in started


def test_under_a_replaced_number_no_goods_travel(order: Order, support: User, now: datetime) -> None:
    set_role(parcel("YT0000000000001"), "replaced", support, now)
    known = facts(order)
    assert [one.waybill_id for one in known.parcels] == [Waybill.objects.get(number="YT0000000000002").pk]
    assert uploaded_at(known) == now - 2 * HOUR


def test_saying_it_wakes_the_order_once_and_keeps_who_said_it(order: Order, support: User, now: datetime) -> None:
    assert set_role(parcel("YT0000000000002"), "extra", support, now)
    assert not set_role(parcel("YT0000000000002"), "extra", support, now + HOUR)
    order.refresh_from_db()
    said = parcel("YT0000000000002")
    assert (order.review_at, said.role_by, said.role_at) == (now, support, now)


def test_a_number_named_by_a_track_has_the_role_the_track_gives_it(order: Order, support: User, now: datetime) -> None:
    first = parcel("YT0000000000001")
    named = Waybill.objects.create(
        merchant=order.shop.merchant, carrier=first.waybill.carrier, number="YT0000000000009", created_at=now
    )
    leg = Parcel.objects.create(dispatch=first.dispatch, waybill=named, role="return", follows=first.waybill)
    with pytest.raises(ValueError, match="extra"):
        set_role(leg, "extra", support, now)
    leg.refresh_from_db()
    assert leg.role == "return"


class TestPages:
    def test_support_says_it_on_the_orders_page_and_can_take_it_back(
        self, client: Client, order: Order, support: User
    ) -> None:
        client.force_login(support)
        page = client.get(reverse("order", args=[order.pk])).content.decode()
        assert page.count("This number is …") == 2
        url = reverse("parcel-role", args=[parcel("YT0000000000002").pk])
        page = client.post(url, {"role": "extra"}, follow=True).content.decode()
        assert "YT0000000000002: Extra parcel." in page
        client.post(url, {"role": "original"})
        assert parcel("YT0000000000002").role == "original"

    def test_a_role_that_is_none_is_not_found(self, client: Client, order: Order, support: User) -> None:
        client.force_login(support)
        url = reverse("parcel-role", args=[parcel("YT0000000000002").pk])
        assert client.post(url, {"role": "return"}).status_code == 404
        assert parcel("YT0000000000002").role == "original"

    def test_the_waybills_page_shows_all_numbers_of_the_parcel_and_what_contradicts(
        self, client: Client, order: Order, support: User, now: datetime
    ) -> None:
        first = parcel("YT0000000000001")
        named = Waybill.objects.create(
            merchant=order.shop.merchant, carrier=first.waybill.carrier, number="YT0000000000009", created_at=now
        )
        Parcel.objects.create(dispatch=first.dispatch, waybill=named, role="return", follows=first.waybill)
        Waybill.objects.filter(pk=first.waybill_id).update(doubts=["moved_on", "number_shared"])
        client.force_login(support)
        page = client.get(reverse("waybill", args=[named.pk])).content.decode()
        assert "Comes back under this number" in page
        assert reverse("waybill", args=[first.waybill_id]) in page
        page = client.get(reverse("waybill", args=[first.waybill_id])).content.decode()
        assert "Scanned on its way after it was signed for" in page
        assert "One of the orders has a wrong number" in page


class TestApi:
    def test_it_reads_and_sets_the_role(self, client: Client, order: Order, support: User) -> None:
        client.force_login(support)
        url = reverse("api-parcel", args=[parcel("YT0000000000002").pk])
        assert client.get(url).json() == {
            "id": parcel("YT0000000000002").pk,
            "order": "two",
            "waybill": "YT0000000000002",
            "carrier": "yuantong",
            "role": "original",
            "follows": None,
        }
        assert client.post(url, {"role": "replaced"}).json()["role"] == "replaced"

    def test_what_is_no_role_is_named(self, client: Client, order: Order, support: User) -> None:
        client.force_login(support)
        said = client.post(reverse("api-parcel", args=[parcel("YT0000000000002").pk]), {"role": "return"})
        assert (said.status_code, list(said.json())) == (400, ["role"])
