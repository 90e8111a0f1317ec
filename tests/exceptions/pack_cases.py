"""The clocks of all packs as orders on which they start and stop, with the due instant told from the packs' own numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.facts import OrderFacts, ParcelFacts, ReportFacts, StayFacts, TicketFacts
from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rulebook import Rulebook, plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.terms import COMMON, GENERIC, RUNNING_SHAPES, document

Entry = dict[str, Any]

ZONE = ZoneInfo("Asia/Shanghai")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# A Friday with no holiday for weeks after it.
TODAY = date(2026, 11, 20)

FOLDER = resources.files("exceptions.deadlines.packs")
NAMES = sorted(file.name.removesuffix(".toml") for file in FOLDER.iterdir() if file.name.endswith(".toml"))
ENTRIES = [(name, entry) for name in NAMES for entry in document(name)["clock"]]
BY_CODE = {entry["code"]: entry for _, entry in ENTRIES}
LENGTHS = ("hours", "days", "working_days", "until", "mean_hours")
REGIONS = ("within", "to", "from")

# The fact that dates each moment; several of an order's are told by the same one.
ORDER_FIELDS = {
    "placed": "placed_at",
    "paid": "paid_at",
    "uploaded": "dispatched_at",
    "dispatched": "dispatched_at",
    "handed_over": "handed_over_at",
    "delivered": "delivered_at",
}
PARCEL_FIELDS = {"brought": "delivered"}
UNDATED = frozenset({"completed"})
# Between provinces that stand in no list of remote or neighbouring ones.
ORDINARY = ("福建", "湖南")


def has_length(entry: Entry) -> bool:
    return any(name in entry for name in LENGTHS)


def runs(entry: Entry) -> bool:
    return entry.get("shape", "span") in RUNNING_SHAPES


@dataclass(frozen=True)
class Case:
    """One clock on one way or under one promise."""

    name: str
    entry: Entry
    # The length that counts: the entry itself or one of its lanes.
    length: Entry
    way: tuple[str, str] = ORDINARY
    promised: bool = False
    ticket: str = ""
    label: str = ""

    @property
    def started(self) -> datetime:
        former = self.former
        return former.due if former else self.zero

    @property
    def zero(self) -> datetime:
        """10:00 of a day on which the rule holds."""
        first, last = (self.entry.get(f"effective_{end}") for end in ("from", "to"))
        day = min(max(TODAY, first or TODAY), last or TODAY)
        return datetime.combine(day, time(10), ZONE).astimezone(UTC)

    @property
    def former(self) -> "Case | None":
        code = self.entry.get("after")
        if not code:
            return None
        entry = BY_CODE[code]
        return replace(self, entry=entry, length=entry, promised=not has_length(entry))

    @property
    def due(self) -> datetime:
        """Told from the pack's own numbers, on the wall clock of Shanghai."""
        started = self.started
        if self.promised:
            return started + 30 * HOUR
        local = started.astimezone(ZONE)
        if "days" in self.length:
            at = time.fromisoformat(self.length["at"]) if "at" in self.length else time(23, 59, 59)
            return datetime.combine(local.date() + self.length["days"] * DAY, at, ZONE).astimezone(UTC)
        if "working_days" in self.length:
            day = local.date()
            for _ in range(self.length["working_days"]):
                day += DAY * {4: 3, 5: 2}.get(day.weekday(), 1)
            return datetime.combine(day, time(23, 59, 59), ZONE).astimezone(UTC)
        hours = self.length.get("hours") or self.length["mean_hours"] + self.length.get("margin_hours", 0)
        if self.entry.get("worktime"):
            assert local.hour + hours <= 18, "within one working day, from 9 to 18"
        return started + hours * HOUR

    @property
    def warned(self) -> Level:
        """What it is at its last second."""
        return Level.SOON if self.entry["warn_hours"] else Level.CALM

    @property
    def book(self) -> Rulebook:
        """This clock and the one it follows, switched on whatever ships off."""
        whole = plain("other" if self.name in (GENERIC, *COMMON) else self.name)
        wanted = {self.entry["code"], self.entry.get("after")}
        return replace(
            whole,
            rules=tuple(
                replace(rule, term=replace(rule.term, enabled=True)) for rule in whole.rules if rule.term.code in wanted
            ),
        )

    def order(self, stopped: datetime | None) -> OrderFacts:
        """An order on which the clock starts, and all it waits for has happened by `stopped`, the last then."""
        zero, entry = self.zero, self.entry
        first = self.former.entry if self.former else entry
        *before, last = entry["stop"]
        moments = {first["start"]: zero}
        if stopped:
            moments |= dict.fromkeys(before, zero) | {last: stopped}
        base = OrderFacts(
            id=1,
            goods=first.get("goods", [""])[0],
            amount=Decimal(100),
            placed_at=zero,
            paid_at=zero,
            to_province=self.way[1],
        )
        if entry["subject"] == "ticket":
            return replace(base, tickets=(self.told_ticket(moments),))
        if entry["subject"] == "trouble":
            return replace(base, reports=(ReportFacts(Kind(entry["kind"]), None, zero, moments.get("over")),))
        if entry["subject"] == "parcel":
            return replace(base, parcels=(self.told_parcel(moments, stopped),))
        if "delivered" in entry["stop"]:
            moments.setdefault("handed_over", zero)  # else nobody could have told of the delivery
        facts: dict[str, Any] = {ORDER_FIELDS[name]: at for name, at in moments.items()}
        promised = self.former or self
        if promised.promised:
            facts[f"promised_{first['promise']}_at"] = promised.due
        return replace(base, **facts)

    def told_ticket(self, moments: dict[str, datetime]) -> TicketFacts:
        return TicketFacts(
            id=5,
            kind=self.ticket,
            opened_at=self.zero,
            due_at=self.due if self.promised else None,
            closed_at=moments.get("closed"),
            steps={name: at for name, at in moments.items() if name not in ("opened", "closed")},
        )

    def told_parcel(self, moments: dict[str, datetime], stopped: datetime | None) -> ParcelFacts:
        shape = self.entry.get("shape", "span")
        parcel = ParcelFacts(waybill_id=9, uploaded_at=self.zero, provinces=(self.way[0],))
        if shape == "dwell":
            return replace(parcel, first_trace_at=self.zero, stays=(StayFacts("h", self.zero, stopped),))
        if shape == "gap":
            moments = {self.entry["start"]: self.zero}
        told: dict[str, Any] = {
            f"{PARCEL_FIELDS.get(name, name)}_at": at for name, at in moments.items() if name != "second_trace"
        }
        if "left_province" in self.entry["stop"]:
            told |= {"moved_at": self.zero, "first_hub_at": self.zero}  # else it need not leave yet
        if {"second_trace", "moved"} & set(moments):
            told.setdefault("first_trace_at", self.zero)
        return replace(parcel, **told, scans=tuple(sorted({self.zero, *([stopped] if stopped else [])})))

    @property
    def can_stop(self) -> bool:
        """Whether some source dates what it waits for."""
        return not UNDATED & set(self.entry["stop"])

    def judged(self, stopped: datetime | None) -> list[ClockDraft]:
        found = judge(self.order(stopped), self.book)
        return [run for run in found if run.term.code == self.entry["code"] and run.started_at == self.started]


