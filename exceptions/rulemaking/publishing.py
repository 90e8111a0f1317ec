"""From the draft to a version that judges orders, and back. Versions are never edited: to go back is to publish again.

All of it locks the merchant first, so that numbers follow one another and nobody publishes over another's version unseen.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines import policy
from exceptions.deadlines.policy import Difference
from exceptions.models import Policy
from exceptions.rulemaking.drafts import Document, changes, document_of, live, locked, must_have_every_shop, validate
from exceptions.rulemaking.refusals import Overtaken, Refused, refusing
from merchants import audit
from merchants.access import Member
from merchants.models import Merchant

PUBLISH = audit.label("rules.publish", gettext_lazy("Published rules"))
ROLLBACK = audit.label("rules.rollback", gettext_lazy("Rolled rules back"))
TRIAL = audit.label("rules.trial", gettext_lazy("Put the draft on trial"))
NO_TRIAL = audit.label("rules.trial_end", gettext_lazy("Ended the draft's trial"))
DISCARD = audit.label("rules.discard", gettext_lazy("Discarded the draft of the rules"))
# A date further off is a slip of the pen in the year.
FURTHEST = timedelta(days=366)


def versions(merchant: Merchant) -> list[Policy]:
    """Return the published versions, newest first."""
    published = Policy.objects.filter(merchant=merchant, number__isnull=False)
    return list(published.select_related("published_by").order_by("-number"))


@transaction.atomic
def publish(member: Member, effective_from: datetime | None, note: str, now: datetime) -> Policy:
    """Make the draft the newest version, judging orders paid from this instant on (None = from now on); return it.

    An instant in the past re-judges orders already paid. Raises Refused, and Overtaken where another version came between.
    """
    found = _drafted(member)
    since = effective_from or now
    if abs(since - now) > FURTHEST:
        raise Refused("effective_from", _("This is more than a year away. Check the year."))
    newest = live(member.merchant)
    if found.base != (newest.number if newest else None):
        raise Overtaken("base", _overtaken(newest))
    made = changes(found)
    if not made:
        raise Refused("", _("The draft changes nothing."))
    with refusing():
        validate(member.merchant, found.document)
    found.number, found.state = _next(newest), Policy.State.PUBLISHED
    found.effective_from, found.note = since, note.strip()
    found.published_at, found.published_by = now, member.user
    found.save(update_fields=["number", "state", "effective_from", "note", "published_at", "published_by"])
    _record(member, PUBLISH, found, made, now)
    return found


def _drafted(member: Member) -> Policy:
    """The draft, locked, and the merchant before it. Raises Refused where there is none."""
    must_have_every_shop(member)
    _lock(member.merchant)
    found = locked(member)
    if found is None:
        newest = live(member.merchant)
        if newest is None or newest.published_by is None:
            raise Refused("", _("There is no draft."))
        sentence = _("There is no draft. The newest version is %(number)s, published by %(person)s.")
        raise Refused("", sentence % {"number": newest.number, "person": newest.published_by.display_name})
    return found


def _lock(merchant: Merchant) -> None:
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)


def _next(newest: Policy | None) -> int:
    return (newest.number or 0) + 1 if newest else 1


def _overtaken(newest: Policy | None) -> str:
    person = newest.published_by.display_name if newest and newest.published_by else "–"
    sentence = _(
        "%(person)s published version %(number)s since this draft was opened. "
        "Rebase the draft on it, look at what it changes then, and publish again."
    )
    return sentence % {"person": person, "number": newest.number if newest else 0}


def overtaking(found: Policy) -> list[Difference]:
    """Return what others published since this draft was opened; empty where nothing was."""
    newest = live(found.merchant)
    if newest is None or newest.number == found.base:
        return []
    return policy.diff(document_of(found.merchant_id, found.base), newest.document)


@transaction.atomic
def rebase(member: Member, now: datetime) -> Policy:
    """Put what the draft changes on top of the newest version; where both changed one thing, the draft's stands.

    Raises Refused where both together cannot be.
    """
    found = _drafted(member)
    newest = live(member.merchant)
    if newest is None or newest.number == found.base:
        return found
    found.document = policy.merged(document_of(found.merchant_id, found.base), found.document, newest.document)
    with refusing():
        validate(member.merchant, found.document)
    found.base = newest.number
    found.shadow_since = now if found.state == Policy.State.SHADOW else None
    found.save(update_fields=["document", "base", "shadow_since"])
    return found


@transaction.atomic
def rollback(member: Member, number: int, now: datetime) -> Policy:
    """Have the rules again as they were before version `number`: undo it and all that came after; return the newest version.

    Published is what held before, from when the first of the undone versions took effect. Where several versions held one
    after the other from then on, each is published again with its own date; these are undone together. Raises Refused.
    """
    must_have_every_shop(member)
    _lock(member.merchant)
    published = list(Policy.objects.filter(merchant=member.merchant, number__isnull=False).order_by("number"))
    bad = next((version for version in published if version.number == number), None)
    if bad is None:
        raise Refused("number", _("There is no version %(number)s.") % {"number": number})
    # What one rollback published has one base, and began right above it.
    undone = [version for version in published if (version.number or 0) > (bad.base or 0)]
    since = min(version.effective_from for version in undone if version.effective_from)
    held = [version for version in published if (version.number or 0) <= (bad.base or 0)]
    before = undone[-1].document
    again: list[Policy] = []
    for document, effective_from in _holding(held, since):
        again.append(
            Policy(
                merchant=member.merchant,
                number=(undone[-1].number or 0) + len(again) + 1,
                state=Policy.State.PUBLISHED,
                document=document,
                base=undone[-1].number,
                note=_("Back to the rules before version %(number)s") % {"number": number},
                created_at=now,
                created_by=member.user,
                effective_from=effective_from,
                published_at=now,
                published_by=member.user,
            )
        )
    Policy.objects.bulk_create(again)
    _record(member, ROLLBACK, again[-1], policy.diff(before, again[-1].document), now)
    return again[-1]


def _holding(held: Iterable[Policy], since: datetime) -> list[tuple[Document, datetime]]:
    """The documents that held from this instant on, by number: the one in force then, and those that came into force later."""
    in_force: Document = {}
    later: list[tuple[Document, datetime]] = []
    for version in held:
        if version.effective_from is None or version.effective_from <= since:
            in_force, later = version.document, []
        else:
            later.append((version.document, version.effective_from))
    return [(in_force, since), *later]


@transaction.atomic
def trial(member: Member, on: bool, now: datetime) -> Policy:
    """Put the draft on trial (compared with what is live, opening no case), or end the trial; return it. Raises Refused."""
    found = _drafted(member)
    state = Policy.State.SHADOW if on else Policy.State.DRAFT
    if found.state == state:
        return found
    made = changes(found)
    if on and not made:
        raise Refused("", _("The draft changes nothing."))
    found.state, found.shadow_since = state, now if on else None
    found.save(update_fields=["state", "shadow_since"])
    _record(member, TRIAL if on else NO_TRIAL, found, made, now)
    return found


@transaction.atomic
def discard(member: Member, now: datetime) -> None:
    """Throw the draft away; the audit trail keeps what it would have changed. Raises Refused where there is none."""
    found = _drafted(member)
    _record(member, DISCARD, found, changes(found), now)
    found.delete()


def _record(member: Member, action: str, version: Policy, made: list[Difference], now: datetime) -> None:
    subject = f"version {version.number}" if version.number else "draft"
    more: dict[str, Any] = {"note": version.note} if version.note else {}
    if version.effective_from:
        more["effective_from"] = version.effective_from.isoformat()
    before, after = ("\n".join(_line(one, which) for one in made) for which in ("before", "after"))
    audit.record(member, action, subject, now, before=before, after=after, **more)


def _line(one: Difference, which: str) -> str:
    """A difference as a line of the audit trail: the same words on both sides, so that they can be compared."""
    scope = "".join(f" [{name}: {', '.join(values)}]" for name, values in one.scope.items())
    value = getattr(one, which)
    return f"{one.what} {one.name}{scope} {one.field}: {'–' if value is None else value}"
