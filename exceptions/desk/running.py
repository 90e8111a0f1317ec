"""Commands too large for one request, carried out set by set by whoever holds the lease.

A set commits with what became of its cases, so that a worker that dies leaves it pending and another does it again.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _

from exceptions.desk.acting import BATCH, LEASE, mine, take
from exceptions.desk.deciding import Result
from exceptions.models import Command, CommandItem
from merchants.access import Member, of
from merchants.models import Membership
from orders.errors import LeaseLost

log = logging.getLogger(__name__)
State = Command.State
OPEN = (State.QUEUED, State.RUNNING)


def carry_out(now: datetime) -> int:
    """Take the next open command in hand for one set of cases; return 1, or 0 where there is nothing to do."""
    command = _claim(now)
    if command is None:
        return 0
    try:
        with translation.override((command.by.language if command.by else "") or settings.LANGUAGE_CODE):
            _take(command, now)
    except LeaseLost:
        log.info("command %s was cancelled or taken over", command.pk)
    return 1


def _claim(now: datetime) -> Command | None:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    with transaction.atomic():
        commands = Command.objects.filter(free, state__in=OPEN).select_related("by", "merchant")
        command = commands.select_for_update(skip_locked=True, of=("self",), no_key=True).order_by("pk").first()
        if command is not None:
            command.state, command.lease_until = State.RUNNING, now + LEASE
            Command.objects.filter(pk=command.pk).update(state=command.state, lease_until=command.lease_until)
    return command


def _take(command: Command, now: datetime) -> None:
    """Commit one set, if the command is still ours."""
    member = _member(command)
    held = Command.objects.filter(pk=command.pk, state=State.RUNNING, lease_until=command.lease_until)
    with transaction.atomic():
        # The command before its items, as whoever cancels it locks them.
        if not held.select_for_update(no_key=True).exists():
            raise LeaseLost
        pending = command.items.filter(result=Result.PENDING).order_by("case_id")
        ids = list(pending.values_list("case_id", flat=True)[:BATCH])
        if member is None:
            pending.update(result=Result.REJECTED, reason=_("Whoever asked for it does not work here any more."))
        elif ids:
            take(command, member, ids, now)
        is_done = member is None or len(ids) < BATCH
        after = {"state": State.DONE, "finished_at": now} if is_done else {}
        held.update(lease_until=None, **after)


def _member(command: Command) -> Member | None:
    """Who asked for it, with what they may reach now."""
    memberships = Membership.objects.filter(merchant=command.merchant_id, user=command.by_id, user__is_active=True)
    membership = memberships.select_related("merchant", "user").first()
    return of(membership) if membership else None


@transaction.atomic
def cancel(member: Member, command_id: int, *, now: datetime) -> bool:
    """Stop an open command where it stands; False where it was over already. Raises Http404 for another's."""
    commands = mine(member).filter(pk=command_id)
    if not commands.filter(state__in=OPEN).update(state=State.DONE, finished_at=now, lease_until=None):
        if not commands.exists():
            raise Http404
        return False
    waiting = CommandItem.objects.filter(command=command_id, result=Result.PENDING)
    waiting.update(result=Result.REJECTED, reason=_("Cancelled before its turn."))
    return True
