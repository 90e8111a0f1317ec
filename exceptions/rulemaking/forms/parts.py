"""Fields that several forms of rules share."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NEEDED = gettext_lazy("This is needed.")
MOST_HOURS = 24 * 366
# No list of a form is longer: more comes from no page of ours.
MOST_LINES = 500

LENGTH_KINDS = [
    ("", gettext_lazy("No length")),
    ("hours", gettext_lazy("Hours")),
    ("days", gettext_lazy("Days, to the end of the day")),
    ("working_days", gettext_lazy("Working days")),
    ("until", gettext_lazy("Until a date")),
    ("mean_hours", gettext_lazy("Usual time + margin, in hours")),
]


class Checks(forms.CheckboxSelectMultiple):
    """Several of a few."""

    use_fieldset = True


def number_field(label: Any, help_text: Any = "", **options: Any) -> forms.DecimalField:
    """A number that may be left out."""
    settings = {"required": False, "min_value": 0, "max_digits": 9, "decimal_places": 2} | options
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
    return forms.DecimalField(label=label, help_text=help_text, widget=widget, **settings)


def date_field(label: Any, help_text: Any = "", required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def time_field(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, help_text=help_text, required=False, widget=widget)


def instant_field(label: Any, help_text: Any = "", required: bool = False) -> forms.DateTimeField:
    """A wall-clock instant; whose wall, the form says."""
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=required,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


def choice_field(label: Any, choices: Iterable[tuple[Any, Any]], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), help_text=help_text, required=False)


def several_field(label: Any, choices: Iterable[tuple[Any, Any]], help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=list(choices), help_text=help_text, required=False, widget=Checks
    )


class LinesField(forms.CharField):
    """Names, one a line or parted by commas; cleans to a list without repeats."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
        super().__init__(required=False, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = str(super().clean(value)).replace("，", ",").replace("、", ",")
        names = [name.strip() for line in text.splitlines() for name in line.split(",")]
        found = list(dict.fromkeys(name for name in names if name))
        if len(found) > MOST_LINES:
            raise forms.ValidationError(_("At most {n} names.").format(n=MOST_LINES))
        return found


def read_length(data: dict[str, Any], fail: Any) -> dict[str, Any]:
    """The keys of a length from `length`, `number`, `at` and `until`; `fail(field, sentence)` where one is wrong."""
    kind, number = data.get("length") or "", data.get("number")
    if kind == "until":
        if not data.get("until"):
            fail("until", _("Say which date."))
        return {"until": data["until"].isoformat() if isinstance(data.get("until"), date) else None}
    if not kind:
        return {}
    at = data.get("at") if kind == "days" else None
    if number is None:
        fail("number", _("Say how long."))
        return {}
    if number <= 0 and not (at and number == 0):
        fail("number", _("It must be above 0."))
    elif kind in ("days", "working_days"):
        if number != int(number) or number > 366:
            fail("number", _("Days are whole numbers up to 366."))
        found: dict[str, Any] = {kind: int(number)}
        if isinstance(at, time):
            found["at"] = f"{at:%H:%M}"
        return found
    elif number > MOST_HOURS:
        fail("number", _("At most a year."))
    return {kind: shortest(number)}


def length_initial(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of a length from an entry, a lane or a window."""
    kinds = [name for name, _label in LENGTH_KINDS if name and entry.get(name) is not None]
    if not kinds:
        return {"length": "", "margin": entry.get("margin_hours")}
    kind = kinds[0]
    found = {"length": kind, "at": entry.get("at"), "margin": entry.get("margin_hours")}
    return found | ({"until": entry[kind]} if kind == "until" else {"number": entry[kind]})


def shortest(number: Decimal) -> int | float:
    """48 and not 48.00."""
    return int(number) if number == int(number) else float(number)


def options(names: Sequence[str], labels: Any) -> list[tuple[str, Any]]:
    return [(name, labels.get(name, name)) for name in names]
