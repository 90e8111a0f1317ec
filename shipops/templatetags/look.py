"""The signs every page is made of: badge, icon, money, instants, the fuse, form fields."""

import json
import zoneinfo
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from shipops.kit import money as amounts
from shipops.kit import times

register = template.Library()
FIELD = "components/field.html"


def _zone(zone: Any) -> zoneinfo.ZoneInfo | None:
    """A shop, a zone, a zone's name, or nothing (then the installation's own)."""
    name = getattr(zone, "timezone", zone)
    return zoneinfo.ZoneInfo(name) if isinstance(name, str) and name else name or None


def _now(context: template.Context) -> datetime:
    return context.get("now") or timezone.now()


@register.simple_tag
def badge(tone: Any, label: Any = None) -> SafeString:
    """`{% badge "soon" _("Late pickup") %}`, or `{% badge state %}` of a Choice that knows both."""
    tone, label = getattr(tone, "tone", tone), tone.label if label is None else label
    return format_html('<span class="badge {}">{}</span>', tone, label)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the symbols in components/symbols.html."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def money(amount: Decimal | None, currency: str = "CNY") -> str:
    """`{{ order.amount|money:order.currency }}`"""
    return amounts.shown(amount, currency)


@register.filter
def whole_money(amount: Decimal | None, currency: str = "CNY") -> str:
    """An amount without its cents, where a sum is looked at from afar."""
    return amounts.shown(amount, currency, places=0)


@register.simple_tag(takes_context=True)
def wall(context: template.Context, at: datetime | None, zone: Any = None) -> str:
    """`{% wall order.paid_at shop %}`: the wall-clock instant in the shop's zone, the full one in its tooltip."""
    if at is None:
        return "–"
    tz = _zone(zone)
    full = f"{timezone.localtime(at, tz):%Y-%m-%d %H:%M:%S %Z}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), full, times.wall(at, _now(context), tz)
    )


@register.simple_tag
def stamp(at: datetime, zone: Any = None) -> SafeString:
    """`{% stamp clock.due_at shop %}`: date and time in the shop's zone, where a sum of times is to be checked."""
    local = timezone.localtime(at, _zone(zone))
    full = f"{local:%Y-%m-%d %H:%M:%S %Z}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), full, f"{local:%m-%d %H:%M}")


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> str:
    """`{% ago waybill.polled_at %}`: how old it is."""
    if at is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), times.ago(at, _now(context)))


@register.simple_tag(takes_context=True)
def fuse(context: template.Context, start: datetime, due: datetime, tone: str = "calm") -> SafeString:
    """How much of a promise has burnt, 0 to 100."""
    burnt = times.burnt(start, due, _now(context))
    return format_html(
        '<progress class="fuse is-{}" max="100" value="{}" aria-label="{}%"></progress>', tone, burnt, burnt
    )


@register.simple_tag(name="span")
def length_of_time(delta: timedelta) -> str:
    """`{% span age.p95 %}`: a length of time, rounded up to the minute."""
    return times.spell(delta + timedelta(seconds=59))


@register.simple_tag
def time_words() -> str:
    """The patterns the browser ticks with, as JSON for a data attribute."""
    return json.dumps(times.words(), ensure_ascii=False)


# A case offers a dozen forms, empty ones that look the same on every case: written out once each (a sixth of its page).
_empty_fields: dict[tuple[Any, ...], SafeString] = {}
EMPTY_FIELDS_MOST = 2000


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """`{% field form.note %}`: label, control, help and errors, tied together for screen readers."""
    if bound.form.is_bound:
        return render_to_string(FIELD, {"field": bound})
    looks = _looks(bound)
    if looks not in _empty_fields:
        if len(_empty_fields) >= EMPTY_FIELDS_MOST:
            _empty_fields.clear()
        _empty_fields[looks] = render_to_string(FIELD, {"field": bound})
    return _empty_fields[looks]


def _looks(bound: BoundField) -> tuple[Any, ...]:
    """All that a field of an unbound form is drawn from; forms may set any of it when they are made."""
    drawn, widget = bound.field, bound.field.widget
    return (
        *(type(bound.form), bound.html_name, bound.auto_id, get_language(), repr(bound.value())),
        *(str(bound.label), str(bound.help_text), drawn.required, drawn.disabled, repr(widget.attrs)),
        tuple((str(value), str(label)) for value, label in getattr(widget, "choices", ())),
    )


@register.simple_tag
def choices(name: str, offered: Iterable[tuple[str, str, bool]], kind: str = "checkbox") -> SafeString:
    """`{% choices "shop" menu.choices %}`: a box for each (value, label, whether it is ticked); "radio" where one is chosen."""
    return mark_safe("\n".join(_choice(kind, name, *one) for one in offered))  # noqa: S308 - each is escaped


# The menus of a merchant with 200 shops are the same for every page of everybody: written out once each.
@lru_cache(maxsize=4096)
def _choice(kind: str, name: str, value: str, label: str, on: bool) -> SafeString:
    ticked = " checked" if on else ""
    box = '<label class="choice"><input type="{}" name="{}" value="{}"{}> {}</label>'
    return format_html(box, kind, name, value, ticked, label)


@register.simple_tag
def who(user: Any) -> SafeString:
    """A person as one letter in a circle, the name in its tooltip."""
    name = user.display_name
    return format_html('<span class="who" title="{}">{}</span>', name, name[:1].upper())


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with `changes`; an empty value drops its key. Starts with `?`."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        params.pop(key, None)
        if value not in ("", None):
            params[key] = str(value)
    return f"?{params.urlencode()}"
