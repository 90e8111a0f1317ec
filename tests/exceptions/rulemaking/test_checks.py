"""Whatever is written into a document is either refused at a field or judges orders: nothing in between stops a sweep."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from exceptions.deadlines.checks import Names, check
from exceptions.deadlines.errors import Unreadable
from exceptions.deadlines.facts import LineFacts, OrderFacts, ParcelFacts, TicketFacts
from exceptions.deadlines.policy import OWN_KEYS, WAIVER_KEYS, WINDOW_KEYS, diff, merged
from exceptions.deadlines.rulebook import compile_book
from exceptions.deadlines.rules import judge

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
NAMES = Names(["pdd"], ["MT-PDD"], ["presale"], ["yuantong"], ["浙江"])
PARCEL = ParcelFacts(1, carrier="yuantong", uploaded_at=NOW, picked_up_at=NOW, moved_at=NOW, scans=(NOW,))
ORDER = OrderFacts(
    1,
    amount=Decimal(100),
    placed_at=NOW,
    paid_at=NOW,
    lines=(LineFacts(1, sku="A", category="C"),),
    parcels=(PARCEL,),
    tickets=(TicketFacts(1, "refund", NOW - timedelta(hours=1)),),
)
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        8784,
        366,
        10**30,
        float("inf"),
        float("nan"),
        "",
        "x",
        "x" * 300,
        [],
        {},
        [None],
    ),
    *(
        [{}],
        [[]],
        ["x"],
        [1],
        {"a": 1},
        "2026-11-22",
        "0001-01-01",
        "9999-12-31",
        "07:00",
        "paid",
        "due",
        "span",
        "order",
    ),
    *(["paid"], ["delivered"], ["uploaded", "handed_over"], [""], ["presale"], ["PDD-SHIP-48"], ["late_dispatch"]),
    *(
        [{"fixed": 3}],
        [{"percent": 5, "max": 10}],
        [{"to": "r", "days": 2}],
        {"on": "delivered", "hours": 3},
        ["receiver"],
    ),
    *({"skus": ["A"]}, {"carriers": ["yuantong"]}, {"shops": ["MT-PDD"]}, {"skus": "A"}, {"goods": [""]}),
]
CLOCK = {
    "code": "OWN-A",
    "name_zh": "a",
    "name_en": "a",
    "kind": "answer_due",
    "subject": "ticket",
    "tickets": ["refund"],
    "start": "opened",
    "stop": ["answered"],
    "hours": 4,
    "warn_hours": 1,
    "grave_hours": 8,
    "source": ["own"],
    "grade": "A",
    "needs_review": False,
}
SPAN = {"opens": "2026-11-20", "closes": "2026-11-25"}
WINDOW = {"key": "w", "name": "w", "codes": ["PDD-SHIP-48"], "hours": 72, **SPAN}
WAIVER = {"key": "v", "name": "v", "kinds": ["late_dispatch"], **SPAN}
SET = (
    "hours",
    "days",
    "at",
    "until",
    "mean_hours",
    "lanes",
    "cut",
    "penalty",
    "stack",
    "enabled",
    "stop",
    "warn_hours",
)


# What a key may have, at the far ends.
PLAUSIBLE: dict[str, list[Any]] = {
    **{key: [0.001, 8784] for key in ("hours", "mean_hours", "margin_hours", "warn_hours", "grave_hours")},
    **{key: [1, 366] for key in ("days", "working_days")},
    **{key: ["2000-01-01", "2100-12-31"] for key in ("until", "opens", "closes", "effective_from", "effective_to")},
    **{key: [True, False] for key in ("enabled", "worktime", "later_wins")},
    "at": ["00:00", "23:59"],
    "repeat": [1, 10],
    "lanes": [[{"to": "r", "days": 366}], [{"same_province": True}]],
    "cut": [{"on": "delivered", "hours": 8784}, {"on": "return_signed", "hours": 1}],
    "penalty": [[{"fixed": 10_000_000}], [{"over": 5, "percent": 100, "min": 1, "promise_upto": 8784}]],
    "stack": ["x" * 40],
    "goods": [[""], ["presale", ""]],
    "stop": [["uploaded", "handed_over"], ["answered"]],
    "by": ["paid", "placed"],
    "scope": [{"skus": ["A"]}, {"shops": ["MT-PDD"]}, {"carriers": ["yuantong"], "categories": ["C"]}],
    "places": [["receiver"]],
    "areas": [["广东"]],
}


def scribble(item: dict[str, Any], keys: Sequence[str], chance: Random) -> dict[str, Any]:
    """The item with one or two of its keys at random values, most of them some that they may have."""
    chosen = [chance.choice(keys) for _ in range(chance.randint(1, 2))]
    may = {key: PLAUSIBLE.get(key, VALUES) if chance.random() < 0.8 else VALUES for key in chosen}
    return {**item, **{key: chance.choice(values) for key, values in may.items()}}


@pytest.mark.parametrize("seed", range(20))
def test_a_document_is_refused_at_a_field_or_judges(seed: int) -> None:
    chance, kept = Random(seed), 0
    for _ in range(50):
        change = {"code": "PDD-SHIP-48", "set": scribble({}, (*SET, "effective_to", "grave_hours", "goods"), chance)}
        document = {
            "changes": [scribble(change, ("scope", "note"), chance) if chance.random() < 0.3 else change],
            "own": [scribble(CLOCK, OWN_KEYS, chance)] if chance.random() < 0.3 else [],
            "windows": [scribble(WINDOW, WINDOW_KEYS, chance)] if chance.random() < 0.3 else [],
            "waivers": [scribble(WAIVER, WAIVER_KEYS, chance)] if chance.random() < 0.3 else [],
            "regions": {"r": ["浙江"]},
        }
        try:
            check(document, NAMES)
            book = compile_book("pdd", "MT-PDD", "Asia/Shanghai", document, 1)
        except Unreadable:
            continue
        kept += 1
        for clock in judge(ORDER, book):
            assert clock.warn_at <= clock.due_at <= clock.grave_at
        assert diff(document, document) == []
        assert merged({}, document, {}) == {part: value for part, value in document.items() if value}
    assert kept > 0
