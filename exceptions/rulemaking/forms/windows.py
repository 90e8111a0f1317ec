"""Windows (大促, 春节) and waivers: other limits, or none, for some days and places."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.rulemaking.differences import PLACES
from exceptions.rulemaking.forms.parts import (
    LENGTH_KINDS,
    LinesField,
    choice_field,
    date_field,
    length_initial,
    number_field,
    read_length,
    several_field,
    time_field,
)
from exceptions.rulemaking.forms.scopes import GOODS_CHOICES, goods_said, goods_shown
from exceptions.rulemaking.phrases import PACKS
from merchants.access import Member

BY_WINDOW = [
    ("paid", gettext_lazy("When the order was paid")),
    ("placed", gettext_lazy("When it was ordered")),
    ("uploaded", gettext_lazy("When the clock started, such as the upload of the number")),
]
BY_WAIVER = [
    ("due", gettext_lazy("When the limit would have passed")),
    ("paid", gettext_lazy("When the order was paid")),
    ("placed", gettext_lazy("When it was ordered")),
]
Titles = Iterable[tuple[str, str]]


class SpanForm(forms.Form):
    """What windows and waivers share: a name, the rules, some days, the shops that take part."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    opens = date_field(gettext_lazy("From the beginning of"), required=True)
    closes = date_field(gettext_lazy("To the end of"), required=True)
    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Rules"),
        required=False,
        help_text=gettext_lazy("Several: hold Ctrl or ⌘ while choosing."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    platforms = several_field(gettext_lazy("Platforms"), [])
    shops = several_field(
        gettext_lazy("Shops that take part"), [], gettext_lazy("None chosen: all shops these rules are of.")
    )

    def __init__(self, *args: Any, member: Member, titles: Titles, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, f"{code} · {title}") for code, title in titles]
        self.fields["codes"].choices = named  # type: ignore[attr-defined]
        self.fields["shops"].choices = [(shop.code, shop.name) for shop in member.shops]  # type: ignore[attr-defined]
        mine = dict.fromkeys(shop.platform for shop in member.shops)
        self.fields["platforms"].choices = [(name, PACKS[name]) for name in mine]  # type: ignore[attr-defined]
        if len(mine) < 2:
            del self.fields["platforms"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens") and data.get("closes") and data["closes"] < data["opens"]:
            self.add_error("closes", _("It ends before it begins."))
        return data

    def _shared(self) -> dict[str, Any]:
        data = self.cleaned_data
        scope = {name: list(data[name]) for name in ("platforms", "shops") if data.get(name)}
        return {
            "name": data["name"],
            "opens": data["opens"].isoformat(),
            "closes": data["closes"].isoformat(),
            "codes": list(data["codes"]),
            "scope": scope,
        }


class WindowForm(SpanForm):
    """Other limits for orders of some days."""

    by = choice_field(
        gettext_lazy("Which orders"),
        BY_WINDOW,
        gettext_lazy("What has to lie within these days, first and last included."),
    )
    length = choice_field(gettext_lazy("Their limit"), LENGTH_KINDS[1:5])
    number = number_field(gettext_lazy("How long"))
    at = time_field(gettext_lazy("At"), gettext_lazy("Blank = 23:59:59 of that day."))
    until = date_field(gettext_lazy("Date"), gettext_lazy("The limit is the end of this day."))
    later_wins = forms.BooleanField(
        label=gettext_lazy("The later limit counts"),
        required=False,
        help_text=gettext_lazy("Off: the window’s limit counts even where it is sooner than the usual one."),
    )
    goods = several_field(gettext_lazy("Only for these goods"), GOODS_CHOICES)
    field_order = [
        "name",
        "by",
        "opens",
        "closes",
        "length",
        "number",
        "at",
        "until",
        "later_wins",
        "codes",
        "goods",
        "platforms",
        "shops",
    ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self._length = read_length(data, self.add_error)
        if not data.get("codes") and "codes" not in self.errors:
            self.add_error("codes", _("Choose at least one rule."))
        if data.get("until") and data.get("opens") and data["until"] < data["opens"]:
            self.add_error("until", _("It is before the window opens."))
        return data

    @property
    def said(self) -> dict[str, Any]:
        """The window as a document has it, once the form is valid."""
        data = self.cleaned_data
        own = {"by": data["by"], "later_wins": data["later_wins"], "goods": goods_said(data["goods"])}
        return self._shared() | self._length | own


class WaiverForm(SpanForm):
    """Limits that rest for parcels of some places: put off to a date, or not applied at all."""

    kinds = several_field(gettext_lazy("All rules about"), Kind.choices())
    by = choice_field(gettext_lazy("Which orders"), BY_WAIVER)
    areas = LinesField(
        label=gettext_lazy("Places"),
        help_text=gettext_lazy(
            "Provinces or cities as addresses write them, one a line (新疆, 乌鲁木齐). Blank: everywhere."
        ),
    )
    places = several_field(
        gettext_lazy("Where the place counts"), list(PLACES.items()), gettext_lazy("None chosen: wherever it occurs.")
    )
    until = date_field(gettext_lazy("Due at the end of"), gettext_lazy("Blank: these limits do not apply at all."))
    field_order = [
        "name",
        "areas",
        "places",
        "by",
        "opens",
        "closes",
        "until",
        "kinds",
        "codes",
        "platforms",
        "shops",
    ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("codes") and not data.get("kinds") and "codes" not in self.errors:
            self.add_error("kinds", _("Choose at least one kind or rule."))
        if data.get("until") and data.get("opens") and data["until"] < data["opens"]:
            self.add_error("until", _("It is before the waiver begins."))
        return data

    @property
    def said(self) -> dict[str, Any]:
        """The waiver as a document has it, once the form is valid."""
        data = self.cleaned_data
        own = {"by": data["by"], "kinds": list(data["kinds"]), "areas": data["areas"], "places": list(data["places"])}
        return self._shared() | own | {"until": data["until"].isoformat() if data.get("until") else None}


def span_initial(written: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a window or waiver from a document, or from a template of a pack."""
    scope = written.get("scope", {})
    found = {name: value for name, value in written.items() if name not in ("scope", "hours", "days", "goods")}
    found |= {"goods": goods_shown(written.get("goods")), "later_wins": written.get("later_wins", True)}
    found |= {name: scope.get(name, []) for name in ("platforms", "shops")}
    return length_initial(dict(written)) | {"until": written.get("until")} | found


__all__ = ["WaiverForm", "WindowForm", "span_initial"]
