"""How well scans are read, measured on labelled lines. Pure.

The lines are those of `wire/track_texts.tsv`: text, carrier, what it means (shipments.status.word), its source, its kind.
Rules are shaped on two thirds of them; the third that `held_back` names, by hash, is looked at only to measure.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shipments import reading
from shipments.answers import Answer
from shipments.status import Stage, word

_HAN = re.compile("[\u3400-\u9fff]")
# A code's meaning as its table gives it is no scan.
_NO_SCAN = "code_description"
UNREAD = Stage.UNKNOWN.value


class Line(NamedTuple):
    """A scan as a carrier wrote it and what it means; `source` is the sample it stands in, where it stands in one."""

    text: str
    carrier: str
    meaning: str
    source: str

    @property
    def chinese(self) -> bool:
        return bool(_HAN.search(self.text))

    @property
    def held_back(self) -> bool:
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % 3 == 0


@dataclass(slots=True)
class Score:
    """Lines of one meaning: how many there are, were read right, not at all, and as another; `told` = read as this one."""

    seen: int = 0
    right: int = 0
    unread: int = 0
    misread: int = 0
    told: int = 0


@dataclass(slots=True)
class Measured:
    """One set of lines, scored by meaning, with what was misread: (line, what it was read as)."""

    scores: dict[str, Score] = field(default_factory=dict)
    misread: list[tuple[Line, str]] = field(default_factory=list)

    @property
    def total(self) -> Score:
        columns = zip(*((s.seen, s.right, s.unread, s.misread, s.told) for s in self.scores.values()), strict=True)
        return Score(*(sum(column) for column in columns))


def scans(table: str) -> list[Line]:
    """Return the scans among the lines of a table (tab-separated, with a head)."""
    rows = [row.split("\t") for row in table.splitlines()[1:]]
    return [Line(*row[:4]) for row in rows if len(row) == 5 and row[4] != _NO_SCAN]


def measure(lines: Iterable[Line], read: Callable[[Line], str]) -> Measured:
    """Score what `read` makes of the lines."""
    measured = Measured()
    for line in lines:
        said = read(line)
        score = measured.scores.setdefault(line.meaning, Score())
        score.seen += 1
        score.right += said == line.meaning
        score.unread += said == UNREAD
        measured.scores.setdefault(said, Score()).told += 1
        if said not in (line.meaning, UNREAD):
            score.misread += 1
            measured.misread.append((line, said))
    return measured


def by_words(line: Line) -> str:
    """Read a line from its words alone."""
    stage, cause, _ = reading.worded(line.text, line.carrier)
    return word(stage, cause)


def coded(lines: Iterable[Line], answers: Mapping[str, tuple[Answer, ...]]) -> dict[Line, str]:
    """Return what the lines that stand in samples are read as there, code and words together; `answers` by source.

    But the newest of a track: it may say what the state of the whole track does.
    """
    read: dict[Line, str] = {}
    for line in lines:
        for answer in answers.get(line.source, ()):
            for event in answer.events[:-1]:
                if event.text == " ".join(line.text.split()):
                    read[line] = word(event.stage, event.cause)
    return read


def table(measured: Measured) -> str:
    """Return the scores as a Markdown table, the commonest meaning first."""
    head = "| meaning | lines | read right | not read | misread | precision | recall |\n|---|--:|--:|--:|--:|--:|--:|\n"
    known = sorted(
        ((s.seen, name, s) for name, s in measured.scores.items() if s.seen), key=lambda row: (-row[0], row[1])
    )
    return (
        head + "".join(_row(f"`{name}`", score) for _, name, score in known) + _row("all", measured.total, of_all=True)
    )


def _row(name: str, score: Score, *, of_all: bool = False) -> str:
    told = score.told if not of_all else score.right + score.misread
    precision = f"{score.right / told:.1%}" if told else "–"
    recall = f"{score.right / score.seen:.1%}" if score.seen else "–"
    return f"| {name} | {score.seen} | {score.right} | {score.unread} | {score.misread} | {precision} | {recall} |\n"
