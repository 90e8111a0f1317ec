"""The form of the page of an order's limits."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AtForm(forms.Form):
    """The instant whose knowledge is asked for, in the shop's time zone (made the current one by who validates)."""

    at = forms.DateTimeField(
        label=_("As known at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
