"""From the rows of a table to values by our fields. Pure: columns are found by name, cells are read by kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from orders.drafts import RowIssue
from orders.errors import UnusableFile
from orders.sources import cells, goods
from orders.sources.cells import Cell, CellError
from orders.sources.fields import FIELDS, FieldKind
from orders.sources.profiles import Profile, known_headers
from orders.sources.reading import Table

# A title or two may stand above the header; further down nobody looks.
HEADER_ROWS: Final = 10
# What stands in the number's place in a row that sums the others up.
TOTALS: Final = frozenset({"合计", "总计", "小计", "total"})
VALUE_SHOWN: Final = 200
# Read by the words of a column, or from several columns at once.
READ_APART: Final = frozenset({"status", "goods", "category"})
JOINED_WAYBILLS: Final = 10 * cells.LONGEST_WAYBILL

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    row: int
    names: tuple[str, ...]

    def index(self, folded: str) -> int | None:
        """Return the column of a folded header; the first where it stands twice."""
        return next((i for i, name in enumerate(self.names) if cells.folded(name) == folded), None)


def header_of(table: Table) -> Header:
    """Return the header: of the first rows the one with most names we know, else the first. Raises UnusableFile."""
    best, most = None, -1
    for row, written in table.rows():
        if row > HEADER_ROWS:
            break
        names = tuple(cells.clean(cell) for cell in written)
        knows = sum(cells.folded(name) in known_headers() for name in names)
        if knows > most:
            best, most = Header(row, names), knows
    if best is None:
        raise UnusableFile("empty")
    return best


def columns_of(header: Header, fields: Mapping[str, Sequence[str]], chosen: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the columns each field is read from, the best first: as `chosen` by hand, else as the profile has them.

    `chosen` maps a field to a column header, "" to leave the field out. Raises UnusableFile for names that do not exist.
    """
    columns: dict[str, list[int]] = {}
    for name, alternatives in fields.items():
        found = [index for folded in alternatives if (index := header.index(folded)) is not None]
        if found:
            columns[name] = found
    for name, column in chosen.items():
        if name not in FIELDS:
            raise UnusableFile("field-unknown", name)
        columns.pop(name, None)
        if column:
            index = header.index(cells.folded(column))
            if index is None:
                raise UnusableFile("column-unknown", column)
            columns[name] = [index]
    return columns


class RowReader:
    """Reads rows of one table into values by field. Made once a file: names are resolved here, not per row."""

    def __init__(self, table: Table, header: Header, columns: Mapping[str, list[int]], profile: Profile, zone: tzinfo):
        if "number" not in columns:
            raise UnusableFile("column-missing", str(FIELDS["number"].label))
        self.table = table
        self.header = header
        self.width = len(header.names)
        self.key = columns["number"]
        self.statuses = profile.statuses
        parsers = _parsers(zone)
        self.plan = [
            (name, index, parsers[name])
            for name, indexes in columns.items()
            if name not in READ_APART
            for index in indexes
        ]
        self.status = columns.get("status", [])
        self.goods = [(index, goods.words_of(header.names[index])) for index in columns.get("goods", [])]
        self.category = columns.get("category", [])

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Yield (row, the cell of the order number as it stands) of each row of data."""
        for row, key, _ in self._data():
            yield row, key

    def rows(self) -> Iterator[tuple[int, str, Values, list[RowIssue]]]:
        """Yield (row, key, values, issues) of each row of data; values lack what is empty or could not be read."""
        for row, key, written in self._data():
            issues: list[RowIssue] = []
            values = self._values(row, written, issues)
            if len(issues) > 1:  # one cell may fill several fields
                issues = sorted(set(issues), key=lambda issue: self.header.names.index(issue.field))
            yield row, key, values, issues

    def _data(self) -> Iterator[tuple[int, str, list[Cell]]]:
        """Yield (row, order number as it stands, cells) of the rows below the header.

        Left out is what is no data: totals, the header again, formulas under it.
        """
        width, header_row = self.width, self.header.row
        own_name = self.header.names[self.key[0]]
        for row, written in self.table.rows():
            if row <= header_row:
                continue
            if len(written) < width:
                written = [*written, *([""] * (width - len(written)))]
            key = ""
            for index in self.key:
                if key := cells.clean(written[index]):
                    break
            if not key and (row == header_row + 1 or not any(map(cells.clean, written))):
                continue  # settlement files explain their columns in a second header row
            if key == own_name or key.casefold() in TOTALS:
                continue
            yield row, key, written

    def _values(self, row: int, written: list[Cell], issues: list[RowIssue]) -> Values:
        values: Values = {}
        for name, index, parse in self.plan:
            cell = written[index]
            if cell == "" or cell is None or name in values:
                continue
            try:
                value = parse(cell)
            except CellError as error:
                issues.append(RowIssue(row, self.header.names[index], error.code, _shown(error.value)))
                continue
            if value is not None:
                values[name] = value
        for index in self.status:
            if word := cells.clean(written[index]):
                values["status"] = self._status(row, index, word, issues)
                break
        if self.goods and (kind := self._goods(row, written, issues)):
            values["goods"] = kind
        if self.category:
            path = goods.category_of([written[index] for index in self.category], FIELDS["category"].longest)
            if path:
                values["category"] = path
        return values

    def _status(self, row: int, index: int, word: str, issues: list[RowIssue]) -> str | None:
        status = self.statuses.get(word) or self.statuses.get(cells.folded(word))
        if status is None:
            issues.append(RowIssue(row, self.header.names[index], "status-unknown", _shown(word), refused=False))
        return status

    def _goods(self, row: int, written: list[Cell], issues: list[RowIssue]) -> str:
        """Return the first kind that any of the columns names; "" for ordinary goods and where none says anything."""
        for index, words in self.goods:
            if word := cells.clean(written[index]):
                kind = goods.kind_of(word, words)
                if kind:
                    return kind
                if kind is None:
                    issues.append(RowIssue(row, self.header.names[index], "goods-unknown", _shown(word), refused=False))
        return ""


def _shown(value: str) -> str:
    """Return what stood in a cell on one line, short enough to be told."""
    return " ".join(value.replace("\0", "").split())[:VALUE_SHOWN]


def _parsers(zone: tzinfo) -> dict[str, Callable[[Cell], Any]]:
    time = cells.time_of(zone)
    by_kind: dict[FieldKind, Callable[[Cell], Any]] = {
        FieldKind.NUMBER: cells.number,
        # Several numbers may be joined in one cell; each is measured when it is a parcel.
        FieldKind.WAYBILL: lambda cell: cells.number(cell, JOINED_WAYBILLS, "waybill-too-long"),
        FieldKind.TIME: time,
        FieldKind.MONEY: cells.money,
        FieldKind.QUANTITY: cells.quantity,
    }
    return {name: by_kind.get(field.kind) or cells.text_of(field.longest) for name, field in FIELDS.items()}
