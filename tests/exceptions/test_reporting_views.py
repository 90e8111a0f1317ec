"""Telling what went wrong at the edges: by hand, as a pasted list, by the buyer's link, over REST; and what the kinds are."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions import buyer_links
from exceptions.deadlines.kinds import Kind
from exceptions.desk.kind_pages import GROUPS
from exceptions.desk.kind_words import KINDS, explains
from exceptions.models import Case, Report
from exceptions.reporting.views import PER_LINK
from merchants.models import Shop, User
from orders.models import Order, Ticket
from shipments.models import Waybill
from tests.exceptions.making import a_parcel, an_order

pytestmark = pytest.mark.django_db
NUMBER = "YT8834201944715"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    caches["local"].clear()
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    order = an_order(shop, "231122-690010", now - timedelta(hours=2), status="dispatched")
    a_parcel(order, NUMBER, now - timedelta(hours=1))
    return order


@pytest.fixture
def browser(support: User) -> Client:
    client = Client()
    client.force_login(support)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestByHand:
    def test_a_waybill_number_is_enough_and_leads_to_its_case(self, browser: Client, order: Order) -> None:
        given = {"number": f" {NUMBER.lower()} ", "kind": "damage", "text": "外箱压坏"}
        response = browser.post(reverse("report-new"), given, follow=True)
        case = Case.objects.get(kind="damage")
        assert response.redirect_chain == [(reverse("case", args=[case.pk]), 303)]
        assert (case.source, case.waybill) == ("hand", Waybill.objects.get())
        assert "What was reported open By hand" in text(response)
        assert "外箱压坏" in text(response)

    def test_from_an_order_its_parcel_is_chosen_and_not_typed(self, browser: Client, order: Order) -> None:
        url = f"{reverse('report-new')}?order={order.pk}"
        page = browser.get(url).content.decode()
        assert 'name="number"' not in page
        response = browser.post(url, {"where": f"{order.pk}:", "kind": "loss"})
        assert response.status_code == 303
        assert Report.objects.get().waybill is None

    def test_from_a_waybill_it_is_that_parcel(self, browser: Client, order: Order) -> None:
        waybill = Waybill.objects.get()
        browser.post(f"{reverse('report-new')}?waybill={waybill.pk}", {"kind": "loss"})
        assert Report.objects.get().waybill == waybill

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"number": "nobody", "kind": "loss"}, "Your shops have no such order or waybill."),
            ({"number": NUMBER, "kind": ""}, "This field is required."),
            ({"number": NUMBER, "kind": "late_dispatch"}, "Select a valid choice."),
        ],
    )
    def test_what_is_wrong_is_told_at_the_field(
        self, browser: Client, order: Order, given: dict[str, str], said: str
    ) -> None:
        response = browser.post(reverse("report-new"), given)
        assert response.status_code == 422
        assert said in text(response)
        assert not Report.objects.exists()

    def test_others_orders_are_not_there(self, stranger: User, order: Order) -> None:
        client = Client()
        client.force_login(stranger)
        assert client.get(f"{reverse('report-new')}?order={order.pk}").status_code == 404
        assert client.post(reverse("report-new"), {"number": NUMBER, "kind": "loss"}).status_code == 422

    def test_the_report_is_closed_where_it_is_shown(self, browser: Client, order: Order) -> None:
        browser.post(reverse("report-new"), {"number": NUMBER, "kind": "damage"})
        page = browser.get(reverse("order", args=[order.pk])).content.decode()
        (close,) = re.findall(r'action="(/reports/\d+/close/)"', page)
        assert browser.post(close).status_code == 303
        assert Report.objects.get().closed_at is not None
        assert Case.objects.get(kind="damage").state == "resolved"


LINES = f"""
{NUMBER} 破损 外箱压坏
231122-690010，退回
{NUMBER} 更址 张三 13800138000 浙江省杭州市
SF1234567890123 丢件
随便写写
"""


class TestPaste:
    def test_a_preview_says_what_each_line_hits_and_writes_nothing(self, browser: Client, order: Order) -> None:
        page = text(browser.post(reverse("report-paste"), {"lines": LINES, "otherwise": ""}))
        assert page.count("Ready") == 3
        assert "Your shops have no order or waybill SF1234567890123." in page
        assert "No order or waybill number." in page
        assert "Report 3 lines" in page
        assert not Report.objects.exists()
        assert not Ticket.objects.exists()

    def test_what_can_be_read_is_told_and_what_cannot_stays_to_be_mended(self, browser: Client, order: Order) -> None:
        response = browser.post(reverse("report-paste"), {"lines": LINES, "otherwise": "", "commit": "1"})
        told = {(report.kind, report.text, report.source) for report in Report.objects.all()}
        assert told == {("damage", "外箱压坏", "paste"), ("refused", None, "paste")}
        assert {case.kind for case in Case.objects.filter(source="paste")} == {"damage", "refused"}
        ticket = Ticket.objects.get()
        assert (ticket.kind, ticket.number, ticket.reason) == ("interception", NUMBER, "更址")
        left = re.search(r"<textarea[^>]*>(.*?)</textarea>", response.content.decode(), re.DOTALL)
        assert left
        assert left[1].split("\n")[-2:] == ["SF1234567890123 丢件", "随便写写"]
        assert "3 lines reported." in text(response)

    def test_pasted_twice_nothing_is_told_twice(self, browser: Client, order: Order) -> None:
        for _ in range(2):
            response = browser.post(reverse("report-paste"), {"lines": LINES, "commit": "1"})
        assert Report.objects.count() == 2
        assert Ticket.objects.count() == 1
        assert "Reported already" in text(response)
        assert "Interception is open already" in text(response)

    def test_two_hundred_lines_take_as_many_queries_as_three(
        self, browser: Client, shop: Shop, now: datetime, django_assert_max_num_queries: Any
    ) -> None:
        orders = [an_order(shop, f"2311-69001{n:03d}", now) for n in range(200)]
        lines = "\n".join(f"{order.number} 丢件" for order in orders)
        with django_assert_max_num_queries(60):
            browser.post(reverse("report-paste"), {"lines": lines, "commit": "1"})
        assert Report.objects.count() == 200


@pytest.fixture
def link(order: Order, now: datetime) -> str:
    return reverse("buyer-report", args=[buyer_links.token(order.pk, now)])


class TestBuyer:
    def test_a_buyer_tells_without_a_log_in_and_sees_nothing_of_the_order(self, link: str, order: Order) -> None:
        Order.objects.update(buyer={"name": "王小明", "phone": "13800138000", "address": "文三路", "note": ""})
        client = Client(enforce_csrf_checks=True, headers=ENGLISH)
        page = client.get(link)
        assert "…690010" in text(page)
        shown = page.content.decode()
        assert [
            secret for secret in ("231122-690010", NUMBER, "王小明", "8000", "文三路", "128") if secret in shown
        ] == []
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in page["Cache-Control"]
        given = {"kind": "false_delivery", "text": "驿站说没有"}
        assert client.post(link, given).status_code == 403, "another site cannot post it"
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)
        assert token
        sent = client.post(link, given | {"csrfmiddlewaretoken": token[1]})
        assert "Thank you, we have it" in text(sent)
        case = Case.objects.get(kind="false_delivery")
        assert (case.source, case.waybill) == ("buyer", Waybill.objects.get())

    def test_it_is_read_in_the_language_of_the_browser(self, link: str) -> None:
        page = text(Client(headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get(link))
        assert "告诉我们出了什么问题" in page
        assert "显示已签收，但我没有收到" in page

    def test_only_what_a_buyer_can_know_is_taken(self, link: str) -> None:
        for given in ({"kind": "refused"}, {"kind": "late_dispatch"}, {}, {"kind": "damage", "text": "字" * 1001}):
            assert Client().post(link, given).status_code == 422
        assert not Report.objects.exists()

    def test_a_link_of_ours_is_good_for_a_month_and_no_other_is(self, link: str, order: Order, now: datetime) -> None:
        assert Client().get(link[:-3] + "xx/").status_code == 404
        assert Client().get(reverse("buyer-report", args=["1"])).status_code == 404
        days = {days: buyer_links.token(order.pk, now - timedelta(days=days)) for days in (29, 31)}
        assert Client().get(reverse("buyer-report", args=[days[29]])).status_code == 200
        response = Client(headers=ENGLISH).get(reverse("buyer-report", args=[days[31]]))
        assert response.status_code == 404
        assert "This link is no longer good" in text(response)

    def test_a_link_tells_only_so_often_an_hour(self, link: str) -> None:
        client = Client()
        answers = [client.post(link, {"kind": "damage", "text": str(n)}).status_code for n in range(PER_LINK + 1)]
        assert answers == [200] * PER_LINK + [429]
        assert Report.objects.count() == 1

    def test_support_copies_the_link_from_the_order_page(self, browser: Client, order: Order) -> None:
        page = browser.get(reverse("order", args=[order.pk])).content.decode()
        (address,) = re.findall(r'value="http://testserver(/report/[^"]+)"', page)
        assert Client().get(address).status_code == 200


class TestRest:
    def test_it_is_told_listed_and_closed(self, browser: Client, order: Order) -> None:
        said = {"number": NUMBER, "kind": "damage", "text": "外箱压坏", "said_at": "2026-11-01T08:00:00+08:00"}
        rows = [said, {"number": "nobody", "kind": "loss"}]
        for outcome in ("created", "unchanged"):
            response = browser.post(reverse("api-reports"), {"reports": rows}, content_type="application/json")
            first, second = response.json()["results"]
            assert (first["outcome"], first["problem"]) == (outcome, "")
            assert first["case"] == Case.objects.get(kind="damage").pk
            assert second["outcome"] == "refused"
            assert "Correct it, or import the order first." in second["problem"]
        (told,) = browser.get(reverse("api-reports"), {"waybill": NUMBER, "open": "true"}).json()["reports"]
        assert (told["source"], told["text"], told["order"]) == ("api", "外箱压坏", order.number)
        closed = browser.post(reverse("api-report-close", args=[told["id"]]))
        assert closed.json()["closed_at"] is not None
        assert browser.get(reverse("api-reports"), {"open": "true"}).json() == {"reports": [], "next": None}

    def test_a_number_of_several_shops_needs_its_shop(
        self, seller: User, order: Order, other_shop: Shop, now: datetime
    ) -> None:
        an_order(other_shop, order.number, now)
        client = Client()
        client.force_login(seller)
        row = {"number": order.number, "kind": "loss"}
        for shop, outcome in (("", "refused"), (other_shop.code, "created")):
            body = {"reports": [row | {"shop": shop}]}
            response = client.post(reverse("api-reports"), body, content_type="application/json")
            assert response.json()["results"][0]["outcome"] == outcome

    @pytest.mark.parametrize(
        "row",
        [{"kind": "loss"}, {"number": NUMBER, "kind": "contradiction"}, {"number": NUMBER, "kind": "late_dispatch"}],
    )
    def test_what_cannot_be_is_refused(self, browser: Client, order: Order, row: dict[str, str]) -> None:
        response = browser.post(reverse("api-reports"), {"reports": [row]}, content_type="application/json")
        assert response.status_code == 400
        assert not Report.objects.exists()


class TestKinds:
    def test_every_kind_is_explained_once(self) -> None:
        assert sorted(kind.value for _name, kinds in GROUPS for kind in kinds) == sorted(kind.value for kind in Kind)
        assert set(KINDS) == set(Kind)

    def test_the_page_counts_the_open_ones_and_leads_to_them(
        self, browser: Client, order: Order, django_assert_max_num_queries: Any
    ) -> None:
        browser.post(reverse("report-new"), {"number": NUMBER, "kind": "damage"})
        with django_assert_max_num_queries(12):
            page = browser.get(reverse("kinds"))
        assert "Damage open 1 " in text(page)
        assert "Loss open 0 " in text(page)
        assert 'href="/desk/?kind=damage"' in page.content.decode()
        assert "Ask for pictures" in text(page)

    @pytest.mark.parametrize("q", ["拦截", "YT88 拦截", "Intercept", "派送失败", "failed delivery", "delivery failed"])
    def test_who_searches_for_either_is_told_both(self, browser: Client, order: Order, q: str) -> None:
        assert explains(q)
        for name in ("desk", "orders"):
            page = browser.get(reverse(name), {"q": q}).content.decode()
            assert "?kind=interception_due" in page
            assert "?kind=failed_delivery" in page

    @pytest.mark.parametrize("q", ["", NUMBER, "8000", "破损"])
    def test_others_are_not(self, browser: Client, q: str) -> None:
        assert not explains(q)
        assert "Interception: ours" not in text(browser.get(reverse("desk"), {"q": q}))
