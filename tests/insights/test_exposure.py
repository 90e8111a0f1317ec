"""What broken limits cost and what can still be saved, by shop and day."""

import random
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.penalties import Due, owed
from exceptions.deadlines.shoplimits import Reach
from exceptions.models import Clock, Policy
from insights.exposure import Exposure, Figures, ShopExposure, Span, exposure, near_limits, span
from merchants.models import Merchant, Shop, User
from orders.models import Order
from tests.exceptions.making import a_parcel, an_order, member_of
from tests.exceptions.scene import late_dispatch, late_pickup, sweep_all
from tests.test_translations import english

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOTHING = Decimal(0)
# Noon of 2026-11-22 in Shanghai, as `now`.
TODAY = date(2026, 11, 22)
MONTH = Span(date(2026, 10, 23), date(2026, 11, 25))


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    caches["local"].clear()
    yield
    caches["local"].clear()


@pytest.fixture
def tmall(merchant: Merchant) -> Shop:
    return Shop.objects.create(merchant=merchant, code="MT-TM", name="棉田旗舰店", platform="tmall")


def money(text: str) -> Decimal:
    return Decimal(text)


def told(person: User, shop: Shop, now: datetime, asked: Span = MONTH) -> ShopExposure:
    caches["local"].clear()
    return exposure(member_of(person), [shop], asked, now).shops[0]


def by_day(line: ShopExposure) -> dict[date, tuple[Decimal, Decimal]]:
    return {day.day: (day.figures.owed, day.figures.savable) for day in line.days}


def by_kind(line: ShopExposure) -> dict[Kind, Figures]:
    return {one.kind: one.figures for one in line.kinds}


def a_clock(order: Order, due_at: datetime, now: datetime, **values: object) -> Clock:
    """A clock as the sweep leaves it at `now`: running, unless it says when it stopped."""
    stopped = values.get("stopped_at")
    level = 2 if min(now, stopped or now) > due_at else 0  # type: ignore[type-var]
    return Clock.objects.create(
        order=order,
        started_at=due_at - 48 * HOUR,
        warn_at=due_at - 6 * HOUR,
        due_at=due_at,
        grave_at=due_at + 24 * HOUR,
        level=level,
        wake_at=None if stopped else due_at if level == 0 else due_at + 24 * HOUR,
        **{"term": "T", "version": "1", "kind": "late_dispatch", "penalty": Decimal(3)} | values,
    )


def test_douyins_late_dispatch_and_late_pickup_are_paid_once_and_count_where_they_broke_first(
    other_shop: Shop, seller: User, now: datetime
) -> None:
    paid, uploaded = now - 80 * HOUR, now - 30 * HOUR
    order = an_order(other_shop, "a", paid, amount=Decimal(200), status="dispatched", dispatched_at=uploaded)
    a_parcel(order, "YT8834201944715", uploaded)
    sweep_all(now)
    line = told(seller, other_shop, now)
    broken = {clock.term: clock.penalty for clock in Clock.objects.filter(level__gte=2)}
    assert broken == {"DY-SHIP-48": money("3.00"), "DY-PICKUP-24": money("3.00")}
    assert line.total.owed == money("3.00")
    kinds = by_kind(line)
    assert (kinds[Kind.LATE_DISPATCH].owed, kinds[Kind.LATE_PICKUP].owed) == (money("3.00"), money("0.00"))
    assert (kinds[Kind.LATE_DISPATCH].broken, kinds[Kind.LATE_PICKUP].broken) == (1, 1)
    assert line.total.broken == 2, "on two days"


def test_the_stock_out_that_follows_adds_and_can_be_saved_until_it_is_due(
    other_shop: Shop, seller: User, now: datetime
) -> None:
    an_order(other_shop, "a", now - 50 * HOUR, amount=Decimal(200))
    sweep_all(now)
    line = told(seller, other_shop, now)
    assert by_day(line) == {date(2026, 11, 22): (money("3.00"), NOTHING), date(2026, 11, 24): (NOTHING, money("10.00"))}
    assert (line.total.owed, line.total.savable) == (money("3.00"), money("10.00"))
    later = now + 47 * HOUR
    sweep_all(later)
    assert by_day(told(seller, other_shop, later))[date(2026, 11, 24)] == (money("10.00"), NOTHING)


@pytest.mark.parametrize(("amount", "first", "then"), [("10", "3.50", "0.00"), ("100", "5.00", "30.00")])
def test_tmalls_penalties_stop_at_35_percent(
    tmall: Shop, seller: User, now: datetime, amount: str, first: str, then: str
) -> None:
    an_order(tmall, "a", now - 121 * HOUR, amount=Decimal(amount))
    sweep_all(now)
    days = by_day(told(seller, tmall, now))
    assert days == {date(2026, 11, 19): (money(first), NOTHING), date(2026, 11, 22): (money(then), NOTHING)}


