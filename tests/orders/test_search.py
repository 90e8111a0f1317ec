"""Support finds an order by whatever the buyer reads out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants import access
from merchants.access import Member
from orders import search
from orders.drafts import Buyer, DispatchDraft, LineDraft
from orders.intake import take_in
from orders.models import Order
from tests.orders.making import draft

pytestmark = pytest.mark.django_db
NUMBER = "261122-483920174459201"
WAYBILL = "YT8834201944712"


@pytest.fixture
def member(seller, other_shop) -> Member:
    return access.of(seller.memberships.get())


@pytest.fixture
def orders(shop, other_shop, stranger_shop, now) -> None:
    told = {
        "buyer": Buyer("王小明", "13900005521", "南山区1号", ""),
        "lines": (LineDraft("1", "陶瓷餐具 6 件套 家用", "白", "TC-6"), LineDraft("2", "Tea Set", "", "ts-9")),
        "dispatches": (DispatchDraft("圆通速递", WAYBILL, None),),
    }
    nobody = {"buyer": None, "lines": (), "dispatches": ()}
    take_in(shop, [draft(NUMBER, **told), draft("A2", **nobody | {"buyer": Buyer("张**", "139****7788")})], now)
    take_in(other_shop, [draft("B1", **nobody | {"buyer": Buyer("Mary Ann Smith", "13911110001")})], now)
    take_in(other_shop, [draft("B2", **nobody | {"buyer": Buyer("赵一", "18412345678-8821")})], now)
    take_in(stranger_shop, [draft(NUMBER, **told), draft("X2", **nobody | {"buyer": Buyer("张**")})], now)


def hits(member: Member, text: str) -> list[tuple[str, tuple[str, ...]]]:
    found = search.find(member, text)
    numbers = dict(Order.objects.values_list("pk", "number"))
    return [(numbers[pk], found.by[pk]) for pk in found.pks]


@pytest.mark.parametrize(
    ("text", "number", "reasons"),
    [
        (NUMBER, NUMBER, ("number",)),
        ("261122483920174459201", NUMBER, ("number",)),
        (" 261122 - 483920174459201 ", NUMBER, ("number",)),
        ("２６１１２２－４８３９２０１７４４５９２０１", NUMBER, ("number",)),
        ("26112248", NUMBER, ("number",)),
        ("459201", NUMBER, ("number",)),
        (WAYBILL, NUMBER, ("waybill",)),
        ("yt 8834 2019 44712", NUMBER, ("waybill",)),
        ("YT88342", NUMBER, ("waybill",)),
        ("4712", NUMBER, ("waybill",)),
        ("944712", NUMBER, ("waybill",)),
        ("5521", NUMBER, ("phone",)),
        ("13900005521", NUMBER, ("phone",)),
        ("+86 139-0000-5521", NUMBER, ("phone",)),
        ("13912347788", "A2", ("phone",)),
        ("18412345678-8821", "B2", ("phone",)),
        ("8821", "B2", ("phone",)),
        ("王小明", NUMBER, ("name",)),
        (" 王 小明", NUMBER, ("name",)),
        ("张**", "A2", ("name",)),
        ("张＊", "A2", ("name",)),
        ("mary ann smith", "B1", ("name",)),
        ("SMITH", "B1", ("name",)),
        ("Smith Mary", "B1", ("name",)),
        ("TC-6", NUMBER, ("sku",)),
        ("tc-", NUMBER, ("sku",)),
        ("餐具", NUMBER, ("goods",)),
        ("家用 陶瓷", NUMBER, ("goods",)),
        ("tea set", NUMBER, ("goods",)),
    ],
)
def test_one_box_finds_an_order_and_says_why(member, orders, text: str, number: str, reasons: tuple[str, ...]) -> None:
    assert hits(member, text) == [(number, reasons)]


@pytest.mark.parametrize(
    "text", ["", "  ", "\0", "nothing", "99", "13912345521", "王小", "李小明", "塑料", "餐 盘", "*"]
)
def test_what_is_not_there_is_not_found(member, orders, text: str) -> None:
    assert hits(member, text) == []


def test_a_number_in_full_is_that_order_alone(member, orders, shop, now) -> None:
    take_in(shop, [draft(f"{NUMBER}9", buyer=None, lines=(), dispatches=())], now)
    found = search.find(member, NUMBER)
    assert (len(found.pks), found.exact) == (1, Order.objects.get(number=NUMBER, shop=shop).pk)
    assert search.find(member, NUMBER[:-1]).exact is None


def test_several_numbers_pasted_at_once_find_all_of_them(member, orders) -> None:
    for text in (f"{NUMBER}\n{WAYBILL}\n99999", f"{WAYBILL}, {NUMBER}", f"{NUMBER[:6]}{NUMBER[7:]}；YT000000"):
        assert [number for number, _ in hits(member, text)] == [NUMBER]
    assert dict(hits(member, f"{NUMBER} {WAYBILL}"))[NUMBER] == ("number", "waybill")


def test_two_hundred_pasted_numbers_take_as_many_queries_as_two(member, shop, now) -> None:
    take_in(shop, [draft(f"N{i:05}", buyer=None, lines=(), dispatches=()) for i in range(210)], now)
    taken = []
    for many in (2, 250):
        with CaptureQueriesContext(connection) as captured:
            found = search.find(member, " ".join(f"N{i:05}" for i in range(many)))
        taken.append((len(found.pks), len(captured)))
    assert taken == [(2, 4), (200, 4)]


@pytest.mark.parametrize(
    ("text", "queries"), [("4712", 7), (WAYBILL, 2), ("13900005521", 8), ("王小明", 3), ("TC-7", 8)]
)
def test_a_search_takes_the_same_queries_whatever_it_finds(member, orders, text: str, queries: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        search.find(member, text)
    assert len(captured) == queries


def test_who_sees_one_shop_finds_nothing_of_the_others(support, orders) -> None:
    member = access.of(support.memberships.get())
    for text in ("mary ann smith", "smith", "B1", "13911110001"):
        assert hits(member, text) == []


def test_a_name_has_another_key_in_another_shop(orders, shop, stranger_shop) -> None:
    keys = set(Order.objects.filter(number__in=["A2", "X2"]).values_list("name_key", flat=True))
    assert (len(keys), None in keys) == (2, False)


def test_a_name_that_comes_later_or_changes_is_found_under_the_new_one(member, orders, shop, now) -> None:
    take_in(shop, [draft("A2", buyer=Buyer("张小强", "", "", ""), lines=(), dispatches=())], now)
    assert (hits(member, "张小强"), hits(member, "张**")) == ([("A2", ("name",))], [])


def test_an_order_whose_later_source_tells_no_buyer_keeps_the_name(member, orders, shop, now) -> None:
    take_in(shop, [draft("A2", buyer=None, lines=(), dispatches=(), status="completed")], now)
    assert hits(member, "张**") == [("A2", ("name",))]


def test_goods_that_are_renamed_are_found_by_the_new_name(member, orders, shop, now) -> None:
    take_in(shop, [draft(NUMBER, buyer=None, lines=(LineDraft("1", "骨瓷碗碟", "白", "GC-1"),), dispatches=())], now)
    assert (hits(member, "骨瓷"), hits(member, "陶瓷")) == ([(NUMBER, ("goods",))], [])


def test_more_than_anybody_reads_is_cut_and_said_to_be(member, shop, now) -> None:
    take_in(shop, [draft(f"N{i:05}", buyer=Buyer("李**"), lines=(), dispatches=()) for i in range(203)], now)
    found = search.find(member, "李**")
    newest = list(Order.objects.order_by("-pk").values_list("pk", flat=True)[: search.MOST])
    assert (found.pks, found.cut) == (newest, True)
