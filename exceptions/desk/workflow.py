"""The case workflow as a table. Buttons, API and services read the same one. Pure."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shipops.kit.choices import Choice


class State(Choice):
    OPEN = "open", _("Open"), "broken"
    SNOOZED = "snoozed", _("Snoozed"), "calm"
    RESOLVED = "resolved", _("Resolved"), "kept"


class Action(Choice):
    """What can be done to a case; the first two groups by people, UNDO by way of a command's, the rest by the sweep."""

    ASSIGN = "assign", _("Assign")
    NOTE = "note", _("Add a note")
    SNOOZE = "snooze", _("Snooze")
    WAKE = "wake", _("Wake now")
    RESOLVE = "resolve", _("Resolve")
    REOPEN = "reopen", _("Reopen")
    MERGE = "merge", _("Merge")
    # What is done about it outside; each ticks the step of the playbook that asks for it.
    URGE = "urge", pgettext_lazy("what was done outside", "Urge the carrier")
    INTERCEPT = "intercept", _("Intercept")
    CLAIM = "claim", _("Claim")
    CONTACT = "contact", _("Contact the buyer")
    WORK_ORDER = "work_order", _("Open a work order")
    RESHIP = "reship", _("Ship again")
    COMPENSATE = "compensate", _("Compensate")
    APPEAL = "appeal", _("Appeal")
    PROVE = "prove", _("Keep proof")
    # A command taken back: its own line in the log of each case, whatever the state.
    UNDO = "undo", _("Undo")

    RAISE = "raise", _("Opened")
    WORSEN = "worsen", _("Got worse")
    CLEAR = "clear", _("Settled by the facts")
    RELAPSE = "relapse", _("Came back")
    EXPIRE = "expire", _("Assignment expired")
    GATHER = "gather", _("Gathered into an incident")


TABLE: dict[tuple[State, Action], State] = {
    (State.OPEN, Action.ASSIGN): State.OPEN,
    (State.OPEN, Action.NOTE): State.OPEN,
    (State.OPEN, Action.SNOOZE): State.SNOOZED,
    (State.OPEN, Action.RESOLVE): State.RESOLVED,
    (State.OPEN, Action.WORSEN): State.OPEN,
    (State.OPEN, Action.CLEAR): State.RESOLVED,
    (State.SNOOZED, Action.ASSIGN): State.SNOOZED,
    (State.SNOOZED, Action.NOTE): State.SNOOZED,
    (State.SNOOZED, Action.SNOOZE): State.SNOOZED,
    (State.SNOOZED, Action.WAKE): State.OPEN,
    (State.SNOOZED, Action.RESOLVE): State.RESOLVED,
    # Getting worse is news: it ends the snooze.
    (State.SNOOZED, Action.WORSEN): State.OPEN,
    (State.SNOOZED, Action.CLEAR): State.RESOLVED,
    (State.RESOLVED, Action.NOTE): State.RESOLVED,
    (State.RESOLVED, Action.REOPEN): State.OPEN,
    (State.RESOLVED, Action.RELAPSE): State.OPEN,
    (State.OPEN, Action.MERGE): State.RESOLVED,
    (State.SNOOZED, Action.MERGE): State.RESOLVED,
}

# What is done outside leaves the case in its state.
VERBS = (
    Action.URGE,
    Action.INTERCEPT,
    Action.CLAIM,
    Action.CONTACT,
    Action.WORK_ORDER,
    Action.RESHIP,
    Action.COMPENSATE,
    Action.APPEAL,
    Action.PROVE,
)
TABLE |= {(state, verb): state for state in (State.OPEN, State.SNOOZED) for verb in VERBS}

BY_PEOPLE = (
    *(Action.ASSIGN, Action.NOTE, Action.SNOOZE, Action.WAKE, Action.RESOLVE, Action.REOPEN, Action.MERGE),
    *VERBS,
)


def next_state(state: State, action: Action) -> State | None:
    """The state after `action`, or None where the table does not allow it."""
    return TABLE.get((state, action))


def act_named(name: str) -> Action | None:
    """The act of people of this name; None where there is none."""
    return next((action for action in BY_PEOPLE if action.value == name), None)


def actions_of(state: State) -> tuple[Action, ...]:
    """What a person may do with a case in this state, in the order of the buttons."""
    return tuple(action for action in BY_PEOPLE if (state, action) in TABLE)
