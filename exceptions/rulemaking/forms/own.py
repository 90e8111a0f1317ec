"""A clock of our own, and what goes with a draft."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.moments import MOMENTS
from exceptions.deadlines.policy import OWN, OWN_KEYS
from exceptions.deadlines.terms import read_entry
from exceptions.rulemaking import bases, phrases
from exceptions.rulemaking.forms.change import RuleFields, initial_of
from exceptions.rulemaking.forms.parts import choice_field, instant_field, several_field
from exceptions.rulemaking.forms.scopes import scope_initial
from orders.models import Ticket

SUBJECTS = {
    "order": gettext_lazy("Orders"),
    "parcel": gettext_lazy("Parcels"),
    "ticket": gettext_lazy("Tickets"),
}
# What a pack says of where a rule is from; of ours it is known.
KNOWN = {"source": ["own"], "grade": "A", "needs_review": False}


class OwnForm(RuleFields):
    """A clock of our own: of orders, parcels or tickets."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        validators=[
            RegexValidator(r"^OWN-[A-Z0-9][A-Z0-9-]*\Z", gettext_lazy("Capitals, digits and hyphens behind OWN-."))
        ],
        help_text=gettext_lazy("Begins with OWN-, such as OWN-PACK-24."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "characters"}),
    )
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=60)
    name_en = forms.CharField(
        label=gettext_lazy("Name in English"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Blank: as in Chinese."),
    )
    kind = choice_field(gettext_lazy("Opens a case of"), Kind.choices())
    tickets = several_field(gettext_lazy("Kinds of tickets"), Ticket.Kind.choices)
    start = choice_field(gettext_lazy("Starts at"), [])
    stop = several_field(gettext_lazy("Stops at"), [], gettext_lazy("Several: all of them must have happened."))

    def __init__(self, *args: Any, subject: str, entry: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        keys = bases.EDITABLE.keys() & OWN_KEYS
        super().__init__(*args, subject=subject, keys=keys, of_orders=False, **kwargs)
        moments = [(name, phrases.moment(name)) for name in MOMENTS[subject]]
        for name in ("start", "stop"):
            self.fields[name].choices = moments  # type: ignore[attr-defined]
        if subject != "ticket":
            del self.fields["tickets"]
        given = entry or {"warn_hours": 4, "grave_hours": 24, "hours": 24}
        values = bases.editable(given)
        self.initial = initial_of(values) | scope_initial(given.get("scope", {})) | {"code": OWN, **_named(given)}
        self.make_rows(values["lanes"], values["penalty"])
        self.known = bool(entry)
        if entry:
            self.fields["code"].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("stop"):
            self.add_error("stop", _("Say at least one moment."))
        if data.get("start") in (data.get("stop") or ()):
            self.add_error("stop", _("It cannot stop where it starts."))
        if self.subject == "ticket" and not data.get("tickets"):
            self.add_error("tickets", _("Say at least one kind."))
        if not self.errors and self.lanes.is_valid() and self.tiers.is_valid():
            try:
                read_entry(self.entry | KNOWN, bases.DRAFT)
            except ValueError as error:
                self.refuse(getattr(error, "field", ""), getattr(error, "told", str(error)))
        return data

    @property
    def entry(self) -> dict[str, Any]:
        """The clock as a document has it, once the form is valid."""
        data = self.cleaned_data
        head = {
            "code": data["code"],
            "name_zh": data["name_zh"],
            "name_en": data["name_en"] or data["name_zh"],
            "kind": data["kind"],
            "subject": self.subject,
            "start": data["start"],
            "stop": list(data["stop"]),
            "scope": self.scope,
        }
        if self.subject == "ticket":
            head["tickets"] = list(data["tickets"])
        missing = bases.EDITABLE
        return head | {
            name: value for name, value in self.values.items() if name == "enabled" or value != missing[name]
        }

    @property
    def head_fields(self) -> list[forms.BoundField]:
        return self.in_group("code", "name_zh", "name_en", "kind", "tickets", "start", "stop")


def _named(entry: Mapping[str, Any]) -> dict[str, Any]:
    names = ("code", "name_zh", "name_en", "kind", "tickets", "start", "stop")
    return {name: entry[name] for name in names if name in entry}


class PublishForm(forms.Form):
    """From when on a draft is in force, and why."""

    effective_from = instant_field(
        gettext_lazy("In force from"),
        gettext_lazy("For orders paid from then on. Blank: from now. A past time judges open orders anew."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("What changes and why, for the history."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
