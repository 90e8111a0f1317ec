"""What the rules wait for on a ticket, and what people can tell of one, are the same things."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exceptions.deadlines.facts import TicketFacts
from exceptions.deadlines.moments import STEPS, TICKET_MOMENTS
from exceptions.deadlines.terms import read
from orders.models import TicketStep
from orders.ticketing.drafts import STEPS_OF

OPENED = datetime(2026, 11, 22, 1, tzinfo=UTC)
PACKS = sorted((Path(__file__).parents[2] / "exceptions/deadlines/packs").glob("*.toml"))


def test_rules_know_the_steps_that_tickets_have() -> None:
    assert set(STEPS) == set(TicketStep.Name)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_whatever_a_pack_waits_for_on_a_ticket_can_be_told_of_its_kind(path: Path) -> None:
    awaited = {
        (kind, name)
        for term in read(path.read_text("utf-8"))
        if term.subject == "ticket"
        for kind in term.tickets
        for name in (term.start, *term.stop)
        if name
    }
    tellable = {(kind, name) for kind, steps in STEPS_OF.items() for name in ("opened", "closed", *steps)}
    assert awaited - tellable == set()


def test_to_agree_or_to_reject_is_an_answer() -> None:
    def answered(**steps: int) -> datetime | None:
        instants = {name: OPENED + timedelta(hours=hours) for name, hours in steps.items()}
        return TICKET_MOMENTS["answered"](TicketFacts(1, "refund", OPENED, steps=instants))

    assert answered() is None
    assert answered(submitted=1) is None
    assert answered(agreed=3) == answered(rejected=3) == answered(answered=3) == OPENED + timedelta(hours=3)
    assert answered(answered=5, agreed=2) == OPENED + timedelta(hours=2)
