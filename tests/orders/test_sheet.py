from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from orders.drafts import Buyer, DispatchDraft, LineDraft, RowIssue
from orders.errors import UnusableFile
from orders.sources import profiles
from orders.sources.sheet import open_sheets
from tests.orders.making import DOUYIN, PDD, SHANGHAI, codes, csv, drafts, opened, read, utc, xlsx

SAMPLES = Path("wire/samples/export_headers")


def sample(shared: Path, name: str) -> bytes:
    return (shared / SAMPLES / name).read_bytes()


def refusal(*args: object, **kwargs: object) -> UnusableFile:
    with pytest.raises(UnusableFile) as caught:
        opened(*args, **kwargs)  # type: ignore[arg-type]
    return caught.value


# --- the real headers and rows


def test_the_full_pdd_header_maps_what_matters(shared: Path) -> None:
    sheet = opened(sample(shared, "pdd_orders_full_2023.csv"))
    assert (sheet.profile.name, sheet.total) == ("pdd", 0)
    mapping = sheet.mapping()
    assert mapping["promised_dispatch_at"] == "承诺发货时间"
    assert mapping["waybill"] == "快递单号"
    assert mapping["paid_at"] == "支付时间"
    assert mapping["placed_at"] == "订单成交时间"
    assert mapping["quantity"] == "商品数量(件)"
    assert mapping["province"] == "省"


def test_the_full_douyin_header_maps_what_matters(shared: Path) -> None:
    sheet = opened(sample(shared, "douyin_orders_full.csv"))
    assert (sheet.profile.name, sheet.total) == ("douyin", 0)
    mapping = sheet.mapping()
    assert mapping["number"] == "主订单编号"
    assert mapping["line_promised_dispatch_at"] == "承诺发货时间"
    assert mapping["promised_delivery_at"] == "预计送达时间"
    assert mapping["paid_at"] == "支付完成时间"


@pytest.mark.parametrize("name", ["pdd_orders_default_2024_row.csv", "pdd_orders_default_2024_row.gbk.csv"])
def test_a_blank_pdd_time_falls_back_to_the_day_in_the_number(shared: Path, name: str) -> None:
    (reading,) = read(sample(shared, name))
    order = reading.draft
    assert order is not None
    assert order.number == "260101-000000000000000"
    assert order.status == "completed"
    assert order.placed_at == utc("2025-12-31 16:00")
    assert order.amount == Decimal("17.80")
    assert order.lines == (LineDraft("1", "接考横幅", "无规格", "", 1),)
    assert reading.issues == (RowIssue(2, "placed_at", "placed-from-number", "260101-000000000000000", refused=False),)


def test_a_company_without_a_number_is_no_dispatch(shared: Path) -> None:
    (order,) = drafts(sample(shared, "pdd_orders_default_2024_row.csv"))
    assert order.dispatches == ()


def test_cipher_text_of_receivers_is_never_read(shared: Path) -> None:
    first, second = drafts(sample(shared, "douyin_orders_masked_2026.csv"))
    assert (first.number, first.status, first.refunded) == ("6917926768823643751", "completed", Decimal("28.90"))
    assert (second.number, second.status, second.refunded) == ("6917926768823643752", "dispatched", None)
    assert first.buyer is None
    assert second.buyer is None
    assert first.lines == (LineDraft("6917926768823643751", "辣丝丝", "1袋", "300400008", 1, Decimal("28.90")),)
    assert first.closed_at == utc("2026-09-24 05:18:29")
    assert second.closed_at is None
    assert second.dispatched_at == utc("2026-09-25 10:00")


def test_a_waybill_and_its_company_part_at_the_last_hyphen(shared: Path) -> None:
    (order,) = drafts(sample(shared, "douyin_orders_express_info.csv"))
    assert order.dispatches == (DispatchDraft("顺丰速运", "SF-A"),)


def test_joined_sub_orders_become_lines_and_their_pieces_an_issue(shared: Path) -> None:
    (reading,) = read(sample(shared, "douyin_orders_multi_sub.csv"))
    assert reading.draft is not None
    assert reading.draft.lines == (
        LineDraft("79M1", "商品A-(A01)", "", "A01", 1),
        LineDraft("79M2", "商品B-(B02)", "", "B02", 1),
    )
    assert reading.draft.amount == Decimal("58.90")
    assert reading.issues == (RowIssue(2, "quantity", "quantity-not-split", "5", refused=False),)


