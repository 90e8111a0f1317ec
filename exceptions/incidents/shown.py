"""Incidents in words: what a row says, the sentence of its page, the lines of its log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from exceptions.incidents.listing import Figures, Seen
from exceptions.incidents.notices import Notice
from exceptions.models import Incident, IncidentAction, IncidentEntry
from merchants.access import Member
from shipops.kit import money, times


@dataclass(frozen=True, slots=True)
class Row:
    """One incident of a list."""

    pk: int
    url: str
    desk: str
    number: str
    carrier: str
    where: str
    title: str
    tone: str
    # 43 parcels, 2 shops; how many have moved on.
    size: str
    moved: str
    since: str
    stake: str
    next: str
    owner: str
    state: str
    again: str


def row(member: Member, seen: Seen, now: datetime) -> Row:
    incident, figures, zone = seen.incident, seen.figures, member.zone
    closed = incident.closed_at
    return Row(
        pk=incident.pk,
        url=reverse("incident", args=[incident.pk]),
        desk=f"{reverse('desk')}?incident={incident.pk}",
        number=str(incident),
        carrier=incident.carrier.name,
        where=str(incident.get_where_display()),
        title=incident.title,
        tone=tone(incident, figures),
        size=parcels(figures.ever if closed else figures.parcels),
        moved=str(figures.moved) if figures.moved else "",
        since=times.wall(incident.began_at, now, zone),
        stake=money.shown(figures.stake, member.currency, 0),
        next=next_limit(figures, now, zone),
        owner=incident.assignee.display_name if incident.assignee else "",
        state=state(incident, now, zone),
        again=again(incident, now, zone),
    )


def rows(member: Member, found: Iterable[Seen], now: datetime) -> list[Row]:
    return [row(member, one, now) for one in found]


def tone(incident: Incident, figures: Figures) -> str:
    """Broken where a limit is; kept once it is over."""
    if incident.closed_at is not None:
        return "kept"
    return "broken" if figures.broken else "soon"


def parcels(n: int) -> str:
    return ngettext("{n} parcel", "{n} parcels", n).format(n=f"{n:,}")


def state(incident: Incident, now: datetime, zone: tzinfo | None) -> str:
    """Open, or since when and by whom it is closed."""
    if incident.closed_at is None:
        return _("Open")
    at = times.wall(incident.closed_at, now, zone)
    if incident.closed_by is None:
        return _("Closed by itself {at}").format(at=at)
    return _("Closed {at} by {name}").format(at=at, name=incident.closed_by.display_name)


def again(incident: Incident, now: datetime, zone: tzinfo | None) -> str:
    """The mark of a place that came to a stand again."""
    if incident.reopened_at is None:
        return ""
    return _("again since {at}").format(at=times.wall(incident.reopened_at, now, zone))


def next_limit(figures: Figures, now: datetime, zone: tzinfo | None) -> str:
    """Which limit breaks next, and for how many parcels; blank where none does."""
    if figures.breaks_at is not None:
        at = times.wall(figures.breaks_at, now, zone)
        return _("{at} ({parcels})").format(at=at, parcels=parcels(figures.breaking))
    if figures.worsens_at is not None:
        return _("serious {at}").format(at=times.wall(figures.worsens_at, now, zone))
    return ""


def sentence(member: Member, seen: Seen, now: datetime) -> str:
    """The headline of its page: how many stand still since when, how many moved on, what it costs, what breaks next."""
    incident, figures, zone = seen.incident, seen.figures, member.zone
    since = times.wall(incident.began_at, now, zone)
    said = [_("{parcels} standing still since {since}").format(parcels=parcels(figures.parcels), since=since)]
    if incident.closed_at is not None:
        said = [_("{parcels} stood still from {since} on").format(parcels=parcels(figures.ever), since=since)]
    if figures.moved:
        said.append(ngettext("{n} has moved on", "{n} have moved on", figures.moved).format(n=f"{figures.moved:,}"))
    if figures.stake:
        said.append(_("{money} at stake").format(money=money.shown(figures.stake, member.currency, 0)))
    if figures.breaks_at is not None:
        said.append(_("the next breaks at {at}").format(at=next_limit(figures, now, zone)))
    elif figures.worsens_at is not None:
        at = times.wall(figures.worsens_at, now, zone)
        said.append(_("the next turns serious at {at}").format(at=at))
    return pgettext("between clauses", ", ").join(said) + pgettext("end of a sentence", ".")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an incident's log."""

    at: datetime
    who: str
    what: str
    note: str
    css: str


CSS = {IncidentAction.CLOSE: "is-kept", IncidentAction.OPEN: "is-verdict", IncidentAction.REOPEN: "is-verdict"}


def lines(entries: Sequence[IncidentEntry], done: Sequence[Notice], people: dict[int, str]) -> list[Line]:
    """The log with what was done for all of it, newest first."""
    told = [
        Line(one.at, one.who, _("For all of it: {verb}").format(verb=verb(one)), one.note, "is-act") for one in done
    ]
    told += [
        Line(
            at=entry.at,
            who=entry.by.display_name if entry.by else "",
            what=_what(entry, people),
            note=entry.note,
            css=CSS.get(IncidentAction(entry.action), "is-act" if entry.by else ""),
        )
        for entry in entries
        if entry.action != IncidentAction.NOTICE
    ]
    return sorted(told, key=lambda line: line.at, reverse=True)


def _what(entry: IncidentEntry, people: dict[int, str]) -> str:
    action = IncidentAction(entry.action)
    n = int(entry.detail.get("n", 0))
    if action is IncidentAction.OPEN:
        return _("Opened by hand") if entry.by else _("Opened: enough parcels stand still here")
    if action is IncidentAction.CLOSE:
        return _("Closed by hand") if entry.by else _("Closed by itself: its parcels have moved on")
    if action is IncidentAction.REOPEN:
        return _("Opened again by hand") if entry.by else _("Came to a stand again")
    if action is IncidentAction.ASSIGN:
        name = people.get(entry.detail.get("assignee") or 0, "")
        return _("In charge: {name}").format(name=name) if name else _("Nobody in charge")
    if action is IncidentAction.ADD:
        return ngettext("{n} case put in", "{n} cases put in", n).format(n=n)
    if action is IncidentAction.REMOVE:
        return ngettext("{n} case taken out", "{n} cases taken out", n).format(n=n)
    if action is IncidentAction.SPLIT:
        text = ngettext("{n} case split off into {other}", "{n} cases split off into {other}", n)
        return text.format(n=n, other=f"I-{entry.detail.get('other')}")
    return str(action.label)


def verb(notice: Notice) -> str:
    """What was done for all of it."""
    return str(notice.action.label) if notice.action else _("Filed with the platform")
