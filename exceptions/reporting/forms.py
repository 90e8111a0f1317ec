"""What people say went wrong."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exceptions import targets
from exceptions.buyer_links import CHOICES
from exceptions.deadlines.kinds import Kind
from exceptions.pasting import LONGEST_LINE, MOST
from exceptions.reports import KINDS, LONGEST
from exceptions.targets import Target
from merchants.access import Member

WORDS = forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST})


class ReportForm(forms.Form):
    """Which order or parcel, what went wrong, and more of it; where it is known which, it is chosen and not typed."""

    number = forms.CharField(label=_("Order or waybill number"), max_length=64)
    where = forms.ChoiceField(label=_("What it is about"))
    kind = forms.ChoiceField(label=_("What went wrong"), choices=[("", "–"), *KINDS])
    text = forms.CharField(label=_("More about it"), max_length=LONGEST, required=False, widget=WORDS)

    def __init__(self, *args: Any, member: Member, choices: Sequence[Target] = (), **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "report_%s")
        super().__init__(*args, **kwargs)
        self.member = member
        self.found: list[Target] = list(choices)
        number = str(self.data.get("number", ""))
        if not choices and self.is_bound and number:
            self.found = targets.named(member, ["".join(number.split())])["".join(number.split())]
        if choices:
            del self.fields["number"]
        if len(self.found) > 1:
            named = [(one.key, _name(one)) for one in self.found]
            self.fields["where"].choices = named  # type: ignore[attr-defined]
        else:
            del self.fields["where"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "number" in self.fields and data.get("number") and not self.found:
            self.add_error(
                "number", _("Your shops have no such order or waybill. Correct it, or import the order first.")
            )
        data["target"] = next((one for one in self.found if one.key == data.get("where")), None) or next(
            iter(self.found), None
        )
        return data


def _name(one: Target) -> str:
    return f"{one.shop} · {one.order} · {one.waybill}" if one.waybill else f"{one.shop} · {one.order}"


class PasteForm(forms.Form):
    lines = forms.CharField(
        label=_("Lines"),
        max_length=MOST * LONGEST_LINE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "code", "spellcheck": "false"}),
        help_text=_("One parcel a line: its number, what went wrong, and what else there is to say. Up to 200 lines."),
    )
    otherwise = forms.ChoiceField(
        label=_("Where a line does not say"), choices=[("", _("Leave it out")), *KINDS], required=False
    )

    def clean_otherwise(self) -> Kind | None:
        value = self.cleaned_data["otherwise"]
        return Kind(value) if value else None


class BuyerForm(forms.Form):
    kind = forms.ChoiceField(label=_("What went wrong?"), choices=CHOICES, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Tell us more"),
        max_length=LONGEST,
        required=False,
        widget=WORDS,
        help_text=_("Please write no phone number, address or password here."),
    )
