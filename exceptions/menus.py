"""What the desk offers above its list: quick filters with their counts, menus of filters, columns and orders."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.core.cache import caches
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.desk import queue
from exceptions.desk.filters import COLUMNS, COMPACT, Filters
from exceptions.desk.queue import Counts
from exceptions.desk.workflow import State
from exceptions.models import Case
from exceptions.shown import EXTRA
from merchants.access import Member
from merchants.models import Platform, User
from shipments.models import Carrier, Waybill
from shipments.status import Cause

KEPT_SECONDS = 60
# From that many choices on a menu has a field to find one by typing.
MANY_CHOICES = 12
USUAL_COLUMNS = ("shop", "owner", "stake", "due", "step")  # in the order of COLUMNS

LEVEL_NAMES = {
    "due2h": gettext_lazy("Within 2 h"),
    "today": gettext_lazy("Today"),
    "soon": gettext_lazy("About to break"),
    "broken": gettext_lazy("Broken"),
    "grave": gettext_lazy("Seriously"),
}
ORDER_NAMES = {
    "": gettext_lazy("Risk first"),
    "due": gettext_lazy("Limit first"),
    "money": gettext_lazy("Money first"),
    "new": gettext_lazy("Newest first"),
    "done": gettext_lazy("Last resolved first"),
}
COLUMN_NAMES = {
    "platform": gettext_lazy("Platform"),
    "shop": gettext_lazy("Shop"),
    "kind": gettext_lazy("Kind"),
    "cause": gettext_lazy("Cause"),
    "source": gettext_lazy("Opened by"),
    "incident": gettext_lazy("Incident"),
    "opened": gettext_lazy("Opened"),
    "scan": gettext_lazy("Stage · last scan"),
    "penalty": gettext_lazy("Penalty"),
    "owner": gettext_lazy("In charge"),
    "stake": gettext_lazy("At stake"),
    "due": gettext_lazy("Limit"),
    "step": gettext_lazy("Next step"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    n: int
    query: str
    current: bool
    hot: bool = False


def chips(filters: Filters, counts: Counts) -> list[Chip]:
    """The quick filters over the queue, each with its live count; a second click on one takes it off."""
    plain = not (filters.levels or filters.people or filters.states)
    told = [Chip(_("All"), counts.all, filters.to_query(levels=(), people=(), states=()), plain)]
    for level in ("due2h", "today", "broken", "grave"):
        on, n = filters.levels == (level,), getattr(counts, level)
        query = filters.to_query(levels=() if on else (level,), states=())
        told.append(Chip(str(LEVEL_NAMES[level]), n, query, on, level == "grave" and n > 0))
    on = filters.people == ("none",)
    nobody = filters.to_query(people=() if on else ("none",), states=())
    return [*told, Chip(_("Nobody in charge"), counts.unassigned, nobody, on)]


# Value, label, whether it is chosen.
Choice = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Menu:
    """One filter with its choices."""

    name: str
    label: str
    choices: list[Choice]
    many: bool = True

    @property
    def chosen(self) -> list[str]:
        return [label for value, label, on in self.choices if on and value]

    @property
    def long(self) -> bool:
        return len(self.choices) > MANY_CHOICES


def menus(member: Member, filters: Filters) -> list[Menu]:
    """The filters of the queue; what a member cannot see is not offered."""
    named = {value: str(label) for value, label in Platform.choices}
    shops = [(str(shop.pk), f"{named[shop.platform]} · {shop.name}", shop.pk in filters.shops) for shop in member.shops]
    carriers = [(str(pk), name, pk in filters.carriers) for pk, name in _carriers(member)]
    mine = {shop.platform for shop in member.shops}
    platforms = [(value, label) for value, label in named.items() if value in mine]
    relapsed = [("1", _("Came back after it was resolved"), filters.relapsed == "1")]
    return [
        Menu("shop", _("Shop"), shops),
        Menu("platform", _("Platform"), _choices(platforms, filters.platforms)),
        Menu("carrier", _("Carrier"), carriers),
        Menu("kind", _("Kind"), _choices(Kind.choices(), filters.kinds)),
        Menu("cause", _("Cause"), _choices(Cause.choices(), filters.causes)),
        Menu("level", _("How far"), _choices(LEVEL_NAMES.items(), filters.levels)),
        Menu("assignee", _("In charge"), _people(member, filters)),
        Menu("source", _("Opened by"), _choices(Case.Source.choices, filters.sources)),
        Menu("state", _("State"), _choices(State.choices(), filters.states)),
        Menu("relapsed", _("Came back"), relapsed),
    ]


def _choices(pairs: Iterable[tuple[str, object]], chosen: tuple[str, ...]) -> list[Choice]:
    return [(value, str(label), value in chosen) for value, label in pairs]


def orders(filters: Filters) -> list[Choice]:
    """The orders these filters may be shown in; the usual one is the blank value."""
    offered, current = queue.orders_of(filters), queue.order_of(filters)
    return [("" if name == offered[0] else name, str(ORDER_NAMES[name]), name == current) for name in offered]


@dataclass(frozen=True, slots=True)
class Look:
    """How the list is laid out for one person."""

    columns: tuple[str, ...]
    compact: bool

    @property
    def extra(self) -> list[str]:
        return [column for column in self.columns if column in EXTRA]

    @property
    def heads(self) -> list[str]:
        return [str(COLUMN_NAMES[column]) for column in self.extra]

    @property
    def many(self) -> bool:
        """Whether it is wider than a screen has room for beside the preview."""
        return len(self.columns) > len(USUAL_COLUMNS)

    @property
    def choices(self) -> list[Choice]:
        return [(column, str(COLUMN_NAMES[column]), column in self.columns) for column in COLUMNS]


def look(filters: Filters, own: str) -> Look:
    """What the address says, else what the person has chosen (`own`, a query string), else as it comes."""
    mine = Filters.of(own)
    columns = filters.columns or mine.columns or USUAL_COLUMNS
    return Look(columns, (filters.density or mine.density) == COMPACT)


def lean(filters: Filters, own: str) -> Filters:
    """The same without columns and density that are shown anyway: a form sends every box it has."""
    usual = look(Filters(), own)
    columns = () if filters.columns == usual.columns else filters.columns
    density = "" if (filters.density == COMPACT) == usual.compact else filters.density
    return replace(filters, columns=columns, density=density)


def _carriers(member: Member) -> list[tuple[int, str]]:
    """Carriers that carry something for this merchant, by name; asked once a minute."""
    key = f"carriers:{member.merchant.pk}"
    found = caches["local"].get(key)
    if found is None:
        mine = Waybill.objects.filter(merchant=member.merchant, carrier=OuterRef("pk"))
        found = list(Carrier.objects.filter(Exists(mine)).order_by("code"))
        caches["local"].set(key, found, KEPT_SECONDS)
    return [(carrier.pk, carrier.name) for carrier in found]


def _people(member: Member, filters: Filters) -> list[Choice]:
    """Me, nobody, and who else works for the merchant; asked once a minute."""
    key = f"people:{member.merchant.pk}"
    found = caches["local"].get(key)
    if found is None:
        people = User.objects.filter(memberships__merchant=member.merchant, is_active=True).order_by("username")
        found = [(str(person.pk), person.display_name) for person in people]
        caches["local"].set(key, found, KEPT_SECONDS)
    others = [(pk, name) for pk, name in found if pk != str(member.user.pk) or pk in filters.people]
    gone = [(pk, _("Somebody else")) for pk in filters.people if pk.isdecimal() and pk not in dict(found)]
    return _choices([("me", _("Me")), ("none", _("Nobody")), *others, *gone], filters.people)
