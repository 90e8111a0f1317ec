"""The queue: order, pages, filters, counts – and that its query string is its whole state."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from exceptions import sweep
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import queue, risk, settle, tally
from exceptions.desk.filters import CHOICES, ORDERS, Filters
from exceptions.desk.tally import end_of_day
from exceptions.models import Case
from merchants.models import Shop, User
from shipments.models import Carrier
from tests.exceptions.making import a_parcel, an_order, member_of

HOUR = timedelta(hours=1)


def fill(shop: Shop, now: datetime, many: int, name: str = "o") -> None:
    chance = random.Random(many)
    for i in range(many):
        an_order(shop, f"{name}{i}", now - chance.randint(37, 90) * HOUR, amount=Decimal(chance.randint(1, 900)))
    while sweep.judge_batch(now):
        pass


@pytest.mark.django_db
def test_the_stored_rank_is_the_one_the_formula_gives(shop: Shop, now: datetime) -> None:
    fill(shop, now, 60)
    for case in Case.objects.all():
        assert case.rank == risk.rank(Kind(case.kind), Level(case.level), case.due_at, case.grave_at, case.at_stake), (
            case
        )


def test_money_brings_a_case_forward_by_six_hours_a_doubling() -> None:
    assert [risk.head_start(Decimal(money)) // 3600 for money in (0, 25, 75, 175, 775)] == [0, 6, 12, 18, 30]


def test_what_breaks_sooner_comes_first_and_what_is_worth_more_comes_before_it() -> None:
    t0 = datetime(2026, 11, 22, tzinfo=UTC)
    soon = risk.rank(Kind.LATE_DISPATCH, Level.SOON, t0 + 2 * HOUR, t0 + 26 * HOUR, Decimal(30))
    later = risk.rank(Kind.LATE_DISPATCH, Level.SOON, t0 + 5 * HOUR, t0 + 29 * HOUR, Decimal(30))
    dear = risk.rank(Kind.LATE_DISPATCH, Level.SOON, t0 + 5 * HOUR, t0 + 29 * HOUR, Decimal(3000))
    assert dear > soon > later


def test_a_seriously_broken_case_stands_behind_one_that_can_still_be_saved() -> None:
    t0 = datetime(2026, 11, 22, tzinfo=UTC)
    chances = [
        [risk.halvings(kind, level) for level in (Level.SOON, Level.BROKEN, Level.GRAVE)]
        for kind in (Kind.LATE_PICKUP, Kind.FAILED_DELIVERY, Kind.APPEAL_DUE)
    ]
    assert chances == [[0, 1, 2], [0, 0, 1], [0, 3, 3]]
    saved = risk.rank(Kind.LATE_PICKUP, Level.SOON, t0 + 8 * HOUR, t0 + 32 * HOUR, Decimal(100))
    broken = risk.rank(Kind.LATE_PICKUP, Level.BROKEN, t0 - 21 * HOUR, t0 + 3 * HOUR, Decimal(100))
    assert saved > broken
    assert saved - broken == 3600


@pytest.mark.django_db
def test_the_database_and_python_rank_every_kind_at_every_level_alike(shop: Shop, now: datetime) -> None:
    columns = settle._rank("kind", "level", "due", "grave", "stake")
    with connection.cursor() as cursor:
        for kind, level, stake in itertools.product(Kind, Level, (Decimal(0), Decimal("259.5"))):
            given = (kind.value, level.value, now, now + HOUR, stake)
            row = "(select %s::text as kind, %s::int as level, %s as due, %s as grave, %s as stake) c"
            cursor.execute(f"select {columns} from {row}", given)
            assert cursor.fetchone() == (risk.rank(kind, level, now, now + HOUR, stake),), (kind, level)


@pytest.mark.django_db
def test_pages_forward_and_back_show_every_case_once_in_rank_order(shop: Shop, seller: User, now: datetime) -> None:
    fill(shop, now, 120)
    member, seen, after = member_of(seller), [], ""
    pages = []
    while True:
        page = queue.page(member, Filters(), now, after=after)
        pages.append(page)
        seen += page.rows
        if not page.next:
            break
        after = page.next
    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert [case.pk for case in seen] == [case.pk for case in sorted(seen, key=lambda c: (-c.rank, -c.pk))]
    assert len({case.pk for case in seen}) == 120
    back = queue.page(member, Filters(), now, before=pages[2].prev)
    assert [case.pk for case in back.rows] == [case.pk for case in pages[1].rows]
    assert pages[0].prev == ""
    assert queue.page(member, Filters(), now, before=back.prev).prev == ""


@pytest.mark.django_db
def test_a_page_is_one_query_however_many_cases_there_are(shop: Shop, seller: User, now: datetime) -> None:
    fill(shop, now, 60)
    member = member_of(seller)
    with CaptureQueriesContext(connection) as captured:
        for case in queue.page(member, Filters(), now).rows:
            assert case.shop.name and case.order.number
    assert len(captured) == 1


@pytest.mark.django_db
def test_a_broken_cursor_opens_the_first_page(shop: Shop, seller: User, now: datetime) -> None:
    fill(shop, now, 3)
    assert len(queue.page(member_of(seller), Filters(), now, after="%%%nonsense").rows) == 3


@pytest.mark.django_db
def test_each_chips_count_is_the_number_of_rows_behind_it(
    shop: Shop, other_shop: Shop, seller: User, now: datetime
) -> None:
    fill(shop, now, 30)
    fill(other_shop, now, 10, "p")
    Case.objects.filter(pk__in=Case.objects.values("pk")[:4]).update(assignee=seller)
    member = member_of(seller)
    counts = queue.counts(member, now)
    assert counts.all == Case.objects.count() == 40
    for name in ("due2h", "today", "broken", "grave"):
        rows = queue.page(member, Filters(levels=(name,)), now).rows
        assert getattr(counts, name) == len(rows), name
    assert counts.unassigned == len(queue.page(member, Filters(people=("none",)), now).rows) == 36
    assert len(queue.page(member, Filters(people=("me",)), now).rows) == 4
    assert counts.at_stake == sum(case.at_stake for case in Case.objects.all())
    only = queue.counts(member, now, Filters(shops=(other_shop.pk,)))
    assert only.all == 10


@pytest.mark.django_db
def test_numbers_a_full_cache_has_dropped_are_counted_anew_and_no_zeros(
    shop: Shop, seller: User, now: datetime
) -> None:
    fill(shop, now, 3)
    member, chosen = member_of(seller), Filters(kinds=("late_dispatch",))
    before = queue.counts(member, now, chosen)
    assert before.all == 3
    caches["local"].delete(f"tally:{member.merchant.pk}:kind:{end_of_day(now):%Y%m%d%z}:parts")
    assert queue.counts(member, now, chosen) == before


@pytest.mark.django_db
def test_numbers_of_one_carrier_are_those_of_its_rows_and_counted_once_for_all(
    shop: Shop, other_shop: Shop, seller: User, support: User, now: datetime
) -> None:
    for where, count in ((shop, 3), (other_shop, 2)):
        for n in range(count):
            a_parcel(an_order(where, f"{where.code}-{n}", now - 60 * HOUR), f"YT88{where.pk}{n}", now - 59 * HOUR)
    zto = Carrier.objects.get(code="zhongtong")
    a_parcel(an_order(shop, "other", now - 60 * HOUR), "78112345", now - 59 * HOUR, carrier=zto)
    sweep.judge_batch(now)
    yto = Carrier.objects.get(code="yuantong")
    chosen = Filters(carriers=(yto.pk,))
    for user in (seller, support):
        rows = queue.page(member_of(user), chosen, now).rows
        assert {row.carrier_id for row in rows} == {yto.pk}
        assert queue.counts(member_of(user), now, chosen).all == len(rows) > 0
    member = member_of(seller)
    with CaptureQueriesContext(connection) as captured:
        assert queue.size(member, chosen, now) == len(queue.page(member, chosen, now).rows)
    assert len(captured) == 1  # the page itself


@pytest.mark.django_db
def test_while_somebody_counts_anew_others_are_told_the_numbers_of_before(
    shop: Shop, seller: User, now: datetime
) -> None:
    fill(shop, now, 3)
    member, later = member_of(seller), now + 2 * tally.SECONDS
    before = queue.counts(member, now)
    Case.objects.filter(shop=shop).update(assignee=seller)
    with tally._counting, CaptureQueriesContext(connection) as captured:
        assert queue.counts(member, later) == before
    assert not captured
    assert (before.unassigned, queue.counts(member, later).unassigned) == (3, 0)


@pytest.mark.django_db
def test_support_of_one_shop_and_strangers_see_no_other_cases(
    shop: Shop, other_shop: Shop, support: User, stranger: User, now: datetime
) -> None:
    fill(shop, now, 2)
    fill(other_shop, now, 3, "p")
    assert len(queue.page(member_of(support), Filters(), now).rows) == 2
    assert len(queue.page(member_of(support), Filters(shops=(other_shop.pk,)), now).rows) == 0
    assert queue.counts(member_of(stranger), now).all == 0


@pytest.mark.django_db
def test_a_case_is_found_by_order_waybill_phone_tail_and_its_own_number(
    shop: Shop, seller: User, now: datetime
) -> None:
    order = an_order(shop, "260101-000000000000001", now - 60 * HOUR, phone_tail="5521")
    a_parcel(order, "YT8834201944712", now - 59 * HOUR)
    an_order(shop, "260101-000000000000002", now - 60 * HOUR)
    sweep.judge_batch(now)
    member = member_of(seller)
    case = Case.objects.get(kind="late_pickup")
    for words in ("260101-000000000000001", "yt8834201944712", "5521"):
        found = queue.page(member, Filters(q=words), now).rows
        assert {row.order_id for row in found} == {order.pk}, words
        assert len(found) == 2
    assert [row.pk for row in queue.page(member, Filters(q=f"c-{case.pk}"), now).rows] == [case.pk]


def some_of(known: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """A choice among known values, in their own order."""
    return st.sets(st.sampled_from(known), max_size=3).map(lambda chosen: tuple(v for v in known if v in chosen))


IDS = st.sets(st.integers(1, 99), max_size=3).map(lambda pks: tuple(sorted(pks)))
FILTERS = st.builds(
    Filters,
    shops=IDS,
    carriers=IDS,
    platforms=some_of(CHOICES["platform"]),
    kinds=some_of(CHOICES["kind"]),
    causes=some_of(CHOICES["cause"]),
    sources=some_of(CHOICES["source"]),
    levels=some_of(queue.LEVELS),
    people=some_of(("me", "none", "7", "12")),
    states=some_of(queue.STATES).map(lambda states: () if states == ("open",) else states),
    columns=some_of(CHOICES["col"]),
    incident=st.sampled_from(["", "4"]),
    relapsed=st.sampled_from(["", "1"]),
    day=st.sampled_from(["", "2026-11-22"]),
    hour=st.sampled_from(["", "2026-11-22T14"]),
    q=st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20).map(str.strip),
    order=st.sampled_from(["", *ORDERS]),
    density=st.sampled_from(["", "compact", "comfortable"]),
    view=st.sampled_from(["", "all", "3"]),
)


@given(filters=FILTERS)
def test_the_query_string_is_the_whole_state(filters: Filters) -> None:
    assert Filters.from_query(QueryDict(filters.to_query())) == filters


def test_two_links_that_ask_for_the_same_are_the_same_link() -> None:
    one = Filters.of("kind=late_pickup&shop=9&shop=3&kind=late_dispatch&state=open&order=&density=")
    assert one.to_query() == "shop=3&shop=9&kind=late_dispatch&kind=late_pickup"


def test_unknown_values_of_an_old_link_are_ignored() -> None:
    query = QueryDict(
        "kind=gone&level=purple&assignee=x%27&state=?&shop=abc&shop=3&day=2026-13-01&incident=x&order=best&view=-1"
    )
    assert Filters.from_query(query) == Filters(shops=(3,))


def test_a_nul_in_a_search_is_left_out_before_the_database_sees_it() -> None:
    assert Filters.from_query(QueryDict("q=26%001")).q == "261"


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000])
def test_a_person_no_number_can_name_is_ignored(number: str) -> None:
    assert Filters.from_query(QueryDict(f"assignee={number}")) == Filters()
