"""Which rules hold in which shop at which instant: a merchant's published versions over the packs, read in sets.

Published versions never change, so a process reads each document once and compiles it once a shop.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from exceptions.deadlines.reading import Needs
from exceptions.deadlines.rulebook import OF_ORDERS, Rulebook, compile_book
from exceptions.models import Policy
from merchants.models import Shop
from shipments.places import province_of

# Compiled books a process keeps: a thousand shops with a few versions each, well under 100 MB.
KEPT = 4096
# Those of orders that people look at.
KEPT_WHOLE = 256


class Version(NamedTuple):
    """A published version; orders paid from `effective_from` on are judged by it, unless a higher number says so too."""

    pk: int
    number: int
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class ShopSetup:
    """What of a shop its rules depend on."""

    pk: int
    merchant_id: int
    code: str
    platform: str
    timezone: str
    province: str
    city: str


SHOP_COLUMNS = ("pk", "merchant_id", "code", "platform", "timezone", "province", "city")


class Books:
    """The rulebooks of some shops, every version of them; read in two queries, and one more for each new version."""

    def __init__(self, shops: Iterable[ShopSetup]) -> None:
        self._shops = {shop.pk: shop for shop in shops}
        self._versions: dict[int, list[Version]] = {}
        merchants = {shop.merchant_id for shop in self._shops.values()}
        published = Policy.objects.filter(merchant__in=merchants, state=Policy.State.PUBLISHED).order_by("-number")
        for merchant_id, pk, number, since in published.values_list("merchant_id", "pk", "number", "effective_from"):
            if number and since:
                self._versions.setdefault(merchant_id, []).append(Version(pk, number, since))

    @classmethod
    def of_orders(cls, order_ids: Iterable[int]) -> "Books":
        return cls(setups_of_orders(order_ids))

    @classmethod
    def of_shops(cls, shops: Iterable[Shop]) -> "Books":
        return cls(setup(shop) for shop in shops)

    def of(self, shop_id: int, since: datetime | None) -> Rulebook:
        """The rules an order of this shop is judged by, paid (or else placed) at `since`; the newest where nobody tells."""
        return compiled(*self._version(shop_id, since))

    def whole(self, shop_id: int, since: datetime | None) -> Rulebook:
        """The same with what opens no case: others' clocks, rights of ours, and what is switched off."""
        return whole(*self._version(shop_id, since))

    def _version(self, shop_id: int, since: datetime | None) -> tuple[ShopSetup, int | None, int | None]:
        shop = self._shops[shop_id]
        for version in self._versions.get(shop.merchant_id, ()):
            if since is None or version.effective_from <= since:
                return shop, version.pk, version.number
        return shop, None, None

    def needs(self, shop_id: int) -> Needs:
        """What facts the rules of a shop ask for, over all versions."""
        shop = self._shops[shop_id]
        versions = [
            *((version.pk, version.number) for version in self._versions.get(shop.merchant_id, ())),
            (None, None),
        ]
        found = [needs_of(shop, *version) for version in versions]
        return Needs(ways=any(need.ways for need in found), lines=any(need.lines for need in found))


def setups_of_orders(order_ids: Iterable[int]) -> list[ShopSetup]:
    """The shops these orders are of."""
    theirs = "merchants_shop.id in (select shop_id from orders_order where id = any(%s))"
    shops = Shop.objects.filter(RawSQL(theirs, [list(order_ids)], BooleanField()))  # noqa: S611 - all of it is ours
    return [ShopSetup(*row) for row in shops.values_list(*SHOP_COLUMNS)]


def setup(shop: Shop) -> ShopSetup:
    """What of a shop its rules depend on."""
    return ShopSetup(*(getattr(shop, name) for name in SHOP_COLUMNS))


def book_of(shop: Shop, since: datetime | None) -> Rulebook:
    """The rules an order of this shop is judged by, paid (or else placed) at this instant."""
    return Books.of_shops([shop]).of(shop.pk, since)


def with_document(shop: ShopSetup, document: dict[str, object], number: int | None, *, strict: bool = True) -> Rulebook:
    """A shop's rules under a document; raises Unreadable saying what in it cannot be read (see compile_book)."""
    province = province_of(shop.province) or province_of(shop.city) or ""
    places = tuple(place for place in (shop.province, shop.city) if place)
    return compile_book(shop.platform, shop.code, shop.timezone, document, number, places, province, strict=strict)


@lru_cache(KEPT)
def compiled(shop: ShopSetup, policy_pk: int | None, number: int | None) -> Rulebook:
    """A shop's rules at one version, without what opens no case: what the sweep judges by."""
    return with_document(shop, _document(policy_pk), number, strict=False).watched


@lru_cache(KEPT_WHOLE)
def whole(shop: ShopSetup, policy_pk: int | None, number: int | None) -> Rulebook:
    """All of a shop's rules at one version: what pages explain an order by."""
    return with_document(shop, _document(policy_pk), number, strict=False)


def _document(policy_pk: int | None) -> dict[str, object]:
    return Policy.objects.values_list("document", flat=True).get(pk=policy_pk) if policy_pk else {}


@lru_cache(KEPT)
def needs_of(shop: ShopSetup, policy_pk: int | None, number: int | None) -> Needs:
    return needs_of_book(compiled(shop, policy_pk, number))


def needs_of_book(book: Rulebook) -> Needs:
    """What facts these rules ask for."""
    scopes = [scope for rule in book.rules for scope, _ in rule.variants]
    return Needs(ways=book.needs_ways, lines=any(getattr(scope, name) for scope in scopes for name in OF_ORDERS))