def test_the_day_is_the_shops_and_the_rate_is_of_the_orders_due_on_it(shop: Shop, seller: User, now: datetime) -> None:
    midnight = datetime(2026, 11, 20, 16, tzinfo=now.tzinfo)  # 11-21 00:00 in Shanghai
    for n, (due, stopped) in enumerate([(0, None), (1, 0), (-1, None), (2, 3)]):
        a_clock(
            an_order(shop, f"{n}", now),
            midnight + due * HOUR,
            now,
            stopped_at=None if stopped is None else midnight + stopped * HOUR,
        )
    line = told(seller, shop, now)
    figures = {day.day.day: (day.figures.broken, day.figures.due, day.figures.rate) for day in line.days}
    assert figures == {20: (1, 1, 100.0), 21: (2, 3, 66.7)}
    assert (line.total.broken, line.total.due, line.total.owed) == (3, 4, money("9.00"))
    Shop.objects.update(timezone="UTC")
    shop.refresh_from_db()
    assert [day.day.day for day in told(seller, shop, now).days] == [20]


def test_an_order_with_two_limits_on_a_day_is_one_order(shop: Shop, seller: User, now: datetime) -> None:
    order = an_order(shop, "a", now)
    a_clock(order, now - HOUR, now, term="A")
    a_clock(order, now - 2 * HOUR, now, term="B")
    line = told(seller, shop, now)
    assert (line.total.broken, line.total.due, line.total.owed) == (1, 1, money("6.00"))


def test_what_each_limit_adds_comes_to_what_the_order_owes(shop: Shop, seller: User, now: datetime) -> None:
    """SQL and exceptions.deadlines.penalties.owed agree on 60 random orders: on what broke, and with what still runs."""
    chance = random.Random(11)
    for n in range(60):
        Order.objects.all().delete()
        order = an_order(shop, f"r{n}", now)
        clocks = []
        for i in range(chance.randrange(1, 8)):
            due_at = now + chance.randrange(-200, 70) * HOUR + HOUR / 2
            kept = chance.random() < 0.2
            stopped = due_at - HOUR if kept else due_at + HOUR if due_at < now and chance.random() < 0.3 else None
            values = {
                "term": f"T{i}",
                "kind": chance.choice(["late_dispatch", "late_pickup"]),
                "penalty": Decimal(chance.randrange(0, 3000)) / 100,
                "stack": chance.choice(["", "a", "b"]),
                "cap": chance.choice([None, Decimal("9.50"), Decimal("20.00")]),
                "stopped_at": stopped,
            }
            clocks.append(a_clock(order, due_at, now, **values))
        counted = [clock for clock in clocks if not clock.stopped_at or clock.stopped_at > clock.due_at]
        broken = owed(Due(c.penalty, c.stack, c.cap) for c in counted if c.due_at < now)
        everything = owed(Due(c.penalty, c.stack, c.cap) for c in counted)
        line = told(seller, shop, now)
        assert (line.total.owed, line.total.owed + line.total.savable) == (broken, everything), f"order r{n}"
        assert sum(one.figures.owed for one in line.kinds) == broken
        assert sum(day.figures.owed for day in line.days) == broken


def test_a_stack_that_broke_before_the_days_asked_for_is_paid_already(shop: Shop, seller: User, now: datetime) -> None:
    order = an_order(shop, "a", now)
    a_clock(order, now - 100 * HOUR, now, term="A", stack="late", penalty=Decimal(3))
    a_clock(order, now - HOUR, now, term="B", stack="late", penalty=Decimal(5))
    assert told(seller, shop, now, Span(TODAY, TODAY)).total.owed == money("2.00")


def test_a_limit_of_the_shop_and_day_is_paid_once_a_day(shop: Shop, seller: User, admin: User, now: datetime) -> None:
    Policy.objects.create(
        merchant=shop.merchant,
        number=1,
        state=Policy.State.PUBLISHED,
        created_at=now,
        effective_from=now - 1000 * HOUR,
        document={
            "changes": [{"code": "PDD-SHIP-48", "set": {"level": "shop_day", "penalty": [{"fixed": 500}]}}],
        },
    )
    for n, hours in enumerate([50, 51, 49, 80]):
        an_order(shop, f"{n}", now - hours * HOUR)
    sweep_all(now)
    owed_on = {day: amounts[0] for day, amounts in by_day(told(seller, shop, now)).items() if amounts[0]}
    assert owed_on == {date(2026, 11, 22): money("500.00"), date(2026, 11, 21): money("500.00")}


def test_days_asked_for_lie_within_the_past_30_and_the_next_3() -> None:
    assert span(None, None, TODAY) == Span(date(2026, 11, 15), date(2026, 11, 25))
    assert span(date(2020, 1, 1), date(2030, 1, 1), TODAY) == Span(date(2026, 10, 23), date(2026, 11, 25))
    assert span(date(2026, 11, 20), date(2026, 11, 1), TODAY) == Span(date(2026, 11, 1), date(2026, 11, 1))


def stock_outs(shop: Shop, now: datetime, broken: int, kept: int) -> None:
    orders = [an_order(shop, f"s{n}", now) for n in range(broken + kept)]
    for n, order in enumerate(orders):
        stopped = None if n < broken else now - 3 * HOUR
        a_clock(order, now - 2 * HOUR, now, term="DY-SHIP-TO-STOCKOUT", stopped_at=stopped)


