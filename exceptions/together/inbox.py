"""What somebody has been told, what of it they have read, and what they watch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from django.core.cache import caches
from django.db.models import Count, Q, QuerySet, Subquery
from django.http import Http404

from exceptions.models import Case, Handover, Notice, Watch
from merchants.access import Member, get
from merchants.models import Membership, User

PAGE: Final = 50
# The count in the bar is the same for every page somebody opens within a few seconds.
COUNT_SECONDS: Final = 5
# More are not counted one by one: "99+".
MOST_COUNTED: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    notices: list[Notice]
    # The notice the next page begins after; 0 = there is none.
    next: int = 0


def mine(member: Member) -> QuerySet[Notice]:
    """What the member was told at this merchant, of shops they may still see."""
    seen = Q(case=None) | Q(case__shop__in=member.shop_ids)
    return Notice.objects.filter(seen, user=member.user, merchant=member.merchant)


def page(member: Member, unread: bool = False, after: int = 0) -> Page:
    """One page, newest first; one query, and one for the notice it begins after."""
    notices = mine(member).filter(read_at=None) if unread else mine(member)
    mark = mine(member).filter(pk=after).first() if after else None
    if mark is not None:
        notices = notices.filter(Q(at__lte=mark.at), Q(at__lt=mark.at) | Q(pk__lt=mark.pk))
    related = ("case__shop", "case__order", "case__waybill__carrier", "case__assignee", "entry__by", "handover__by")
    found = list(
        notices.select_related(*related, "handover__to").defer("case__order__buyer").order_by("-at", "-pk")[: PAGE + 1]
    )
    more, found = len(found) > PAGE, found[:PAGE]
    return Page(found, found[-1].pk if more else 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the bar says of whoever looks: how much is unread, up to MOST_COUNTED, and whether they are on duty."""

    unread: int = 0
    on_duty: bool = False


def standing(member: Member, fresh: bool = False) -> Standing:
    """Both in one query of small indexes, up to 5 s old unless `fresh`."""
    key = _key(member)
    found = None if fresh else caches["local"].get(key)
    if found is None:
        found = _standing(member)
        caches["local"].set(key, found, COUNT_SECONDS)
    return cast(Standing, found)


def _standing(member: Member) -> Standing:
    waiting = Notice.objects.filter(user=member.user, merchant=member.merchant, read_at=None).order_by()
    some = waiting.values("pk")[:MOST_COUNTED]
    n = Notice.objects.filter(pk__in=some).values("user").annotate(n=Count("pk")).values("n")
    me = Membership.objects.filter(user=member.user, merchant=member.merchant)
    told = me.values_list(Subquery(n), "duty__on").first()
    return Standing(told[0] or 0, bool(told[1])) if told else Standing()


def unread(member: Member) -> int:
    """How many the member has not read, counted now."""
    return standing(member, fresh=True).unread


def _key(member: Member) -> str:
    return f"standing:{member.merchant.pk}:{member.user.pk}"


def forget(member: Member) -> None:
    """Have the bar ask again: the member has just changed what it says."""
    caches["local"].delete(_key(member))


def read(member: Member, pk: int, now: datetime) -> Notice:
    """Mark one as read and return it; Http404 for somebody else's."""
    notice = mine(member).select_related("case", "handover").filter(pk=pk).first()
    if notice is None:
        raise Http404
    _read(member, Notice.objects.filter(pk=pk), now)
    return notice


def read_all(member: Member, now: datetime, some: Collection[int] | None = None) -> int:
    """Mark everything as read, or `some` of it; return how many that were not."""
    notices = Notice.objects.filter(user=member.user, merchant=member.merchant)
    return _read(member, notices if some is None else notices.filter(pk__in=some), now)


def _read(member: Member, notices: QuerySet[Notice], now: datetime) -> int:
    forget(member)
    return notices.filter(read_at=None).update(read_at=now)


def tell_of_handover(user_id: int, handover: Handover, kind: str, now: datetime) -> None:
    """Tell somebody of a hand-over as a whole, once."""
    told = Notice(user_id=user_id, merchant_id=handover.merchant_id, handover=handover, kind=kind, at=now)
    Notice.objects.bulk_create([told], ignore_conflicts=True)


def watch(member: Member, case_id: int, on: bool, now: datetime) -> Case:
    """Watch a case, or no longer, and return it; Http404 out of the member's reach. Doing it twice changes nothing."""
    case = get(member, Case.objects.select_related("shop"), pk=case_id)
    if on:
        Watch.objects.bulk_create([Watch(case=case, user=member.user, at=now)], ignore_conflicts=True)
    else:
        Watch.objects.filter(case=case, user=member.user).delete()
    return case


def watchers(case: Case) -> list[User]:
    """Who watches a case, by log-in."""
    return list(User.objects.filter(pk__in=Watch.objects.filter(case=case).values("user")).order_by("username"))
