"""What people type about orders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from merchants.access import Member
from merchants.models import Shop
from orders.sources.fields import FIELDS
from orders.sources.profiles import every

KINDS = ".csv,.tsv,.txt,.xlsx"


class UploadForm(forms.Form):
    shop = forms.ModelChoiceField(Shop.objects.none(), label=_("Shop"), empty_label=None)
    file = forms.FileField(
        label=_("Export file"),
        help_text=_("CSV or XLSX, up to 30 MB, as the platform exports it. Do not open and save it before."),
        widget=forms.FileInput(attrs={"accept": KINDS}),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shops = Shop.objects.filter(pk__in=member.shop_ids).order_by("name", "pk")
        self.fields["shop"].queryset = shops  # type: ignore[attr-defined]


class ColumnsForm(forms.Form):
    """Which export it is, and which column fills which field."""

    profile = forms.ChoiceField(label=_("Kind of file"))

    def __init__(self, *args: Any, headers: tuple[str, ...], mapping: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = [(profile.name, profile.title) for profile in every().values()]  # type: ignore[attr-defined]
        columns = [("", _("– not in the file –")), *((name, name) for name in dict.fromkeys(headers))]
        for field in FIELDS.values():
            self.fields[f"map-{field.name}"] = forms.ChoiceField(
                choices=columns, label=str(field.label), required=False, initial=mapping.get(field.name, "")
            )

    def columns(self) -> dict[str, str]:
        """Return field → header as chosen, "" for none."""
        return {name: self.cleaned_data[f"map-{name}"] for name in FIELDS}

    def column_fields(self) -> list[forms.BoundField]:
        return [self[f"map-{name}"] for name in FIELDS]