@pytest.mark.parametrize(
    ("broken", "kept", "reach"), [(30, 60, Reach.REACHED), (29, 10, Reach.NEAR), (30, 80, Reach.NEAR), (10, 0, None)]
)
def test_douyins_limit_of_30_stock_outs_and_30_percent_of_a_day(
    other_shop: Shop, seller: User, now: datetime, broken: int, kept: int, reach: Reach | None
) -> None:
    stock_outs(other_shop, now, broken, kept)
    assert [stand.standing.reach for stand in near_limits(member_of(seller), now)] == ([reach] if reach else [])


def test_where_the_platforms_number_is_not_known_the_page_says_so(
    merchant: Merchant, seller: User, client: Client
) -> None:
    shop = Shop.objects.create(merchant=merchant, code="MT-XHS", name="棉田小红书", platform="xiaohongshu")
    client.force_login(seller)
    page = text(client.get(reverse("exposure"), {"shop": shop.pk}))
    assert page.count("0 of 0 orders (0.0 %). At which number the platform acts is not known.") == 1
    assert "Cannot tell" in page


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_tells_money_by_shop_and_day_and_leads_to_the_desk(shop: Shop, seller: User, client: Client) -> None:
    now = timezone.now()
    late_dispatch(shop, now, hours=50)
    client.force_login(seller)
    response = client.get(reverse("exposure"))
    page = text(response)
    assert "Already owed ¥3.00" in page
    assert "Orders that broke a limit 1 100.0% of 1 with a limit due" in page
    query = f"shop={shop.pk}&amp;kind=late_dispatch&amp;level=broken"
    assert f'href="{reverse("desk")}?{query}"' in response.content.decode()
    assert len(client.get(f"{reverse('desk')}?{query.replace('&amp;', '&')}").context["rows"]) == 1


def test_the_page_speaks_chinese(shop: Shop, other_shop: Shop, seller: User, client: Client) -> None:
    now = timezone.now()
    late_dispatch(shop, now, hours=50)
    stock_outs(other_shop, now, broken=20, kept=0)
    User.objects.update(language="zh-hans", last_name="陈", first_name="默")
    client.force_login(seller)
    page = client.get(reverse("exposure")).content.decode()
    assert "可挽回" in page
    assert english(page) == []


def test_support_of_one_shop_sees_no_other(shop: Shop, other_shop: Shop, support: User, client: Client) -> None:
    late_dispatch(other_shop, timezone.now(), hours=50)
    client.force_login(support)
    for query in ({}, {"shop": other_shop.pk}):
        shown: Exposure = client.get(reverse("exposure"), query).context["exposure"]
        assert [line.shop for line in shown.shops] == [shop]
        assert shown.totals[0].figures == Figures()
        body = client.get(reverse("api-exposure"), query).json()
        assert [line["shop"] for line in body["shops"]] == ["MT-PDD"]


def test_a_query_that_cannot_be_read_shows_the_usual_days(shop: Shop, seller: User, client: Client) -> None:
    client.force_login(seller)
    response = client.get(reverse("exposure"), {"since": "yesterday", "until": "2026-99-99", "shop": "x"})
    today = response.context["today"]
    assert response.context["exposure"].span == span(None, None, today)


def test_the_page_takes_the_same_queries_however_much_is_owed(
    shop: Shop, other_shop: Shop, seller: User, client: Client, django_assert_num_queries
) -> None:
    now = timezone.now()
    client.force_login(seller)
    for n in range(2):
        late_pickup(shop, now, number=f"6801{n}", waybill=f"YT77000000000{n:02d}")
        late_dispatch(other_shop, now, number=f"6802{n}")
        caches["local"].clear()
        with django_assert_num_queries(13):
            client.get(reverse("exposure"))


def test_the_start_page_warns_of_a_shop_limit_that_is_near(other_shop: Shop, seller: User, client: Client) -> None:
    now = timezone.now()
    client.force_login(seller)
    assert "Shop limits today" not in text(client.get("/"))
    noon = timezone.localtime(now, other_shop.zone).replace(hour=0, minute=0, second=30, microsecond=0)
    for order in [an_order(other_shop, f"s{n}", now) for n in range(20)]:
        a_clock(order, noon, now + 2 * HOUR, term="DY-SHIP-TO-STOCKOUT")
    caches["local"].clear()
    page = text(client.get("/"))
    assert "Shop limits today" in page
    assert "20 of 20 orders (100.0 %); 10 more orders until: No new goods" in page


def test_the_api_tells_the_same(shop: Shop, seller: User, client: Client) -> None:
    now = timezone.now()
    late_dispatch(shop, now, hours=50)
    client.force_login(seller)
    body = client.get(reverse("api-exposure"), {"shop": shop.pk}).json()
    days = [day for line in body["shops"] for day in line["days"] if day["broken"]]
    assert [(day["due"], day["broken"], day["rate"], day["owed"], day["savable"]) for day in days] == [
        (1, 1, 100.0, "3.00", "0.00")
    ]
    assert [(kind["kind"], kind["owed"]) for kind in days[0]["kinds"]] == [("late_dispatch", "3.00")]
