"""Orders and pages: whatever is filtered, the pages together are the whole list, forwards and backwards."""

import gzip
import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions import shown
from exceptions.deadlines.kinds import Kind
from exceptions.desk import queue
from exceptions.desk.filters import COLUMNS, Filters
from exceptions.models import Case, Incident
from merchants.models import Shop, User
from shipments.models import Carrier
from tests.exceptions.making import an_order, member_of
from tests.exceptions.scene import late_pickup

HOUR = timedelta(hours=1)
# What a list is sent with: the limit for the queue without charts.
HEAVIEST = 150 * 1024


def many_cases(shops: list[Shop], person: User, now: datetime, many: int) -> None:
    """Cases of all kinds, levels, states and amounts, several of them alike in each column that orders them."""
    chance = random.Random(7)
    orders = [an_order(chance.choice(shops), f"o{i}", now - 50 * HOUR) for i in range(many)]
    cases = []
    for order in orders:
        state = chance.choice(["open", "open", "open", "snoozed", "resolved"])
        due = now + chance.randint(-3, 3) * HOUR
        cases.append(
            Case(
                merchant=order.shop.merchant,
                shop=order.shop,
                order=order,
                kind=chance.choice(list(Kind)).value,
                source=chance.choice(Case.Source.values),
                state=state,
                snoozed_until=now + HOUR if state == "snoozed" else None,
                resolved_at=now - chance.randint(0, 3) * HOUR if state == "resolved" else None,
                outcome="handled" if state == "resolved" else "",
                assignee=chance.choice([None, person]),
                relapses=chance.randint(0, 1),
                opened_at=now - chance.randint(0, 4) * HOUR,
                level=chance.randint(1, 3),
                started_at=now - 50 * HOUR,
                warn_at=due - HOUR,
                due_at=due,
                grave_at=due + 24 * HOUR,
                at_stake=Decimal(chance.randint(0, 4)),
                rank=chance.randint(-3, 3),
            )
        )
    Case.objects.bulk_create(cases)


def walk(member, filters: Filters, now: datetime, page: queue.Page, forwards: bool) -> list[list[int]]:
    """The pages from this one on, as lists of ids, until there is none."""
    pages = [[case.pk for case in page.rows]]
    while cursor := page.next if forwards else page.prev:
        page = queue.page(member, filters, now, **({"after": cursor} if forwards else {"before": cursor}))
        pages.append([case.pk for case in page.rows])
    return pages


FILTERS = st.builds(
    Filters,
    levels=st.sampled_from([(), ("soon",), ("broken",), ("today", "grave")]),
    people=st.sampled_from([(), ("me",), ("none",), ("me", "none")]),
    states=st.sampled_from([(), ("snoozed",), ("resolved",), ("open", "snoozed"), ("open", "resolved")]),
    platforms=st.sampled_from([(), ("pdd",), ("pdd", "douyin")]),
    sources=st.sampled_from([(), ("rule", "buyer")]),
    relapsed=st.sampled_from(["", "1"]),
    order=st.sampled_from(["", "due", "money", "new", "done"]),
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS)
def test_keyset_pages_together_are_the_whole_list_in_order_forwards_and_backwards(
    filters: Filters, shop: Shop, other_shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Case.objects.exists():
        many_cases([shop, other_shop], seller, now, 60)
    monkeypatch.setattr(queue, "PAGE", 7)
    member = member_of(seller)
    order = queue.ORDERS[queue.order_of(filters)]
    sign = -1 if order.descending else 1
    whole = sorted(
        queue.matching(member, filters, now),
        key=lambda case: (sign * order.write(getattr(case, order.column)), sign * case.pk),
    )
    pks = [case.pk for case in whole]
    pages = walk(member, filters, now, queue.page(member, filters, now), forwards=True)
    assert [pk for page in pages for pk in page] == pks
    assert all(len(page) == 7 for page in pages[:-1])
    if pks:
        last = queue.page(member, filters, now, before=queue._pack(queue.order_of(filters), whole[-1]))
        back = walk(member, filters, now, last, forwards=False)
        assert [pk for page in reversed(back) for pk in page] == pks[:-1]
    assert queue.size(member, filters, now) == len(pks)
    assert queue.first(queue.matching(member, filters, now), filters, None, 1000) == pks
    for case, before, after in zip(whole, [None, *pks], [*pks[1:], None], strict=False):
        assert queue.neighbours(member, filters, case, now) == (before, after)


def test_only_orders_with_an_index_are_offered() -> None:
    assert queue.orders_of(Filters()) == ("", "due", "money", "new")
    assert queue.orders_of(Filters(states=("resolved",))) == ("done", "new")
    assert queue.order_of(Filters(states=("open", "resolved"), order="money")) == "new"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("order", "index"),
    [("", "case_queue"), ("due", "case_by_due"), ("money", "case_by_stake"), ("new", "case_by_opening")],
)
def test_each_order_walks_an_index_and_sorts_nothing(
    shop: Shop, seller: User, now: datetime, order: str, index: str
) -> None:
    cases = queue.matching(member_of(seller), Filters(order=order), now)
    with connection.cursor() as cursor:
        # The table of a test is too small for an index to pay.
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        plan = queue._sorted(cases, order, False)[:51].explain()
    assert index in plan
    assert "Sort" not in plan.replace("Incremental Sort", "")


