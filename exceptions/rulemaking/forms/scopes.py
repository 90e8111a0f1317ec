"""For which orders: platforms, shops, goods, carriers, categories, SKUs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exceptions.rulemaking.forms.parts import LinesField, several_field
from exceptions.rulemaking.phrases import GOODS, PACKS
from merchants.access import Member
from shipments.models import Carrier

KEYS = ("platforms", "shops", "goods", "carriers", "categories", "skus")
# An ordinary kind of goods is blank, which no checkbox can say.
ORDINARY = "ordinary"
GOODS_CHOICES = [(value or ORDINARY, label) for value, label in GOODS.items()]


def goods_said(values: list[str]) -> list[str]:
    """Kinds of goods as orders have them."""
    return ["" if value == ORDINARY else value for value in values]


def goods_shown(values: Any) -> list[str]:
    return [value or ORDINARY for value in values or ()]


class ScopeFields(forms.Form):
    """Mixed into forms whose change holds for some orders; nothing chosen = for all."""

    platforms = several_field(_("Platforms"), [])
    shops = several_field(_("Shops"), [])
    scope_goods = several_field(_("Kinds of goods"), GOODS_CHOICES)
    carriers = forms.MultipleChoiceField(
        label=_("Carriers"),
        required=False,
        help_text=_("Several: hold Ctrl or ⌘ while choosing."),
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    categories = LinesField(label=_("Categories"), help_text=_("As the orders write them, one a line."))
    skus = LinesField(
        label=_("SKUs"), help_text=_("One a line. Narrower beats wider: a SKU beats its shop, a shop its platform.")
    )

    def __init__(self, *args: Any, member: Member, pack: str = "", of_orders: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shops = [shop for shop in member.shops if pack in ("", "law", "house") or shop.platform == pack]
        # A platform's own rule holds on that platform alone.
        mine = dict.fromkeys(shop.platform for shop in shops)
        self.fields["platforms"].choices = [(name, PACKS[name]) for name in mine]  # type: ignore[attr-defined]
        self.fields["shops"].choices = [(shop.code, shop.name) for shop in shops]  # type: ignore[attr-defined]
        carriers = Carrier.objects.order_by("code")
        self.fields["carriers"].choices = [(one.code, str(one)) for one in carriers]  # type: ignore[attr-defined]
        if len(mine) < 2:
            del self.fields["platforms"]
        if not of_orders:
            for name in ("scope_goods", "carriers", "categories", "skus"):
                del self.fields[name]

    @property
    def scope(self) -> dict[str, list[str]]:
        """The scope that was said, once the form is valid; what holds for all is left out."""
        data = self.cleaned_data
        said = {name: list(data.get(name) or ()) for name in KEYS if name != "goods"}
        said["goods"] = goods_said(data.get("scope_goods") or [])
        return {name: said[name] for name in KEYS if said[name]}

    @property
    def scope_fields(self) -> list[forms.BoundField]:
        names = ("platforms", "shops", "scope_goods", "carriers", "categories", "skus")
        return [self[name] for name in names if name in self.fields]


def scope_initial(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a scope from a document."""
    found = {name: scope.get(name, []) for name in KEYS if name != "goods"}
    return found | {"scope_goods": goods_shown(scope.get("goods"))}
