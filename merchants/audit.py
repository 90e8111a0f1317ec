"""THE place that writes down who changed how a merchant's desk works, and that reads it back.

An app names its actions once, where it defines them: `audit.label("rules.publish", _("Published rules"))`. Who changes
something records it in the same transaction, so that neither is ever there without the other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise

from merchants.access import Member
from merchants.models import AuditEntry, User
from shipops.kit.query import row_id

PAGE: Final = 50
LONGEST_SUBJECT: Final = 120
# The code of an action → what people call it.
ACTIONS: Final[dict[str, Promise]] = {}


def label(action: str, text: Promise) -> str:
    """Name an action for people, before anybody records it; return its code."""
    ACTIONS[action] = text
    return action


def record(member: Member, action: str, subject: str, now: datetime, **detail: object) -> AuditEntry:
    """Write down that `member` did `action` to `subject` (named as a person would).

    `detail` is JSON without secrets and buyer data; `before` and `after` are texts the audit page sets side by side.
    Raises ValueError for an action that nobody has named.
    """
    if action not in ACTIONS:
        raise ValueError(f"an action without a label: {action}")
    return AuditEntry.objects.create(
        merchant=member.merchant,
        at=now,
        by=member.user,
        action=action,
        subject=subject[:LONGEST_SUBJECT],
        detail=detail,
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all. `after` and `before` are entries a page lies beside."""

    by: int = 0
    action: str = ""
    after: int = 0
    before: int = 0

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        by, after, before = (row_id(query.get(name, "")) for name in ("by", "after", "before"))
        action = query.get("action", "")
        return cls(by, action if action in ACTIONS else "", after, before)


@dataclass(frozen=True, slots=True)
class Row:
    entry: AuditEntry
    action: str
    before: str
    after: str
    # What else explains it: name and value.
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Row, ...]
    # Entries the next and the previous page lie beside; 0 = nothing there.
    next: int = 0
    prev: int = 0


def page(member: Member, filters: Filters) -> Page:
    """Return one page of the merchant's entries, newest first; an entry that does not exist starts anew. Two queries."""
    entries = AuditEntry.objects.filter(merchant=member.merchant)
    mark = entries.filter(pk=filters.after or filters.before).first()
    backwards = mark is not None and not filters.after
    if mark is not None:
        newer = Q(at__gte=mark.at) & (Q(at__gt=mark.at) | Q(pk__gt=mark.pk))
        older = Q(at__lte=mark.at) & (Q(at__lt=mark.at) | Q(pk__lt=mark.pk))
        entries = entries.filter(newer if backwards else older)
    if filters.by:
        entries = entries.filter(by=filters.by)
    if filters.action:
        entries = entries.filter(action=filters.action)
    order = ("at", "pk") if backwards else ("-at", "-pk")
    found = list(entries.select_related("by").order_by(*order)[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    ahead, behind = (True, more) if backwards else (more, mark is not None)
    return Page(
        tuple(map(_row, found)),
        next=found[-1].pk if found and ahead else 0,
        prev=found[0].pk if found and behind else 0,
    )


def _row(entry: AuditEntry) -> Row:
    detail = dict(entry.detail)
    before, after = (str(detail.pop(name, "")) for name in ("before", "after"))
    more = tuple((name, str(value)) for name, value in detail.items())
    return Row(entry, str(ACTIONS.get(entry.action, entry.action)), before, after, more)


def people(member: Member) -> list[User]:
    """Return who has an entry at this merchant, by name."""
    entries = AuditEntry.objects.filter(merchant=member.merchant)
    found = User.objects.filter(pk__in=entries.values("by"))
    return sorted(found, key=lambda user: (user.display_name, user.pk))
