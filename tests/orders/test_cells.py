from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders.sources import cells
from orders.sources.cells import CellError
from tests.orders.making import SHANGHAI


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\t6917926768823643751", "6917926768823643751"),
        ("'6917926768823643751", "6917926768823643751"),
        ('="6917926768823643751"', "6917926768823643751"),
        ("  圆通 \u3000", "圆通"),
        ("\ufeff订单号", "订单号"),
        ("-", ""),
        ("'-", ""),
        ("null", ""),
        ("##密文", ""),
        ("$$密文", ""),
        ("a\x00b", "ab"),
        (None, ""),
        (754299529443.0, "754299529443"),
        (True, "True"),
        (17.8, "17.8"),
        (datetime.fromisoformat("2026-09-22T08:00"), "2026-09-22 08:00:00"),
    ],
)
def test_a_cell_is_freed_of_what_spreadsheets_wrap_around_it(cell: object, text: str) -> None:
    assert cells.clean(cell) == text


@pytest.mark.parametrize("cell", ["6.9E+18", "6.91793E+18", "6e18", 6917926768823643751.0])
def test_a_number_made_scientific_by_a_spreadsheet_is_refused(cell: object) -> None:
    with pytest.raises(CellError) as caught:
        cells.number(cell)
    assert caught.value.code == "scientific-number"


def test_a_number_may_hold_letters_and_hyphens_and_be_typed_as_a_number() -> None:
    assert cells.number("260101-000000000000000") == "260101-000000000000000"
    assert cells.number("YT13E5") == "YT13E5"
    assert cells.number(123456.0) == "123456"
    assert cells.number("754299529443.0") == "754299529443"


def test_a_number_too_long_to_be_one_is_refused() -> None:
    with pytest.raises(CellError, match="number-too-long"):
        cells.number("9" * 65)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-22 08:53:45",
        "\t2026-09-22 08:53:45 ",
        '="2026-09-22 08:53:45"',
        "2026/9/22 8:53:45",
        "2026.09.22 08:53:45",
        "2026年9月22日 08:53:45",
        "2026年09月22日 8时53分45秒",
        "20260922085345",
        "2026-09-22T08:53:45+08:00",
        "2026-09-22T00:53:45Z",
        datetime.fromisoformat("2026-09-22T08:53:45"),
    ],
)
def test_a_time_is_read_in_every_form_exports_use(text: object) -> None:
    assert cells.time_of(SHANGHAI)(text) == datetime(2026, 9, 22, 0, 53, 45, tzinfo=UTC)


def test_a_time_without_a_zone_is_the_wall_clock_of_the_given_zone() -> None:
    assert cells.time_of(ZoneInfo("UTC"))("2026-09-22 08:00") == datetime(2026, 9, 22, 8, tzinfo=UTC)
    assert cells.time_of(SHANGHAI)(date(2026, 9, 22)) == datetime(2026, 9, 21, 16, tzinfo=UTC)


def test_midnight_written_as_24_is_the_next_day() -> None:
    assert cells.time_of(ZoneInfo("UTC"))("2026-09-30 24:00:00") == datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "-", "0000-00-00 00:00:00", "1970-01-01 08:00:00", "\t"])
def test_the_ways_of_writing_no_time_are_none(text: str) -> None:
    assert cells.time_of(SHANGHAI)(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yesterday", "time-unreadable"),
        ("2026-13-01", "time-unreadable"),
        ("2026-02-30 10:00:00", "time-unreadable"),
        ("2026-02-03 24:30", "time-unreadable"),
        ("22/09/2026", "time-unreadable"),
        ("1999-12-31 23:59:59", "time-impossible"),
        ("9999-12-31 00:00:00", "time-impossible"),
    ],
)
def test_a_time_that_cannot_be_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellError, match=code):
        cells.time_of(SHANGHAI)(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("17.8", "17.80"),
        ("¥1,234.50", "1234.50"),
        ("￥12", "12.00"),
        ("12.5元", "12.50"),
        (28.9, "28.90"),
        ("0.005", "0.01"),
    ],
)
def test_an_amount_is_read_to_the_cent(text: object, amount: str) -> None:
    assert str(cells.money(text)) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("many", "money-unreadable"),
        ("NaN?", "money-unreadable"),
        ("Infinity", "money-unreadable"),
        ("1,23", "money-unreadable"),
        ("-3", "money-negative"),
        ("1E+30", "money-too-large"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellError, match=code):
        cells.money(text)


def test_a_quantity_is_a_whole_number() -> None:
    assert [cells.quantity(cell) for cell in ("5", "5.0", 5, 5.0, "5件", "-", "")] == [5, 5, 5, 5, 5, None, None]
    for cell in ("five", "1.5", "-2", "99999999"):
        with pytest.raises(CellError, match="quantity-unreadable"):
            cells.quantity(cell)


def test_headers_match_whatever_their_width_case_and_blanks() -> None:
    assert cells.folded("收货地址 ") == cells.folded("收货地址")
    assert cells.folded("建议发货时间（起）") == cells.folded("建议发货时间(起)")
    assert cells.folded(" Order  Number") == cells.folded("order number")


def test_money_is_a_decimal() -> None:
    assert isinstance(cells.money("1"), Decimal)


@pytest.mark.parametrize("cell", ["9999-12-31 24:00", "9999/12/31 24:00:00", float("inf")])
def test_a_time_beyond_the_calendar_is_refused(cell: object) -> None:
    with pytest.raises(CellError):
        cells.time_of(SHANGHAI)(cell)


def test_a_numeric_cell_that_is_not_a_number_is_empty_as_a_text_that_says_so() -> None:
    for cell in (float("nan"), "nan"):
        assert (cells.money(cell), cells.number(cell), cells.time_of(SHANGHAI)(cell)) == (None, None, None)
