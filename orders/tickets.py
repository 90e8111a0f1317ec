"""Tickets go in: an idempotent upsert of drafts by (order, kind, number), in sets.

A ticket is told by several: a person who has just read of it, then the platform's export, then the export of the next day.
What a draft does not say (None, blank) keeps what was told before. Where two say different things,

- of `opened_at` and of each step the earliest instant stands. Nobody hears of a thing before it happens, so who names a
  later instant heard of it later; and exports date a step anew whenever they touch it, which must not restart a clock that
  the step had stopped. A step told by mistake is taken back with `amend`.
- of `due_at`, `closed_at`, `amount` and `reason` the newest word stands: platforms extend limits and reopen tickets.

Changed tickets wake their orders for judgement (`review_at = now`); what brings nothing new touches nothing. Orders are
locked first, in pk order, as everybody locks them, so two who tell of one ticket come one after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from merchants.models import Shop
from orders.errors import Unfit
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import Problem, TicketDraft, out_of_order, unfit, unfit_instants, unfit_steps
from orders.waking import lock, wake

# Drafts a transaction, which keeps its locks below a second; more is a file, which comes in several.
BATCH: Final = 500
TOLD: Final = ("opened_at", "due_at", "amount", "reason", "closed_at")
# What a person may set on a ticket that is there; the rest is told with `record`.
Amendable = Literal["due_at", "closed_at"]
NOTHING: Final[Mapping[Any, datetime | None]] = {}


class Outcome(StrEnum):
    """What became of a draft."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one draft; `row` counts from 1, `ticket` is None where it was refused."""

    row: int
    outcome: Outcome
    ticket: Ticket | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Entry:
    """A ticket on its way into the database, with its steps."""

    ticket: Ticket
    steps: dict[str, datetime] = field(default_factory=dict)
    changed: bool = False
    new_steps: set[str] = field(default_factory=set)

    def take(self, draft: TicketDraft) -> list[Problem]:
        """Merge the draft in; where that cannot be, return why and change nothing."""
        ticket = self.ticket
        opened_at = min((at for at in (ticket.opened_at, draft.opened_at) if at), default=None)
        if opened_at is None:
            return [Problem("opened_at", _("Say when it was opened."))]
        due_at, closed_at = draft.due_at or ticket.due_at, draft.closed_at or ticket.closed_at
        told = {
            "opened_at": opened_at,
            "due_at": due_at,
            "amount": ticket.amount if draft.amount is None else draft.amount,
            "reason": draft.reason or ticket.reason,
            "closed_at": closed_at,
        }
        problems = out_of_order(opened_at, due_at, closed_at, draft.steps)
        if problems:
            return problems
        new = {name for name, at in draft.steps.items() if name not in self.steps or at < self.steps[name]}
        self.steps |= {name: draft.steps[name] for name in new}
        self.new_steps |= new
        if any(getattr(ticket, name) != value for name, value in told.items()):
            self.changed = True
            for name, value in told.items():
                setattr(ticket, name, value)
        return []


_Key = tuple[int, str, str]


def record(
    shops: Sequence[Shop], drafts: Sequence[TicketDraft], now: datetime, *, only_new: bool = False
) -> list[Told]:
    """Write at most BATCH drafts about orders of these shops in one transaction; return what became of each, in order.

    A draft that cannot be is refused by itself, with the fields that are wrong, and stops no other. `only_new` refuses
    also a ticket that is there already. Raises ValueError for more drafts than BATCH.
    """
    if len(drafts) > BATCH:
        raise ValueError(f"{len(drafts)} drafts are more than {BATCH}")
    orders = _orders(shops, {draft.order for draft in drafts})
    codes = {shop.code: shop.pk for shop in shops}
    placed = [_place(draft, orders, codes, now) for draft in drafts]
    ids = sorted({order.pk for order in placed if isinstance(order, Order)})
    told = []
    with transaction.atomic():
        lock(ids)
        book = _book(ids)
        for row, (draft, order) in enumerate(zip(drafts, placed, strict=True), 1):
            if isinstance(order, Order):
                told.append(_enter(row, draft, order, book, only_new))
            else:
                told.append(Told(row, Outcome.REFUSED, problems=tuple(order)))
        changed = _write(book.values())
        wake(changed, now)
    return told


def _orders(shops: Sequence[Shop], numbers: set[str]) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = defaultdict(list)
    for order in Order.objects.filter(shop__in=shops, number__in=numbers).only("pk", "number", "shop_id"):
        found[order.number].append(order)
    return found


