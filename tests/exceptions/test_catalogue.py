"""What the packs say against the catalogue of rules they were written from."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.exceptions.pack_cases import BY_CODE, ENTRIES, Entry, runs


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
