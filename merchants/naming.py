"""Finding a shop by what a person types on a command line."""

from django.core.management.base import CommandError

from merchants.models import Shop


def shop_named(text: str) -> Shop:
    """Return the shop `code` or `merchant/code` names.

    Raises CommandError where there is none, or several merchants have a shop of that code.
    """
    merchant, _, code = text.rpartition("/")
    shops = Shop.objects.select_related("merchant").filter(code=code)
    if merchant:
        shops = shops.filter(merchant__code=merchant)
    found = list(shops[:10])
    if not found:
        raise CommandError(f"there is no shop {text!r}; the shops are: {', '.join(known()) or 'none yet'}")
    if len(found) > 1:
        names = ", ".join(f"{shop.merchant.code}/{shop.code}" for shop in found)
        raise CommandError(f"{text!r} is the code of several shops; say which: {names}")
    return found[0]


def known() -> list[str]:
    """Codes of the first shops, to remind whoever mistyped one."""
    return list(Shop.objects.order_by("code").values_list("code", flat=True)[:20])
