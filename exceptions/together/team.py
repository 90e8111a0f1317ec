"""The people of a merchant: who sees which shop, who is on duty, and what they take."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from exceptions.deadlines.kinds import Kind
from exceptions.models import DeskRules, Duty, Skill
from merchants.access import Member
from merchants.models import Membership, Merchant, Shop, User
from shipments.models import Carrier


@dataclass(frozen=True, slots=True)
class Mate:
    """Somebody who works for the merchant. An empty set of what they take means all; `shops` is None where they see all."""

    user: User
    membership: Membership
    shops: frozenset[int] | None
    on: bool = False
    since: datetime | None = None
    given_at: datetime | None = None
    kinds: frozenset[str] = frozenset()
    carriers: frozenset[int] = frozenset()
    takes_shops: frozenset[int] = frozenset()

    def sees(self, shop_id: int) -> bool:
        return self.shops is None or shop_id in self.shops


def who_sees(shop: Shop) -> QuerySet[User]:
    """The active people of the shop's merchant who may see the shop, by log-in."""
    memberships = Membership.objects.filter(Q(shops=None) | Q(shops=shop), merchant=shop.merchant_id)
    return User.objects.filter(pk__in=memberships.values("user"), is_active=True).order_by("username")


def mates(merchant: Merchant, on_duty: bool = False) -> list[Mate]:
    """The merchant's active people with what they see and take, by log-in; three queries."""
    memberships = Membership.objects.filter(merchant=merchant, user__is_active=True).select_related("user", "duty")
    if on_duty:
        memberships = memberships.filter(duty__on=True)
    shops = Prefetch("shops", Shop.objects.only("pk"))
    found = memberships.prefetch_related(shops, "skills").order_by("user__username")
    return [_mate(membership) for membership in found]


def mate(member: Member) -> Mate:
    """The member as one of the merchant's people."""
    shops = None if member.every_shop else frozenset(member.shop_ids)
    membership = Membership.objects.select_related("user", "duty").prefetch_related("skills")
    return _mate(membership.get(user=member.user, merchant=member.merchant), shops)


def _mate(membership: Membership, shops: frozenset[int] | None = None) -> Mate:
    seen = shops or frozenset(shop.pk for shop in membership.shops.all()) or None
    duty = getattr(membership, "duty", None)
    taken: dict[str, set[object]] = defaultdict(set)
    for skill in membership.skills.all():
        for sort, value in (("kinds", skill.kind), ("carriers", skill.carrier_id), ("takes_shops", skill.shop_id)):
            if value:
                taken[sort].add(value)
    return Mate(
        user=membership.user,
        membership=membership,
        shops=seen,
        on=bool(duty and duty.on),
        since=duty.since if duty else None,
        given_at=duty.given_at if duty else None,
        **{sort: frozenset(values) for sort, values in taken.items()},  # type: ignore[arg-type]
    )


def rules_of(merchant: Merchant) -> DeskRules:
    """How the merchant shares its work; the defaults where it has not said."""
    return DeskRules.objects.filter(merchant=merchant).first() or DeskRules(merchant=merchant)


def go(member: Member, on: bool, now: datetime) -> None:
    """Go on duty, or off. Who is on or off already stays so since then."""
    membership = Membership.objects.get(user=member.user, merchant=member.merchant)
    _duty(membership.pk, on, now)


def _duty(membership_id: int, on: bool, now: datetime) -> None:
    Duty.objects.bulk_create([Duty(membership_id=membership_id, on=False, since=now)], ignore_conflicts=True)
    Duty.objects.filter(membership=membership_id, on=not on).update(on=on, since=now)


def take(
    membership_id: int,
    *,
    on: bool,
    kinds: Iterable[Kind],
    carriers: Iterable[Carrier],
    shops: Iterable[Shop],
    now: datetime,
) -> None:
    """Set what somebody takes from now on, and whether they are on duty; nothing of a sort means all of it."""
    rows = [Skill(membership_id=membership_id, kind=kind.value) for kind in kinds]
    rows += [Skill(membership_id=membership_id, carrier=carrier) for carrier in carriers]
    rows += [Skill(membership_id=membership_id, shop=shop) for shop in shops]
    with transaction.atomic():
        # One setting at a time, so that two admins do not both add.
        list(Membership.objects.select_for_update(no_key=True).filter(pk=membership_id))
        Skill.objects.filter(membership=membership_id).delete()
        Skill.objects.bulk_create(rows)
        _duty(membership_id, on, now)


def names(mates: Collection[Mate], shop_id: int) -> dict[str, int]:
    """Log-ins and display names of those who see the shop → their number; a name that two share is in doubt and left out."""
    found: dict[str, int] = {}
    doubtful: set[str] = set()
    for one in mates:
        if not one.sees(shop_id):
            continue
        for name in {one.user.username.casefold(), one.user.display_name.casefold()}:
            if found.get(name, one.user.pk) != one.user.pk:
                doubtful.add(name)
            found[name] = one.user.pk
    logins = {one.user.username.casefold(): one.user.pk for one in mates if one.sees(shop_id)}
    # A log-in is never in doubt: it is one person's alone.
    return {name: pk for name, pk in found.items() if name not in doubtful} | logins
