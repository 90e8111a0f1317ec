"""Reads what the rules of an act have to know beside the cases (deciding.Around), in a fixed number of queries a set."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from exceptions.desk.acts import Act
from exceptions.desk.deciding import Around
from exceptions.desk.verbs import TicketSeen
from exceptions.desk.workflow import VERBS, Action, State
from exceptions.models import Case, CaseEntry, Clock, Incident
from exceptions.together import claims
from merchants.models import Membership
from orders.models import Order, Ticket, TicketStep
from shipments.models import Parcel
from shipops.kit import times

# Lines of a log that say a case is in other hands or in another state now.
TELLING = (Action.ASSIGN, Action.SNOOZE, Action.WAKE, Action.RESOLVE, Action.REOPEN, Action.MERGE, Action.UNDO)


def around(act: Act, cases: Sequence[Case]) -> Around:
    """Read what `act` needs to know about these cases."""
    found = Around(faster=faster(act, cases), history=history(act, cases), claim=claims.length_of(act.by.merchant))
    ids = [case.pk for case in cases]
    orders = {case.order_id for case in cases}
    if act.action is Action.ASSIGN:
        found.sees = sees(act)
    elif act.action is Action.REOPEN:
        running = Clock.objects.filter(case__in=ids, stopped_at=None)
        found.running = set(running.values_list("case_id", flat=True))
        unsettled = Case.objects.filter(order__in=orders).exclude(state=State.RESOLVED.value)
        found.taken = set(unsettled.values_list("order_id", "waybill_id", "kind"))
    elif act.action is Action.SNOOZE and act.wakes_on == Case.Wakes.INCIDENT:
        waited_for = {case.incident_id for case in cases if case.incident_id}
        closed = Incident.objects.filter(pk__in=waited_for, closed_at__isnull=False)
        found.over = set(closed.values_list("pk", flat=True))
    elif act.action is Action.MERGE:
        found.survivors = survivors(act, cases)
        merged = Case.objects.filter(merged_into__in=ids)
        found.parents = {pk for pk in merged.values_list("merged_into_id", flat=True) if pk}
    elif act.action in VERBS:
        _read_orders(found, act, orders)
    return found


def sees(act: Act) -> dict[int, set[int] | None]:
    """The shops that each of those who are put in charge may see; None = all of the merchant's."""
    people = {person for person in (act.assignee, *act.assignees.values()) if person is not None}
    if not people:
        return {}
    shops: dict[int, set[int]] = {}
    every: set[int] = set()
    memberships = Membership.objects.filter(merchant=act.by.merchant, user__in=people)
    rows: Iterable[tuple[int, int | None]] = memberships.values_list("user_id", "shops")
    for person, shop in rows:
        if shop is None:
            every.add(person)
        else:
            shops.setdefault(person, set()).add(shop)
    return {person: None if person in every else shops.get(person, set()) for person in people}


def _read_orders(found: Around, act: Act, orders: set[int]) -> None:
    found.orders = Order.objects.filter(pk__in=orders).only("pk", "number", "shop_id").in_bulk()
    found.shops = {shop.pk: shop.code for shop in act.by.shops}
    parcels = Parcel.objects.filter(dispatch__order__in=orders).exclude(role=Parcel.Role.REPLACED)
    for order, waybill, stage in parcels.values_list("dispatch__order_id", "waybill_id", "waybill__stage"):
        found.stages[order][waybill] = stage  # type: ignore[index]
    tickets: dict[int, TicketSeen] = {}
    rows = Ticket.objects.filter(order__in=orders).order_by("pk")
    for pk, order, kind, number, closed in rows.values_list("pk", "order_id", "kind", "number", "closed_at"):
        tickets[pk] = TicketSeen(kind, number, closed is None)
        found.tickets[order].append(tickets[pk])
    for pk, name in TicketStep.objects.filter(ticket__in=tickets).values_list("ticket_id", "name"):
        tickets[pk].steps.add(name)


def survivors(act: Act, cases: Iterable[Case]) -> Mapping[int, Case]:
    """Of a merge: which case stays, by case: the one that was named, else the most urgent of those chosen of an order."""
    cases = list(cases)
    if act.into is not None:
        named = Case.objects.filter(pk=act.into, shop__in=act.by.shop_ids).first()
        return {case.pk: named for case in cases} if named else {}
    parents = set(
        Case.objects.filter(merged_into__in=[case.pk for case in cases]).values_list("merged_into_id", flat=True)
    )
    groups: dict[int, list[Case]] = {}
    for case in cases:
        if case.state != State.RESOLVED.value:
            groups.setdefault(case.order_id, []).append(case)
    stays = {
        order: max(group, key=lambda case: (case.pk in parents, case.rank, case.pk))
        for order, group in groups.items()
        if len(group) > 1
    }
    return {case.pk: stays[case.order_id] for case in cases if case.order_id in stays}


def faster(act: Act, cases: Sequence[Case]) -> dict[int, str]:
    """What somebody else did to a case since whoever acts last looked at it, in a sentence, by case."""
    if act.seen is None or not cases or act.action is Action.NOTE:
        return {}
    contrary = (act.action,) if act.action in VERBS else TELLING
    since = CaseEntry.objects.filter(case__in=[case.pk for case in cases], pk__gt=act.seen)
    others = since.exclude(by=None).exclude(by=act.by.user).filter(action__in=[one.value for one in contrary])
    told: dict[int, str] = {}
    for entry in others.select_related("by", "case__shop").order_by("pk"):
        told[entry.case_id] = spoken(_("{name} was faster: {what}, {t}."), entry, act.now)
    return told


def history(act: Act, cases: Sequence[Case]) -> dict[int, str]:
    """Who brought a case into its state and when, in a sentence, for resolved ones that the act meets; one query."""
    settled = [case.pk for case in cases if case.state == State.RESOLVED.value]
    if not settled or act.action in (Action.NOTE, Action.REOPEN):
        return {}
    closing = CaseEntry.objects.filter(case__in=settled, to_state=State.RESOLVED.value).exclude(
        from_state=State.RESOLVED.value
    )
    newest = closing.values("case").annotate(newest=Max("pk")).values("newest")
    entries = CaseEntry.objects.filter(pk__in=newest).select_related("by", "case__shop")
    return {entry.case_id: spoken(_("{name}: {what}, {t}."), entry, act.now) for entry in entries}


def spoken(pattern: str, entry: CaseEntry, now: datetime) -> str:
    """Fill {name}, {what} and {t} of a sentence in from a line of the log; the entry comes with `by` and its case's shop."""
    outcome = dict(Case.Outcome.choices).get((entry.detail or {}).get("outcome", ""))
    what = str(Action(entry.action).label) + (f" ({outcome})" if outcome else "")
    name = entry.by.display_name if entry.by else _("shipops")
    return pattern.format(name=name, what=what, t=times.wall(entry.at, now, entry.case.shop.zone))
