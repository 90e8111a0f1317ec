"""Keys on buttons: `{% key "assign" %}` for the attributes, `{% keycap "assign" %}` for what is seen."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exceptions.keys import GROUPS, KEYS

register = template.Library()


@register.simple_tag
def key(name: str) -> SafeString:
    """The attributes of a button a key presses, with the tooltip that names the key."""
    found = KEYS[name]
    return format_html('data-key="{}" title="{} ({})"', found.key, found.label, found.shown)


@register.simple_tag
def keytip(name: str) -> SafeString:
    """The tooltip alone, where the page itself knows the key."""
    found = KEYS[name]
    return format_html('title="{} ({})"', found.label, found.shown)


@register.simple_tag
def keycap(name: str) -> SafeString:
    """The key as a keyboard has it."""
    return format_html("<kbd>{}</kbd>", KEYS[name].shown)


@register.simple_tag
def key_groups() -> list[tuple[Any, list[Any]]]:
    """The whole table, for its list."""
    return [(group, list(keys.values())) for group, keys in GROUPS]
