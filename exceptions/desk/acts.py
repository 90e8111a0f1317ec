"""What somebody wants done to cases: the act, what it has to carry, and how it is written down in a command. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from exceptions.desk.workflow import BY_PEOPLE, VERBS, Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case
from merchants.access import Member
from orders.ticketing.drafts import LONGEST_NUMBER, MOST

NOTE_LENGTH: Final = 4000
WHERE_LENGTH: Final = 120
LONGEST_SNOOZE: Final = timedelta(days=30)
# Hours before it breaks, where nobody says how many.
WAKES_BEFORE: Final = 2
# How a person may say a case ended; the other outcomes are the facts' own.
OUTCOMES_BY_PEOPLE: Final = (Case.Outcome.HANDLED, Case.Outcome.NO_ACTION, Case.Outcome.FALSE_ALARM)
# Who closes a case without doing anything says why: the next person must not have to find out again.
OWES_A_REASON: Final = (Case.Outcome.NO_ACTION, Case.Outcome.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants done; each action reads the fields it needs."""

    by: Member
    action: Action
    now: datetime
    assignee: int | None = None
    note: str = ""
    # SNOOZE: an instant, or what wakes it (a value of Case.Wakes), which then ends the snooze at the case's limit at the latest.
    until: datetime | None = None
    outcome: str = ""
    wakes_on: str = ""
    # Hours before the limit, where it wakes by that.
    wakes_before: int | None = None
    # Sleep on although the limit passes meanwhile.
    beyond: bool = False
    # ASSIGN: another person for some of the cases, by case; and how long the claim stands if nothing follows.
    assignees: Mapping[int, int] = field(default_factory=dict)
    claimed_until: datetime | None = None
    # MERGE: the case that stays; None = of each order the most urgent one.
    into: int | None = None
    # What is done outside: how much, with whom or where, and the other side's number.
    amount: Decimal | None = None
    where: str = ""
    number: str = ""
    # The newest line of the case's log that whoever acts has seen; None = they were not shown any.
    seen: int | None = None

    def stripped(self) -> Self:
        """The same without blanks around what was typed."""
        return replace(self, note=self.note.strip(), where=self.where.strip(), number=self.number.strip())

    def arguments(self) -> dict[str, Any]:
        """What the act carries, as a command keeps it: JSON, without what is empty."""
        told: dict[str, Any] = {
            "assignee": self.assignee,
            "note": self.note,
            "until": self.until and self.until.isoformat(),
            "outcome": self.outcome,
            "wakes_on": self.wakes_on,
            "wakes_before": self.wakes_before,
            "beyond": self.beyond,
            "assignees": {str(case): person for case, person in self.assignees.items()},
            "claimed_until": self.claimed_until and self.claimed_until.isoformat(),
            "into": self.into,
            "amount": None if self.amount is None else str(self.amount),
            "where": self.where,
            "number": self.number,
            "seen": self.seen,
        }
        return {name: value for name, value in told.items() if value not in (None, "", False, {})}

    @classmethod
    def from_arguments(cls, by: Member, action: Action, now: datetime, told: Mapping[str, Any]) -> Self:
        """The act a command was written down for."""
        given = dict(told)
        for name in ("until", "claimed_until"):
            if name in given:
                given[name] = datetime.fromisoformat(given[name])
        if "amount" in given:
            given["amount"] = Decimal(given["amount"])
        if "assignees" in given:
            given["assignees"] = {int(case): person for case, person in given["assignees"].items()}
        return cls(by, action, now, **given)


def check(act: Act) -> None:
    """Raise Incomplete where the act lacks what it needs whatever the case, NotAllowed for what no person does."""
    if act.action not in BY_PEOPLE:
        raise NotAllowed(_("“%(action)s” happens by itself.") % {"action": act.action.label})
    for name, text, most in (("note", act.note, NOTE_LENGTH), ("where", act.where, WHERE_LENGTH)):
        if len(text) > most:
            raise Incomplete(name, _("At most %(most)d characters.") % {"most": most})
    if act.action is Action.NOTE and not act.note:
        raise Incomplete("note", _("Write what others should know."))
    if act.action is Action.MERGE and not act.note:
        raise Incomplete("note", _("Say why they are one."))
    if act.action is Action.SNOOZE:
        _check_snooze(act)
    if act.action is Action.RESOLVE:
        _check_outcome(act)
    if act.action in VERBS:
        _check_verb(act)


def _check_snooze(act: Act) -> None:
    if act.wakes_on not in ("", *Case.Wakes.values):
        raise Incomplete("wakes_on", _("Say what wakes it."))
    if act.wakes_on == Case.Wakes.DUE:
        if act.wakes_before is not None and not 0 < act.wakes_before <= LONGEST_SNOOZE // timedelta(hours=1):
            raise Incomplete("wakes_before", _("Give whole hours, at least one."))
        return
    if act.wakes_on in (Case.Wakes.SCAN, Case.Wakes.INCIDENT) and act.until is None:
        return
    if act.until is None or is_naive(act.until) or act.until <= act.now:
        raise Incomplete("until", _("Choose a time that is still to come."))
    if act.until > act.now + LONGEST_SNOOZE:
        raise Incomplete("until", _("At most %(days)d days.") % {"days": LONGEST_SNOOZE.days})


def _check_outcome(act: Act) -> None:
    if act.outcome not in OUTCOMES_BY_PEOPLE:
        raise Incomplete("outcome", _("Say how it ended."))
    if act.outcome in OWES_A_REASON and not act.note:
        raise Incomplete("note", _("Say why nothing is to be done: whoever sees it next will want to know."))


def _check_verb(act: Act) -> None:
    if len(act.number) > LONGEST_NUMBER:
        raise Incomplete("number", _("At most %(most)d characters.") % {"most": LONGEST_NUMBER})
    if act.action is Action.COMPENSATE and not act.amount:
        raise Incomplete("amount", _("Say how much."))
    if act.amount is not None and not 0 <= act.amount <= MOST:
        raise Incomplete("amount", _("Give an amount from 0 to {most}.").format(most=MOST))
