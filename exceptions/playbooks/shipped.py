"""The playbooks that come with shipops, one file a kind (*.toml beside this module), checked when they are loaded. Pure."""

import tomllib
from decimal import Decimal
from importlib import resources
from typing import Any

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action
from exceptions.playbooks.steps import After, Playbook, Step, StepError, When, check

KEYS = {"code", "verb", "when", "after", "hours", "worktime", "name_zh", "name_en", "do_zh", "do_en", "source"}


def read(text: str) -> Playbook:
    """A playbook as its file tells it; raises StepError, KeyError or ValueError for what cannot be."""
    document = tomllib.loads(text, parse_float=Decimal)
    steps = tuple(_step(written) for written in document["step"])
    check(steps)
    for index, step in enumerate(steps):
        if not (step.do_zh and step.do_en):
            raise StepError(f"{step.code}: it does not say what to do", index)
    return Playbook(
        kind=Kind(document["kind"]),
        steps=steps,
        note_zh=document["note_zh"],
        note_en=document["note_en"],
        source=tuple(document["source"]),
    )


def _step(written: dict[str, Any]) -> Step:
    if unknown := set(written) - KEYS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    return Step(
        code=written["code"],
        name_zh=written["name_zh"],
        name_en=written["name_en"],
        do_zh=written["do_zh"],
        do_en=written["do_en"],
        verb=Action(written["verb"]) if "verb" in written else None,
        after=After(written["after"]),
        hours=Decimal(written["hours"]),
        worktime=written.get("worktime", False),
        when=When(written.get("when", When.ALWAYS.value)),
        source=tuple(written.get("source", ())),
    )


def _all() -> dict[Kind, Playbook]:
    folder = resources.files("exceptions.playbooks")
    found = {kind: read((folder / f"{kind.value}.toml").read_text("utf-8")) for kind in Kind}
    if strays := [kind.value for kind, playbook in found.items() if playbook.kind is not kind]:
        raise ValueError(f"a playbook of another kind: {', '.join(strays)}")
    return found


# Read at import: a playbook that cannot be does not let the program start.
SHIPPED = _all()
