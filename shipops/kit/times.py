"""Durations and instants as people read them, in the language of the moment.

The browser ticks with the same words (`words`), so that a swap from the server never changes the wording.
"""

from datetime import datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

HOUR, DAY = 60, 24 * 60


def spell(span: timedelta) -> str:
    """Return a length of time to the minute: `18m`, `26h 10m`, `3d 4h` from two days on; its sign is dropped."""
    return _spelt(span, {"m": _("{m}m"), "hm": _("{h}h {m}m"), "dh": _("{d}d {h}h")})


def _spelt(span: timedelta, patterns: dict[str, str]) -> str:
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < HOUR:
        return patterns["m"].format(m=minutes)
    if minutes < 2 * DAY:
        return patterns["hm"].format(h=minutes // HOUR, m=f"{minutes % HOUR:02d}")
    return patterns["dh"].format(d=minutes // DAY, h=minutes % DAY // HOUR)


def length(span: timedelta) -> str:
    """Return the length of a term as rules state it: whole hours stay hours (`24h`, `48h`)."""
    hours, rest = divmod(int(span.total_seconds()), 3600)
    return spell(span) if rest or hours > 7 * 24 else _("{h}h").format(h=hours)


def remaining(due: datetime, now: datetime) -> str:
    """Return `1h 52m left` before `due`, `26h 10m over` after it."""
    patterns = words()
    return patterns["left" if due > now else "over"].format(t=_spelt(due - now, patterns))


def ago(at: datetime, now: datetime) -> str:
    """Return `4m ago`; less than a minute is `just now`."""
    return _("just now") if now - at < timedelta(minutes=1) else _("{t} ago").format(t=spell(now - at))


def wall(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return the wall-clock instant in `zone`: `14:30` today, `yesterday 10:28`, `11-20 10:28`, with its year if not this."""
    local, today = timezone.localtime(at, zone), timezone.localtime(now, zone)
    clock = f"{local:%H:%M}"
    days = (local.date() - today.date()).days
    if days == 0:
        return clock
    if days == -1:
        return _("yesterday {t}").format(t=clock)
    if days == 1:
        return _("tomorrow {t}").format(t=clock)
    return f"{local:%m-%d} {clock}" if local.year == today.year else f"{local:%Y-%m-%d} {clock}"


def words() -> dict[str, str]:
    """Return the patterns of a column that ticks, shorter than those of a sentence where a language is wide."""
    return {
        "m": pgettext("time", "{m}m"),
        "hm": pgettext("time", "{h}h {m}m"),
        "dh": pgettext("time", "{d}d {h}h"),
        "left": pgettext("time", "{t} left"),
        "over": pgettext("time", "{t} over"),
    }


def burnt(start: datetime, due: datetime, now: datetime) -> int:
    """Return how much of the way from `start` to `due` is gone, 0 to 100."""
    whole = (due - start).total_seconds()
    gone = (now - start).total_seconds()
    return 100 if whole <= 0 else min(100, max(0, int(100 * gone / whole)))
