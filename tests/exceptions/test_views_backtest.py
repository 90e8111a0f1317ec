"""Back-tests in the browser and over REST: start, follow, cancel, read; by who administers every shop alone."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exceptions import backtest
from exceptions.models import BackTest, Policy
from merchants.models import Role, Shop, User
from orders.models import Order
from tests.conftest import person
from tests.exceptions.making import an_order, member_of
from tests.test_translations import english

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JSON = "application/json"


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def orders(shop: Shop, now: datetime) -> dict[str, Order]:
    """Paid ten days ago and handed over 30, 30 and 50 h later; 48 h are live, the draft says 24."""
    paid = now - 10 * DAY
    lengths = {"260922-1": 30, "260922-2": 30, "260922-3": 50}
    return {
        number: an_order(
            shop,
            number,
            paid,
            status="dispatched",
            dispatched_at=paid + hours * HOUR,
            handed_over_at=paid + hours * HOUR,
        )
        for number, hours in lengths.items()
    }


@pytest.fixture
def draft(shop: Shop, now: datetime) -> Policy:
    document = {"changes": [{"code": "PDD-SHIP-48", "set": {"hours": 24, "penalty": [{"fixed": 3}]}}]}
    return Policy.objects.create(merchant=shop.merchant, document=document, created_at=now)


@pytest.fixture
def test(orders: dict[str, Order], draft: Policy, admin: User, now: datetime) -> BackTest:
    return backtest.start(member_of(admin), 30, now)


@pytest.fixture
def done(test: BackTest, now: datetime) -> BackTest:
    assert backtest.run_batch(now) == 1
    test.refresh_from_db()
    return test


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_draft_is_tried_from_the_list_and_leads_to_its_page(browser: Client, draft: Policy, admin: User) -> None:
    assert "No draft has been tried yet." in page(browser, "backtests")
    response = browser.post(reverse("backtest-new"), {"days": "14"})
    test = BackTest.objects.get()
    assert (response.status_code, response["Location"]) == (303, reverse("backtest", args=[test.pk]))
    assert (test.until - test.since, test.asked_by, test.after) == (14 * DAY, admin, draft.document)
    assert reverse("backtest", args=[test.pk]) in page(browser, "backtests")


@pytest.mark.parametrize("days", ["", "8", "x", "-7"])
def test_other_lengths_than_the_offered_are_refused(browser: Client, draft: Policy, days: str) -> None:
    assert browser.post(reverse("backtest-new"), {"days": days}).status_code == 422
    assert not BackTest.objects.exists()


def test_without_a_draft_no_form_is_offered_and_none_is_taken(browser: Client, shop: Shop) -> None:
    assert "There is no draft to try." in page(browser, "backtests")
    response = browser.post(reverse("backtest-new"), {"days": "14"})
    assert response.status_code == 409
    assert "There is no draft to try. Change a rule first." in response.content.decode()


def test_a_second_one_is_refused_while_the_first_runs(browser: Client, test: BackTest) -> None:
    response = browser.post(reverse("backtest-new"), {"days": "7"})
    assert response.status_code == 409
    assert "Another back-test is not over yet." in response.content.decode()
    assert BackTest.objects.count() == 1


def test_its_page_asks_again_only_while_it_runs(browser: Client, test: BackTest, now: datetime) -> None:
    assert "Waiting for a worker." in page(browser, "backtest", test.pk)
    BackTest.objects.update(state="running", orders_total=3000, orders_done=1000)
    running = page(browser, "backtest", test.pk)
    assert "1,000 of 3,000 orders are judged." in running
    assert '<progress class="fuse is-soon" max="100" value="33"' in running
    assert 'hx-trigger="every 1s"' in running
    BackTest.objects.update(orders_done=0)
    backtest.run_batch(now)
    assert 'hx-trigger="every 1s"' not in page(browser, "backtest", test.pk)


def test_htmx_gets_the_part_it_swaps(browser: Client, test: BackTest) -> None:
    response = browser.get(reverse("backtest", args=[test.pk]), headers={"HX-Request": "true", "HX-Target": "backtest"})
    assert response.content.decode().lstrip().startswith('<div id="backtest"')


def test_what_it_found_is_told_in_all_by_day_by_shop_and_by_kind(
    browser: Client, done: BackTest, shop: Shop, orders: dict[str, Order]
) -> None:
    response = browser.get(reverse("backtest", args=[done.pk]))
    told = response.context
    assert (told["totals"].new, told["totals"].gone, told["totals"].same) == (2, 0, 1)
    assert (told["totals"].money_before, told["totals"].money_after) == ("¥3.00", "¥9.00")
    due = (done.until - 9 * DAY).astimezone(shop.zone).date()
    for name, labels in {"days": [due], "shops": [shop]}.items():
        assert [(row.label, row.new, row.gone, row.same) for row in told[name]] == [
            (label, 2, 0, 1) for label in labels
        ]
    assert [(row.label.value, row.money_after) for row in told["kinds"]] == [("late_dispatch", "¥9.00")]
    assert [(piece.series, piece.x) for piece in told["days"][0].bar] == [("new", 0), ("same", 658)]
    text = " ".join(response.content.decode().split())
    assert "¥3.00 → ¥9.00" in text
    for number in ("260922-1", "260922-2"):
        assert f'href="{reverse("order", args=[orders[number].pk])}">{number}</a>' in text
    assert "260922-3" not in text, "judged as before"
    assert "3 orders judged" in text


def test_amounts_of_different_currencies_are_not_added_up(
    browser: Client, done: BackTest, shop: Shop, other_shop: Shop
) -> None:
    Shop.objects.filter(pk=other_shop.pk).update(currency="USD")
    done.lines.create(
        shop=other_shop, day=done.until.date(), kind="late_pickup", gone=1, money_before=Decimal(7), money_after=0
    )
    told = browser.get(reverse("backtest", args=[done.pk])).context
    assert told["totals"].money_before == "¥3.00 + $7.00"
    assert [(row.label, row.money_before) for row in told["shops"]] == sorted(
        [(shop, "¥3.00"), (other_shop, "$7.00")], key=lambda pair: pair[0].name
    )


def test_a_draft_changed_since_is_told(browser: Client, done: BackTest) -> None:
    assert "The draft has changed since." not in page(browser, "backtest", done.pk)
    Policy.objects.update(document={})
    assert "The draft has changed since." in page(browser, "backtest", done.pk)


def test_nothing_changed_is_told_in_words(browser: Client, test: BackTest, now: datetime) -> None:
    BackTest.objects.update(after={})
    backtest.run_batch(now)
    assert "Every order is judged as it is now." in page(browser, "backtest", test.pk)


def test_it_is_cancelled_once(browser: Client, test: BackTest) -> None:
    for _ in range(2):
        response = browser.post(reverse("backtest-cancel", args=[test.pk]))
        assert (response.status_code, response["Location"]) == (303, reverse("backtest", args=[test.pk]))
        test.refresh_from_db()
        assert test.state == "cancelled"
    assert page(browser, "backtest", test.pk).count("The back-test is cancelled.") == 1
    assert "It was cancelled before every order was judged." in page(browser, "backtest", test.pk)


def test_why_it_failed_is_told(browser: Client, test: BackTest, now: datetime) -> None:
    BackTest.objects.update(after={"windows": [{"name": "双11"}]})
    backtest.run_batch(now)
    assert "双11: Both dates are needed: the first and the last day." in page(browser, "backtest", test.pk)


def test_pages_take_as_many_statements_for_many_days_as_for_one(
    browser: Client, done: BackTest, shop: Shop, other_shop: Shop
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(browser, "backtest", done.pk)
        return len(asked)

    statements()  # the rail's counts are kept for seconds
    few = statements()
    for n in range(20):
        for one in (shop, other_shop):
            done.lines.create(shop=one, day=done.until.date() - n * DAY, kind="transit_stall", new=n)
    assert statements() == few


def test_an_admin_of_some_shops_alone_is_refused_everywhere(client: Client, done: BackTest, shop: Shop) -> None:
    client.force_login(person("yizhou", shop.merchant, Role.ADMIN, shop))
    for name, args in {"backtests": [], "backtest": [done.pk], "api-backtests": [], "api-backtest": [done.pk]}.items():
        assert client.get(reverse(name, args=args)).status_code == 403, name
    for name, args in {"backtest-cancel": [done.pk], "api-backtest-cancel": [done.pk], "backtest-new": []}.items():
        assert client.post(reverse(name, args=args), {"days": 7}).status_code == 403, name
    assert client.post(reverse("api-backtests"), {"days": 7}, JSON).status_code == 403
    assert BackTest.objects.count() == 1


class TestRest:
    def test_a_test_from_start_to_result(
        self, browser: Client, draft: Policy, orders: dict[str, Order], shop: Shop, now: datetime
    ) -> None:
        started = browser.post(reverse("api-backtests"), {"days": 30}, JSON)
        assert started.status_code == 201
        told = started.json()
        assert (told["state"], told["asked_by"], told["trial"]) == ("queued", "linxiao", False)
        url = reverse("api-backtest", args=[told["id"]])
        assert browser.get(url).json()["lines"] == []
        backtest.run_batch(now + HOUR)
        result = browser.get(url).json()
        assert (result["state"], result["orders_done"], result["orders_total"], result["stale"]) == (
            "done",
            3,
            3,
            False,
        )
        assert result["lines"] == [
            {
                "shop": "MT-PDD",
                "day": f"{(now - 9 * DAY).astimezone(shop.zone):%Y-%m-%d}",
                "kind": "late_dispatch",
                "new": 2,
                "gone": 0,
                "same": 1,
                "money_before": "3.00",
                "money_after": "9.00",
                "currency": "CNY",
            }
        ]
        assert [(one["order"], one["due_before"], one["penalty"]) for one in result["samples"]] == [
            ("260922-1", None, "3.00"),
            ("260922-2", None, "3.00"),
        ]
        assert [one["id"] for one in browser.get(reverse("api-backtests")).json()] == [told["id"]]

    def test_what_cannot_be_started_or_cancelled(self, browser: Client, test: BackTest) -> None:
        assert browser.post(reverse("api-backtests"), {"days": 8}, JSON).status_code == 400
        assert browser.post(reverse("api-backtests"), {"days": 7}, JSON).status_code == 409
        cancel = reverse("api-backtest-cancel", args=[test.pk])
        assert browser.post(cancel).json()["state"] == "cancelled"
        assert browser.post(cancel).status_code == 409

    def test_a_stranger_learns_nothing(self, client: Client, done: BackTest, stranger: User) -> None:
        client.force_login(stranger)
        assert client.get(reverse("api-backtests")).json() == []
        assert client.get(reverse("api-backtest", args=[done.pk])).status_code == 404


@pytest.mark.parametrize("hours", [24, 2000])
def test_its_pages_speak_chinese_in_every_state(
    browser: Client, orders: dict[str, Order], admin: User, now: datetime, hours: int
) -> None:
    User.objects.filter(pk=admin.pk).update(language="zh-hans", last_name="林", first_name="晓")

    def shown(*args: object) -> list[str]:
        return english(page(browser, "backtest" if args else "backtests", *args))

    def started(days: str) -> list[str]:
        return english(browser.post(reverse("backtest-new"), {"days": days}).content.decode())

    assert shown() == []
    assert started("30") == [], "there is no draft"
    document = {"changes": [{"code": "PDD-SHIP-48", "set": {"hours": hours}}]}
    Policy.objects.create(merchant=admin.memberships.get().merchant, document=document, created_at=now)
    assert started("8") == [], "no such length"
    started("30")
    test = BackTest.objects.get()
    assert started("30") == [], "another one is not over"
    assert shown(test.pk) == []
    backtest.run_batch(now + HOUR)
    Policy.objects.update(document={})
    assert shown(test.pk) == []
    for values in ({"state": "cancelled"}, {"state": "failed"}, {"state": "running", "orders_total": 9, "trial": True}):
        BackTest.objects.update(**values)
        assert shown(test.pk) == []
        assert shown() == []
