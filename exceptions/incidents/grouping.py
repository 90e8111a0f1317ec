"""Which stuck parcels make an incident: enough of them at one place within one window. Pure.

What comes out depends on the set of parcels alone, not on the order in which they are told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from exceptions.incidents.whereabouts import Site


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What parcels of one incident have in common."""

    merchant: int
    carrier: int
    site: Site


@dataclass(frozen=True, slots=True)
class Stuck:
    """An open case that is in no incident: whose parcel, where, since when it stands still."""

    case: int
    waybill: int
    key: Key
    since: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """From how many parcels on, that came to a stand within how long, it is an incident; and when it is over."""

    threshold: int = 10
    window: timedelta = timedelta(hours=24)
    # Fewer than these for so long, and it closes by itself.
    close_below: int = 3
    close_after: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open incident: its place, and when the first of its parcels came to a stand."""

    incident: int
    began_at: datetime
    # Opened by a person: it takes in whatever stands still there.
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident to open, with its first cases."""

    key: Key
    began_at: datetime
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    openings: tuple[Opening, ...]
    # Cases that join an open incident, by its id.
    joining: Mapping[int, tuple[int, ...]]


class Rules:
    """The rules of merchants: for a carrier its own, else the merchant's, else the default."""

    def __init__(self, written: Mapping[tuple[int, int | None], Rule] | None = None) -> None:
        self._written = dict(written or {})

    def of(self, merchant: int, carrier: int) -> Rule:
        own = self._written.get((merchant, carrier))
        return own or self._written.get((merchant, None)) or Rule()

    @property
    def least(self) -> int:
        """The lowest threshold of all."""
        return min(rule.threshold for rule in (Rule(), *self._written.values()))


def gather(stuck: Iterable[Stuck], standing: Mapping[Key, Standing], rules: Rules) -> Gathered:
    """Return what to open, and which cases join what is open at their place."""
    by_key: dict[Key, list[Stuck]] = defaultdict(list)
    for one in stuck:
        by_key[one.key].append(one)
    openings, joining = [], {}
    for key in sorted(by_key):
        rule, there = rules.of(key.merchant, key.carrier), standing.get(key)
        if there is None:
            members = dense(by_key[key], rule)
            if members:
                began_at = min(one.since for one in members)
                openings.append(Opening(key, began_at, _cases(members)))
            continue
        earliest = there.began_at - rule.window
        members = [one for one in by_key[key] if there.by_hand or one.since >= earliest]
        if members:
            joining[there.incident] = _cases(members)
    return Gathered(tuple(openings), joining)


def dense(stuck: Collection[Stuck], rule: Rule) -> list[Stuck]:
    """Those that lie in a window in which enough parcels came to a stand; several cases of one parcel count once."""
    if len(stuck) < rule.threshold:
        return []
    ordered = sorted(stuck, key=lambda one: (one.since, one.case))
    inside: list[Stuck] = []
    parcels: dict[int, int] = defaultdict(int)
    start = taken = 0
    for end, newest in enumerate(ordered):
        parcels[newest.waybill] += 1
        while newest.since - ordered[start].since > rule.window:
            oldest = ordered[start].waybill
            parcels[oldest] -= 1
            if not parcels[oldest]:
                del parcels[oldest]
            start += 1
        if len(parcels) >= rule.threshold:
            inside += ordered[max(start, taken) : end + 1]
            taken = end + 1
    return inside


def _cases(members: Iterable[Stuck]) -> tuple[int, ...]:
    return tuple(sorted(one.case for one in members))


def over(open_parcels: int, calm_since: datetime | None, rule: Rule, now: datetime) -> bool:
    """Whether an incident with so many parcels left closes by itself."""
    if open_parcels == 0:
        return True
    return open_parcels < rule.close_below and calm_since is not None and now - calm_since >= rule.close_after