def test_a_byte_order_mark_and_leading_tabs_are_no_part_of_a_number(shared: Path) -> None:
    found = drafts(sample(shared, "douyin_orders_tab_prefixed.csv"))
    assert [(order.number, order.status, order.refunded) for order in found] == [
        ("9001", "dispatched", None),
        ("9002", "dispatched", None),
        ("9003", "cancelled", Decimal("29.90")),
    ]


def test_the_second_header_row_of_a_settlement_is_no_data(shared: Path) -> None:
    (reading,) = read(sample(shared, "douyin_settlement_two_header_rows.csv"))
    assert reading.draft is not None
    assert (reading.row, reading.draft.number, reading.draft.status) == (3, "6917926768823643751", "completed")
    assert reading.draft.placed_at == utc("2026-06-24 02:51:58")
    assert reading.issues == ()


def test_the_tmall_report_shows_unpaid_and_refunded_orders_by_times_and_amounts(shared: Path) -> None:
    found = drafts((shared / "data/tmall_orders/tmall_order_report.csv").read_bytes())
    assert len(found) == 28_010
    statuses = [order.status for order in found]
    assert statuses.count("unpaid") == 3_923
    assert statuses.count("cancelled") == 5_132
    assert sum(bool(order.refunded) for order in found) == 5_646
    assert found[1].buyer == Buyer(address="内蒙古自治区")
    assert found[1].paid_at == utc("2020-02-20 16:00:02")


def olist(shared: Path, *names: str) -> list[tuple[str, bytes]]:
    folder = shared / "data/olist_sample"
    return [(name, (folder / f"olist_{name}_dataset.csv").read_bytes()) for name in names]


def test_the_olist_files_join_to_the_known_truth(shared: Path) -> None:
    (sheet,) = open_sheets(olist(shared, "order_payments", "order_items", "orders"), "auto", SHANGHAI)
    readings = list(sheet.readings())
    orders = [reading.draft for reading in readings if reading.draft]
    assert (sheet.profile.name, len(orders)) == ("olist", 10_000)
    assert not any(reading.issues for reading in readings)
    lines = [(order, line) for order in orders for line in order.lines]
    assert len(lines) == 11_513
    late = [1 for order, line in lines if order.handed_over_at > line.promised_dispatch_at]
    assert len(late) == 1_064
    assert sum(order.handed_over_at > min(line.promised_dispatch_at for line in order.lines) for order in orders) == 894
    delivered = [order for order in orders if order.delivered_at]
    assert len(delivered) == 9_999
    assert sum(order.delivered_at > order.promised_delivery_at for order in delivered) == 771
    first = orders[0]
    assert first.placed_at == utc("2018-03-27 18:00:43")
    assert (first.amount, first.currency, first.status) == (Decimal("80.33"), "BRL", "completed")


def test_olist_orders_go_in_without_their_items_too(shared: Path) -> None:
    (sheet,) = open_sheets(olist(shared, "orders"), "olist", SHANGHAI)
    first = next(sheet.readings()).draft
    assert first is not None
    assert first.lines == ()
    assert first.amount is None


def test_olist_status_words_cancel_and_wait() -> None:
    header = "order_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date"
    rows = [
        f"{word}1,{word},2018-01-01 10:00:00,,"
        for word in ("canceled", "unavailable", "shipped", "processing", "created")
    ]
    assert [order.status for order in drafts(csv(header, *rows))] == [
        "cancelled",
        "cancelled",
        "dispatched",
        "to_dispatch",
        "unpaid",
    ]


# --- variants made here


def test_a_sheet_reads_the_same_as_csv_gbk_and_xlsx() -> None:
    row = ["260922-1", "待发货", "杯子", 2, 17.8, "2026-09-22 08:53:45", "2026-09-24 08:53:45", "", "", "", "", ""]
    text = csv(PDD, ",".join(map(str, row)))
    plain = drafts(text)
    assert plain[0].promised_dispatch_at == utc("2026-09-24 00:53:45")
    assert drafts(text.decode().encode("gb18030")) == plain
    assert drafts(text.decode().encode("utf-8-sig")) == plain
    assert drafts(xlsx(PDD.split(","), row)) == plain


def test_columns_are_found_by_name_wherever_they_stand() -> None:
    names = PDD.split(",")
    row = ["260922-1", "待发货", "杯子", "2", "17.8", "2026-09-22 08:53:45", "", "", "", "", "", ""]
    turned = csv(",".join(reversed(names)), ",".join(reversed(row)))
    assert drafts(turned) == drafts(csv(PDD, ",".join(row)))


