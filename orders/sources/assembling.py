"""From the rows of one order to its draft. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from orders.drafts import (
    STATUS_RANK,
    Buyer,
    DispatchDraft,
    LineDraft,
    OrderDraft,
    RowIssue,
    implied_status,
)
from orders.sources.cells import LARGEST_AMOUNT, LONGEST_WAYBILL, folded
from orders.sources.profiles import Profile
from orders.sources.rows import Values

JOINED: Final = re.compile(r"[;；,，、|\n]+")
DAY_PREFIX: Final = re.compile(r"(\d\d)(\d\d)(\d\d)-")
LINE_FIELDS: Final = frozenset(
    {"line_number", "title", "spec", "sku", "category", "quantity", "line_amount", "line_promised_dispatch_at"}
)
# Fields an order takes as they are; the others are made from those of its rows.
ORDER_FIELDS: Final = (
    *("placed_at", "paid_at", "promised_dispatch_at", "promised_delivery_at", "handed_over_at", "delivered_at"),
    *("goods", "currency", "province", "city", "district"),
)
Row = tuple[int, Values]


@dataclass(frozen=True, slots=True)
class Source:
    """What holds for all rows of a file: its profile, the zone of its times, whether it says when orders were paid."""

    profile: Profile
    zone: tzinfo
    says_paid: bool


def assemble(source: Source, number: str, rows: Sequence[Row], complete: bool) -> tuple[OrderDraft, list[RowIssue]]:
    """Return the draft of the order `number` and what is doubtful about it.

    `complete` is False where a row of the order was refused: what adds up over rows is then not said.
    """
    profile = source.profile
    issues: list[RowIssue] = []
    merged = _merged(profile, rows)
    facts: dict[str, Any] = {name: merged[name] for name in ORDER_FIELDS if name in merged}
    facts["dispatched_at"] = _last_of_all(profile, rows, merged, "dispatched_at")
    facts["closed_at"] = _last_of_all(profile, rows, merged, "closed_at")
    facts["lines"] = _lines(profile, rows, issues)
    facts["dispatches"] = _dispatches(rows, issues)
    facts["buyer"] = _buyer(merged)
    _note_mixed_goods(profile, rows, issues)
    facts.setdefault("currency", profile.currency)
    if complete:
        facts["amount"] = _amount(profile, rows, merged)
        facts["refunded"] = _refunded(profile, rows, merged)
        for name in ("amount", "refunded"):
            if facts[name] is not None and facts[name] > LARGEST_AMOUNT:  # each row's is not; their sum is
                issues.append(RowIssue(rows[-1][0], name, "money-too-large", str(facts[name]), refused=False))
                facts[name] = None
    if "promised_dispatch_at" not in facts:
        promised = [line.promised_dispatch_at for line in facts["lines"] if line.promised_dispatch_at]
        facts["promised_dispatch_at"] = min(promised, default=None)
    if "placed_at" not in facts and profile.number_holds_day and (day := day_of(number, source.zone)):
        facts["placed_at"] = day
        issues.append(RowIssue(rows[0][0], "placed_at", "placed-from-number", number, refused=False))
    facts["status"] = _status(profile, rows) or implied_status(facts) or ("unpaid" if source.says_paid else None)
    return OrderDraft(number, **facts), issues


def _merged(profile: Profile, rows: Sequence[Row]) -> Values:
    """Return the order's own values: of an order written twice the later word, of sub-orders the first."""
    if len(rows) == 1:
        return rows[0][1]
    merged: Values = {}
    for _, values in rows if profile.row_is_order else reversed(rows):
        merged.update(values)
    return merged


def _note_mixed_goods(profile: Profile, rows: Sequence[Row], issues: list[RowIssue]) -> None:
    """Say so where sub-orders are of several kinds: an order has one, and its limits hang on it."""
    if profile.row_is_order or len(rows) == 1:
        return
    kinds = dict.fromkeys(values["goods"] for _, values in rows if "goods" in values)
    if len(kinds) > 1:
        issues.append(RowIssue(rows[-1][0], "goods", "goods-differ", ", ".join(kinds), refused=False))


