"""Two documents told apart, and put together, item by item."""

from exceptions.deadlines import policy
from exceptions.deadlines.policy import Difference, diff, merged

SHIP, PICKUP = "PDD-SHIP-48", "PDD-FAKE-NOPICKUP"


def change(code: str, hours: float, **scope: list[str]) -> dict:
    return {"code": code, "scope": scope, "set": {"hours": hours}, "note": ""}


def window(key: str, hours: float) -> dict:
    return {"key": key, "name": f"window {key}", "codes": [SHIP], "hours": hours}


def test_a_change_that_comes_or_goes_is_told_against_what_the_pack_has() -> None:
    one = {"changes": [{"code": SHIP, "set": {"hours": 36, "effective_from": "2026-01-01"}, "note": "x"}]}
    assert diff({}, one) == [
        Difference("change", SHIP, SHIP, {}, "hours", 48, 36),
        Difference("change", SHIP, SHIP, {}, "effective_from", "2025-05-15", "2026-01-01"),
        Difference("change", SHIP, SHIP, {}, "note", None, "x"),
    ]
    assert [(row.field, row.before, row.after) for row in diff(one, {})] == [
        ("hours", 36, 48),
        ("effective_from", "2026-01-01", "2025-05-15"),
        ("note", "x", None),
    ]
    assert diff(one, one) == []


def test_a_change_to_what_the_pack_has_anyway_is_still_told() -> None:
    assert [(row.code, row.field) for row in diff({}, {"changes": [change(SHIP, 48)]})] == [(SHIP, "note")]


def test_changes_of_one_rule_in_two_scopes_are_two() -> None:
    before = {"changes": [change(SHIP, 36), change(SHIP, 24, skus=["A"])]}
    after = {"changes": [change(SHIP, 36), change(SHIP, 20, skus=["A"])]}
    assert diff(before, after) == [Difference("change", SHIP, SHIP, {"skus": ["A"]}, "hours", 24, 20)]


def test_the_parts_are_told_in_one_order() -> None:
    after = {
        "reviewed": {SHIP: {"by": 1}},
        "week": {"mon": ["09:00-18:00"]},
        "regions": {"north": ["北京"]},
        "waivers": [{"key": "w", "name": "rain"}],
        "windows": [window("k", 72)],
        "own": [{"code": "OWN-A", "name_zh": "自"}],
        "changes": [change(SHIP, 36), change(PICKUP, 20)],
    }
    told = [(row.what, row.name, row.field) for row in diff({}, after)]
    assert told == [
        ("change", PICKUP, "hours"),
        ("change", SHIP, "hours"),
        ("own", "自", ""),
        ("window", "window k", ""),
        ("waiver", "rain", ""),
        ("region", "north", ""),
        ("week", "week", ""),
        ("reviewed", SHIP, ""),
    ]


def test_a_window_that_stays_is_told_field_by_field() -> None:
    found = diff({"windows": [window("k", 72)]}, {"windows": [window("k", 96)]})
    assert found == [Difference("window", "k", "window k", {}, "hours", 72, 96)]


def test_scopes_that_mean_the_same_are_the_same() -> None:
    assert policy.change_key(SHIP, None) == policy.change_key(SHIP, {"skus": [], "shops": []})
    assert policy.change_key(SHIP, {"skus": ["B", "A"]}) == policy.change_key(SHIP, {"skus": ["A", "B", "A"]})


def test_what_i_changed_is_put_on_top_of_what_others_did() -> None:
    base = {"changes": [change(SHIP, 36), change(PICKUP, 20)], "windows": [window("a", 72)], "week": {"mon": ["1"]}}
    mine = {"changes": [change(SHIP, 30)], "windows": [window("a", 72), window("b", 96)], "regions": {"n": ["北京"]}}
    theirs = {"changes": [change(SHIP, 24), change(PICKUP, 20)], "windows": [], "week": {"mon": ["1"]}}
    assert merged(base, mine, theirs) == {
        "changes": [change(SHIP, 30)],
        "windows": [window("b", 96)],
        "regions": {"n": ["北京"]},
    }
    assert merged(base, base, theirs) == theirs
