"""Cases as the desk shows them: every word and figure of a row, worked out before the template runs.

A page is 50 rows; plain values in a flat template render several times faster than tags and includes would.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import caches
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exceptions import headlines
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.advice import advice
from exceptions.desk.queue import Counts, Filters
from exceptions.desk.workflow import State
from exceptions.headlines import REASONS, TOLD_BY_SCANS
from exceptions.models import Case
from merchants.access import Member
from merchants.models import User
from shipments.cadence import FAR_GOAL
from shipments.models import Carrier, Waybill
from shipments.status import CAUSES
from shipops.kit import money, times

CARRIERS_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    url: str
    tone: str
    headline: str
    title: str
    # The same in two parts, for a narrow column: the number, and its carrier ("" = an order number).
    number: str
    holder: str
    reason: str
    # What hinders the parcel by its track; blank where nothing does.
    cause: str
    # What the verdict leans on is old: how old; blank where it is fresh, or no silence is leant on.
    stale: str
    platform: str
    shop: str
    owner: str
    initial: str
    stake: str
    # What the time column says; `due` is empty for a case whose clock no longer runs.
    due: str
    start: str
    left: str
    at: str
    at_full: str
    burnt: int
    step: str


def headline(case: Case) -> str:
    """Kind and level of a case in a few words."""
    return headlines.headline(Kind(case.kind), Level(case.level))


def tone(case: Case) -> str:
    """The tone a case is shown in: its level's while it is open, the outcome's once it is settled."""
    if case.state == State.RESOLVED.value:
        return "kept" if case.outcome == Case.Outcome.KEPT else "calm"
    return Level(case.level).tone


def title(case: Case) -> str:
    """What a case is about: carrier and waybill number, or the order where no parcel exists yet."""
    if case.waybill is None:
        return _("Order {number}").format(number=case.order.number)
    return f"{case.waybill.carrier.name} {grouped(case.waybill.number)}"


def grouped(number: str) -> str:
    """A number in groups of four, as people read it aloud."""
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    letters = number[: len(number) - len(digits)]
    groups = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    if len(groups) > 1 and len(groups[-1]) == 1:  # a digit alone reads badly
        groups[-2:] = ["".join(groups[-2:])]
    return letters + " ".join(groups)


def reason(case: Case, now: datetime) -> str:
    """Why it is on the desk, in the seller's words; the second line of a row."""
    kind = Kind(case.kind)
    told = str(REASONS[kind]).format(t=times.spell(now - case.started_at))
    last = case.waybill.last_text if case.waybill and kind in TOLD_BY_SCANS else ""
    return f"{told} · {last}" if last else told


def cause(case: Case) -> str:
    """What hinders the parcel by its track, in words; blank where nothing does."""
    found = CAUSES.get(case.waybill.cause) if case.waybill else None
    return str(found.label) if found else ""


def stale(case: Case, now: datetime) -> str:
    """How old the data is that an open case's verdict leans on, where it is older than it may be.

    All verdicts on a parcel lean on its silence, and silence proves nothing where nobody has asked.
    """
    if case.waybill is None:
        return ""
    if case.waybill.polled_at is None:
        return _("not checked yet")
    age = now - case.waybill.polled_at
    return _("data is {t} old").format(t=times.spell(age)) if age > FAR_GOAL else ""


