"""The playbooks that come with shipops: every kind, both languages, within the limits the packs give."""

import re
import tomllib
from datetime import timedelta
from importlib import resources

import pytest

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.sources import sources
from exceptions.desk.workflow import Action
from exceptions.playbooks.shipped import SHIPPED, read
from exceptions.playbooks.steps import ASKABLE, After, StepError, When

CHINESE = re.compile(r"[一-鿿]")
# What applies while the limit is still ahead. To close a case is owed once it is settled, not before.
BEFORE_THE_LIMIT = (When.ALWAYS, When.BEFORE_PICKUP, When.AFTER_PICKUP, When.UNDELIVERED, When.DELIVERED)


def shortest_warning(kind: Kind) -> timedelta | None:
    """How long before its limit a case of the kind opens at the latest notice; None where no pack has a rule of it."""
    folder = resources.files("exceptions.deadlines") / "packs"
    found = []
    for pack in folder.iterdir():
        if pack.name.endswith(".toml"):
            clocks = tomllib.loads(pack.read_text("utf-8")).get("clock", [])
            for clock in clocks:
                if clock.get("kind") == kind.value and "warn_hours" in clock and clock.get("enabled", True):
                    # A limit shorter than its warning warns from its first minute on.
                    found.append(min(clock["warn_hours"], clock.get("hours", clock["warn_hours"])))
    return timedelta(hours=min(found)) if found else None


def test_there_is_one_for_every_kind() -> None:
    assert set(SHIPPED) == set(Kind)
    assert all(playbook.number == 0 for playbook in SHIPPED.values())


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_every_step_is_told_in_both_languages(kind: Kind) -> None:
    playbook = SHIPPED[kind]
    for zh, en in [(playbook.note_zh, playbook.note_en), *((s.name_zh, s.name_en) for s in playbook.steps)]:
        assert CHINESE.search(zh) and en and not CHINESE.search(en.replace("补寄", "").replace("填错物流单号", ""))
    for step in playbook.steps:
        assert CHINESE.search(step.do_zh) and len(step.do_en) > 20
        assert "!" not in step.do_en and "！" not in step.do_zh
        # A row of the queue has that much room for its button.
        assert len(step.name_zh) <= 8 and len(step.name_en) <= 24


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_every_verb_exists_and_the_last_step_closes_the_case(kind: Kind) -> None:
    steps = SHIPPED[kind].steps
    assert all(step.verb in ASKABLE for step in steps if step.verb)
    assert [step.verb for step in steps].index(Action.RESOLVE) == len(steps) - 1
    assert steps[0].when is When.ALWAYS, "a case has a next step from its first minute on"


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_what_is_done_before_the_limit_fits_between_the_warning_and_the_limit(kind: Kind) -> None:
    warned = shortest_warning(kind)
    if warned is None:
        return
    at = timedelta()
    for step in SHIPPED[kind].steps[:-1]:
        if step.when not in BEFORE_THE_LIMIT:
            continue
        span = timedelta(hours=float(step.hours))
        at = {After.OPENED: span, After.PREVIOUS: at + span, After.LIMIT: warned - span}[step.after]
        waits_for_others = (step.verb is None and step.after is After.PREVIOUS) or step.worktime
        assert timedelta() < at <= warned or waits_for_others, step.code


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_every_source_it_names_is_a_page_of_the_catalogue(kind: Kind) -> None:
    playbook = SHIPPED[kind]
    named = {*playbook.source, *(code for step in playbook.steps for code in step.source)}
    known = tomllib.loads((resources.files("exceptions.deadlines") / "sources.toml").read_text("utf-8"))
    assert named
    assert named - set(known) <= {"S1"}, "S1 is the seller's own article on late pickup"
    assert all(page.code for page in sources(tuple(named)))


def test_late_pickup_goes_from_the_buyer_to_the_carrier_to_the_proof_to_the_appeal() -> None:
    verbs = [step.verb for step in SHIPPED[Kind.LATE_PICKUP].steps]
    order = [
        verbs.index(verb) for verb in (Action.CONTACT, Action.URGE, Action.PROVE, Action.APPEAL, Action.COMPENSATE)
    ]
    assert order == sorted(order)


def test_damage_goes_from_pictures_to_the_work_order_to_the_claim_to_the_buyer() -> None:
    codes = [step.code for step in SHIPPED[Kind.DAMAGE].steps]
    assert codes == ["photos", "proof", "work_order", "reship", "claim", "result", "close"]


def test_an_interception_asks_whether_it_can_be_stopped_before_it_asks_to_stop_it() -> None:
    codes = [step.code for step in SHIPPED[Kind.INTERCEPTION_DUE].steps]
    assert codes[:5] == ["eligible", "ask", "confirm", "refuse", "hold_refund"]


@pytest.mark.parametrize("broken", ["hours = 2\nwhat = 1", 'hours = 2\nverb = "fly"', 'hours = "x"', "hours = -1"])
def test_a_file_that_cannot_be_read_stops_the_program_from_starting(broken: str) -> None:
    text = f"""
    kind = "loss"
    source = []
    note_zh = "a"
    note_en = "a"
    [[step]]
    code = "a"
    after = "opened"
    name_zh = "a"
    name_en = "a"
    do_zh = "a"
    do_en = "a"
    {broken}
    """
    with pytest.raises((ValueError, ArithmeticError, StepError)):
        read(text)
