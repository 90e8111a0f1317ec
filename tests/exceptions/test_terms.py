"""Packs are data: what they hold, and that a mistake in one is named."""

import pytest

from exceptions.deadlines.terms import GENERIC, pack, read

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


def test_a_platform_without_a_pack_is_judged_by_the_generic_one() -> None:
    assert pack("other") == pack(GENERIC)


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (('kind = "late_pickup"', 'kind = "late_pick"'), "late_pick"),
        (('kind = "late_pickup"\n', ""), "kind"),
        (('start = "uploaded"', 'start = "opened"'), "“opened” is no moment of: parcel"),
        (("hours = 24\n", "hours = 24\ndays = 2\n"), "hours and days"),
        (('subject = "parcel"', 'subject = "box"'), "“box” is none of"),
        (("hours = 24\n", "enabled = true\n"), "a length or a promise"),
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
