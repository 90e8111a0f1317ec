"""Numbers under which goods travel on, followed like the one that named them, for the same orders."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from shipments import accounts
from shipments.answers import Onward
from shipments.models import Carrier, Parcel, Waybill
from shipments.numbers import is_number

log = logging.getLogger(__name__)

_Key = tuple[int, int, str]


def follow(named: Mapping[int, Sequence[Onward]], now: datetime) -> int:
    """Book the numbers that the tracks of waybills (by id) name; return how many are new. Safe to run twice.

    The caller holds the waybills locked. A number that is none, or of a carrier nobody knows, is left out and logged.
    """
    if not named:
        return 0
    origins = {waybill.pk: waybill for waybill in Waybill.objects.filter(pk__in=named).select_related("carrier")}
    codes = {onward.carrier for found in named.values() for onward in found}
    carriers = {carrier.code: carrier for carrier in Carrier.objects.filter(code__in=codes)}
    wanted: dict[_Key, list[tuple[Waybill, Onward]]] = {}
    for pk, found in named.items():
        origin = origins[pk]
        for onward in found:
            carrier = carriers.get(onward.carrier) if onward.carrier else origin.carrier
            if carrier is None or not is_number(onward.number):
                log.warning("Waybill %s travels on as %r of %r: not followed", pk, onward.number, onward.carrier)
                continue
            wanted.setdefault((origin.merchant_id, carrier.pk, onward.number), []).append((origin, onward))
    return _book(
        wanted, {carrier.pk: carrier for carrier in (*carriers.values(), *(o.carrier for o in origins.values()))}, now
    )


def _book(
    wanted: Mapping[_Key, Sequence[tuple[Waybill, Onward]]], carriers: Mapping[int, Carrier], now: datetime
) -> int:
    if not wanted:
        return 0
    before = _known(wanted)
    asked = accounts.by_merchant(key[0] for key in wanted)
    missing = sorted(key for key in wanted if key not in before)
    Waybill.objects.bulk_create(
        [
            Waybill(
                merchant_id=merchant_id,
                carrier_id=carrier_id,
                number=number,
                phone_tail=wanted[merchant_id, carrier_id, number][0][0].phone_tail,
                created_at=now,
                account=accounts.choose(asked.get(merchant_id, ()), carriers[carrier_id].code),
                poll_at=now,
            )
            for merchant_id, carrier_id, number in missing
        ],
        ignore_conflicts=True,
    )
    known = _known(wanted) if missing else before
    dispatches: dict[int, list[int]] = {}
    origin_ids = {origin.pk for pairs in wanted.values() for origin, _ in pairs}
    for waybill_id, dispatch_id in Parcel.objects.filter(waybill_id__in=origin_ids).values_list(
        "waybill_id", "dispatch_id"
    ):
        dispatches.setdefault(waybill_id, []).append(dispatch_id)
    Parcel.objects.bulk_create(
        [
            Parcel(
                dispatch_id=dispatch_id,
                waybill_id=known[key],
                role=Parcel.Role.RETURN if onward.homeward else Parcel.Role.ONWARD,
                follows=origin,
            )
            for key, pairs in sorted(wanted.items(), key=lambda item: item[0])
            for origin, onward in pairs
            for dispatch_id in dispatches.get(origin.pk, ())
        ],
        ignore_conflicts=True,  # told again, or the seller told the platform this number too
    )
    return len(missing)


def _known(keys: Mapping[_Key, object]) -> dict[_Key, int]:
    found = Waybill.objects.filter(merchant_id__in={key[0] for key in keys}, number__in={key[2] for key in keys})
    rows = found.values_list("merchant_id", "carrier_id", "number", "pk")
    return {(merchant_id, carrier_id, number): pk for merchant_id, carrier_id, number, pk in rows}
