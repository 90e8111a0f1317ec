"""Rows of a rule: lanes with other lengths, and steps of what a breach costs. A blank row is none."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.penalties import LENGTHS as HOURS
from exceptions.deadlines.penalties import MONEY
from exceptions.rulemaking.forms.parts import (
    LENGTH_KINDS,
    choice_field,
    length_initial,
    number_field,
    read_length,
    shortest,
    time_field,
)

MOST_ROWS = 30
LANE_WAYS = [
    ("", gettext_lazy("Choose…")),
    ("same_province", gettext_lazy("Within one province")),
    ("within", gettext_lazy("Within the region")),
    ("to", gettext_lazy("To the region")),
    ("from", gettext_lazy("From the region")),
]


class LaneForm(forms.Form):
    """A lane: which way, and how long there."""

    way = choice_field(gettext_lazy("Way"), LANE_WAYS)
    region = choice_field(gettext_lazy("Region"), [])
    length = choice_field(gettext_lazy("Length"), [("", gettext_lazy("Not judged")), *LENGTH_KINDS[1:4]])
    number = number_field(gettext_lazy("How long"))
    at = time_field(gettext_lazy("At"))

    def __init__(self, *args: Any, regions: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "–"), *((name, name) for name in regions)]
        self.fields["region"].choices = names  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.is_blank:
            return data
        if not data.get("way"):
            self.add_error("way", _("Say which way."))
        elif data["way"] != "same_province" and not data.get("region"):
            self.add_error("region", _("Say which region. Regions are set up under “Hours and regions”."))
        self._length = read_length(data, self.add_error)
        return data

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in ("way", "region", "length", "number"))

    @property
    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        way: dict[str, Any] = {"same_province": True}
        if data["way"] != "same_province":
            way = {data["way"]: data["region"]}
        return way | self._length


def lane_initial(lane: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a lane from an entry."""
    way = next((name for name, _label in LANE_WAYS if name and lane.get(name)), "")
    region = "" if way in ("", "same_province") else lane[way]
    return {"way": way, "region": region} | length_initial(dict(lane))


class TierForm(forms.Form):
    """One step of the penalty: for which amounts, and how much."""

    over = number_field(gettext_lazy("Amount over"))
    upto = number_field(gettext_lazy("Amount up to"))
    fixed = number_field(gettext_lazy("Fixed sum"))
    percent = number_field(gettext_lazy("Share of the amount, %"), max_value=1000)
    min = number_field(gettext_lazy("At least"))
    max = number_field(gettext_lazy("At most"))
    promise_over = number_field(gettext_lazy("Promised over, h"))
    promise_upto = number_field(gettext_lazy("Promised up to, h"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.is_blank:
            return data
        if data.get("fixed") is None and data.get("percent") is None and not self.errors:
            self.add_error("fixed", _("Say a sum or a share; 0 for nothing."))
        if data.get("fixed") is not None and data.get("percent") is not None:
            self.add_error("percent", _("Either a fixed sum or a share, not both."))
        for low, high in (("over", "upto"), ("min", "max"), ("promise_over", "promise_upto")):
            if _both(data, low, high) and data[low] > data[high]:
                self.add_error(high, _("It is below the number before it."))
        if _both(data, "over", "upto") and data["over"] == data["upto"]:
            self.add_error("upto", _("No amount is over the one and not over the other."))
        return data

    @property
    def is_blank(self) -> bool:
        return not self.errors and all(self.cleaned_data.get(name) is None for name in MONEY + HOURS)

    @property
    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: shortest(data[name]) for name in MONEY + HOURS if data.get(name) is not None}


def _both(data: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(data.get(name), Decimal | date) for name in names)


class Rows(forms.BaseFormSet):
    """Rows of which the blank ones do not count."""

    @property
    def said(self) -> list[dict[str, Any]]:
        return [form.said for form in self.forms if not form.is_blank]


_OPTIONS: dict[str, Any] = {
    "formset": Rows,
    "extra": 2,
    "max_num": MOST_ROWS,
    "validate_max": True,
    "absolute_max": 60,
}
LaneRows = formset_factory(LaneForm, **_OPTIONS)
TierRows = formset_factory(TierForm, **_OPTIONS)
