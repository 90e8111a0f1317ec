"""The example order a rule is tried on: read in the shop's zone, never stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.terms import Term
from exceptions.rulemaking import phrases
from exceptions.rulemaking.forms.parts import choice_field, instant_field, number_field
from exceptions.rulemaking.forms.scopes import GOODS_CHOICES, ORDINARY
from exceptions.rulemaking.trying import Example, wanted
from merchants.models import Shop
from shipments._provinces import PROVINCES

# So that none of its fields is taken for one of the rule's.
PREFIX = "x"
MORNING = 10
# Each thing of the example happens this long after the one before.
APART = timedelta(hours=6)


class ExampleForm(forms.Form):
    """Instants of an example order, its amount, its goods, where it goes, and the shop that sold it."""

    shop = choice_field(_("Shop"), [])
    amount = number_field(_("Amount"), max_digits=12)
    goods = choice_field(_("Kind of goods"), GOODS_CHOICES)
    province = choice_field(_("To"), [("", "–"), *((name, name) for name in PROVINCES)])

    def __init__(
        self, *args: Any, term: Term, first: Term | None, shops: Sequence[Shop], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, prefix=PREFIX, **kwargs)
        self.shops = {shop.code: shop for shop in shops}
        named = [(code, shop.name) for code, shop in self.shops.items()]
        self.fields["shop"].choices = named  # type: ignore[attr-defined]
        self.moments = wanted(term, first)
        for name in self.moments:
            self.fields[name] = instant_field(phrases.moment(name))
        if term.promise:
            self.fields["promised"] = instant_field(phrases.PROMISES[term.promise])
        self.order_fields([*self.moments, "promised", "amount", "goods", "province", "shop"])
        self.initial = self._filled(term, first, now)

    def _filled(self, term: Term, first: Term | None, now: datetime) -> dict[str, Any]:
        """An order of yesterday morning whose clock has just started."""
        zone = next(iter(self.shops.values())).zone
        start = (first or term).start if term.after else term.start
        paid = timezone.localtime(now, zone).replace(hour=MORNING, minute=0, second=0, microsecond=0, tzinfo=None)
        paid -= timedelta(days=1)
        found: dict[str, Any] = {"amount": Decimal(128), "goods": ORDINARY}
        told = {"handed_over": "picked_up", "dispatched": "uploaded", "placed": "paid"}
        last = told.get(start, start)
        for number, name in enumerate(self.moments):
            found[name] = paid + number * APART
            if name == last:
                break
        if last not in self.moments:
            found = {name: value for name, value in found.items() if name not in self.moments or name == "paid"}
        return found

    @property
    def shop_chosen(self) -> Shop:
        """The shop that was said, else the first."""
        code = self.cleaned_data.get("shop") if self.is_bound and hasattr(self, "cleaned_data") else ""
        return self.shops.get(code or "") or next(iter(self.shops.values()))

    def example(self) -> Example:
        """What was said, once the form is valid; where it was not bound, what it shows."""
        data = self.cleaned_data if self.is_bound else self.initial
        zone = self.shop_chosen.zone
        instants = {
            name: data[name].replace(tzinfo=zone) for name in [*self.moments, "promised"] if data.get(name) is not None
        }
        goods = data.get("goods") or ORDINARY
        return Example(
            moments={name: at for name, at in instants.items() if name != "promised"},
            amount=data.get("amount") or Decimal(0),
            goods="" if goods == ORDINARY else goods,
            province=data.get("province") or "",
            promised_at=instants.get("promised"),
        )
