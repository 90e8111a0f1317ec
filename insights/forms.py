"""What an admin types about a shop, and what days and shops somebody wants to see."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from insights.exposure import Span, span
from merchants.access import Member
from merchants.models import Shop
from merchants.provinces import PROVINCES


class ShipsFromForm(forms.Form):
    province = forms.ChoiceField(
        label=_("Province"),
        required=False,
        help_text=_("Some limits differ by where a parcel starts and where it goes. Unknown = read from its track."),
    )
    city = forms.CharField(
        label=_("City"), required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "金华市"})
    )

    def __init__(self, *args: Any, shop: Shop, **kwargs: Any) -> None:
        kwargs["initial"] = {"province": shop.province, "city": shop.city}
        super().__init__(*args, **kwargs)
        # A place abroad is not on the list; it stays until somebody chooses another.
        named = dict.fromkeys([*PROVINCES, *filter(None, [shop.province])])
        self.fields["province"].choices = [("", _("unknown")), *((name, name) for name in named)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("city") and not cleaned.get("province") and "province" not in self.errors:
            self.add_error("province", _("Choose the province the city lies in."))
        return cleaned


class ExposureForm(forms.Form):
    """What it cannot read or the member may not see is ignored, so that an old link still opens."""

    since = forms.DateField(label=_("From day"), required=False)
    until = forms.DateField(label=_("To day"), required=False)
    shop = forms.TypedMultipleChoiceField(label=_("Shop"), required=False, coerce=int)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.fields["shop"].choices = [(shop.pk, shop.name) for shop in member.shops]  # type: ignore[attr-defined]

    @property
    def shops(self) -> list[Shop]:
        """The shops asked for; all of the member's where none is."""
        chosen = self.cleaned_data.get("shop")
        return [shop for shop in self.member.shops if not chosen or shop.pk in chosen]

    def span(self, today: date) -> Span:
        return span(self.cleaned_data.get("since"), self.cleaned_data.get("until"), today)