def test_a_cursor_of_another_order_starts_anew() -> None:
    case = Case(pk=7, rank=-5, due_at=timezone.now())
    assert queue._unpack("due", queue._pack("due", case)) == (case.due_at, 7)
    assert queue._unpack("", queue._pack("", case)) == (-5, 7)
    assert queue._unpack("due", queue._pack("", case)) is None
    assert queue._unpack("", queue._pack("due", case)) is None


@pytest.mark.django_db
def test_several_values_of_a_filter_are_any_of_them(
    shop: Shop, other_shop: Shop, seller: User, support: User, now: datetime
) -> None:
    many_cases([shop, other_shop], seller, now, 40)
    carrier = Carrier.objects.first()
    incident = Incident.objects.create(
        merchant=shop.merchant, carrier=carrier, where="hub", place="武汉转运中心", began_at=now, opened_at=now
    )
    first = Case.objects.filter(state="open").first()
    Case.objects.filter(pk=first.pk).update(incident=incident, assignee=support)
    member = member_of(seller)

    def found(query: str) -> set[int]:
        return {case.pk for case in queue.page(member, Filters.of(query), now).rows}

    def those(**lookup: object) -> set[int]:
        return set(Case.objects.filter(state="open", **lookup).values_list("pk", flat=True))

    assert found("assignee=me&assignee=none") == those() - {first.pk}
    assert found(f"assignee={support.pk}") == found(f"incident={incident.pk}") == {first.pk}
    assert found("source=buyer&source=hand") == those(source__in=["buyer", "hand"])
    assert found("platform=douyin") == those(shop=other_shop)
    assert found("level=soon&level=grave") == those(level__in=[1, 3])
    assert found("relapsed=1") == those(relapses=1)
    assert found("state=open&state=snoozed") == set(Case.objects.exclude(state="resolved").values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_day_is_the_readers_day(shop: Shop, seller: User, now: datetime) -> None:
    many_cases([shop], seller, now, 3)
    edge = datetime.fromisoformat("2026-11-22T23:30:00+08:00")
    for case, due in zip(Case.objects.all(), (edge, edge + HOUR, edge - 24 * HOUR), strict=True):
        Case.objects.filter(pk=case.pk).update(due_at=due, state="open", resolved_at=None, snoozed_until=None)
    with timezone.override("Asia/Shanghai"):
        assert [c.due_at for c in queue.page(member_of(seller), Filters.of("day=2026-11-22"), now).rows] == [edge]
    with timezone.override("America/New_York"):
        days = {c.due_at for c in queue.page(member_of(seller), Filters.of("day=2026-11-22"), now).rows}
    assert days == {edge, edge + HOUR}


@pytest.mark.django_db
def test_every_column_can_be_chosen_and_is_kept_in_the_address(shop: Shop, seller: User) -> None:
    late_pickup(shop, timezone.now())
    client = Client()
    client.force_login(seller)
    query = "&".join(f"col={column}" for column in COLUMNS) + "&density=compact"
    page = client.get(f"{reverse('desk')}?{query}")
    assert page.context["query"] == query
    assert set(shown.EXTRA) <= set(COLUMNS)
    body = page.content.decode()
    assert 'class="queue pickable compact many"' in body
    for text in ("Pinduoduo", "Late pickup", "A rule", "Unknown"):
        assert f'<p class="line2">{text}' in body


@pytest.mark.django_db
def test_fifty_rows_weigh_little_and_take_no_query_more_than_one_does(shop: Shop, seller: User) -> None:
    now = timezone.now()
    client = Client()
    client.force_login(seller)
    asked = []
    url = f"{reverse('desk')}?state=open&state=snoozed&order=due"
    late_pickup(shop, now)
    client.get(url)
    for last in (0, 60):
        for i in range(last):
            late_pickup(shop, now, number=f"68{i:04d}", waybill=f"YT{i:013d}")
        caches["local"].clear()
        with CaptureQueriesContext(connection) as captured:
            page = client.get(url)
        asked.append(len(captured))
    assert len(page.context["rows"]) == 50
    # One more where there is a second page: how many match.
    assert asked[1] - asked[0] <= 1
    assert len(gzip.compress(page.content)) < HEAVIEST // 5
