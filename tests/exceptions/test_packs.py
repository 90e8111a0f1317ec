"""Every clock of every pack: kept, kept at the last second, broken a second later; and true to the catalogue."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exceptions.deadlines.facts import OrderFacts, ParcelFacts, StayFacts, TicketFacts
from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rulebook import Rulebook, plain
from exceptions.deadlines.rules import ClockDraft, judge
from exceptions.deadlines.terms import COMMON, GENERIC, RUNNING_SHAPES, WATCHED, document, pack
from merchants.models import Platform
from orders.models import Goods, Ticket

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
UNDATED = {"completed"}
# Between provinces that stand in no list of remote or neighbouring ones.
ORDINARY = ("福建", "湖南")


def has_length(entry: Entry) -> bool:
    return any(name in entry for name in LENGTHS)


def runs(entry: Entry) -> bool:
    return entry.get("shape", "span") in RUNNING_SHAPES


def named(pairs: list[tuple[str, Entry]]) -> list[Any]:
    return [pytest.param(name, entry, id=entry["code"]) for name, entry in pairs]


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
    label: str = field(default="")

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
        return replace(self, entry=BY_CODE[code], length=BY_CODE[code]) if code else None

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
            goods=entry.get("goods", [""])[0],
            amount=Decimal(100),
            placed_at=zero,
            paid_at=zero,
            to_province=self.way[1],
        )
        if entry["subject"] == "ticket":
            return replace(base, tickets=(self.told_ticket(moments),))
        if entry["subject"] == "parcel":
            return replace(base, parcels=(self.told_parcel(moments, stopped),))
        if "delivered" in entry["stop"]:
            moments.setdefault("handed_over", zero)  # else nobody could have told of the delivery
        promise = {f"promised_{entry['promise']}_at": self.due} if self.promised else {}
        return replace(base, **{ORDER_FIELDS[name]: at for name, at in moments.items()}, **promise)

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
        told = {f"{name}_at": at for name, at in moments.items() if name != "second_trace"}
        if {"second_trace", "moved"} & set(moments):
            told.setdefault("first_trace_at", self.zero)
        return replace(parcel, **told, scans=tuple(sorted({self.zero, *([stopped] if stopped else [])})))

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


CASES = list(cases())
TIMED = [pytest.param(case, id=case.label) for case in CASES if case.promised or has_length(case.length)]
UNJUDGED = [pytest.param(case, id=case.label) for case in CASES if not case.promised and not has_length(case.length)]


@pytest.mark.parametrize("case", [case for case in TIMED if not UNDATED & set(case.values[0].entry["stop"])])
@pytest.mark.parametrize(("late_by", "broken"), [(-SECOND, False), (timedelta(), False), (SECOND, True)])
def test_each_clock_is_kept_up_to_its_last_second_and_broken_the_second_after(
    case: Case, late_by: timedelta, broken: bool
) -> None:
    stopped = case.due + late_by
    (run,) = case.judged(stopped)
    expected = Level.BROKEN if broken else case.warned
    assert (run.due_at, run.stopped_at, run.level_at(stopped + 300 * DAY)) == (case.due, stopped, expected)


@pytest.mark.parametrize("case", TIMED)
def test_each_clock_climbs_through_its_levels_while_nothing_stops_it(case: Case) -> None:
    (run,) = case.judged(None)
    warn, grave = case.entry["warn_hours"] * HOUR, case.entry["grave_hours"] * HOUR
    assert (run.due_at, run.stopped_at) == (case.due, None)
    levels = [run.level_at(case.due + after) for after in (-warn, timedelta(), SECOND, grave + SECOND)]
    assert levels == [Level.CALM, case.warned, Level.BROKEN, Level.GRAVE]


@pytest.mark.parametrize("case", UNJUDGED)
def test_a_lane_without_a_length_is_not_judged(case: Case) -> None:
    assert case.judged(None) == []


@pytest.mark.parametrize("case", [case for case in TIMED if "cut" in case.values[0].entry])
def test_a_limit_that_comes_nearer_once_something_has_happened_does(case: Case) -> None:
    cut = case.entry["cut"]
    happened = case.started + HOUR
    order = case.order(None)
    (ticket,) = order.tickets
    order = replace(order, tickets=(replace(ticket, steps={**ticket.steps, cut["on"]: happened}),))
    (run,) = judge(order, case.book)
    assert run.due_at == happened + cut["hours"] * HOUR


@pytest.mark.parametrize("case", [case for case in TIMED if "repeat" in case.values[0].entry])
def test_a_clock_that_repeats_runs_again_from_each_limit_that_passed(case: Case) -> None:
    found = [run.due_at for run in judge(case.order(None), case.book) if run.term.code == case.entry["code"]]
    length = case.due - case.started
    assert found == [case.started + (number + 1) * length for number in range(case.entry["repeat"])]


def test_a_parcel_that_has_to_leave_its_province_has_longer_the_remoter_it_goes() -> None:
    case = next(case for case in CASES if case.entry["code"] == "PDD-TRACK-LEAVE")
    hours = {}
    for to in ("浙江", "湖南", "青海", "新疆"):
        found = replace(case, way=("浙江", to)).judged(None)
        hours[to] = (found[0].due_at - found[0].started_at) / HOUR if found else None
    assert hours == {"浙江": None, "湖南": 48, "青海": 72, "新疆": 120}


@pytest.mark.parametrize("name", NAMES)
def test_each_pack_can_be_read_and_belongs_to_a_platform_or_to_all(name: str) -> None:
    expected = "other" if name == GENERIC else name
    assert document(name)["platform"] == expected
    assert expected in (*Platform.values, *COMMON)
    assert len(pack(name)) == len(document(name)["clock"])


def test_each_platform_has_a_pack() -> None:
    assert {*Platform.values, *COMMON} - {Platform.OTHER} <= set(NAMES)


def test_no_code_stands_in_two_packs() -> None:
    assert [code for code, count in Counter(entry["code"] for _, entry in ENTRIES).items() if count > 1] == []


def test_every_kind_has_a_clock_somewhere() -> None:
    assert {term.kind for name in NAMES for term in pack(name) if term.enabled} - {None} == set(Kind)


@pytest.mark.parametrize(("name", "entry"), named(ENTRIES))
def test_each_clock_says_what_it_is_in_both_languages_where_it_comes_from_and_why_it_is_off(
    name: str, entry: Entry
) -> None:
    shown = ("name", "note", "conflict", "exempt", "off")
    assert [part for part in shown if bool(entry.get(f"{part}_zh")) != bool(entry.get(f"{part}_en"))] == []
    assert entry["name_zh"]
    assert entry["source"]
    assert entry["grade"] in {"A", "B", "C"}
    assert entry["needs_review"] in {True, False}
    switched_on = entry.get("enabled", runs(entry))
    assert switched_on == ("off_zh" not in entry)
    if switched_on:
        assert runs(entry)
        assert has_length(entry) or entry.get("promise")
    assert ("kind" in entry) == (runs(entry) and entry.get("whose", "ours") in WATCHED)


@pytest.mark.parametrize(("name", "entry"), named([pair for pair in ENTRIES if runs(pair[1])]))
def test_each_clock_names_tickets_goods_regions_and_clocks_that_exist(name: str, entry: Entry) -> None:
    assert set(entry.get("tickets", ())) <= set(Ticket.Kind.values)
    assert {*entry.get("goods", ()), *entry.get("not_goods", ())} <= {"", *Goods.values}
    named_regions = {lane[key] for lane in entry.get("lanes", ()) for key in REGIONS if key in lane}
    assert named_regions <= set(document(name).get("regions", ()))
    siblings = {other["code"] for other in document(name)["clock"]}
    assert {*filter(None, [entry.get("after"), entry.get("goes_to")])} <= siblings


@pytest.mark.parametrize(("name", "entry"), named([pair for pair in ENTRIES if pair[1].get("shape") == "window"]))
def test_each_campaign_ships_off_and_changes_clocks_of_its_pack(name: str, entry: Entry) -> None:
    assert not entry.get("enabled", False)
    assert entry["overrides"]
    assert set(entry["overrides"]) <= {other["code"] for other in document(name)["clock"]}
    assert entry["by"] in {"paid", "placed", "uploaded"}
    assert entry["opens"] <= entry["closes"]
    assert has_length(entry)


@pytest.fixture
def catalogue(shared: Path) -> list[Entry]:
    return json.loads((shared / "domain/rules.json").read_text("utf-8"))


# Platforms of the catalogue whose rules stand in another pack.
PACK_OF = {"cn_law": "law", "taobao_taote": "taobao", "wechat_shop": "wechat"}


def test_every_rule_of_the_catalogue_stands_in_the_pack_of_its_platform(catalogue: list[Entry]) -> None:
    found = {entry["code"]: name for name, entry in ENTRIES}
    assert len(catalogue) == 120
    expected = {rule["rule_code"]: PACK_OF.get(rule["platform"], rule["platform"]) for rule in catalogue}
    assert {code: found.get(code) for code in expected} == expected


def packed(catalogue: list[Entry]) -> list[Entry]:
    """Those that stand in a pack, which all do: see above."""
    return [rule for rule in catalogue if rule["rule_code"] in BY_CODE]


def test_every_rule_has_the_sources_grade_and_dates_of_the_catalogue(catalogue: list[Entry]) -> None:
    wrong = []
    for rule in packed(catalogue):
        entry = BY_CODE[rule["rule_code"]]
        expected = {
            "grade": rule["source_grade"],
            "confidence": rule["confidence"],
            "needs_review": rule["needs_review"],
            "effective_from": first_day(rule["effective_from"]),
            "effective_to": first_day(rule["effective_to"]),
        }
        if "opens" in entry:  # a campaign says its days there, one entry for each of its parts
            expected = dict(list(expected.items())[:3])
        if {name: entry.get(name) for name in expected} != expected or not set(rule["source"]) <= set(entry["source"]):
            wrong.append(rule["rule_code"])
    assert wrong == []


def first_day(written: str | None) -> date | None:
    """The day a year, month or day of the catalogue begins with."""
    return date.fromisoformat((written + "-01-01")[:10]) if written else None


def test_every_rule_lasts_as_long_as_the_catalogue_says(catalogue: list[Entry]) -> None:
    wrong = []
    for rule in packed(catalogue):
        entry = BY_CODE[rule["rule_code"]]
        expected = {rule["hours"], *(rule["value_by_region"] or {}).values()} - {None}
        given = {hours_of(length) for length in (entry, *entry.get("lanes", ()))} - {0}
        # A limit told as an instant has no hours; what does not run may tell its number in words.
        if expected and given != expected and (given or runs(entry)):
            wrong.append((entry["code"], given, expected))
    assert wrong == []


def hours_of(length: Entry) -> int:
    return length["days"] * 24 if "days" in length else length.get("hours", 0)


def test_rules_without_a_number_ship_off_but_for_those_told_in_working_days_or_on_the_notice(
    catalogue: list[Entry],
) -> None:
    entries = [BY_CODE[rule["rule_code"]] for rule in packed(catalogue) if rule["hours"] is None]
    on = {entry["code"] for entry in entries if entry.get("enabled", runs(entry))}
    assert on <= {"PDD-APPEAL", "DY-DISPUTE-APPEAL"}


def test_every_rule_costs_what_the_catalogue_says(catalogue: list[Entry]) -> None:
    wrong = []
    for rule in packed(catalogue):
        penalty = rule["penalty"] or {}
        given = [tier_of(tier) for tier in BY_CODE[rule["rule_code"]].get("penalty", ())]
        flat = {name: penalty.get(f"{name}_cny") for name in ("fixed", "min", "max")} | {
            "percent": penalty.get("percent")
        }
        flat = {name: value for name, value in flat.items() if value is not None}
        expected = [tier_of(tier) for tier in penalty.get("tiers") or ([flat] if flat else [])]
        # Where it tells its rates in words, the pack may have put them into numbers.
        if expected and given != expected:
            wrong.append((rule["rule_code"], given, expected))
    assert wrong == []


def tier_of(tier: Entry) -> Entry:
    """A tier in one spelling; that it begins where the one before it ends need not be said."""
    names = {"promise_hours_max": "promise_upto", "promise_hours_over": "promise_over"}
    return {names.get(name, name): value for name, value in tier.items() if name not in ("from", "over")}
