from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.models import Shop
from orders import intake
from orders.drafts import Buyer, DispatchDraft, LineDraft, OrderDraft
from orders.intake import BATCH, Counts, take_in
from orders.models import Dispatch, Order, OrderLine
from tests.orders.making import draft, utc

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=3)


def state() -> list:
    orders = list(Order.objects.order_by("pk").values())
    for order in orders:
        order.pop("content_hash")
    return [orders, list(OrderLine.objects.order_by("pk").values()), list(Dispatch.objects.order_by("pk").values())]


def test_a_new_order_goes_in_with_all_that_was_said(shop, now) -> None:
    assert take_in(shop, [draft()], now) == Counts(created=1)
    order = Order.objects.get()
    assert (order.number, order.status, order.amount, order.currency) == ("A1", "dispatched", Decimal("125.00"), "CNY")
    assert (order.placed_at, order.paid_at) == (utc("2026-11-20 01:00"), utc("2026-11-20 01:05"))
    assert (order.created_at, order.updated_at, order.review_at) == (now, now, now)
    assert order.buyer == {"name": "王小明", "phone": "13900005521", "address": "广东省深圳市南山区1号", "note": "轻放"}
    assert order.phone_tail == "5521"
    line = order.lines.get()
    assert (line.number, line.title, line.spec, line.sku, line.quantity) == ("1", "陶瓷餐具", "6件套", "SKU-1", 2)
    dispatch = order.dispatches.get()
    assert (dispatch.carrier_name, dispatch.number, dispatch.uploaded_at) == (
        "圆通速递",
        "YT-A1",
        utc("2026-11-20 06:30"),
    )
    assert (dispatch.book_at, dispatch.book_error) == (now, "")


