"""THE place of permission: who is asking, what their role allows, and which rows they may reach.

A view's first lines are `member = access.member(request, Right.…)` and, for an object, `access.get(member, queryset, …)`.
A stranger gets 404 (nothing is told about what exists), too low a role 403.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum, auto
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from merchants.models import Membership, Merchant, Role, Shop, User

M = TypeVar("M", bound=Model)

# Up to so many shops have few enough rows to be read whole.
FEW_SHOPS = 12
# The merchant a person of several merchants works for now.
SESSION_KEY = "merchant"


class Right(Enum):
    VIEW = auto()
    TRIAGE = auto()
    IMPORT = auto()
    ADMINISTER = auto()


ALLOWED: dict[str, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.SELLER: frozenset({Right.VIEW, Right.TRIAGE, Right.IMPORT}),
    Role.SUPPORT: frozenset({Right.VIEW, Right.TRIAGE}),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A person at work for one merchant, with the shops they may see."""

    user: User
    merchant: Merchant
    role: str
    shops: tuple[Shop, ...]
    # The shops are all the merchant has, so what is summed over the merchant is theirs to see.
    every_shop: bool = False

    @property
    def shop_ids(self) -> list[int]:
        return [shop.pk for shop in self.shops]

    @property
    def currency(self) -> str:
        """The currency that sums over all shops are told in: the first shop's."""
        return self.shops[0].currency if self.shops else "CNY"

    @property
    def zone(self) -> tzinfo:
        """The time zone that instants over all shops are told in: the first shop's, else the reader's."""
        return self.shops[0].zone if self.shops else timezone.get_current_timezone()

    def may(self, right: Right) -> bool:
        return right in ALLOWED[self.role]


def member(request: HttpRequest, right: Right) -> Member:
    """Return who is asking; PermissionDenied (403) where they work for no merchant or their role is too low."""
    found = current(request)
    if found is None or not found.may(right):
        raise PermissionDenied
    return found


def current(request: HttpRequest) -> Member | None:
    """Return the member behind this request, read once a request; None for anonymous and unattached people."""
    if not hasattr(request, "_member"):
        request._member = _read(request)  # type: ignore[attr-defined]
    return request._member  # type: ignore[attr-defined]


def _read(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    memberships = list(
        Membership.objects.filter(user=request.user).select_related("merchant", "user").order_by("merchant__name", "pk")
    )
    if not memberships:
        return None
    chosen = request.session.get(SESSION_KEY)
    mine = next((m for m in memberships if m.merchant_id == chosen), memberships[0])
    return of(mine)


def of(membership: Membership) -> Member:
    """Return the member a membership makes: its own shops, or all of the merchant's where it names none."""
    named = list(membership.shops.order_by("name", "pk"))
    # Asked for by the merchant's id: its own manager would hand the merchant to each of 200 shops.
    shops = named or list(Shop.objects.filter(merchant=membership.merchant_id).order_by("name", "pk"))
    return Member(membership.user, membership.merchant, membership.role, tuple(shops), every_shop=not named)


def scoped(member: Member, queryset: QuerySet[M], via: str = "shop") -> QuerySet[M]:
    """Narrow `queryset` to the member's shops; `via` is the path from the model to its shop."""
    return queryset.filter(**{f"{via}__in": member.shop_ids})


def reach(member: Member, queryset: QuerySet[M], chosen: Collection[int] = ()) -> QuerySet[M]:
    """Narrow rows that name both `merchant` and `shop` to what the member may see, of the chosen shops alone where any are.

    The same rows as `scoped`, asked for so that PostgreSQL reads one index: the merchant's where all shops are meant, the
    shops' own where they are few (asked for both, it walked 100,000 of the merchant's cases to find 25 of three shops).
    """
    if member.every_shop and not chosen:
        return queryset.filter(merchant=member.merchant)
    shops = [pk for pk in member.shop_ids if not chosen or pk in chosen]
    narrowed = queryset.filter(shop__in=shops)
    return narrowed if len(shops) <= FEW_SHOPS else narrowed.filter(merchant=member.merchant)


def get(member: Member, queryset: QuerySet[M], via: str = "shop", **lookup: Any) -> M:
    """Return the one object `lookup` names among what the member may reach; Http404 otherwise."""
    # In no order: `first` would put one upon a hundred columns, which costs more than the query.
    found = next(iter(scoped(member, queryset, via).filter(**lookup).order_by()[:1]), None)
    if found is None:
        raise Http404
    return found
