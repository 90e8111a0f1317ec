"""The keys of the desk: one table for the buttons, their tooltips and the list that `?` shows.

Single keys only: with Ctrl, Alt or the Command key the browser keeps its own.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.desk.workflow import Action


@dataclass(frozen=True, slots=True)
class Key:
    # As a button names it in `data-key`, or as the browser calls it.
    key: str
    label: Any

    @property
    def shown(self) -> str:
        return {"shift+x": "Shift X", "escape": "Esc", "enter": "Enter"}.get(self.key, self.key.upper())


GROUPS: Final[tuple[tuple[Any, dict[str, Key]], ...]] = (
    (
        _("Move"),
        {
            "down": Key("j", _("Next row")),
            "up": Key("k", _("Previous row")),
            "open": Key("o", pgettext_lazy("verb", "Open")),
            "previous": Key("[", _("Previous case of the queue")),
            "next": Key("]", _("Next case of the queue")),
            "back": Key("escape", _("One level back: menu, field, selection, preview, queue")),
        },
    ),
    (
        _("Choose"),
        {
            "select": Key("x", _("Select")),
            "range": Key("shift+x", _("Select from the last one to here")),
        },
    ),
    (
        _("Act"),
        {
            "urge": Key("1", Action.URGE.label),
            "intercept": Key("2", Action.INTERCEPT.label),
            "claim": Key("3", Action.CLAIM.label),
            "contact": Key("4", Action.CONTACT.label),
            "resolve": Key("5", Action.RESOLVE.label),
            "work_order": Key("6", Action.WORK_ORDER.label),
            "reship": Key("7", Action.RESHIP.label),
            "compensate": Key("8", Action.COMPENSATE.label),
            "appeal": Key("9", Action.APPEAL.label),
            "prove": Key("p", Action.PROVE.label),
            "assign": Key("a", _("Assign to me")),
            "snooze": Key("h", Action.SNOOZE.label),
            "merge": Key("m", Action.MERGE.label),
            "note": Key("n", Action.NOTE.label),
            "watch": Key("w", _("Watch")),
            "finish": Key("f", _("Finish and next")),
            "copy": Key("c", _("Copy the summary for the buyer")),
            "undo": Key("u", _("Undo")),
        },
    ),
    (
        _("Everywhere"),
        {
            "search": Key("/", _("Search")),
            "help": Key("?", _("This list")),
        },
    ),
)
KEYS: Final = {name: key for _group, keys in GROUPS for name, key in keys.items()}
