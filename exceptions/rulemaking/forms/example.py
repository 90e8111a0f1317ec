"""The example order a rule is tried on: read in the shop's zone, never stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.terms import Term
from exceptions.rulemaking import phrases
from exceptions.rulemaking.forms.parts import choice_field, instant_field, number_field
from exceptions.rulemaking.forms.scopes import GOODS_CHOICES, ORDINARY
from exceptions.rulemaking.trying import SAME, Example, wanted
from merchants.models import Shop
from shipments._provinces import PROVINCES

# So that none of its fields is taken for one of the rule's.
PREFIX = "x"
MORNING = 10
# Each thing of the example happens this long after the one before.
APART = timedelta(hours=6)
# A clock in the making may start and stop anywhere: its example has these in place of their moments.
OWN = {"start": _("It starts"), "stop": _("It stops")}


class ExampleForm(forms.Form):
    """Instants of an example order, its amount, its goods, where it goes, and the shop that sold it."""

    shop = choice_field(_("Shop"), [])
    amount = number_field(_("Amount"), max_digits=12)
    goods = choice_field(_("Kind of goods"), GOODS_CHOICES)
    province = choice_field(_("To"), [("", "–"), *((name, name) for name in PROVINCES)])

    prefix = PREFIX

    def __init__(
        self,
        *args: Any,
        shops: Sequence[Shop],
        now: datetime,
        term: Term | None,
        first: Term | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shops = {shop.code: shop for shop in shops}
        named = [(code, shop.name) for code, shop in self.shops.items()]
        self.fields["shop"].choices = named  # type: ignore[attr-defined]
        self.moments = wanted(term, first) if term else ["paid", *OWN]
        for name in self.moments:
            self.fields[name] = instant_field(OWN.get(name) or phrases.moment(name))
        if term and term.promise:
            self.fields["promised"] = instant_field(phrases.PROMISES[term.promise])
        self.order_fields([*self.moments, "promised", "amount", "goods", "province", "shop"])
        begins = (first or term).start if term and term.after else term.start if term else "start"
        self.initial = self._filled(SAME.get(begins, begins), now)

    def _filled(self, last: str, now: datetime) -> dict[str, Any]:
        """An order of yesterday morning whose clock has just started."""
        zone = next(iter(self.shops.values())).zone
        paid = timezone.localtime(now, zone).replace(hour=MORNING, minute=0, second=0, microsecond=0, tzinfo=None)
        paid -= timedelta(days=1)
        found: dict[str, Any] = {"amount": Decimal(128), "goods": ORDINARY}
        until = self.moments.index(last) if last in self.moments else 0
        return found | {name: paid + number * APART for number, name in enumerate(self.moments[: until + 1])}

    @property
    def shop_chosen(self) -> Shop:
        """The shop that was said, else the first."""
        code = self.cleaned_data.get("shop") if self.is_bound and hasattr(self, "cleaned_data") else ""
        return self.shops.get(code or "") or next(iter(self.shops.values()))

    def example(self, term: Term) -> Example:
        """What was said, once the form is valid; where it was not bound, what it shows."""
        data = self.cleaned_data if self.is_bound else self.initial
        zone = self.shop_chosen.zone
        given = {
            name: data[name].replace(tzinfo=zone).astimezone(UTC)
            for name in [*self.moments, "promised"]
            if data.get(name)
        }
        goods = data.get("goods") or ORDINARY
        moments = {name: at for name, at in given.items() if name != "promised" and name not in OWN}
        if "start" in given:
            moments[SAME.get(term.start, term.start)] = given["start"]
        if "stop" in given:
            moments |= {SAME.get(name, name): given["stop"] for name in term.stop}
        return Example(
            moments=moments,
            amount=data.get("amount") or Decimal(0),
            goods="" if goods == ORDINARY else goods,
            province=data.get("province") or "",
            promised_at=given.get("promised"),
        )
