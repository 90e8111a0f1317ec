"""Filings at the edges: over REST, on the case page, for many cases from the desk."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions import filings
from exceptions.models import Case, Filing
from merchants.access import Member
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.filing import a_case, file, log
from tests.exceptions.making import a_parcel, an_order, member_of
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "case"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def member(support: User) -> Member:
    return member_of(support)


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    order = an_order(shop, "690001", now - timedelta(days=3))
    Order.objects.update(review_at=None)
    return order


@pytest.fixture
def browser(support: User) -> Client:
    client = Client()
    client.force_login(support)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def errors(response: Any) -> list[str]:
    return re.findall(r'<p class="errors"[^>]*>([^<]+)</p>', response.content.decode())


# --- REST.


def post(browser: Client, url: str, body: Any) -> Any:
    return browser.post(url, body, content_type="application/json")


def test_filing_over_rest_names_orders_by_number(browser: Client, order: Order, now: datetime) -> None:
    body = {"orders": ["690001", "1", "690001"], "kinds": ["late_dispatch"], "reason": "大雪封路", "reference": "BB-1"}
    response = post(browser, "/api/filings/", body)
    filing = Filing.objects.get()
    assert (response.status_code, response.json()["results"]) == (
        200,
        [
            {"order": "690001", "kind": "late_dispatch", "id": filing.pk, "problem": ""},
            {
                "order": "1",
                "kind": "",
                "id": None,
                "problem": "Your shops have no order 1. Correct the number, or import the order first.",
            },
        ],
    )
    (told,) = browser.get("/api/filings/?state=pending&order=690001&kind=late_dispatch").json()["filings"]
    assert (told["id"], told["shop"], told["order"], told["kind"]) == (filing.pk, "MT-PDD", "690001", "late_dispatch")
    assert (told["state"], told["reference"], told["reason"]) == ("pending", "BB-1", "大雪封路")
    assert (told["filed_by"], told["answered_at"], told["new_due_at"]) == ("zhaomin", None, None)
    assert browser.get("/api/filings/?state=accepted").json() == {"filings": [], "next": None}


def test_a_number_that_two_shops_have_needs_the_shop(
    seller: User, order: Order, other_shop: Shop, now: datetime
) -> None:
    client = Client()
    client.force_login(seller)
    twin = an_order(other_shop, "690001", now)
    body = {"orders": ["690001"], "kinds": ["late_dispatch"]}
    (result,) = post(client, "/api/filings/", body).json()["results"]
    assert result["problem"] == "Several of your shops have an order 690001. Say which shop it is."
    (result,) = post(client, "/api/filings/", body | {"shop": "MT-DY"}).json()["results"]
    assert Filing.objects.get(pk=result["id"]).order == twin


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"orders": ["690001"], "kinds": ["weather"]}, "kinds"),
        ({"orders": [], "kinds": ["late_dispatch"]}, "orders"),
        ({"orders": ["1"] * 501, "kinds": ["late_dispatch"]}, "orders"),
        ({"orders": ["690001"], "kinds": ["late_dispatch"], "reference": "9" * 65}, "reference"),
    ],
)
def test_what_cannot_be_filed_over_rest_is_refused_by_field(
    browser: Client, order: Order, body: dict[str, Any], field: str
) -> None:
    response = post(browser, "/api/filings/", body)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_the_answer_is_told_over_rest_once(browser: Client, member: Member, order: Order, now: datetime) -> None:
    url = f"/api/filings/{file(member, order, now).pk}/answer/"
    assert list(post(browser, url, {"accepted": True, "new_due_at": "2990-01-01T00:00:00"}).json()) == ["new_due_at"]
    assert list(post(browser, url, {"accepted": False, "new_due_at": "2990-01-01T00:00:00Z"}).json()) == ["new_due_at"]
    answered = post(browser, url, {"accepted": True, "new_due_at": "2990-01-01T08:00:00+08:00"})
    assert (answered.status_code, answered.json()["state"]) == (200, "accepted")
    assert answered.json()["new_due_at"] == "2990-01-01T08:00:00+08:00"
    assert post(browser, url, {"accepted": False}).status_code == 409


def test_pages_run_through_every_filing_once(browser: Client, member: Member, shop: Shop, now: datetime) -> None:
    ids = [an_order(shop, f"69{i:04}", now).pk for i in range(51)]
    filings.file(member, [(pk, "late_dispatch") for pk in ids], now=now)
    page = browser.get("/api/filings/").json()
    rest = browser.get(f"/api/filings/?after={page['next']}").json()
    assert (len(page["filings"]), len(rest["filings"]), rest["next"]) == (50, 1, None)
    assert len({one["id"] for one in page["filings"] + rest["filings"]}) == 51
    assert browser.get("/api/filings/?after=x&state=y").status_code == 400


# --- The case page.


def act(browser: Client, case: Case, do: str, headers: dict[str, str] | None = None, **data: str) -> Any:
    return browser.post(reverse("case-filing", args=[case.pk]), {"do": do} | data, headers=headers)


def wall(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def test_a_case_is_filed_and_accepted_with_a_new_limit(browser: Client, order: Order, now: datetime) -> None:
    case = a_case(order, now)
    url = reverse("case", args=[case.pk])
    assert "Note a filing" in text(browser.get(url))
    response = act(browser, case, "file", reference="BB-1", reason="大雪封路")
    assert (response.status_code, response["Location"]) == (303, url)
    page = text(browser.get(url))
    assert "Waiting for the platform BB-1 大雪封路" in page
    assert "filed it with the platform: BB-1" in page
    assert "Note a filing" not in page
    limit = now + timedelta(days=400)
    act(browser, case, "accept", new_due_at=wall(limit))
    assert (Filing.objects.get().state, Filing.objects.get().new_due_at) == ("accepted", limit)
    page = text(browser.get(url))
    assert f"New limit {limit.astimezone(SHANGHAI):%m-%d %H:%M}" in page
    assert f"noted that the platform accepted the filing: new limit {limit.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in page
    assert "File again" in page


@pytest.mark.parametrize(
    ("do", "state", "sentence"),
    [
        ("lift", "accepted", "noted that the platform accepted the filing: the limit no longer applies"),
        ("refuse", "refused", "noted that the platform refused the filing"),
    ],
)
def test_a_filing_is_accepted_without_a_limit_or_refused(
    browser: Client, member: Member, order: Order, now: datetime, do: str, state: str, sentence: str
) -> None:
    case = a_case(order, now)
    file(member, order, now)
    response = act(browser, case, do, HTMX)
    assert response.status_code == 200
    assert response["HX-Trigger"] == "refresh-list, refresh-counts"
    assert response.content.decode().startswith('<div id="case"')
    assert sentence in text(response)
    assert (Filing.objects.get().state, Filing.objects.get().new_due_at) == (state, None)


@pytest.mark.parametrize("headers", [None, HTMX])
def test_what_is_missing_is_said_at_its_field(
    browser: Client, member: Member, order: Order, now: datetime, headers: dict[str, str] | None
) -> None:
    case = a_case(order, now)
    too_long = act(browser, case, "file", headers, reason="长" * 201)
    assert too_long.status_code == 422
    assert '<details class="act" id="file" open>' in too_long.content.decode()
    file(member, order, now)
    missing = act(browser, case, "accept", headers)
    assert (missing.status_code, errors(missing)) == (422, ["Give the new limit, or accept it without one."])
    past = act(browser, case, "accept", headers, new_due_at="2020-01-01T00:00")
    assert (past.status_code, errors(past)) == (422, ["The new limit is before the filing itself. Correct it."])
    assert Filing.objects.get().state == "pending"


def test_whoever_is_slower_is_told_so(browser: Client, member: Member, order: Order, now: datetime) -> None:
    case = a_case(order, now)
    early = act(browser, case, "refuse")
    assert (early.status_code, "The answer to this filing is noted already." in text(early)) == (409, True)
    file(member, order, now)
    twice = act(browser, case, "file")
    assert (twice.status_code, "It is filed already." in text(twice)) == (409, True)
    assert act(browser, case, "dance").status_code == 404


def test_a_resolved_case_offers_no_filing_but_shows_those_there_are(
    browser: Client, member: Member, order: Order, now: datetime
) -> None:
    case = a_case(order, now)
    filings.answer(member, file(member, order, now).pk, False, now=now)
    Case.objects.update(state="resolved", resolved_at=now, outcome="handled")
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert "Refused BB-1 大雪封路" in page
    assert "File again" not in page


def test_the_case_page_takes_the_same_queries_however_often_it_was_filed(
    browser: Client, member: Member, order: Order, now: datetime, django_assert_num_queries
) -> None:
    case = a_case(order, now)
    for _ in range(3):
        filings.answer(member, file(member, order, now).pk, False, now=now)
        caches["local"].clear()
        with django_assert_num_queries(28):
            browser.get(reverse("case", args=[case.pk]))


# --- The desk.


def test_many_cases_are_filed_for_at_once_and_each_that_cannot_be_is_told(
    browser: Client, member: Member, order: Order, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    filed = a_case(order, now)
    file(member, order, now)
    new = a_case(an_order(shop, "690002", now), now, kind="transit_stall")
    beyond = a_case(an_order(other_shop, "690003", now), now)
    data = {"action": "file", "case": [filed.pk, new.pk, beyond.pk], "reason": "暴雪", "reference": "BB-2"}
    page = text(browser.post(reverse("desk-bulk"), data, follow=True))
    assert "1 case filed." in page
    assert f"C-{filed.pk}: It is filed already." in page
    assert f"C-{beyond.pk}: not found." in page
    made = Filing.objects.get(reference="BB-2")
    assert (made.order, made.kind, made.reason) == (new.order, "transit_stall", "暴雪")
    assert log(new)[-1][:4] == ("note", "open", "open", "暴雪")


def test_two_parcels_of_one_order_are_one_filing(member: Member, order: Order, now: datetime) -> None:
    cases = [a_case(order, now, waybill=a_parcel(order, f"YT883420194471{n}", now)) for n in range(2)]
    told = filings.file_for_cases(member, [case.pk for case in cases], now=now)
    assert {one.filing for one in told.values() if one} == {Filing.objects.get()}
    assert [len(log(case)) for case in cases] == [1, 1]


def test_a_filing_for_many_that_is_too_long_is_refused_as_a_whole(browser: Client, order: Order, now: datetime) -> None:
    data = {"action": "file", "case": [a_case(order, now).pk], "reference": "9" * 65}
    page = text(browser.post(reverse("desk-bulk"), data, follow=True))
    assert "Ensure this value has at most 64 characters (it has 65)." in page
    assert not Filing.objects.exists()


def test_a_filing_told_before_the_case_opened_stands_in_its_history_once(
    browser: Client, member: Member, shop: Shop, now: datetime
) -> None:
    order = an_order(shop, "690009", now - timedelta(hours=50))
    told_at = now - timedelta(hours=20)
    filings.file(member, [(order.pk, "late_dispatch")], now=told_at, reference="BB-2026-7", reason="暴雪封路")
    sweep_all(now)
    case = Case.objects.get(order=order, kind="late_dispatch")
    assert [line[0] for line in log(case)] == ["raise"], "there was no case to write it into"
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert page.count("filed it with the platform: BB-2026-7") == 1
    assert "暴雪封路" in page
    filings.answer(member, Filing.objects.get().pk, False, now=now)
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert page.count("noted that the platform refused the filing") == 1