def way_of(entry: Entry, lane: Entry, regions: dict[str, list[str]]) -> tuple[str, str]:
    """From where to where a parcel travels on this lane and on none before it."""
    if lane.get("same_province"):
        return ORDINARY[0], ORDINARY[0]
    (key,) = [key for key in REGIONS if key in lane]
    former = entry["lanes"][: entry["lanes"].index(lane)]
    taken = {place for other in former for place in regions.get(other.get(key, ""), ())}
    free = [place for place in regions[lane[key]] if place not in taken]
    return {"within": (free[0], free[-1]), "from": (free[0], ORDINARY[1]), "to": (ORDINARY[0], free[0])}[key]


def cases() -> Iterator[Case]:
    for name, entry in ENTRIES:
        if not runs(entry):
            continue
        for ticket in entry.get("tickets", [""]):
            label = f"{entry['code']} {ticket}".strip()
            if has_length(entry):
                yield Case(name, entry, entry, ticket=ticket, label=label)
            if entry.get("promise"):
                yield Case(name, entry, entry, promised=True, ticket=ticket, label=f"{label} promised")
        for number, lane in enumerate(entry.get("lanes", ())):
            way = way_of(entry, lane, document(name).get("regions", {}))
            yield Case(name, entry, lane, way, label=f"{entry['code']} lane {number}")
