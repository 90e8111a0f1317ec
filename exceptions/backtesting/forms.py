"""How far back a draft is tried."""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

DAYS = (7, 14, 30, 90)


def _past(days: int) -> str:
    return ngettext("the past %(n)d day", "the past %(n)d days", days) % {"n": days}


class StartForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Try it on"), choices=[(days, lazy(_past, str)(days)) for days in DAYS], coerce=int, initial=30
    )
