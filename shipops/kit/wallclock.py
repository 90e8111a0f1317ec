"""A form field for a time as people type it: the wall clock of a place, not of the server."""

from datetime import datetime, tzinfo
from typing import Any

from django import forms

FORM = "%Y-%m-%dT%H:%M"


class WallClockField(forms.DateTimeField):
    """A wall-clock time without a zone, read in `zone`, which whoever makes the form sets."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORM)
    zone: tzinfo | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[FORM, "%Y-%m-%d %H:%M"], **kwargs)

    def clean(self, value: Any) -> datetime | None:
        typed: datetime | None = super().clean(value)
        return typed.replace(tzinfo=self.zone) if typed else None


def read_in(form: forms.Form, zone: tzinfo) -> None:
    """Have all wall-clock times of a form read in `zone`."""
    for field in form.fields.values():
        if isinstance(field, WallClockField):
            field.zone = zone
