"""Packs are data: what they hold, and that a mistake in one is named."""

import json
from pathlib import Path

import pytest

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.rules import ORDER_MOMENTS, PARCEL_MOMENTS, PROMISES
from exceptions.deadlines.terms import GENERIC, Term, pack, read

PLATFORMS = ("pdd", "douyin", GENERIC)
TERMS = [pytest.param(term, id=term.code) for name in PLATFORMS for term in pack(name)]
CLOCK = """
version = "t"
[[clock]]
code = "T-1"
kind = "late_pickup"
name_zh = "揽收"
name_en = "Pickup"
subject = "parcel"
start = "uploaded"
stop = ["picked_up"]
hours = 24
warn_hours = 6
grave_hours = 24
source = ["S1"]
grade = "C"
needs_review = true
"""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_pack_has_a_term_for_every_kind(platform: str) -> None:
    assert {term.kind for term in pack(platform)} == set(Kind)


@pytest.mark.parametrize("term", TERMS)
def test_each_term_names_moments_that_exist_and_its_source(term: Term) -> None:
    moments = ORDER_MOMENTS if term.subject == "order" else PARCEL_MOMENTS
    assert {term.start, *term.stop} <= set(moments)
    assert term.promise in PROMISES
    assert term.source
    assert term.grade in {"A", "B", "C"}
    assert term.name_zh
    assert term.name_en


def test_a_platform_without_a_pack_is_judged_by_the_generic_one() -> None:
    assert pack("taobao") == pack(GENERIC)


def test_hours_and_penalties_are_those_of_the_catalogue(shared: Path) -> None:
    catalogue = {rule["rule_code"]: rule for rule in json.loads((shared / "domain/rules.json").read_text())}
    checked = 0
    for term in (*pack("pdd"), *pack("douyin")):
        rule = catalogue.get(term.code)
        if rule is None:
            continue
        checked += 1
        assert term.lasts
        assert term.lasts.total_seconds() == rule["hours"] * 3600, term.code
        penalty = rule["penalty"] or {}
        if penalty.get("percent"):
            told = [(int(tier.percent or 0), int(tier.min or 0), int(tier.max or 0)) for tier in term.tiers]
            assert told == [(penalty["percent"], penalty["min_cny"], penalty["max_cny"])], term.code
        elif penalty.get("fixed_cny"):
            assert [int(tier.fixed or 0) for tier in term.tiers] == [penalty["fixed_cny"]], term.code
    assert checked == 10


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (('kind = "late_pickup"', 'kind = "late_pick"'), "late_pick"),
        (("hours = 24\n", ""), "either hours or promise"),
        (("hours = 24\n", "hours = -1\n"), "above 0"),
        (('grade = "C"\n', ""), "grade"),
    ],
)
def test_a_mistake_in_a_pack_names_the_clock_and_the_field(mistake: tuple[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=f"T-1.*{named}"):
        read(CLOCK.replace(*mistake, 1))


def test_a_code_may_stand_only_once_in_a_pack() -> None:
    with pytest.raises(ValueError, match="T-1"):
        read(CLOCK + CLOCK.split('version = "t"')[1])
