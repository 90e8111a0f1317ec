"""What one cell says. Pure: cells of exports are dirty in known ways, and each is cleaned in one place.

A cell is a str, or what XLSX holds beside text: int, float, bool, datetime, date. Every reader returns None for an empty
cell and raises CellError where the cell says something it cannot read.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

Cell = Any
BLANKS: Final = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"
NULLS: Final = frozenset({"-", "--", "—", "——", "null", "NULL", "Null", "None", "nan", "NaN", "\\N", "#N/A"})
# Douyin hands out receivers as cipher text: ## for names and addresses, $$ for phones.
CIPHERS: Final = ("##", "$$")
SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE]\+?\d+")
# A double holds 15 digits of a number for sure; a longer one in a numeric cell has lost its end.
SURE_DIGITS: Final = 10**15
LONGEST_NUMBER: Final = 64
LONGEST_WAYBILL: Final = 40
CENT: Final = Decimal("0.01")
LARGEST_AMOUNT: Final = Decimal("9999999999.99")
LARGEST_QUANTITY: Final = 1_000_000
LOOSE_TIME: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})\s*[:时]\s*(\d{1,2})分?(?::?(\d{1,2})秒?)?(?:\.\d+)?)?"
)
PACKED_TIME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
# How exports write "no time".
NO_TIMES: Final = ("0000-00-00", "1970-01-01", "0001-01-01", "1900-01-00")


class CellError(Exception):
    """The cell cannot be read: a code of `orders.sources.issues`, and what stood there."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code)
        self.code = code
        self.value = value


def clean(cell: Cell) -> str:
    """Return the cell's text without what spreadsheets and exports wrap around it; "" for null and for cipher text."""
    if cell.__class__ is not str:
        return written(cell)
    text = cell.strip(BLANKS)
    if not text or text in NULLS:
        return ""
    if text[0] in "='\"#$":
        text = _unwrapped(text)
    return text.replace("\x00", "") if "\x00" in text else text


def _unwrapped(text: str) -> str:
    if text.startswith(CIPHERS):
        return ""
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip(BLANKS)
    elif text[0] == "'":
        text = text[1:].strip(BLANKS)
    return "" if text in NULLS or text.startswith(CIPHERS) else text


def written(cell: Cell) -> str:
    """Return a typed XLSX cell as text; numbers too long for a double are written 6.9E+18, as a spreadsheet shows them."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float):
        if cell != cell:
            return ""  # not a number; a text that says so is empty too
        if abs(cell) >= SURE_DIGITS:
            return f"{cell:.5E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def folded(text: str) -> str:
    """Return a header or a status word so that width, case and blanks do not matter: `收货地址 ` is `收货地址`."""
    return "".join(unicodedata.normalize("NFKC", clean(text)).casefold().split())


def text_of(longest: int) -> Callable[[Cell], str | None]:
    """Return a reader of text of which the first `longest` characters are kept."""

    def read(cell: Cell) -> str | None:
        text = clean(cell)
        return (text if len(text) <= longest else text[:longest]) or None

    return read


def number(cell: Cell, longest: int = LONGEST_NUMBER, code: str = "number-too-long") -> str | None:
    """Read an identifier. Raises CellError where a spreadsheet has made it 6.9E+18, or it is too long to be one."""
    text = clean(cell)
    if not text:
        return None
    if SCIENTIFIC.fullmatch(text):
        raise CellError("scientific-number", text)
    if text.endswith(".0") and text[:-2].isdigit():
        text = text[:-2]
    if len(text) > longest:
        raise CellError(code, text)
    return text


def money(cell: Cell) -> Decimal | None:
    """Read an amount, to the cent. Raises CellError where it is none, negative, or too large to store."""
    if (text := clean(cell)) == "":
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = _dressed_money(text)
    if not amount.is_finite():
        raise CellError("money-unreadable", text)
    if amount < 0:
        raise CellError("money-negative", text)
    if amount > LARGEST_AMOUNT:
        raise CellError("money-too-large", text)
    return amount.quantize(CENT, ROUND_HALF_UP)


def _dressed_money(text: str) -> Decimal:
    """Read ¥1,234.50 and 1234.5元."""
    bare = re.sub(r"[¥$€£元\s]|(?:CNY|RMB|USD|BRL)", "", unicodedata.normalize("NFKC", text), flags=re.IGNORECASE)
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        bare = bare.replace(",", "")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise CellError("money-unreadable", text) from None


def quantity(cell: Cell) -> int | None:
    """Read a whole number of pieces. Raises CellError where it is none."""
    if (text := clean(cell)) == "":
        return None
    try:
        pieces = int(text)
    except ValueError:
        try:
            pieces = int(text[:-2]) if text.endswith(".0") else int(text.rstrip("件个 "))
        except ValueError:
            raise CellError("quantity-unreadable", text) from None
    if not 0 <= pieces <= LARGEST_QUANTITY:
        raise CellError("quantity-unreadable", text)
    return pieces


def time_of(zone: tzinfo) -> Callable[[Cell], datetime | None]:
    """Return a reader of times as aware UTC; a time without a zone is wall-clock time in `zone`.

    The reader raises CellError where the cell is no time, or one outside 2000 to 2099.
    """

    def read(cell: Cell) -> datetime | None:
        if cell.__class__ is not str:
            at = _typed_time(cell)
        else:
            text = cell.strip(BLANKS)
            try:
                at = datetime.fromisoformat(text)
            except ValueError:
                at = _loose_time(clean(text))
        if at is None or at.year in (1, 1900, 1970):
            return None
        if not 2000 <= at.year <= 2099:
            raise CellError("time-impossible", str(cell))
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _typed_time(cell: Cell) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the caller gives it its zone
    return _loose_time(written(cell))


def _loose_time(text: str) -> datetime | None:
    """Read 2026/9/22 8:53, 2026年9月22日 08:53:45, 20260922085345; a time at 24:00 is the next day's 00:00."""
    if not text or text.startswith(NO_TIMES):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = LOOSE_TIME.fullmatch(text) or PACKED_TIME.fullmatch(text)
    if found is None:
        raise CellError("time-unreadable", text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        at = datetime(year, month, day, hour % 24, minute, second)  # noqa: DTZ001 - the caller gives it its zone
        if hour < 24:
            return at
        if hour == 24 and not (minute or second):
            return at + timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    raise CellError("time-unreadable", text)
