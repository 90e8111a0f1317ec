"""Pictures and papers kept with a case: checked, pictures written anew, hashed as they came and as they are kept.

They lie in the database (docs/decisions/0024), so that one backup has everything and every machine sees them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions.desk.workflow import Action, State, next_state
from exceptions.errors import NotAllowed
from exceptions.models import Attachment, AttachmentBody, Case, CaseEntry
from exceptions.models.attachments import LONGEST_NAME
from exceptions.together import claims, pictures
from exceptions.together.pictures import Unfit
from merchants.access import Member, get, scoped
from orders.waking import lock

MOST: Final = 20
TO_SHOP: Final = "case__shop"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it comes. `data` is None where it is too large to be looked at."""

    name: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `problem` is a sentence where it is not kept."""

    name: str
    attachment: Attachment | None = None
    problem: str = ""


def add(member: Member, case_id: int, sent: Sequence[Sent], now: datetime) -> list[Outcome]:
    """Keep files with a case, at most MOST in all; return what became of each, in order.

    One that cannot be kept is told and stops no other. Raises Http404 for a case out of the member's reach.
    """
    case = get(member, Case.objects.all(), pk=case_id)
    # Reading takes a tenth of a second a picture: nobody waits for a lock meanwhile.
    read = [_read(one) for one in sent]
    with transaction.atomic():
        lock([case.order_id])
        case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
        there = set(Attachment.objects.filter(case=case, removed_at=None).values_list("sha256", flat=True))
        outcomes = [_kept(member, case, name, kept, there, now) for name, kept in read]
        added = [one.attachment for one in outcomes if one.attachment]
        if added:
            _log(member, case, {"attached": [attachment.name for attachment in added]}, now)
    return outcomes


def _read(one: Sent) -> tuple[str, pictures.Kept | str]:
    """The name under which a file is kept, and what is kept of it or why not."""
    name = clean(one.name)
    try:
        kept = pictures.read(one.data) if one.data is not None else pictures.too_large()
    except Unfit as problem:
        return name, str(problem)
    stem = name.rpartition(".")[0] or name
    end = f".{pictures.ending(kept.media_type)}"
    return f"{stem[: LONGEST_NAME - len(end)]}{end}", kept


def clean(name: str) -> str:
    """A file's name without folders and signs that are not seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip(" .")[:LONGEST_NAME] or "file"


def _kept(member: Member, case: Case, name: str, kept: pictures.Kept | str, there: set[str], now: datetime) -> Outcome:
    if isinstance(kept, str):
        return Outcome(name, problem=kept)
    if kept.sha256 in there:
        return Outcome(name, problem=_("It is kept with this case already."))
    if len(there) >= MOST:
        return Outcome(name, problem=_("A case keeps at most {most} files. Remove one first.").format(most=MOST))
    there.add(kept.sha256)
    attachment = Attachment.objects.create(
        case=case,
        by=member.user,
        at=now,
        name=name,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        kept_size=len(kept.content),
        kept_sha256=kept.kept_sha256,
        width=kept.width,
        height=kept.height,
    )
    AttachmentBody.objects.create(attachment=attachment, content=kept.content, thumbnail=kept.thumbnail)
    return Outcome(name, attachment)


def mine(member: Member) -> QuerySet[Attachment]:
    """The attachments a member may reach, removed ones left out."""
    return scoped(member, Attachment.objects.filter(removed_at=None), TO_SHOP)


def of_case(case: Case) -> list[Attachment]:
    """What is kept with a case, the oldest first; no bytes are read."""
    return list(Attachment.objects.filter(case=case, removed_at=None).select_related("by").order_by("at", "pk"))


def body(member: Member, pk: int) -> tuple[Attachment, AttachmentBody]:
    """An attachment and its bytes; Http404 out of the member's reach, or removed."""
    attachment = get(member, mine(member), TO_SHOP, pk=pk)
    found = AttachmentBody.objects.filter(attachment=attachment).first()
    if found is None:
        raise Http404
    return attachment, found


def remove(member: Member, pk: int, now: datetime) -> Attachment:
    """Remove an attachment: its bytes are deleted, its name and hashes stay in the log. Http404 out of reach.

    Raises NotAllowed where somebody has just removed it.
    """
    attachment = get(member, mine(member).select_related("case"), TO_SHOP, pk=pk)
    case = attachment.case
    with transaction.atomic():
        lock([case.order_id])
        case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
        standing = Attachment.objects.filter(pk=pk, removed_at=None)
        if not standing.update(removed_at=now, removed_by=member.user):
            raise NotAllowed(_("Somebody else has just removed it."))
        AttachmentBody.objects.filter(attachment=pk).delete()
        _log(member, case, {"removed": attachment.name, "sha256": attachment.sha256}, now)
    return attachment


def _log(member: Member, case: Case, detail: Mapping[str, Any], now: datetime) -> None:
    """Write a line into the case's log; it holds its owner's claim as every act of theirs does."""
    claims.hold(member, [case.pk], now)
    CaseEntry.objects.create(
        case=case,
        at=now,
        by=member.user,
        action=Action.NOTE.value,
        from_state=case.state,
        to_state=str(next_state(State(case.state), Action.NOTE)),
        detail=dict(detail),
    )


def told(detail: Mapping[str, Any]) -> str:
    """Return in a few words what a line of a case's log says of attachments; blank where it says nothing of any."""
    if detail.get("attached"):
        return _("attached {names}").format(names=_(", ").join(detail["attached"]))
    if detail.get("removed"):
        return _("removed {name}").format(name=detail["removed"])
    return ""


def sent(files: Iterable[Any]) -> list[Sent]:
    """Uploaded files as they are taken; one that is too large is not read into memory."""
    return [Sent(one.name or "", one.read() if one.size <= pictures.LARGEST else None) for one in files]
