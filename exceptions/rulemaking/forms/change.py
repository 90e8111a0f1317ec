"""A change of a rule that runs: a form made from the rule's entry, giving back what of it is to be otherwise, and for whom."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.checks import MOST_RUNS
from exceptions.deadlines.moments import MOMENTS as KNOWN
from exceptions.deadlines.moments import PROMISES
from exceptions.deadlines.rulebook import changed
from exceptions.deadlines.terms import read_entry
from exceptions.rulemaking import bases, phrases
from exceptions.rulemaking.forms.parts import (
    LENGTH_KINDS,
    MOST_HOURS,
    choice_field,
    date_field,
    length_initial,
    number_field,
    read_length,
    several_field,
    shortest,
    time_field,
)
from exceptions.rulemaking.forms.rows import LaneRows, TierRows, lane_initial
from exceptions.rulemaking.forms.scopes import GOODS_CHOICES, ScopeFields, goods_said, goods_shown, scope_initial
from merchants.access import Member

WARNS = gettext_lazy("This many hours before the limit a case is opened as about to break.")
GRAVE = gettext_lazy("This many hours after the limit it counts as seriously broken.")


# The pack's key behind each field that a rule of some shape has not.
KEY_OF = {
    "at": "at",
    "until": "until",
    "margin": "margin_hours",
    "promise": "promise",
    "repeat": "repeat",
    "worktime": "worktime",
    "cut_on": "cut",
    "cut_hours": "cut",
    "effective_from": "effective_from",
    "effective_to": "effective_to",
}
# And the field at which a refusal of a key is shown.
FIELD_OF = {"hours": "number", "days": "number", "working_days": "number", "mean_hours": "number"} | {
    "margin_hours": "margin",
    "cut": "cut_hours",
    "scope": "shops",
}


class RuleFields(ScopeFields):
    """What a rule that runs says: length, levels, cut, goods, money."""

    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)
    length = choice_field(
        gettext_lazy("Length"), LENGTH_KINDS, gettext_lazy("Day 0 is the day it starts on, in the shop’s time zone.")
    )
    number = number_field(gettext_lazy("How long"))
    at = time_field(gettext_lazy("At"), gettext_lazy("Blank = 23:59:59 of that day."))
    until = date_field(gettext_lazy("Date"), gettext_lazy("The limit is the end of this day."))
    margin = number_field(gettext_lazy("Margin, hours"), gettext_lazy("Added to the usual time."))
    promise = choice_field(
        gettext_lazy("Promise"), [], gettext_lazy("Where an order carries it, it replaces the length.")
    )
    worktime = forms.BooleanField(
        label=gettext_lazy("Only within our working hours"),
        required=False,
        help_text=gettext_lazy("For promises of our own; platforms count nights and holidays too."),
    )
    repeat = forms.IntegerField(
        label=gettext_lazy("Times in a row"),
        min_value=1,
        max_value=MOST_RUNS,
        help_text=gettext_lazy("More than 1: it runs again from each limit that passes unmet."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    warn_hours = number_field(gettext_lazy("Warn before, hours"), WARNS, required=True, max_value=MOST_HOURS)
    grave_hours = number_field(gettext_lazy("Serious after, hours"), GRAVE, required=True, max_value=MOST_HOURS)
    cut_on = choice_field(gettext_lazy("Comes nearer once"), [], gettext_lazy("This has happened:"))
    cut_hours = number_field(
        gettext_lazy("Then due after, hours"),
        gettext_lazy("The sooner of the two limits counts."),
        max_value=MOST_HOURS,
    )
    goods = several_field(gettext_lazy("Only for these goods"), GOODS_CHOICES)
    not_goods = several_field(gettext_lazy("Not for these goods"), GOODS_CHOICES)
    stack = forms.CharField(
        label=gettext_lazy("Pays once with"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Limits of one order that name the same group pay once: the dearest."),
    )
    stack_cap_percent = number_field(
        gettext_lazy("Together at most, %"),
        gettext_lazy("Of the amount paid; then they add up to that."),
        max_value=1000,
    )
    stack_cap = number_field(gettext_lazy("Together at most, sum"))
    effective_from = date_field(
        gettext_lazy("For orders paid from"), gettext_lazy("In the life of the rule itself; blank: always.")
    )
    effective_to = date_field(gettext_lazy("Last day"), gettext_lazy("Blank: until further notice."))

    def __init__(
        self, *args: Any, keys: Collection[str], regions: Iterable[str] = (), subject: str = "order", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys, self.regions, self.subject = frozenset(keys), list(regions), subject
        moments = [("", gettext_lazy("Nothing")), *((name, phrases.moment(name)) for name in KNOWN[subject])]
        self.fields["cut_on"].choices = moments  # type: ignore[attr-defined]
        named = [(name, phrases.PROMISES[name] if name else "–") for name in PROMISES[subject]]
        self.fields["promise"].choices = named  # type: ignore[attr-defined]
        if len(named) == 1:
            del self.fields["promise"]
        for name, key in KEY_OF.items():
            if key not in self.keys:
                self.fields.pop(name, None)
        kinds = [pair for pair in LENGTH_KINDS if not pair[0] or pair[0] in self.keys]
        self.fields["length"].choices = kinds  # type: ignore[attr-defined]
        self.lanes: Any = None
        self.tiers: Any = None

    def make_rows(self, lanes: list[dict[str, Any]], tiers: list[dict[str, Any]]) -> None:
        """The rows below the fields, filled from what was posted, else from these."""
        bound = self.data if self.is_bound else None
        known = {"regions": self.regions}
        self.lanes = LaneRows(bound, prefix="lanes", initial=[lane_initial(one) for one in lanes], form_kwargs=known)
        self.tiers = TierRows(bound, prefix="tiers", initial=tiers)

    def is_valid(self) -> bool:
        """The fields and all rows."""
        rows = [rows.is_valid() for rows in (self.lanes, self.tiers)]
        return all(rows) and super().is_valid()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._length = read_length(data, self.add_error)
        if bool(data.get("cut_on")) != (data.get("cut_hours") is not None):
            self.add_error("cut_hours", _("What brings it nearer, and by how much: both or none."))
        if data.get("cut_hours") == 0:
            self.add_error("cut_hours", _("It must be above 0."))
        hours, warn = self._length.get("hours"), data.get("warn_hours")
        if hours and warn is not None and warn > hours:
            self.add_error("warn_hours", _("The whole limit is {n} h: it cannot warn earlier.").format(n=hours))
        if data.get("effective_from") and data.get("effective_to") and data["effective_to"] < data["effective_from"]:
            self.add_error("effective_to", _("It ends before it begins."))
        if set(data.get("goods") or ()) & set(data.get("not_goods") or ()):
            self.add_error("not_goods", _("The same goods cannot be both in and out."))
        if data.get("enabled") and not self._runs(data):
            self.add_error("enabled", _("Without a length, a promise or a lane it cannot be switched on."))
        return data

    def _runs(self, data: Mapping[str, Any]) -> bool:
        return bool(self._length or data.get("promise") or (self.lanes.is_valid() and self.lanes.said) or self.errors)

    @property
    def values(self) -> dict[str, Any]:
        """Every value the form says, as a pack would write it, once it is valid."""
        data = self.cleaned_data
        found: dict[str, Any] = {name: self._length.get(name) for name in ("hours", "days", "at", "working_days")}
        found |= {name: self._length.get(name) for name in ("until", "mean_hours")}
        # A benchmark that is still to be filled in may have its margin already.
        margin = data.get("margin") if data.get("length") in ("", "mean_hours") else None
        found["margin_hours"] = shortest(margin) if margin else None
        found |= {name: data[name] for name in ("enabled", "worktime", "repeat", "stack") if name in data}
        found |= {name: goods_said(data[name]) for name in ("goods", "not_goods")}
        for name in ("warn_hours", "grave_hours", "stack_cap_percent", "stack_cap"):
            found[name] = None if data.get(name) is None else shortest(data[name])
        for name in ("effective_from", "effective_to"):
            found[name] = bases.plain(data.get(name))
        found["promise"] = data.get("promise") or ""
        found["cut"] = {"on": data["cut_on"], "hours": shortest(data["cut_hours"])} if data.get("cut_on") else None
        found["lanes"] = [bases.plain(one) for one in self.lanes.said]
        found["penalty"] = [bases.plain(one) for one in self.tiers.said]
        return {name: value for name, value in found.items() if name in self.keys}

    def refuse(self, field: str, sentence: str) -> None:
        """Show why what was said is refused, at the field of this key of the pack."""
        name = FIELD_OF.get(field, field)
        self.add_error(name if name in self.fields else None, sentence)

    def in_group(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def length_fields(self) -> list[forms.BoundField]:
        return self.in_group("length", "number", "at", "until", "margin", "promise", "repeat", "worktime")

    @property
    def level_fields(self) -> list[forms.BoundField]:
        return self.in_group("warn_hours", "grave_hours")

    @property
    def special_fields(self) -> list[forms.BoundField]:
        return self.in_group("cut_on", "cut_hours", "goods", "not_goods")

    @property
    def stack_fields(self) -> list[forms.BoundField]:
        return self.in_group("stack", "stack_cap_percent", "stack_cap")

    @property
    def date_fields(self) -> list[forms.BoundField]:
        return self.in_group("effective_from", "effective_to")


class ChangeForm(RuleFields):
    """A change of one rule for the orders of a scope, or a new one (None).

    Valid, it gives `scope`, `set` and the whole `entry` as it would be.
    """

    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Kept with the change, for those who come later."),
    )

    def __init__(
        self,
        *args: Any,
        entry: Mapping[str, Any],
        written: Mapping[str, Any],
        scope: Mapping[str, Any] | None,
        member: Member,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, member=member, subject=entry.get("subject", "order"), keys=bases.keys(entry), **kwargs)
        self.shipped, self.written = dict(entry), written
        former = bases.change_of(written, entry["code"], scope or {}) or {}
        now = changed(bases.before_change(self.shipped, written, scope or {}), former.get("set", {}))
        values = bases.editable(now)
        # A new change begins as the rule is for all orders.
        note = former.get("note", "") if scope is not None else ""
        self.initial = initial_of(values) | scope_initial(scope or {}) | {"note": note}
        self.make_rows(values["lanes"], values["penalty"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and self.lanes.is_valid() and self.tiers.is_valid():
            self._base = bases.before_change(self.shipped, self.written, self.scope)
            try:
                read_entry(self.entry, bases.DRAFT)
            except ValueError as error:
                self.refuse(getattr(error, "field", ""), getattr(error, "told", str(error)))
        return data

    @property
    def set(self) -> dict[str, Any]:
        return bases.difference(self.values, self._base)

    @property
    def entry(self) -> dict[str, Any]:
        return changed(self._base, self.set)


def initial_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule from its editable values."""
    cut = values["cut"] or {}
    found = {name: values[name] for name in ("enabled", "promise", "worktime", "repeat", "warn_hours", "grave_hours")}
    found |= {
        name: values[name] for name in ("stack", "stack_cap_percent", "stack_cap", "effective_from", "effective_to")
    }
    found |= {"goods": goods_shown(values["goods"]), "not_goods": goods_shown(values["not_goods"])}
    return found | {"cut_on": cut.get("on", ""), "cut_hours": cut.get("hours")} | length_initial(dict(values))
