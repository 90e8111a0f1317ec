"""Finding a shop by what a person types on a command line."""

from django.utils.translation import gettext as _

from merchants.models import Shop


class UnknownShop(Exception):
    """The text names no shop, or several; the message is one sentence with the remedy."""


def shop_named(text: str) -> Shop:
    """Return the shop that `code` or `merchant/code` names. Raises UnknownShop."""
    merchant, _slash, code = text.rpartition("/")
    shops = Shop.objects.select_related("merchant").filter(code=code).order_by("merchant__code")
    if merchant:
        shops = shops.filter(merchant__code=merchant)
    found = list(shops)
    if not found:
        known = ", ".join(Shop.objects.order_by("code").values_list("code", flat=True)[:20])
        raise UnknownShop(
            _("There is no shop %(code)s. The shops are: %(known)s.") % {"code": text, "known": known or "–"}
        )
    if len(found) > 1:
        named = ", ".join(f"{shop.merchant.code}/{shop.code}" for shop in found)
        raise UnknownShop(
            _("Several merchants have a shop %(code)s. Say which: %(named)s.") % {"code": text, "named": named}
        )
    return found[0]
