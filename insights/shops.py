"""What an admin sets of a shop: where it ships from."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from merchants import audit
from merchants.access import Member
from merchants.models import Shop
from orders.waking import wake_shop

SHIPS_FROM: Final = audit.label("shop.ships_from", _("Changed where a shop ships from"))


@transaction.atomic
def ship_from(member: Member, shop: Shop, province: str, city: str, now: datetime) -> int:
    """Say where a shop ships from (blank = read from the track), write it down, and have its open orders judged anew.

    Returns how many orders were woken; 0 where nothing is new.
    """
    shop = Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    if (shop.province, shop.city) == (province, city):
        return 0
    before = place(shop)
    shop.province, shop.city = province, city
    shop.save(update_fields=["province", "city"])
    audit.record(member, SHIPS_FROM, shop.name, now, before=before, after=place(shop))
    return wake_shop(shop, now)


def place(shop: Shop) -> str:
    """Return where a shop ships from as one text; "" where nobody has said."""
    return f"{shop.province} {shop.city}".strip()
