"""The inbox as its page and its API show it: wordings that wait for an admin, and what admins said of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from merchants.access import Member
from merchants.models import Merchant
from shipments import accounts, reading
from shipments.models import CarrierAccount, Wording
from shipments.reading import Confidence
from shipments.status import CAUSES, STAGES, Cause, Stage
from shipops.kit.choices import Choice

PAGE: Final = 50
NOTHING_HINDERS_THE_DELIVERED: Final = _("Nothing hinders what is delivered.")
# A scan cannot say that there are no scans, nor that the track contradicts itself.
CAUSES_OF_SCANS: Final = tuple(cause for cause in Cause if cause not in (Cause.NO_RECORD, Cause.CONTRADICTION))


class CannotBe(ValueError):
    """A stage and a cause that exclude each other; the message is for people."""


class Show(Choice):
    """Which wordings the inbox lists."""

    UNREAD = "unread", _("Not read")
    CODE = "code", _("Code unknown")
    MAPPED = "mapped", _("Mapped")
    ALL = "all", _("All")


# What the whole track's state says of a newest scan is not noted here: by itself it is unread (counting).
_UNREAD = Q(mapped_at__isnull=True, read_rule="")
_CODE = Q(mapped_at__isnull=True) & ~Q(read_rule="") & ~Q(read_rule__startswith="code:")
_MAPPED = Q(mapped_at__isnull=False)
_SHOWN = {Show.UNREAD: _UNREAD, Show.CODE: _CODE, Show.MAPPED: _MAPPED, Show.ALL: Q()}


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the inbox is asked for: which wordings, and words of the phrase or the whole code."""

    show: Show = Show.UNREAD
    q: str = ""
    after: int = 0

    @classmethod
    def from_query(cls, query: object) -> "Filters":
        """Read the filters out of a query string's fields; what makes no sense counts as not given."""
        get = query.get  # type: ignore[attr-defined]
        show = next((one for one in Show if one.value == get("show")), Show.UNREAD)
        after = str(get("after") or "")
        return cls(show, str(get("q") or "").strip()[:120], int(after) if after.isdecimal() and len(after) < 7 else 0)

    def to_query(self, **other: object) -> str:
        """Return the filters as a query string, those in `other` put in their place."""
        fields = {"show": self.show.value, "q": self.q, "after": self.after} | other
        return urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wordings there are to each filter."""

    unread: int
    code: int
    mapped: int
    all: int

    def of(self, show: Show) -> int:
        return int(getattr(self, show.value))


@dataclass(frozen=True, slots=True)
class Row:
    """One wording as the list shows it. The reading is the admin's where there is one, else the rules'."""

    wording: Wording
    provider: str
    stage: Stage
    cause: Cause | None
    confidence: Confidence

    @property
    def says_nothing(self) -> bool:
        """An admin said that it tells nothing about the parcel."""
        return self.wording.mapped_at is not None and self.stage is Stage.UNKNOWN and self.cause is None


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Row, ...]
    next: int
    prev: int | None


def mine(member: Member) -> QuerySet[Wording]:
    """Return the wordings of the member's merchant; who may administer sees all of them."""
    return Wording.objects.filter(merchant=member.merchant)


def count_waiting(merchant: Merchant) -> int:
    """Return how many wordings nothing reads and nobody has mapped."""
    return Wording.objects.filter(_UNREAD, merchant=merchant).count()


def counts(member: Member) -> Counts:
    """Count the wordings to each filter, in one query."""
    found = mine(member).aggregate(
        unread=Count("pk", filter=_UNREAD),
        code=Count("pk", filter=_CODE),
        mapped=Count("pk", filter=_MAPPED),
        all=Count("pk"),
    )
    return Counts(**found)


def page(member: Member, filters: Filters) -> Page:
    """Return a page of wordings, commonest first; the cursor is how many are passed over."""
    found = mine(member).filter(_SHOWN[filters.show])
    if filters.q:
        found = found.filter(Q(phrase__icontains=filters.q) | Q(code=filters.q))
    rows = list(
        found.select_related("mapped_by", "waybill").order_by("-count", "-pk")[filters.after : filters.after + PAGE + 1]
    )
    more = filters.after + PAGE if len(rows) > PAGE else 0
    prev = max(filters.after - PAGE, 0) if filters.after else None
    return Page(tuple(row(one) for one in rows[:PAGE]), more, prev)


def row(wording: Wording) -> Row:
    mapped = wording.mapped_at is not None
    stage, cause = (wording.stage, wording.cause) if mapped else (wording.read_stage, wording.read_cause)
    confidence = Confidence.PERSON if mapped else reading.confidence(wording.read_rule)
    label = accounts.label(CarrierAccount(provider=wording.provider)) if wording.provider else ""
    return Row(wording, label, STAGES.get(stage, Stage.UNKNOWN), CAUSES.get(cause), confidence)


def map_wording(member: Member, pk: int, stage: Stage, cause: Cause | None, now: datetime) -> Wording:
    """Say what a wording means, from now on and for every stored scan of it, which a worker reads again.

    Raises Wording.DoesNotExist, and CannotBe for a stage and a cause that cannot both be.
    """
    if stage is Stage.DELIVERED and cause is not None:
        raise CannotBe(NOTHING_HINDERS_THE_DELIVERED)
    return _start(
        member, pk, now, stage=stage.value, cause=cause.value if cause else "", mapped_at=now, mapped_by=member.user
    )


def unmap(member: Member, pk: int, now: datetime) -> Wording:
    """Take back what was said of a wording; its scans are read by the rules again. Raises Wording.DoesNotExist."""
    return _start(member, pk, now, stage="", cause="", mapped_at=None, mapped_by=None)


def _start(member: Member, pk: int, now: datetime, **said: object) -> Wording:
    """Write down what was said, and have the stored scans read again from the first one on."""
    again = {"reread_after": 0, "reread_waybills": 0, "reread_scans": 0, "reread_error": ""}
    with transaction.atomic():
        wording = (
            mine(member).select_for_update(no_key=True, of=("self",)).select_related("mapped_by", "waybill").get(pk=pk)
        )
        for name, value in (said | again | {"reread_at": now, "reread_by": member.user}).items():
            setattr(wording, name, value)
        wording.save(update_fields=[*said, *again, "reread_at", "reread_by"])
    return wording
