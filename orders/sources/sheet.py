"""An export file of a platform, as drafts of orders. Pure: bytes in, drafts and issues out.

Rows of one order may lie anywhere in the file. A first pass notes the last row of each order, so that the second can let
an order go as soon as it is whole: only orders that are still open are held in memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from orders.drafts import OrderDraft, RowIssue
from orders.errors import UnusableFile
from orders.sources.assembling import Row, Source, assemble
from orders.sources.cells import folded
from orders.sources.profiles import AUTO, Join, Profile, detect, named
from orders.sources.reading import Table, open_table
from orders.sources.rows import Header, RowReader, columns_of, header_of

HEADERS_SHOWN: Final = 12
Side = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one row came to: the draft of its order if the row was the order's last, and the issues found with it."""

    row: int
    draft: OrderDraft | None
    issues: tuple[RowIssue, ...] = ()

    @property
    def refused(self) -> bool:
        return any(issue.refused for issue in self.issues)


class Sheet:
    """One export, opened: its profile, its header, which column fills which field, and its orders on demand."""

    def __init__(
        self,
        table: Table,
        header: Header,
        profile: Profile,
        zone: tzinfo,
        chosen: Mapping[str, str] | None = None,
        sides: Sequence[tuple[Join, Table, Header]] = (),
    ) -> None:
        self.name = table.name
        self.header = header
        self.profile = profile
        self.zone = ZoneInfo(profile.zone) if profile.zone else zone
        self.columns = columns_of(header, profile.fields, chosen or {})
        self._reader = RowReader(table, header, self.columns, profile, self.zone)
        self._source = Source(profile, self.zone, says_paid="paid_at" in self.columns)
        self._sides = sides
        self._last: dict[str, int] = {}
        self.total = 0
        for row, key in self._reader.numbered():
            self._last[key] = row
            self.total += 1

    def mapping(self) -> dict[str, str]:
        """Return field → the column header it is read from first."""
        return {name: self.header.names[indexes[0]] for name, indexes in self.columns.items()}

    def readings(self) -> Iterator[Reading]:
        """Yield a Reading for each row, in the order of the file; joined files' orphans come last."""
        sides = [self._side(*side) for side in self._sides]
        waiting: dict[str, list[Row]] = {}
        refused: set[str] = set()
        for row, key, values, issues in self._reader.rows():
            if not key:
                issues.append(RowIssue(row, self.header.names[self._reader.key[0]], "number-missing"))
                yield Reading(row, None, tuple(issues))
                continue
            if any(issue.refused for issue in issues):
                refused.add(key)
            else:
                waiting.setdefault(key, []).append((row, values))
            if self._last[key] != row:
                yield Reading(row, None, tuple(issues))
                continue
            rows = waiting.pop(key, None)
            draft = None
            if rows:
                number = rows[0][1]["number"]
                for side, _ in sides:
                    rows += side.pop(number, ())
                draft, doubts = assemble(self._source, number, rows, key not in refused)
                issues += doubts
            yield Reading(row, draft, tuple(issues))
        for side, more in sides:
            yield from more
            for number, rows in side.items():
                if number not in refused:
                    yield from (Reading(row, None, (RowIssue(row, "", "orphan-row", number),)) for row, _ in rows)

    def _side(self, join: Join, table: Table, header: Header) -> tuple[Side, list[Reading]]:
        """Return a joined file's rows by order number, and the readings of those that are refused."""
        reader = RowReader(table, header, columns_of(header, join.fields, {}), self.profile, self.zone)
        rows: Side = {}
        bad: list[Reading] = []
        for row, _, values, issues in reader.rows():
            if any(issue.refused for issue in issues) or "number" not in values:
                issues = issues or [RowIssue(row, "", "number-missing")]
                bad.append(Reading(row, None, tuple(issues)))
            else:
                values["joined"] = True
                rows.setdefault(values["number"], []).append((row, values))
        return rows, bad


def open_sheets(
    files: Sequence[tuple[str, bytes]], profile: str, zone: tzinfo, chosen: Mapping[str, str] | None = None
) -> list[Sheet]:
    """Return the exports in `files` (name, bytes): one each, or one in all where the profile joins several files.

    `profile` is a name or "auto"; `zone` is that of times without one; `chosen` maps fields to headers over the profile's
    own. Raises UnusableFile where nothing can be read, or it is not known as what.
    """
    tables = [(table, header_of(table)) for table in (open_table(content, name) for name, content in files)]
    fixed = None if profile == AUTO else named(profile)
    found = [fixed or detect(header.names) for _, header in tables]
    joining = next((profile for profile in found if profile and profile.joins), None)
    if joining:
        return [_joined(joining, tables, zone, chosen)]
    sheets = []
    for (table, header), profile_found in zip(tables, found, strict=True):
        if profile_found is None:
            raise UnusableFile("header-unknown", ", ".join(name for name in header.names if name)[:200])
        sheets.append(Sheet(table, header, profile_found, zone, chosen))
    return sheets


def _joined(
    profile: Profile, tables: Sequence[tuple[Table, Header]], zone: tzinfo, chosen: Mapping[str, str] | None
) -> Sheet:
    """Return one sheet over the main file and those joined to it. Raises UnusableFile for a kind given twice or unknown."""
    main: tuple[Table, Header] | None = None
    sides: dict[str, tuple[Join, Table, Header]] = {}
    for table, header in tables:
        present = set(map(folded, header.names))
        join = next((join for join in profile.joins if join.marks & present), None)
        if join is None and not (profile.marks & present):
            raise UnusableFile("file-not-of-profile", table.name)
        if (join is None and main) or (join and join.name in sides):
            raise UnusableFile("file-twice", table.name)
        if join is None:
            main = (table, header)
        elif join.fields:
            sides[join.name] = (join, table, header)
    if main is None:
        raise UnusableFile("column-missing", ", ".join(sorted(profile.marks)))
    return Sheet(*main, profile, zone, chosen, tuple(sides.values()))