def day_of(number: str, zone: tzinfo) -> datetime | None:
    """Return the start of the day an order number begins with: 260101-… is 2026-01-01 00:00 in `zone`."""
    found = DAY_PREFIX.match(number)
    if not found:
        return None
    year, month, day = map(int, found.groups())
    try:
        return datetime(2000 + year, month, day, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def _status(profile: Profile, rows: Sequence[Row]) -> str | None:
    if profile.always_status:
        return profile.always_status
    said = [status for _, values in rows if (status := values.get("status"))]
    if profile.row_is_order:
        said = said[-1:]
    return combined(said) if said else None


def combined(statuses: Iterable[str]) -> str:
    """Return where an order of several sub-orders stands: with the least advanced of those not cancelled."""
    alive = [status for status in statuses if status != "cancelled"]
    return min(alive, key=STATUS_RANK.__getitem__, default="cancelled")


def _last_of_all(profile: Profile, rows: Sequence[Row], merged: Values, name: str) -> datetime | None:
    """Return the last of an instant over the sub-orders; None while one that is not cancelled still lacks it."""
    if profile.row_is_order or len(rows) == 1:
        return merged.get(name)
    own = [values for _, values in rows if "joined" not in values]
    told = [values.get(name) for values in own if values.get("status") != "cancelled"] or [merged.get(name)]
    instants = [at for at in told if at]
    return max(instants) if len(instants) == len(told) else None


def _amount(profile: Profile, rows: Sequence[Row], merged: Values) -> Decimal | None:
    if "amount" in profile.sums:
        told = [values["amount"] for _, values in rows if "amount" in values]
        if told:
            return sum(told, Decimal(0))
    elif "amount" in merged:
        return merged["amount"]
    parts = [values.get(name, Decimal(0)) for _, values in rows for name in ("line_amount", "line_freight")]
    return sum(parts, Decimal(0)) if any("line_amount" in values for _, values in rows) else None


def _refunded(profile: Profile, rows: Sequence[Row], merged: Values) -> Decimal | None:
    """Return what was paid back: as said, else the amounts of the rows whose after-sale status says so."""
    told = [values["refunded"] for _, values in rows if "refunded" in values]
    if told:
        return sum(told, Decimal(0)) if "refunded" in profile.sums else merged["refunded"]
    back = [
        values.get("amount", Decimal(0))
        for _, values in rows
        if "after_sale" in values and folded(values["after_sale"]) in profile.refunded_words
    ]
    return sum(back, Decimal(0)) if back else None


def _buyer(merged: Values) -> Buyer | None:
    parts = [merged.get(name, "") for name in ("buyer_name", "buyer_phone", "buyer_address", "buyer_note")]
    return Buyer(*parts) if any(parts) else None


def _lines(profile: Profile, rows: Sequence[Row], issues: list[RowIssue]) -> tuple[LineDraft, ...]:
    """Return the lines by their number, the last row of a number being the one that counts."""
    lines: dict[str, LineDraft] = {}
    if profile.row_is_order:
        rows = rows[-1:]
    for row, values in rows:
        if not LINE_FIELDS.isdisjoint(values):
            for line in _split(row, values, str(len(lines) + 1), issues):
                lines[line.number] = line
    return tuple(lines.values())


def _split(row: int, values: Values, position: str, issues: list[RowIssue]) -> list[LineDraft]:
    """Return the lines of one row: one, or several where a tool has joined sub-orders by semicolons."""
    line = LineDraft(
        number=values.get("line_number", position).strip("; "),
        title=values.get("title", ""),
        spec=values.get("spec", ""),
        sku=values.get("sku", ""),
        quantity=values.get("quantity"),
        amount=values.get("line_amount"),
        promised_dispatch_at=values.get("line_promised_dispatch_at"),
        category=values.get("category", ""),
    )
    if ";" not in line.number:
        return [line]
    numbers = [part.strip() for part in line.number.split(";") if part.strip()]
    if line.quantity not in (None, len(numbers)):
        issues.append(RowIssue(row, "quantity", "quantity-not-split", str(line.quantity), refused=False))
    titles, specs, skus = (_parts(text, len(numbers)) for text in (line.title, line.spec, line.sku))
    return [
        LineDraft(number, titles[i], specs[i], skus[i], 1, None, line.promised_dispatch_at, line.category)
        for i, number in enumerate(numbers)
    ]


def _parts(text: str, count: int) -> list[str]:
    parts = [part.strip() for part in text.split(";")]
    return parts if len(parts) == count else [text] * count


def _dispatches(rows: Sequence[Row], issues: list[RowIssue]) -> tuple[DispatchDraft, ...]:
    found: dict[str, DispatchDraft] = {}
    for row, values in rows:
        if "waybill" not in values and "parcels" not in values:
            continue  # a company without a number is the platform's plan, not a parcel
        for number, company in _parcels(values):
            if len(number) > LONGEST_WAYBILL:
                issues.append(RowIssue(row, "waybill", "waybill-too-long", number[:200], refused=False))
                continue
            if not company:
                issues.append(RowIssue(row, "company", "waybill-without-company", number, refused=False))
            found[number] = DispatchDraft(company[:60], number, values.get("dispatched_at"))
    return tuple(found.values())


def _parcels(values: Values) -> list[tuple[str, str]]:
    """Return (number, company) of each parcel; `快递信息` is `<waybill>-<company>`, and a number may hold a hyphen."""
    parcels: list[tuple[str, str]] = []
    if "parcels" in values:
        for joined in JOINED.split(values["parcels"]):
            number, _, company = joined.strip().rpartition("-")
            if number or company:
                parcels.append((number.strip(), company.strip()) if number else (company.strip(), ""))
    if "waybill" in values:
        company = values.get("company", "")
        parcels += [(number.strip(), company) for number in JOINED.split(values["waybill"]) if number.strip()]
    return parcels
