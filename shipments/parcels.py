"""What a number is for its order: as uploaded, an extra parcel, or a wrong one that the platform let the seller replace."""

from datetime import datetime
from typing import Final

from django.db import transaction

from merchants.models import User
from shipments.booking import wake_orders
from shipments.models import Parcel

# What a person may say; the other roles are found in the track.
BY_PEOPLE: Final = (Parcel.Role.ORIGINAL, Parcel.Role.EXTRA, Parcel.Role.REPLACED)


def set_role(parcel: Parcel, role: str, by: User, now: datetime) -> bool:
    """Say what an uploaded number is for its order and have the order judged anew; False where that was said already.

    An extra parcel changes nothing about dispatch and arrival; under a replaced number no goods travel. Raises ValueError
    for a role no person may give, or a number that a track has named.
    """
    if role not in BY_PEOPLE or parcel.follows_id is not None:
        raise ValueError(role)
    with transaction.atomic():
        mine = Parcel.objects.filter(pk=parcel.pk, follows__isnull=True).exclude(role=role)
        changed = mine.update(role=role, role_by=by, role_at=now)
        if changed:
            wake_orders([parcel.dispatch.order_id], now)
    return bool(changed)
