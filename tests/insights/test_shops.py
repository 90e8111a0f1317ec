"""An admin says where a shop ships from, and reads who said so."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from merchants.models import AuditEntry, Membership, Shop, User
from orders.models import Order
from tests.exceptions.making import an_order
from tests.insights.test_views import browser, text


@pytest.fixture
def at_setup(admin: User) -> Client:
    return browser(admin)


def save(client: Client, shop: Shop, province: str, city: str):
    return client.post(reverse("setup-shop", args=[shop.pk]), {"province": province, "city": city}, follow=True)


def asleep(shop: Shop, number: str, now: datetime, **facts: str) -> Order:
    order = an_order(shop, number, now, **facts)
    Order.objects.filter(pk=order.pk).update(review_at=None)
    return order


def test_where_a_shop_ships_from_is_saved_told_and_written_down(at_setup: Client, admin: User, shop: Shop) -> None:
    page = text(save(at_setup, shop, "浙江省", "金华市"))
    assert "Saved." in page
    assert "浙江省 金华市" in page
    shop.refresh_from_db()
    assert (shop.province, shop.city) == ("浙江省", "金华市")
    entry = AuditEntry.objects.get()
    assert (entry.merchant, entry.by, entry.action, entry.subject) == (
        shop.merchant,
        admin,
        "shop.ships_from",
        "棉田优选",
    )
    assert entry.detail == {"before": "", "after": "浙江省 金华市"}


def test_the_open_orders_of_the_shop_are_judged_anew(at_setup: Client, shop: Shop) -> None:
    now = timezone.now()
    asleep(shop, "690001", now)
    asleep(shop, "690002", now, status="completed")
    assert "1 open order is judged anew" in text(save(at_setup, shop, "浙江省", ""))
    woken = Order.objects.get(number="690001").review_at
    assert woken is not None
    assert woken >= now
    assert Order.objects.get(number="690002").review_at is None


def test_saving_what_is_so_already_changes_nothing(at_setup: Client, shop: Shop) -> None:
    save(at_setup, shop, "浙江省", "金华市")
    order = asleep(shop, "690001", timezone.now())
    save(at_setup, shop, "浙江省", "金华市")
    order.refresh_from_db()
    assert order.review_at is None
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(("province", "city"), [("", "金华市"), ("火星", ""), ("浙江省", "市" * 41)])
def test_a_place_that_cannot_be_is_refused(at_setup: Client, shop: Shop, province: str, city: str) -> None:
    answer = save(at_setup, shop, province, city)
    assert answer.status_code == 422
    shop.refresh_from_db()
    assert (shop.province, shop.city) == ("", "")
    assert not AuditEntry.objects.exists()


def test_a_place_abroad_stays_until_another_is_chosen(at_setup: Client, shop: Shop) -> None:
    Shop.objects.filter(pk=shop.pk).update(province="東京都", city="")
    assert save(at_setup, shop, "東京都", "港区").status_code == 200
    shop.refresh_from_db()
    assert (shop.province, shop.city) == ("東京都", "港区")


def test_an_admin_of_some_shops_sets_those(at_setup: Client, admin: User, shop: Shop, other_shop: Shop) -> None:
    Membership.objects.get(user=admin).shops.set([shop])
    assert save(at_setup, other_shop, "浙江省", "").status_code == 404
    page = at_setup.get(reverse("setup")).content.decode()
    assert reverse("setup-shop", args=[shop.pk]) in page
    assert reverse("setup-shop", args=[other_shop.pk]) not in page


def test_the_trail_shows_who_changed_what_and_is_filtered(at_setup: Client, admin: User, shop: Shop) -> None:
    save(at_setup, shop, "浙江省", "金华市")
    save(at_setup, shop, "江苏省", "南通市")
    page = at_setup.get(reverse("setup-audit"))
    assert [(row.before, row.after) for row in page.context["rows"]] == [
        ("浙江省 金华市", "江苏省 南通市"),
        ("", "浙江省 金华市"),
    ]
    assert "linxiao Changed where a shop ships from" in text(page)
    assert len(at_setup.get(reverse("setup-audit"), {"by": admin.pk}).context["rows"]) == 2
    assert "No entry matches these filters." in text(at_setup.get(reverse("setup-audit"), {"by": admin.pk + 1}))


def test_the_pages_of_the_trail_keep_its_filters(at_setup: Client, admin: User, shop: Shop, now: datetime) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(merchant=shop.merchant, by=admin, at=now, action="shop.ships_from", subject=str(i))
        for i in range(51)
    )
    first = at_setup.get(reverse("setup-audit"), {"by": admin.pk, "action": "shop.ships_from"})
    assert first.context["prev_url"] == ""
    second = at_setup.get(first.context["next_url"])
    assert [row.entry.subject for row in second.context["rows"]] == ["0"]
    back = at_setup.get(second.context["prev_url"])
    assert [row.entry.subject for row in back.context["rows"]] == [str(i) for i in range(50, 0, -1)]
    assert f"by={admin.pk}&action=shop.ships_from" in second.context["prev_url"]


def test_only_admins_come_here(support: User, shop: Shop) -> None:
    assert browser(support).get(reverse("setup-audit")).status_code == 403
    assert save(browser(support), shop, "浙江省", "").status_code == 403


def test_the_audit_page_takes_the_same_queries_whatever_it_shows(
    at_setup: Client, admin: User, shop: Shop, now: datetime, django_assert_max_num_queries
) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(merchant=shop.merchant, by=admin, at=now, action="shop.ships_from", subject=str(i))
        for i in range(30)
    )
    at_setup.get(reverse("setup-audit"))
    with django_assert_max_num_queries(12):
        at_setup.get(reverse("setup-audit"))
