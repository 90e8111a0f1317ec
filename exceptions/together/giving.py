"""Sharing out: new cases that nobody has in charge go to those on duty, as the merchant has said, or by a button.

One sharing of a merchant at a time (its DeskRules row is locked), so that loads are not read twice; then the cases,
passing over those that somebody holds.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from exceptions.desk import holding
from exceptions.desk.sharing import HEAVY, SOON, Taker, Waiting, Way, share
from exceptions.desk.workflow import Action, State
from exceptions.models import Case, CaseEntry, DeskRules, Duty
from exceptions.together import claims, team
from merchants.access import Member, scoped
from merchants.models import User

# Cases looked at together: some thousand rows in one transaction.
PAGE: Final = 500
# Pages looked at in one run where the first hold only what nobody on duty takes.
MOST_PAGES: Final = 10
# A claim that ran out within this does not come back to the same person by itself.
NOT_AGAIN: Final = timedelta(hours=12)


@dataclass(slots=True)
class Shared:
    """What became of a sharing: how many each person got, and how many cases were left lying."""

    given: dict[int, int] = field(default_factory=dict)
    left: int = 0
    # Nobody is on duty.
    nobody: bool = False

    @property
    def total(self) -> int:
        return sum(self.given.values())


def share_batch(now: datetime) -> int:
    """Share out what is new at the merchants that share; return how many cases were given."""
    sharing = DeskRules.objects.exclude(sharing=DeskRules.Sharing.NOBODY).order_by("pk")
    return sum(_share_of(pk, now) for pk in sharing.values_list("pk", flat=True))


def _share_of(rules_id: int, now: datetime) -> int:
    with transaction.atomic():
        locked = DeskRules.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        rules = locked.select_related("merchant").filter(pk=rules_id).first()
        if rules is None or rules.sharing == DeskRules.Sharing.NOBODY:
            return 0
        free = Case.objects.filter(merchant=rules.merchant)
        return _give(free, rules, Way(rules.sharing), None, now, MOST_PAGES).total


def share_out(member: Member, case_ids: Sequence[int], now: datetime) -> Shared:
    """Share out these cases, as far as nobody has them in charge; by load where the merchant shares by hand alone."""
    with transaction.atomic():
        DeskRules.objects.bulk_create([DeskRules(merchant=member.merchant)], ignore_conflicts=True)
        locked = DeskRules.objects.select_for_update(of=("self",), no_key=True).select_related("merchant")
        rules = locked.get(merchant=member.merchant)
        way = Way.LOAD if rules.sharing == DeskRules.Sharing.NOBODY else Way(rules.sharing)
        chosen = scoped(member, Case.objects.filter(pk__in=case_ids))
        shared = _give(chosen, rules, way, member.user, now, -(-len(case_ids) // PAGE))
    shared.left = len(set(case_ids)) - shared.total
    return shared


def _give(cases: QuerySet[Case], rules: DeskRules, way: Way, by: User | None, now: datetime, pages: int) -> Shared:
    shared, length = Shared(), claims.length_of(rules.merchant)
    takers = _takers(rules, now)
    if not takers:
        return Shared(nobody=True)
    free = cases.filter(state=State.OPEN.value, assignee=None, shop__in=frozenset().union(*(t.sees for t in takers)))
    beyond: tuple[int, int] | None = None
    for _page in range(pages):
        room = sum(taker.room for taker in takers)
        if not room:
            break
        page = _page_of(free, beyond)
        found = share(way, takers, _waiting(page, now)) if page else {}
        _write(found, page, way, by, until=holding.until(None, length, now), now=now)
        for pk in found.values():
            shared.given[pk] = shared.given.get(pk, 0) + 1
        if len(page) < PAGE:
            break
        beyond = (page[-1].rank, page[-1].pk)
        takers = _takers(rules, now)
    return shared


def _page_of(free: QuerySet[Case], beyond: tuple[int, int] | None) -> list[Case]:
    """The next cases in rank order, locked; those that somebody holds are passed over."""
    if beyond:
        rank, pk = beyond
        free = free.filter(Q(rank__lte=rank), Q(rank__lt=rank) | Q(rank=rank, pk__lt=pk))
    locked = free.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.select_related("waybill").order_by("-rank", "-pk")[:PAGE])


def _waiting(page: Sequence[Case], now: datetime) -> list[Waiting]:
    expired: dict[int, set[int]] = defaultdict(set)
    lately = CaseEntry.objects.filter(case__in=page, action=Action.EXPIRE.value, at__gt=now - NOT_AGAIN)
    for case_id, detail in lately.values_list("case_id", "detail"):
        expired[case_id].add(detail.get("assignee"))
    return [
        Waiting(
            pk=case.pk,
            shop=case.shop_id,
            kind=case.kind,
            carrier=case.waybill.carrier_id if case.waybill else None,
            weight=HEAVY if case.due_at <= now + SOON else 1,
            not_to=frozenset(expired[case.pk]),
        )
        for case in page
    ]


def _takers(rules: DeskRules, now: datetime) -> list[Taker]:
    """Those on duty with what they have open, in a fixed number of queries."""
    mates = team.mates(rules.merchant, on_duty=True)
    if not mates:
        return []
    mine = Case.objects.filter(assignee__in=[mate.user.pk for mate in mates], merchant=rules.merchant)
    counts = mine.filter(state=State.OPEN.value).values_list("assignee").order_by()
    loads = {
        pk: (many, soon)
        for pk, many, soon in counts.annotate(n=Count("pk"), soon=Count("pk", filter=Q(due_at__lte=now + SOON)))
    }
    every = frozenset(rules.merchant.shops.values_list("pk", flat=True))
    takers = []
    for mate in mates:
        many, soon = loads.get(mate.user.pk, (0, 0))
        takers.append(
            Taker(
                pk=mate.user.pk,
                sees=every if mate.shops is None else mate.shops,
                kinds=mate.kinds,
                carriers=mate.carriers,
                takes_shops=mate.takes_shops,
                load=many + (HEAVY - 1) * soon,
                room=max(0, rules.cases_each - many),
                turn=mate.given_at.timestamp() if mate.given_at else 0.0,
            )
        )
    return takers


def _write(
    found: dict[int, int], page: Sequence[Case], way: Way, by: User | None, *, until: datetime | None, now: datetime
) -> None:
    """Put people in charge of what they are given: one update and the log's lines for each of them."""
    given: dict[int, list[int]] = defaultdict(list)
    for case_id, user_id in found.items():
        given[user_id].append(case_id)
    for user_id, case_ids in given.items():
        Case.objects.filter(pk__in=case_ids, assignee=None).update(assignee=user_id, claimed_until=until)
        # The order in which they were given their last: whose turn comes first next time.
        last = now + timedelta(microseconds=max(i for i, case in enumerate(page) if found.get(case.pk) == user_id))
        Duty.objects.filter(membership__user=user_id, membership__merchant=page[0].merchant_id).update(given_at=last)
    CaseEntry.objects.bulk_create(
        CaseEntry(
            case_id=case_id,
            at=now,
            by=by,
            action=Action.ASSIGN.value,
            from_state=State.OPEN.value,
            to_state=State.OPEN.value,
            detail={"assignee": user_id, "shared": way.value},
        )
        for case_id, user_id in found.items()
    )
