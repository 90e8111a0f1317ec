"""What people type about who takes what, and about the end of a shift."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind
from exceptions.models import DeskRules
from exceptions.models.together import LONGEST_CLAIM, MOST_EACH
from exceptions.together.shifts import Given, Line
from exceptions.together.team import Mate
from merchants.models import Shop
from shipments.models import Carrier

# What a line of a hand-over may say besides a person.
KEEP, POOL, AS_ALL = "keep", "pool", ""


class RulesForm(forms.ModelForm):
    """How the merchant's desk shares its work."""

    sharing = forms.ChoiceField(
        label=_("New cases go"),
        choices=DeskRules.Sharing.choices,
        widget=forms.RadioSelect,
        help_text=_("Only to people on duty who may see the shop, and only what they take."),
    )
    claim_minutes = forms.IntegerField(
        label=_("An assignment lasts (minutes)"),
        min_value=0,
        max_value=LONGEST_CLAIM,
        help_text=_(
            "By the clock. Whatever its owner does holds it as long again; if nothing happens the case is everybody’s. "
            "0: it does not end by itself."
        ),
    )
    cases_each = forms.IntegerField(
        label=_("Open cases each at most"),
        min_value=1,
        max_value=MOST_EACH,
        help_text=_("Whoever has so many is given no more until some are done."),
    )

    class Meta:
        model = DeskRules
        fields = ["sharing", "claim_minutes", "cases_each"]


class TakesForm(forms.Form):
    """What somebody takes, and whether they are on duty. Nothing chosen of a sort = all of it."""

    on = forms.BooleanField(label=_("On duty"), required=False)
    kinds = forms.MultipleChoiceField(
        label=_("Kinds"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: all.")
    )
    carriers = forms.ModelMultipleChoiceField(
        Carrier.objects.none(),
        label=_("Carriers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all. Cases without a parcel have no carrier."),
    )
    shops = forms.ModelMultipleChoiceField(
        Shop.objects.none(),
        label=_("Shops"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all they may see."),
    )

    def __init__(self, *args: Any, mate: Mate, carriers: Iterable[Carrier], **kwargs: Any) -> None:
        kwargs["initial"] = {
            "on": mate.on,
            "kinds": list(mate.kinds),
            "carriers": list(mate.carriers),
            "shops": list(mate.takes_shops),
        }
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind.value, kind.label) for kind in Kind]  # type: ignore[attr-defined]
        known = {carrier.pk for carrier in carriers} | set(mate.carriers)
        self.fields["carriers"].queryset = Carrier.objects.filter(pk__in=known).order_by("code")  # type: ignore[attr-defined]
        seen = Shop.objects.filter(merchant=mate.membership.merchant_id).order_by("name", "pk")
        if mate.shops is not None:
            seen = seen.filter(pk__in=mate.shops)
        self.fields["shops"].queryset = seen  # type: ignore[attr-defined]


class HandoverForm(forms.Form):
    """Who gets the cases of a shift: one answer for all, and for each its own where that differs."""

    to = forms.ChoiceField(label=_("Hand over to"), required=False)
    note = forms.CharField(
        label=_("Note for all"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )

    def __init__(self, *args: Any, lines: Iterable[Line], receivers: Iterable[Mate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.receivers = list(lines), list(receivers)
        people = [(str(mate.user.pk), self._named(mate)) for mate in self.receivers]
        rest = [(POOL, _("Back to everybody")), (KEEP, _("I keep it"))]
        self.fields["to"].choices = [(AS_ALL, _("Choose")), *people, rest[0]]  # type: ignore[attr-defined]
        for line in self.lines:
            seeing = [(str(mate.user.pk), self._named(mate)) for mate in self.receivers if mate.sees(line.case.shop_id)]
            name, choices = f"to-{line.case.pk}", [(AS_ALL, _("As above")), *seeing, *rest]
            self.fields[name] = forms.ChoiceField(label=_("To"), choices=choices, required=False)
            self.fields[f"note-{line.case.pk}"] = forms.CharField(
                label=_("Note"), required=False, max_length=2000, widget=forms.TextInput(attrs={"class": "in"})
            )

    @staticmethod
    def _named(mate: Mate) -> str:
        return str(_("{name} (on duty)")).format(name=mate.user.display_name) if mate.on else mate.user.display_name

    @property
    def given(self) -> list[Given]:
        """What is handed over to whom, from a valid form; a case that is kept is left out."""
        told = self.cleaned_data
        found = []
        for line in self.lines:
            to = told[f"to-{line.case.pk}"] or told["to"]
            if to and to != KEEP:
                found.append(Given(line.case.pk, None if to == POOL else int(to), told[f"note-{line.case.pk}"]))
        return found


class NextShiftForm(forms.Form):
    """When the next shift begins, on the wall clock; what cannot be read is ignored."""

    next = forms.DateTimeField(
        label=_("The next shift begins"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "in"}, format="%Y-%m-%dT%H:%M"),
    )

    def at(self, now: datetime) -> datetime | None:
        """The instant asked for, if it is still to come."""
        asked: datetime | None = self.cleaned_data.get("next") if self.is_valid() else None
        if asked is None:
            return None
        if timezone.is_naive(asked):
            asked = timezone.make_aware(asked)
        return asked if asked > now else None