def test_a_title_above_the_header_is_passed_over() -> None:
    found = drafts(xlsx(["订单导出 2026-09-22"], [], PDD.split(","), ["260922-1", "待发货"]))
    assert [order.number for order in found] == ["260922-1"]


def test_an_order_number_made_scientific_is_refused_and_the_rest_goes_in() -> None:
    readings = read(csv(PDD, "6.9E+18,待发货", "260922-2,待发货,杯子,1,5,2026-09-22 08:00:00"))
    assert [reading.draft.number for reading in readings if reading.draft] == ["260922-2"]
    assert codes(readings) == [(2, "scientific-number", True)]
    assert readings[0].issues[0].field == "订单号"
    assert readings[0].issues[0].value == "6.9E+18"


def test_a_number_typed_as_a_number_in_a_workbook_is_refused_where_its_digits_are_lost() -> None:
    readings = read(xlsx(DOUYIN.split(","), [6917926768823643751, 1, "杯子"], [123456789, 1, "杯子"]))
    assert codes(readings) == [(2, "scientific-number", True)]
    assert [reading.draft.number for reading in readings if reading.draft] == ["123456789"]


def test_a_row_without_a_number_is_refused_but_totals_are_passed_over() -> None:
    readings = read(csv(PDD, "260922-1,待发货", ",待发货,杯子", "合计,,,9"))
    assert codes(readings)[-1] == (3, "number-missing", True)
    assert len(readings) == 2


def test_every_bad_cell_of_a_row_is_told_at_once() -> None:
    readings = read(csv(PDD, "260922-1,待发货,杯子,many,much,someday"))
    assert codes(readings) == [
        (2, "quantity-unreadable", True),
        (2, "money-unreadable", True),
        (2, "time-unreadable", True),
    ]
    assert readings[0].draft is None


def test_an_unknown_status_is_told_and_never_guessed_as_a_word() -> None:
    (reading,) = read(csv(PDD, "260922-1,飞走了,杯子,1,5,2026-09-22 08:00:00,,2026-09-22 09:00:00"))
    assert [issue.code for issue in reading.issues] == ["status-unknown"]
    assert reading.draft is not None
    assert reading.draft.status == "dispatched"


def test_rows_of_one_order_need_not_stand_together() -> None:
    content = csv(
        DOUYIN,
        "M1,S1,杯子,1,10.00,已发货,2026-09-24 10:00:00,2026-09-22 10:00:00,-,YT1-圆通速递",
        "M2,S9,盘子,1,5.00,待发货,2026-09-25 10:00:00,-,-,-",
        "M1,S2,碗,2,20.00,待发货,2026-09-23 10:00:00,-,-,-",
    )
    readings = read(content)
    assert [reading.draft and reading.draft.number for reading in readings] == [None, "M2", "M1"]
    order = readings[2].draft
    assert order is not None
    assert [line.number for line in order.lines] == ["S1", "S2"]
    assert order.status == "to_dispatch"
    assert order.dispatched_at is None
    assert order.amount == Decimal("30.00")
    assert order.promised_dispatch_at == utc("2026-09-23 02:00")
    assert order.dispatches == (DispatchDraft("圆通速递", "YT1", utc("2026-09-22 02:00")),)


def test_a_cancelled_sub_order_does_not_hold_the_others_back() -> None:
    content = csv(DOUYIN, "M1,S1,a,1,10,已发货,,2026-09-22 10:00:00,-,-", "M1,S2,b,1,20,已关闭,-,-,退款成功,-")
    (order,) = drafts(content)
    assert (order.status, order.refunded, order.amount) == ("dispatched", Decimal("20.00"), Decimal("30.00"))
    assert order.dispatched_at == utc("2026-09-22 02:00")


def test_a_refused_row_leaves_its_orders_sums_unsaid() -> None:
    content = csv(DOUYIN, "M1,S1,a,1,10,待发货,,,,", "M1,S2,b,lots,20,待发货,,,,")
    readings = read(content)
    assert readings[0].draft is None
    order = readings[1].draft
    assert order is not None
    assert (order.amount, [line.number for line in order.lines]) == (None, ["S1"])


