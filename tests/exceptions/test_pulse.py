"""The pulse of an open desk: what it is told, and what it costs."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.desk import cases
from exceptions.desk.workflow import Action
from exceptions.models import Case
from merchants.access import of
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch, late_pickup


@pytest.fixture
def now() -> datetime:
    return timezone.now()


class Desk:
    """An open page, as static/live.js keeps it."""

    def __init__(self, user: User, query: str = "") -> None:
        self.client = Client()
        self.client.force_login(user)
        page = self.client.get(f"/desk/?{query}").content.decode()
        rows = re.findall(r'data-case="(\d+)" data-mark="(\w+)"', page)
        self.more = "&more=" if len(rows) == 50 else ""
        self.seen, self.query, self.token = {int(pk): mark for pk, mark in rows}, query, ""

    def address(self) -> str:
        seen = ".".join(f"{pk}-{mark}" for pk, mark in self.seen.items())
        return f"{reverse('desk-pulse')}?{self.query}&list=&seen={seen}&token={self.token}{self.more}"

    def ask(self) -> HttpResponse:
        caches["local"].clear()
        response = self.client.get(self.address())
        if response.status_code == 200:
            self.token = response.json()["token"]
        return response


def resolve(user: User, case: Case, now: datetime) -> None:
    cases.act(of(user.memberships.get()), case.pk, Action.RESOLVE, now=now, outcome="handled")


def test_a_desk_is_told_its_numbers_once_and_then_nothing_while_nothing_happens(
    seller: User, shop: Shop, now: datetime
) -> None:
    late_dispatch(shop, now)
    desk = Desk(seller)
    told = desk.ask().json()
    assert (told["rows"], told["gone"], told["arrived"]) == ({}, {}, 0)
    assert told["texts"]["rail-all"] == 1
    assert told["texts"]["list-total"] == "1 open case · ¥131 at stake"
    answer = desk.ask()
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_arrived_above_is_counted_and_not_pushed_into_the_list(seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    desk = Desk(seller)
    desk.ask()
    late_pickup(shop, now)
    told = desk.ask().json()
    assert (told["arrived"], told["arrivals"], told["rows"]) == (1, "1 new case above · show", {})
    assert told["texts"]["chip-1"] == 2
    assert told["said"] == "1 new case above · 2 open cases"


def test_a_changed_row_comes_as_the_list_shows_it(seller: User, admin: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    desk = Desk(seller)
    cases.act(of(admin.memberships.get()), case.pk, Action.ASSIGN, now=now, assignee=admin.pk)
    row = desk.ask().json()["rows"][str(case.pk)]
    assert row.startswith(f'<tr id="case-{case.pk}"')
    assert 'title="linxiao"' in row
    assert row in Desk(seller).client.get("/desk/").content.decode()


def test_a_row_that_left_says_who_took_it_and_how(seller: User, admin: User, shop: Shop, now: datetime) -> None:
    case, other, third = late_dispatch(shop, now), late_pickup(shop, now), late_dispatch(shop, now, number="690009")
    desk, nobody = Desk(seller), Desk(seller, "assignee=none")
    resolve(admin, case, now)
    cases.act(of(admin.memberships.get()), other.pk, Action.SNOOZE, now=now, until=now + timedelta(hours=3))
    cases.act(of(admin.memberships.get()), third.pk, Action.ASSIGN, now=now, assignee=admin.pk)
    gone = desk.ask().json()["gone"]
    assert gone[str(case.pk)].startswith("Resolved by linxiao, ")
    assert gone[str(case.pk)].endswith(": Handled")
    assert gone[str(other.pk)].startswith("Snoozed by linxiao until ")
    assert nobody.ask().json()["gone"][str(third.pk)] == "linxiao is in charge now"


def test_a_full_page_counts_only_what_ranks_above_its_last_row(seller: User, shop: Shop, now: datetime) -> None:
    for n in range(52):
        late_dispatch(shop, now, number=f"69{n:04}", hours=50 + n / 60)
    desk = Desk(seller)
    assert len(desk.seen) == 50
    assert desk.ask().json()["arrived"] == 0
    resolve(seller, Case.objects.get(pk=next(iter(desk.seen))), now)
    gone = desk.ask().json()["gone"]
    for pk in gone:
        del desk.seen[int(pk)]
    assert (len(gone), desk.ask().json()["arrived"]) == (1, 0), "what moves up from the next page is no news"


def test_rows_of_other_shops_are_not_told(
    support: User, admin: User, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    hidden = late_dispatch(other_shop, now)
    desk = Desk(support)
    desk.seen = {hidden.pk: "1"}
    told = desk.ask().json()
    assert told["rows"] == {}
    assert told["gone"] == {str(hidden.pk): "No longer in this list"}
    assert told["texts"]["rail-all"] == 0


def test_a_pulse_without_news_takes_two_queries_of_its_own(
    seller: User, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    for n in range(3):
        late_dispatch(shop, now, number=f"69000{n}")
    desk = Desk(seller)
    desk.ask()
    # session, person, membership, its shops, the merchant's shops; then the rows, and what stands above
    with django_assert_num_queries(5 + 2):
        assert desk.client.get(desk.address()).status_code == 204


def test_a_pulse_of_a_page_without_a_list_takes_none(
    seller: User, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    late_dispatch(shop, now)
    client = Desk(seller).client
    token = client.get(reverse("desk-pulse")).json()["token"]
    with django_assert_num_queries(5):
        assert client.get(reverse("desk-pulse"), {"token": token}).status_code == 204


def test_who_has_acted_reads_numbers_taken_after_the_act_and_others_within_seconds(
    seller: User, admin: User, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    mine, other = Desk(seller).client, Desk(admin).client
    assert "1 open case ·" in other.get("/desk/").content.decode()
    mine.post(reverse("case-act", args=[case.pk, "resolve"]), {"outcome": "handled"})
    late_pickup(shop, now)
    late_pickup(shop, now, number="690005", waybill="YT8834201944799")
    assert "2 open cases ·" in mine.get("/desk/").content.decode()


def test_a_full_page_of_the_queue_weighs_less_than_150_kb_compressed(seller: User, shop: Shop, now: datetime) -> None:
    Shop.objects.bulk_create(
        Shop(merchant=shop.merchant, code=f"S{n}", name=f"旗舰店 {n:03}", platform="douyin") for n in range(199)
    )
    for n in range(50):
        late_pickup(shop, now, number=f"69{n:04}", waybill=f"YT88342019{n:05}")
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(seller)
    page = client.get("/desk/")
    assert page["Content-Encoding"] == "gzip"
    assert 5_000 < len(page.content) < 150 * 1024
