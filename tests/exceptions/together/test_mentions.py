"""Whom a note calls by an @."""

import pytest

from exceptions.together.mentions import mentioned

NAMES = {"linxiao": 1, "林晓": 1, "chenmo": 2, "陈默": 2, "陈默然": 3, "Zhao Min": 4, "zhaomin": 4, "lin": 5}


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("@chenmo please look", [2]),
        ("请@陈默看一下", [2]),
        ("请 ＠陈默，催一下圆通", [2]),
        ("@陈默然 跟进", [3]),
        ("@Zhao Min and @LINXIAO", [4, 1]),
        ("@zhao min", [4]),
        ("@linxiao@chenmo", [1]),
        ("@linxiao @chenmo @林晓", [1, 2]),
        ("@lin: ok?", [5]),
        ("@linda", []),
        ("mail ops@chenmo.example", []),
        ("chenmo", []),
        ("@", []),
        ("@nobody", []),
    ],
)
def test_a_note_calls_people_by_log_in_or_name(text: str, whom: list[int]) -> None:
    assert mentioned(text, NAMES) == whom


def test_a_note_calls_at_most_twenty() -> None:
    names = {f"p{n:02d}": n for n in range(40)}
    assert len(mentioned(" ".join(f"@{name}" for name in names), names)) == 20