def test_several_parcels_of_one_row_are_read() -> None:
    (order,) = drafts(csv(DOUYIN, '"M1",S1,a,1,10,已发货,,2026-09-22 10:00:00,,YT1-圆通速递;SF-2-顺丰速运'))
    assert [(dispatch.number, dispatch.carrier_name) for dispatch in order.dispatches] == [
        ("YT1", "圆通速递"),
        ("SF-2", "顺丰速运"),
    ]


def test_a_waybill_without_a_company_is_taken_with_a_doubt() -> None:
    (reading,) = read(csv(PDD, "260922-1,已发货，待签收,杯子,1,5,2026-09-22 08:00:00,,2026-09-22 09:00:00,YT123,"))
    assert reading.draft is not None
    assert reading.draft.dispatches == (DispatchDraft("", "YT123", utc("2026-09-22 01:00")),)
    assert [issue.code for issue in reading.issues] == ["waybill-without-company"]


def test_a_full_width_comma_in_a_status_is_the_same_word() -> None:
    found = drafts(csv(PDD, '260922-1,"已发货，待签收"', '260922-2,"已发货,待签收"'))
    assert [order.status for order in found] == ["dispatched", "dispatched"]


def test_columns_chosen_by_hand_come_before_the_profiles() -> None:
    content = csv("编号,状态,买家付了", "A1,待发货,12.50")
    assert refusal(content).code == "header-unknown"
    (reading,) = read(content, "generic", {"number": "编号", "status": "状态", "amount": "买家付了"})
    assert reading.draft is not None
    assert (reading.draft.number, reading.draft.status, reading.draft.amount) == ("A1", "to_dispatch", Decimal("12.50"))
    (left_out,) = read(csv(PDD, "260922-1,待发货,杯子"), "pdd", {"title": ""})
    assert left_out.draft is not None
    assert left_out.draft.lines == ()


def test_a_mapping_that_names_nothing_is_refused() -> None:
    content = csv(PDD, "260922-1,待发货")
    assert refusal(content, "pdd", {"number": "no such column"}).code == "column-unknown"
    assert refusal(content, "pdd", {"wings": "订单号"}).code == "field-unknown"
    assert refusal(content, "pdd", {"number": ""}).code == "column-missing"
    assert refusal(content, "nonsense").code == "profile-unknown"


def test_files_of_a_joined_profile_are_each_given_once() -> None:
    orders = csv("order_id,order_status,order_purchase_timestamp", "a,delivered,2018-01-01 10:00:00")
    items = csv("order_id,order_item_id,shipping_limit_date", "a,1,2018-01-03 10:00:00", "zz,1,2018-01-03 10:00:00")

    def refused(*contents: bytes) -> str:
        with pytest.raises(UnusableFile) as caught:
            open_sheets([(f"{i}.csv", content) for i, content in enumerate(contents)], "olist", SHANGHAI)
        return caught.value.code

    assert refused(items) == "column-missing"
    assert refused(orders, orders) == "file-twice"
    assert refused(orders, items, items) == "file-twice"
    assert refused(orders, csv("x,y", "1,2")) == "file-not-of-profile"
    (sheet,) = open_sheets([("o", orders), ("i", items)], "auto", SHANGHAI)
    assert codes(list(sheet.readings())) == [(3, "orphan-row", True)]


def test_several_files_of_a_simple_profile_are_several_sheets() -> None:
    found = open_sheets([("a", csv(PDD, "1,待发货")), ("b", csv(DOUYIN, "2,3"))], "auto", SHANGHAI)
    assert [sheet.profile.name for sheet in found] == ["pdd", "douyin"]


def test_profiles_are_whole() -> None:
    assert set(profiles.every()) == {"pdd", "douyin", "douyin_settlement", "tmall", "olist", "generic"}
    assert all(profile.title for profile in profiles.every().values())


def test_only_open_orders_are_held_in_memory() -> None:
    rows = [f"M{i},S{i},a,1,1,待发货,,,," for i in range(500)]
    readings = opened(csv(DOUYIN, *rows)).readings()
    assert all(reading.draft and reading.draft.number == f"M{i}" for i, reading in enumerate(readings))


def test_times_are_those_of_the_shops_zone_unless_the_profile_has_its_own() -> None:
    (order,) = drafts(csv(PDD, "260922-1,待发货,杯子,1,5,2026-09-22 08:00:00"))
    assert order.placed_at == utc("2026-09-22 00:00")
    assert order.placed_at.utcoffset() == timedelta(0)