def row(case: Case, now: datetime) -> Row:
    """One row of the queue; the case comes with shop, order, waybill and carrier, and assignee."""
    zone, settled = case.shop.zone, case.state == State.RESOLVED.value
    ends = case.resolved_at if settled and case.resolved_at else case.due_at
    owner = case.assignee.display_name if case.assignee else ""
    if settled:
        left = str(Case.Outcome(case.outcome).label)
    elif case.state == State.SNOOZED.value and case.snoozed_until:
        left = _("until {t}").format(t=times.wall(case.snoozed_until, now, zone))
    else:
        left = times.remaining(case.due_at, now)
    return Row(
        pk=case.pk,
        url=reverse("case", args=[case.pk]),
        tone=tone(case),
        headline=headline(case),
        title=title(case),
        number=grouped(case.waybill.number) if case.waybill else case.order.number,
        holder=case.waybill.carrier.name if case.waybill else "",
        reason=reason(case, now if not settled else ends),
        cause=cause(case),
        stale="" if settled else stale(case, now),
        platform=str(case.shop.get_platform_display()),
        shop=case.shop.name,
        owner=owner,
        initial=owner[:1].upper(),
        stake=money.shown(case.at_stake, case.order.currency),
        due="" if case.state != State.OPEN.value else case.due_at.isoformat(),
        start=case.started_at.isoformat(),
        left=left,
        at=times.wall(ends, now, zone),
        at_full=f"{timezone.localtime(ends, zone):%Y-%m-%d %H:%M:%S %Z}",
        burnt=times.burnt(case.started_at, case.due_at, ends if settled else now),
        step=str(advice(Kind(case.kind), Level(case.level)).action),
    )


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    n: int
    query: str
    current: bool
    hot: bool = False


def chips(filters: Filters, counts: Counts) -> list[Chip]:
    """The quick filters over the queue, each with its live count; a second click on one takes it off."""
    plain = not (filters.level or filters.assignee or filters.state)
    told = [Chip(_("All"), counts.all, filters.to_query(level="", assignee="", state=""), plain)]
    levels = (
        ("due2h", _("Within 2 h"), counts.due2h),
        ("today", _("Today"), counts.today),
        ("broken", _("Broken"), counts.broken),
        ("grave", _("Seriously"), counts.grave),
    )
    for level, label, n in levels:
        on = filters.level == level
        told.append(
            Chip(label, n, filters.to_query(level="" if on else level, state=""), on, level == "grave" and n > 0)
        )
    on = filters.assignee == "none"
    nobody = filters.to_query(assignee="" if on else "none", state="")
    return [*told, Chip(_("Nobody in charge"), counts.unassigned, nobody, on)]


@dataclass(frozen=True, slots=True)
class Menu:
    """One filter with its choices: (value, label, chosen)."""

    name: str
    label: str
    many: bool
    choices: list[tuple[str, str, bool]]

    @property
    def chosen(self) -> list[str]:
        return [label for value, label, on in self.choices if on and value]


def menus(member: Member, filters: Filters) -> list[Menu]:
    """The filters of the queue; what a member cannot see is not offered."""
    shops = [
        (str(shop.pk), f"{shop.get_platform_display()} · {shop.name}", shop.pk in filters.shops)
        for shop in member.shops
    ]
    carriers = [(str(pk), name, pk in filters.carriers) for pk, name in _carriers(member)]
    kinds = [(kind.value, str(kind.label), kind.value in filters.kinds) for kind in Kind]
    people = [("", _("Anybody")), ("me", _("Me")), ("none", _("Nobody"))]
    states = [("", _("Open")), ("snoozed", _("Snoozed")), ("resolved", _("Resolved"))]
    owners = [(value, label, filters.assignee == value) for value, label in people]
    if filters.assignee.isdecimal():
        owners.append((filters.assignee, _person(member, int(filters.assignee)), True))
    return [
        Menu("shop", _("Shop"), True, shops),
        Menu("carrier", _("Carrier"), True, carriers),
        Menu("kind", _("Kind"), True, kinds),
        Menu("assignee", _("In charge"), False, owners),
        Menu("state", _("State"), False, [(value, label, filters.state == value) for value, label in states]),
    ]


def _carriers(member: Member) -> list[tuple[int, str]]:
    """Carriers that carry something for this merchant, by name; asked once a minute."""
    key = f"carriers:{member.merchant.pk}"
    found = caches["local"].get(key)
    if found is None:
        mine = Waybill.objects.filter(merchant=member.merchant, carrier=OuterRef("pk"))
        found = list(Carrier.objects.filter(Exists(mine)).order_by("code"))
        caches["local"].set(key, found, CARRIERS_SECONDS)
    return [(carrier.pk, carrier.name) for carrier in found]


def _person(member: Member, pk: int) -> str:
    person = User.objects.filter(pk=pk, memberships__merchant=member.merchant).first()
    return person.display_name if person else _("Somebody else")