def _place(
    draft: TicketDraft, orders: Mapping[str, list[Order]], shops: Mapping[str, int], now: datetime
) -> Order | list[Problem]:
    """Return the order a draft is about, or all that is wrong with the draft."""
    problems = unfit(draft, now)
    if draft.shop and draft.shop not in shops:
        sentence = _("You have no shop “{shop}”. Use one of: {shops}.")
        return [*problems, Problem("shop", sentence.format(shop=draft.shop, shops=", ".join(shops)))]
    found = [one for one in orders.get(draft.order, ()) if not draft.shop or one.shop_id == shops[draft.shop]]
    if not found:
        sentence = _("Your shops have no order {order}. Correct the number, or import the order first.")
        problems.append(Problem("order", sentence.format(order=draft.order)))
    elif len(found) > 1:
        sentence = _("Several of your shops have an order {order}. Say which shop it is.")
        problems.append(Problem("shop", sentence.format(order=draft.order)))
    return problems or found[0]


def _book(order_ids: Sequence[int]) -> dict[_Key, _Entry]:
    """Return what is stored of the tickets of these orders."""
    tickets = {ticket.pk: _Entry(ticket) for ticket in Ticket.objects.filter(order__in=order_ids)}
    for ticket_id, name, at in TicketStep.objects.filter(ticket__in=tickets).values_list("ticket_id", "name", "at"):
        tickets[ticket_id].steps[name] = at
    return {(one.ticket.order_id, one.ticket.kind, one.ticket.number): one for one in tickets.values()}


def _enter(row: int, draft: TicketDraft, order: Order, book: dict[_Key, _Entry], only_new: bool) -> Told:
    key = (order.pk, draft.kind, draft.number)
    known = book.get(key)
    if known and only_new:
        sentence = _("This order has such a ticket under this number already. Act on that one, or give another number.")
        return Told(row, Outcome.REFUSED, problems=(Problem("number", sentence),))
    entry = known or _Entry(Ticket(order=order, kind=draft.kind, number=draft.number))
    before = (entry.changed, len(entry.new_steps))
    problems = entry.take(draft)
    if problems:
        return Told(row, Outcome.REFUSED, problems=tuple(problems))
    book[key] = entry
    if known is None:
        return Told(row, Outcome.CREATED, entry.ticket)
    is_news = (entry.changed, len(entry.new_steps)) != before
    return Told(row, Outcome.UPDATED if is_news else Outcome.UNCHANGED, entry.ticket)


def _write(entries: Iterable[_Entry]) -> set[int]:
    """Write what has changed; return the ids of the orders concerned."""
    touched = [entry for entry in entries if entry.changed or entry.new_steps]
    changed = [entry.ticket for entry in touched if entry.changed]
    known = [ticket for ticket in changed if ticket.pk is not None]
    Ticket.objects.bulk_create([ticket for ticket in changed if ticket.pk is None])
    Ticket.objects.bulk_update(known, TOLD)
    _write_steps(
        TicketStep(ticket=entry.ticket, name=name, at=entry.steps[name])
        for entry in touched
        for name in sorted(entry.new_steps)
    )
    return {entry.ticket.order_id for entry in touched}


def _write_steps(steps: Iterable[TicketStep]) -> None:
    TicketStep.objects.bulk_create(steps, update_conflicts=True, unique_fields=["ticket", "name"], update_fields=["at"])


def amend(
    ticket: Ticket,
    now: datetime,
    *,
    steps: Mapping[str, datetime | None] = NOTHING,
    changes: Mapping[Amendable, datetime | None] = NOTHING,
) -> bool:
    """Tell steps of a ticket or take them back (None), set its limit or its end or take it away; False if nothing is new.

    Raises orders.errors.Unfit with everything that cannot be; nothing is written then.
    """
    happened = {f"steps.{name}": at for name, at in steps.items()} | {"closed_at": changes.get("closed_at")}
    problems = [
        *unfit_steps(ticket.kind, steps),
        *unfit_instants(happened, now),
        *unfit_instants({"due_at": changes.get("due_at")}, None),
    ]
    if problems:
        raise Unfit(problems)
    with transaction.atomic():
        lock([ticket.order_id])
        is_news = _amend(Ticket.objects.get(pk=ticket.pk), steps, changes)
        wake([ticket.order_id] if is_news else [], now)
    return is_news


def _amend(ticket: Ticket, steps: Mapping[str, datetime | None], changes: Mapping[Amendable, datetime | None]) -> bool:
    stored = dict(ticket.steps.values_list("name", "at"))
    told = {name: at for name, at in steps.items() if at and (name not in stored or at < stored[name])}
    problems = out_of_order(ticket.opened_at, changes.get("due_at"), changes.get("closed_at"), told)
    if problems:
        raise Unfit(problems)
    taken_back = [name for name, at in steps.items() if at is None and name in stored]
    different: dict[str, Any] = {name: at for name, at in changes.items() if getattr(ticket, name) != at}
    if different:
        Ticket.objects.filter(pk=ticket.pk).update(**different)
    if taken_back:
        ticket.steps.filter(name__in=taken_back).delete()
    if told:
        _write_steps(TicketStep(ticket=ticket, name=name, at=at) for name, at in told.items())
    return bool(different or taken_back or told)