def test_what_identifies_a_buyer_is_unreadable_in_the_database(shop, now) -> None:
    take_in(shop, [draft()], now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT buyer, orders_order::text FROM orders_order")
        sealed, row = cursor.fetchone()
    assert "王小明".encode() not in bytes(sealed)
    assert "13900005521" not in row


def test_importing_twice_changes_nothing(shop, now) -> None:
    drafts = [draft("A1"), draft("A2", status="unpaid", dispatches=()), draft("A3", lines=())]
    assert take_in(shop, drafts, now) == Counts(created=3)
    Order.objects.update(review_at=None)
    Dispatch.objects.update(book_at=None)
    before = state()
    assert take_in(shop, drafts, now + LATER) == Counts(unchanged=3)
    assert state() == before


def test_a_changed_order_is_woken_and_only_its_new_dispatch_is_booked(shop, now) -> None:
    take_in(shop, [draft("A1"), draft("A2")], now)
    Order.objects.update(review_at=None, review_error="was bad")
    Dispatch.objects.update(book_at=None)
    both = (*draft("A1").dispatches, DispatchDraft("顺丰速运", "SF2", utc("2026-11-21 01:00")))
    assert take_in(shop, [draft("A1", dispatches=both), draft("A2")], now + LATER) == Counts(updated=1, unchanged=1)
    changed, same = Order.objects.order_by("number")
    assert (changed.review_at, changed.review_error, changed.updated_at) == (now + LATER, "", now + LATER)
    assert (same.review_at, same.updated_at) == (None, now)
    assert list(Dispatch.objects.order_by("number").values_list("number", "book_at")) == [
        ("SF2", now + LATER),
        ("YT-A1", None),
        ("YT-A2", None),
    ]


def test_a_dispatch_whose_carrier_is_corrected_is_booked_again(shop, now) -> None:
    take_in(shop, [draft()], now)
    Dispatch.objects.update(book_at=None, book_error="no such carrier")
    take_in(shop, [draft(dispatches=(DispatchDraft("中通快递", "YT-A1", utc("2026-11-20 06:30")),))], now + LATER)
    dispatch = Dispatch.objects.get()
    assert (dispatch.carrier_name, dispatch.book_at, dispatch.book_error) == ("中通快递", now + LATER, "")


def test_what_a_poorer_file_does_not_say_is_kept(shop, now) -> None:
    rich = draft(
        promised_dispatch_at=utc("2026-11-22 01:05"),
        province="广东省",
        refunded=Decimal(5),
        closed_at=utc("2026-11-21 01:00"),
    )
    take_in(shop, [rich], now)
    before = state()
    poor = OrderDraft("A1", status="dispatched", lines=(LineDraft("1"),), dispatches=(DispatchDraft("", "YT-A1"),))
    assert take_in(shop, [poor], now + LATER) == Counts(updated=1)
    after = state()
    for order in (before[0][0], after[0][0]):
        del order["updated_at"], order["review_at"]
    assert after == before


def test_a_buyer_is_completed_and_not_replaced(shop, now) -> None:
    take_in(shop, [draft(buyer=Buyer("王小明", "13900005521"))], now)
    take_in(shop, [draft(buyer=Buyer(address="深圳", note="轻放"))], now)
    order = Order.objects.get()
    assert order.buyer == {"name": "王小明", "phone": "13900005521", "address": "深圳", "note": "轻放"}
    assert order.phone_tail == "5521"


def test_an_older_export_never_takes_an_order_back(shop, now) -> None:
    take_in(shop, [draft(status="completed")], now)
    take_in(shop, [draft(status="to_dispatch", dispatches=())], now)
    assert Order.objects.get().status == "completed"
    take_in(shop, [draft(status="cancelled")], now)
    assert Order.objects.get().status == "cancelled"


def test_an_order_of_which_no_status_is_known_is_to_dispatch(shop, now) -> None:
    take_in(shop, [OrderDraft("A1")], now)
    order = Order.objects.get()
    assert (order.status, order.amount, order.buyer, order.currency) == ("to_dispatch", 0, None, shop.currency)
    take_in(shop, [OrderDraft("A1", status="dispatched")], now)
    take_in(shop, [OrderDraft("A1", province="广东省")], now)
    assert Order.objects.get().status == "dispatched"


def test_the_same_number_in_two_shops_is_two_orders(shop: Shop, other_shop: Shop, now) -> None:
    assert take_in(shop, [draft()], now) == Counts(created=1)
    assert take_in(other_shop, [draft()], now) == Counts(created=1)
    assert Order.objects.count() == 2


def test_of_a_number_given_twice_the_last_counts(shop, now) -> None:
    assert take_in(shop, [draft(status="unpaid"), draft(status="to_dispatch")], now) == Counts(created=1)
    assert Order.objects.get().status == "to_dispatch"


def test_text_that_copy_would_misread_goes_in_as_it_is(shop, now) -> None:
    title = "a\\N\tb\nc\r\\.d\\"
    take_in(shop, [draft(lines=(LineDraft("1", title, "\\N"),), province="\\N")], now)
    assert OrderLine.objects.values_list("title", "spec").get() == (title, "\\N")
    assert Order.objects.get().province == "\\N"


def test_a_batch_takes_the_same_queries_whatever_its_size(shop, now) -> None:
    def queries(count: int, status: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            take_in(shop, [draft(f"Q{i}", status=status) for i in range(count)], now)
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    assert queries(200, "unpaid") == 9
    assert [queries(2, "to_dispatch"), queries(200, "dispatched")] == [11, 11]
    assert queries(200, "dispatched") == 2


def test_many_orders_are_written_batch_by_batch(shop, now) -> None:
    drafts = [draft(f"B{i}") for i in range(BATCH + 1)]
    assert [len(batch) for batch in intake.batches(iter(drafts))] == [BATCH, 1]
    assert take_in(shop, iter(drafts), now) == Counts(created=BATCH + 1)
    assert Dispatch.objects.count() == BATCH + 1


def test_the_hash_covers_every_field() -> None:
    same = draft()
    assert intake.content_hash(same) == intake.content_hash(draft())
    others = [
        replace(same, amount=Decimal("125.01")),
        replace(same, paid_at=utc("2026-11-20 01:06")),
        replace(same, buyer=replace(same.buyer, note="")),
        replace(same, lines=()),
        replace(same, dispatches=(replace(same.dispatches[0], carrier_name="YTO"),)),
    ]
    assert len({intake.content_hash(other) for other in [same, *others]}) == 6
