"""Working hours of the merchant, and named lists of provinces that lanes are written by."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from exceptions.deadlines.worktime import DAYS, FLAGS, Week, WeekError
from exceptions.rulemaking.forms.parts import LinesField
from shipments._provinces import PROVINCES


class WeekForm(forms.Form):
    """Hours of each weekday; blank = closed."""

    holidays_off = forms.BooleanField(label=gettext_lazy("Closed on statutory holidays"), required=False)
    makeup_days_on = forms.BooleanField(label=gettext_lazy("Open on make-up workdays"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, day in enumerate(DAYS):
            attrs = {"placeholder": "09:00-12:00, 13:30-18:00", "inputmode": "text"}
            self.fields[day] = forms.CharField(
                label=WEEKDAYS[number], max_length=80, required=False, widget=forms.TextInput(attrs=attrs)
            )
        self.order_fields([*DAYS, *FLAGS])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for day in DAYS:  # one by one, so that the reason stands at its day
            if spans := _spans(data.get(day, "")):
                try:
                    Week.read({day: spans})
                except WeekError as error:
                    self.add_error(day, str(error))
        if not any(_spans(data.get(day, "")) for day in DAYS) and not self.errors:
            self.add_error("mon", _("The week has no working hours."))
        return data

    @property
    def said(self) -> dict[str, Any]:
        """The week as a document has it, once the form is valid."""
        data = self.cleaned_data
        hours = {day: _spans(data[day]) for day in DAYS if data[day].strip()}
        return hours | {flag: data[flag] for flag in FLAGS}


def _spans(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]


def week_initial(written: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a week from a document."""
    return {day: ", ".join(written.get(day, ())) for day in DAYS} | {flag: written.get(flag, False) for flag in FLAGS}


class RegionForm(forms.Form):
    """A named list of provinces; an empty list takes the name away, or brings back what the packs say."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=40)
    provinces = LinesField(
        label=gettext_lazy("Provinces"),
        help_text=gettext_lazy("In short form, one a line or parted by commas (新疆, 内蒙古)."),
    )

    def clean_provinces(self) -> list[str]:
        found: list[str] = self.cleaned_data["provinces"]
        return [_short(name) for name in found]


def _short(name: str) -> str:
    """A province in short form. Raises ValidationError where there is none of this name."""
    found = next((short for short in PROVINCES if name.startswith(short)), None)
    if found is None:
        raise forms.ValidationError(_("“{name}” is no province.").format(name=name))
    return found


def region_forms(regions: Iterable[tuple[str, Iterable[str]]]) -> list[RegionForm]:
    """A form for each region there is, filled."""
    return [
        RegionForm(initial={"name": name, "provinces": list(provinces)}, auto_id=f"id-{number}-%s")
        for number, (name, provinces) in enumerate(regions)
    ]
