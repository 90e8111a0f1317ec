"""What people say of incidents."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exceptions.desk.workflow import VERBS
from exceptions.incidents.grouping import Rule
from exceptions.incidents.handling import LONGEST_NOTE, Place
from exceptions.incidents.shown import parcels
from exceptions.incidents.whereabouts import LONGEST_NAME
from exceptions.models import GatheringRule
from merchants.access import Member
from merchants.models import User
from shipments.models import Carrier
from shipops.kit.query import row_ids

# Of a filing with the platform (报备), which is no verb of a case.
FILED = ("filed", _("Filed with the platform"))


class OpenForm(forms.Form):
    """Open by hand: one of the places where parcels stand still."""

    place = forms.ChoiceField(label=_("Place"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False)

    def __init__(self, *args: Any, places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (place.code, f"{place.carrier.name} · {place.title} · {parcels(place.parcels)}") for place in places
        ]


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2}))


class NoticeForm(forms.Form):
    """What was done once for all of it."""

    verb = forms.ChoiceField(label=_("What was done"), choices=[*((v.value, v.label) for v in VERBS), FILED])
    note = forms.CharField(
        label=_("Words"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_(
            "With the number of the work order or filing: each of its cases shows it, those that join later too."
        ),
    )


class AssignForm(forms.Form):
    assignee = forms.TypedChoiceField(label=_("In charge"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__merchant=member.merchant, is_active=True).order_by("username")
        named = [(person.pk, person.display_name) for person in people]
        self.fields["assignee"].choices = [("", _("Nobody")), *named]  # type: ignore[attr-defined]


class AddForm(forms.Form):
    """Cases by their numbers: C-12, C-15."""

    numbers = forms.CharField(label=_("Case numbers"), max_length=LONGEST_NOTE, help_text=_("As in C-12, C-15."))

    def clean_numbers(self) -> list[int]:
        words = self.cleaned_data["numbers"].upper().replace("C-", " ").replace(",", " ").replace("，", " ").split()
        return row_ids(words)


class SplitForm(forms.Form):
    name = forms.CharField(label=_("Name of the new incident"), max_length=LONGEST_NAME)


class RuleForm(forms.Form):
    """From how many parcels on it is an incident."""

    carrier = forms.ModelChoiceField(
        Carrier.objects.none(), label=_("Carrier"), required=False, empty_label=_("All without numbers of their own")
    )
    threshold = forms.IntegerField(label=_("Parcels"), min_value=2, max_value=10_000)
    window_hours = forms.IntegerField(label=_("that came to a stand within so many hours"), min_value=1, max_value=240)
    close_below = forms.IntegerField(
        label=_("Over with fewer than"), min_value=0, max_value=10_000, help_text=_("0 or 1: only with none left.")
    )
    close_hours = forms.IntegerField(label=_("for so many hours"), min_value=1, max_value=240)

    def __init__(self, *args: Any, carriers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["carrier"].queryset = carriers  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if None not in (data.get("close_below"), data.get("threshold")) and data["close_below"] >= data["threshold"]:
            self.add_error("close_below", _("It must be less than the number it opens with."))
        return data

    @property
    def rule(self) -> Rule:
        data = self.cleaned_data
        return Rule(
            data["threshold"],
            timedelta(hours=data["window_hours"]),
            data["close_below"],
            timedelta(hours=data["close_hours"]),
        )


def rule_initial(row: GatheringRule) -> dict[str, Any]:
    names = ("threshold", "window_hours", "close_below", "close_hours")
    return {"carrier": row.carrier_id} | {name: getattr(row, name) for name in names}
