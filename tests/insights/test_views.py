"""The start page and the set-up page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from merchants.models import Shop, User
from shipments.models import CarrierAccount
from tests.exceptions.making import a_parcel, a_scan, an_order
from tests.exceptions.scene import late_dispatch, late_pickup, stalled


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_tiles_count_what_the_desk_counts(seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now, hours=47)
    late_pickup(shop, now)
    page = text(browser(seller).get("/"))
    assert "Breaks within 2 h 1 next at" in page
    assert "Broken and open 1 0 seriously" in page
    assert "Money at stake ¥265 2 cases with nobody in charge" in page


def test_every_bar_and_cell_opens_as_many_cases_as_it_shows(seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now, number="690010", hours=40)
    late_dispatch(shop, now, number="690011", hours=50)
    late_pickup(shop, now)
    client = browser(seller)
    start = client.get("/")
    bars = [bar for bar in start.context["chart"].bars if bar.total]
    assert sum(bar.total for bar in bars) == 3
    for bar in bars:
        assert len(client.get(reverse("desk"), {"hour": bar.query}).context["rows"]) == bar.total
    for row in start.context["matrix"]:
        for cell in row.cells:
            if not cell.count:
                continue
            query = {"kind": cell.kind.value} | ({"carrier": row.carrier.pk} if row.carrier else {})
            assert len(client.get(reverse("desk"), query).context["rows"]) == cell.count


def test_yesterdays_limits_are_kept_or_not(seller: User, shop: Shop, now: datetime) -> None:
    midnight = timezone.localtime(now, shop.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (now - (midnight - timedelta(hours=12))).total_seconds() / 3600
    late_dispatch(shop, now, hours=since + 48)
    assert "Kept yesterday 0.0% 0 of 1 limits" in text(browser(seller).get("/"))


def test_the_age_of_the_data_is_told_for_those_near_a_deadline_and_for_the_others(
    seller: User, shop: Shop, now: datetime
) -> None:
    assert "No parcel is being tracked" in text(browser(seller).get("/"))
    for n, (due, old) in enumerate([(3, 210), (23, 70 * 60), (30, 150 * 60), (None, 30)]):
        waybill = late_pickup(shop, now, number=f"69001{n}", waybill=f"YT8834201944{n:03}").waybill
        deadline = None if due is None else now + timedelta(hours=due)
        polled = now - timedelta(seconds=old)
        type(waybill).objects.filter(pk=waybill.pk).update(poll_at=now, polled_at=polled, deadline_at=deadline)
    caches["local"].clear()
    page = text(browser(seller).get("/"))
    assert "4 parcels under way" in page
    assert "Within 24 h of a deadline 2 37m 1h 07m 1h 00m" in page
    assert "All others under way 2 1h 16m 2h 23m 3h 00m" in page
    assert "Near a deadline, 95% of the tracking data is younger than 1h 07m" in page


def test_what_has_arrived_is_not_under_way(seller: User, shop: Shop, now: datetime) -> None:
    case = stalled(shop, now)
    type(case.waybill).objects.update(poll_at=now + timedelta(days=1), polled_at=now, stage="delivered")
    assert "No parcel is being tracked" in text(browser(seller).get("/"))


def test_support_of_one_shop_counts_no_parcel_of_another(
    support: User, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    theirs = stalled(other_shop, now)
    type(theirs.waybill).objects.update(poll_at=now, polled_at=now)
    assert "No parcel is being tracked" in text(browser(support).get("/"))
    mine = late_pickup(shop, now)
    type(mine.waybill).objects.update(poll_at=now, polled_at=now)
    caches["local"].clear()
    assert "1 parcel under way" in text(browser(support).get("/"))


def resting(shop: Shop, now: datetime, **more: object) -> CarrierAccount:
    values = {"paused_at": now - timedelta(hours=1), "paused_until": now + timedelta(minutes=20), "trouble": "quota"}
    return CarrierAccount.objects.create(
        merchant=shop.merchant, provider="kuaidi100", name="主账号", credentials={"key": "very-secret"}, **values | more
    )


def test_an_account_that_rests_is_announced_on_the_start_page_with_what_to_do(
    seller: User, shop: Shop, now: datetime
) -> None:
    account = resting(shop, now)
    page = text(browser(seller).get("/"))
    assert "The tracking account 主账号 rests until" in page
    assert "The questions paid for are used up. Buy more from the provider" in page
    CarrierAccount.objects.update(paused_until=now - timedelta(minutes=1))
    assert "The tracking account 主账号 is being tried again." in text(browser(seller).get("/"))
    CarrierAccount.objects.filter(pk=account.pk).update(paused_until=None)
    assert "主账号 rests" not in text(browser(seller).get("/"))


def test_the_setup_page_tells_how_late_an_account_tells_us_of_scans(admin: User, shop: Shop, now: datetime) -> None:
    for n, late in enumerate((10, 20, 90)):
        uploaded, at = now - timedelta(hours=9), now - timedelta(hours=3)
        order = an_order(shop, f"L{n}", uploaded)
        waybill = a_parcel(order, f"YT1{n}", uploaded, last_event_at=at)
        scan = a_scan(waybill, at)
        type(scan).objects.filter(waybill=waybill).update(recorded_at=at + timedelta(minutes=late))
    assert "20m" in text(browser(admin).get(reverse("setup")))


def test_the_start_page_takes_the_same_queries_however_much_burns(
    seller: User, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    client = browser(seller)
    for n in range(2):
        late_pickup(shop, now, number=f"6801{n}", waybill=f"YT77000000000{n:02d}")
        caches["local"].clear()
        with django_assert_num_queries(26):
            client.get("/")


def test_an_empty_merchant_is_told_what_comes_next(seller: User) -> None:
    page = text(browser(seller).get("/"))
    assert "No open exceptions." in page
    assert "Nothing burns." in page
    assert "no limit was due" in page


def test_people_of_no_merchant_are_told_what_to_do(db: None) -> None:
    response = browser(User.objects.create_user("nobody", language="en")).get("/")
    assert response.status_code == 403
    assert "Ask an admin of your merchant if you need it." in text(response)


def test_the_rail_alone_keeps_its_place(seller: User) -> None:
    part = browser(seller).get(reverse("rail"), {"at": "desk"}).content.decode()
    assert "<html" not in part
    assert 'href="/desk/" aria-current="page"' in part


def test_the_rail_alone_is_never_old(seller: User, shop: Shop, now: datetime) -> None:
    client = browser(seller)
    client.get("/")
    late_dispatch(shop, now)
    assert "Desk 0" in text(client.get("/profile/"))
    assert "Desk 1" in text(client.get(reverse("rail")))


def test_the_setup_page_shows_how_accounts_fare_and_never_their_credentials(
    admin: User, support: User, shop: Shop, now: datetime
) -> None:
    resting(shop, now, paused_reason="601 POLL.ERROR", trips=2)
    response = browser(admin).get(reverse("setup"))
    page = text(response)
    assert "主账号" in page
    assert "Resting until" in page
    assert "since" in page
    assert "The questions paid for are used up." in page
    assert "601 POLL.ERROR" in page
    assert "very-secret" not in response.content.decode()
    assert browser(support).get(reverse("setup")).status_code == 403


def test_an_unknown_address_says_what_to_do(seller: User) -> None:
    response = browser(seller).get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here." in text(response)


def test_an_oversized_body_is_413(seller: User, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = browser(seller).post(reverse("profile"), {"last_name": "x" * 2000})
    assert response.status_code == 413
    assert "That was too large." in text(response)


def test_a_form_without_its_token_is_told_it_has_expired(seller: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(seller)
    response = client.post(reverse("theme"), {"theme": "dark"})
    assert response.status_code == 403
    assert "This form has expired." in text(response)
    seller.refresh_from_db()
    assert seller.theme == ""


def test_a_case_that_becomes_serious_counts_in_its_hour(seller: User, shop: Shop, now: datetime) -> None:
    case = late_pickup(shop, now)
    hour = case.grave_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    bars = browser(seller).get("/").context["chart"].bars
    assert [bar.hour.grave for bar in bars if bar.hour.starts_at == hour] == [1]


def test_the_board_refreshes_itself_without_its_frame(seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    part = browser(seller).get("/", headers={"HX-Request": "true", "HX-Target": "board"}).content.decode()
    assert part.startswith('<div id="board"')
    assert "<html" not in part
