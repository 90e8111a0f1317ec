"""Shops as every page's bar lists them."""

from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from merchants.models import Platform, Shop

register = template.Library()


@register.simple_tag
def shop_links(url: str, shops: Iterable[Shop]) -> SafeString:
    """`{% shop_links desk_url member.shops %}`: a link for each shop to the list that `?shop=` narrows to it."""
    platforms = {value: str(label) for value, label in Platform.choices}
    links = (_link(url, shop.pk, shop.name, platforms[shop.platform]) for shop in shops)
    return mark_safe("\n".join(links))  # noqa: S308 - each is escaped


# Two hundred shops are the same for every page of everybody: written out once each.
@lru_cache(maxsize=4096)
def _link(url: str, pk: int, name: str, platform: str) -> SafeString:
    return format_html('<a href="{}?shop={}">{} <span class="faint">{}</span></a>', url, pk, name, platform)
