import base64
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from merchants import access
from orders import listing, masking, search
from orders.drafts import Buyer, DispatchDraft
from orders.intake import take_in
from orders.listing import PAGE
from orders.models import Dispatch, Order
from shipments.models import Carrier, Parcel, Waybill
from tests.orders.making import draft, utc

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_desk(client, seller):
    client.force_login(seller)
    return client


def numbers(response) -> list[str]:
    return [row["order"].number for row in response.context["rows"]]


def test_orders_are_listed_newest_first_over_all_shops(at_desk, shop, other_shop, stranger_shop, now) -> None:
    take_in(shop, [draft("A1", placed_at=utc("2026-11-20")), draft("A3", placed_at=utc("2026-11-22"))], now)
    take_in(other_shop, [draft("A2", placed_at=utc("2026-11-21"))], now)
    take_in(stranger_shop, [draft("X")], now)
    assert numbers(at_desk.get(reverse("orders"))) == ["A3", "A2", "A1"]
    assert numbers(at_desk.get(reverse("orders"), {"shop": other_shop.pk})) == ["A2"]
    assert numbers(at_desk.get(reverse("orders"), {"shop": stranger_shop.pk})) == []
    assert numbers(at_desk.get(reverse("orders"), {"shop": "x", "status": "y", "after": "!!", "import": "z"})) != []


def test_filters_live_in_the_address(at_desk, shop, now) -> None:
    take_in(shop, [draft("A1", status="unpaid"), draft("A2", status="completed")], now)
    assert numbers(at_desk.get(reverse("orders"), {"status": "completed"})) == ["A2"]


def test_pages_run_through_every_order_once_and_back(at_desk, shop, other_shop, now) -> None:
    start = utc("2026-11-01")
    first = [draft(f"A{i:03}", placed_at=start + timedelta(minutes=i // 3)) for i in range(70)]
    take_in(shop, [*first, draft("N1", placed_at=None), draft("N2", placed_at=None)], now)
    take_in(other_shop, [draft(f"B{i:03}", placed_at=start + timedelta(minutes=i // 3)) for i in range(60)], now)
    pages, url = [], reverse("orders")
    while url:
        response = at_desk.get(url)
        pages.append(numbers(response))
        last, url = response, response.context["next_url"]
    assert [len(page) for page in pages] == [PAGE, PAGE, 32]
    seen = [number for page in pages for number in page]
    assert len(set(seen)) == 132
    assert set(seen[:2]) == {"N1", "N2"}
    expected = Order.objects.order_by("-placed_at", "-pk").values_list("number", flat=True)
    assert seen == list(expected)
    back = at_desk.get(last.context["prev_url"])
    assert numbers(back) == pages[1]
    assert numbers(at_desk.get(back.context["prev_url"])) == pages[0]


def test_a_page_takes_the_same_queries_whatever_it_shows(at_desk, shop, now) -> None:
    take_in(shop, [draft("A1")], now)
    at_desk.get(reverse("orders"))
    counts = []
    for batch in ([], [draft(f"C{i}") for i in range(40)]):
        take_in(shop, batch, now)
        with CaptureQueriesContext(connection) as captured:
            at_desk.get(reverse("orders"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_number_typed_in_full_opens_its_order(at_desk, shop, now) -> None:
    take_in(shop, [draft("A1"), draft("A2")], now)
    order = Order.objects.get(number="A2")
    for q in ("A2", " A2 ", "YT-A2", "yt-a2"):
        response = at_desk.get(reverse("orders"), {"q": q})
        assert (response.status_code, response["Location"]) == (303, reverse("order", args=[order.pk]))
    assert numbers(at_desk.get(reverse("orders"), {"q": "5521"})) == ["A2", "A1"]
    assert numbers(at_desk.get(reverse("orders"), {"q": "none"})) == []


def test_a_waybill_of_several_orders_lists_them(at_desk, shop, now) -> None:
    joint = (DispatchDraft("圆通速递", "YT99", None),)
    take_in(shop, [draft("A1", dispatches=joint), draft("A2", dispatches=joint), draft("A3")], now)
    assert sorted(numbers(at_desk.get(reverse("orders"), {"q": "YT 99"}))) == ["A1", "A2"]


def test_search_finds_nothing_of_strangers(seller, shop, stranger_shop, at_desk, now) -> None:
    take_in(stranger_shop, [draft("X1")], now)
    for q in ("X1", "YT-X1", "5521"):
        assert numbers(at_desk.get(reverse("orders"), {"q": q})) == []


def test_an_order_shows_what_is_known_and_masks_the_buyer(at_desk, shop, now) -> None:
    take_in(
        shop,
        [
            draft(
                promised_dispatch_at=utc("2026-11-22 01:05"),
                buyer=Buyer("王小明", "13900005521", "南山区1号", "call 13911112222"),
            )
        ],
        now,
    )
    order = Order.objects.get()
    carrier, _ = Carrier.objects.get_or_create(code="yuantong", defaults={"name_zh": "圆通速递", "name_en": "YTO"})
    waybill = Waybill.objects.create(
        merchant=shop.merchant, carrier=carrier, number="YT-A1", created_at=now, last_text="已揽收"
    )
    Parcel.objects.create(dispatch=Dispatch.objects.get(), waybill=waybill)
    text = at_desk.get(reverse("order", args=[order.pk])).content.decode()
    for shown in (
        "王**",
        "139****5521",
        "陶瓷餐具",
        "¥125.00",
        "YT-A1",
        "已揽收",
        "2026-11-22 09:05:00 CST",
        "139****2222",
    ):
        assert shown in text
    for hidden in ("王小明", "13900005521", "南山区1号", "13911112222"):
        assert hidden not in text


def test_an_order_without_anything_but_a_number_has_its_page(at_desk, shop, now) -> None:
    take_in(shop, [draft("A1", buyer=None, lines=(), dispatches=(), placed_at=None, paid_at=None)], now)
    assert at_desk.get(reverse("order", args=[Order.objects.get().pk])).status_code == 200


def test_a_cursor_that_cannot_be_read_starts_anew() -> None:
    assert listing._unpack("!!") is None
    assert listing._unpack("") is None
    assert listing._unpack("MjAyNi0xMS0wMXwx") is None


def test_a_search_for_nothing_finds_nothing(seller, shop) -> None:
    member = access.of(seller.memberships.get())
    assert search.find(member, "   ").pks == []


@pytest.mark.parametrize(
    ("full", "masked"),
    [
        ("13900005521", "139****5521"),
        ("139****5521", "139****5521"),
        ("18412345678-8821", "184****5678-8821"),
        ("+86 13900005521", "139****5521"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_a_phone_is_masked(full: str, masked: str) -> None:
    assert masking.phone(full) == masked


def test_a_name_keeps_its_first_sign() -> None:
    assert [masking.name(name) for name in ("王小明", "王*明", "John", "")] == ["王**", "王*明", "J**", ""]


def test_a_nul_in_a_search_is_left_out_before_the_database_sees_it(at_desk) -> None:
    assert at_desk.get(reverse("orders"), {"q": "26\x001"}).status_code == 200


@pytest.mark.parametrize("offset", ["+23:59", "-23:59"])
def test_a_cursor_with_an_offset_no_database_takes_is_read_all_the_same(at_desk, offset: str) -> None:
    for day in ("0001-01-01", "2026-11-22", "9999-12-31"):
        cursor = base64.urlsafe_b64encode(f"{day}T00:00:00{offset}|7".encode()).decode().rstrip("=")
        assert at_desk.get(reverse("orders"), {"after": cursor}).status_code == 200
