"""What an answer says beside scans: the provider gave up on a number, or found it to be another carrier's.

The caller holds the waybills locked, or is content to change what nobody has changed meanwhile.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from shipments import accounts, refolding
from shipments.answers import Answer
from shipments.models import Carrier, Waybill

log = logging.getLogger(__name__)

# A provider that gave up on a number may be asked to follow it again, at the soonest then.
RESUBSCRIBE_AFTER: Final = timedelta(minutes=30)

Told = tuple[Waybill, Answer]


def follow_up(told: Sequence[Told], now: datetime) -> None:
    """Draw the consequences of pushes."""
    gave_up = sorted({waybill.pk for waybill, answer in told if answer.ended and answer.remark is not None})
    again = now + RESUBSCRIBE_AFTER
    Waybill.objects.filter(pk__in=gave_up).update(subscribed_at=None, subscribe_at=again, poll_at=again, stop="")
    # A number given up for dead that is heard of again is followed again.
    heard_of = sorted({waybill.pk for waybill, answer in told if answer.events})
    dead = Waybill.objects.filter(pk__in=heard_of, stop=Waybill.Stop.DEAD, poll_at__isnull=True)
    dead.update(stop="", poll_at=now, vain_count=0, vain_at=None)
    correct(told, now, subscribed=True)


def correct(told: Iterable[Told], now: datetime, *, subscribed: bool) -> None:
    """Move waybills to the carrier a provider found them to be of, and have them asked about again.

    A carrier it was moved away from once is never gone back to: two providers that disagree must not toss it between them.
    `subscribed`: whether the provider itself follows the number under the new carrier from here on.
    """
    wrong = {waybill.pk: (waybill, answer.instead) for waybill, answer in told if answer.instead}
    if not wrong:
        return
    carriers = {one.code: one for one in Carrier.objects.filter(code__in={code for _, code in wrong.values()})}
    moved = [
        (waybill, carriers[code])
        for _, (waybill, code) in sorted(wrong.items())
        if code in carriers and code != waybill.carrier.code and code not in (waybill.former_carriers or ())
    ]
    taken = _taken(moved)
    corrected: list[int] = []
    for waybill, carrier in moved:
        if (waybill.merchant_id, waybill.number, carrier.pk) in taken:
            continue  # followed under that carrier already
        changes = {} if subscribed else {"subscribed_at": None, "subscribe_at": None}
        provider = accounts.provider_of(waybill.account) if waybill.account else None
        if provider is not None and provider.CARRIERS is not None and carrier.code not in provider.CARRIERS:
            changes |= {"account": None, "subscribed_at": None}
        changed = Waybill.objects.filter(pk=waybill.pk, carrier_id=waybill.carrier_id).update(
            carrier=carrier,
            former_carriers=[*(waybill.former_carriers or ()), waybill.carrier.code],
            poll_at=now,
            stop="",
            **changes,
        )
        if changed:
            corrected.append(waybill.pk)
            log.warning("Waybill %s is of %s, not of %s", waybill.number, carrier.code, waybill.carrier.code)
    with connection.cursor() as cursor:
        refolding.refold(cursor, corrected, refolding.held(cursor, corrected), {})


def _taken(moved: Sequence[tuple[Waybill, Carrier]]) -> set[tuple[int, str, int]]:
    if not moved:
        return set()
    wanted = Q()
    for waybill, carrier in moved:
        wanted |= Q(merchant_id=waybill.merchant_id, number=waybill.number, carrier=carrier)
    return set(Waybill.objects.filter(wanted).values_list("merchant_id", "number", "carrier_id"))
