"""A merchant's own playbooks in place of those shipped: read in one query, changed whole, written to the audit trail.

A change holds at once for open cases too: what is done of them stays done, by the step's code.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action, State
from exceptions.models import Case, Playbook, PlaybookStep
from exceptions.playbooks import steps as pure
from exceptions.playbooks.shipped import SHIPPED
from exceptions.playbooks.steps import After, Step, When
from exceptions.rulemaking.drafts import must_have_every_shop
from exceptions.rulemaking.refusals import Overtaken
from merchants import audit
from merchants.access import Member
from merchants.models import Merchant

CHANGE = audit.label("playbooks.change", gettext_lazy("Changed a playbook"))
RESET = audit.label("playbooks.reset", gettext_lazy("Set a playbook back to the default"))

COLUMNS = ("code", "name_zh", "name_en", "do_zh", "do_en", "verb", "after", "hours", "worktime", "when")


def of_merchant(merchant_id: int) -> dict[Kind, pure.Playbook]:
    """Every kind's playbook as the merchant has it. One query."""
    rows = PlaybookStep.objects.filter(playbook__merchant=merchant_id).order_by("playbook", "position")
    own: dict[tuple[str, int], list[Step]] = {}
    for kind, number, *row in rows.values_list("playbook__kind", "playbook__number", *COLUMNS):
        own.setdefault((kind, number), []).append(_step(dict(zip(COLUMNS, row, strict=True))))
    found = dict(SHIPPED)
    for (kind, number), steps in own.items():
        found[Kind(kind)] = pure.Playbook(Kind(kind), tuple(steps), number=number)
    return found


def _step(row: dict[str, Any]) -> Step:
    verb = Action(row["verb"]) if row["verb"] else None
    return Step(**row | {"verb": verb, "after": After(row["after"]), "when": When(row["when"])})


def touched(merchant: Merchant, kind: Kind) -> int:
    """How many cases of the kind are open: a change is theirs at once."""
    return Case.objects.filter(merchant=merchant, kind=kind.value).exclude(state=State.RESOLVED.value).count()


@transaction.atomic
def save(member: Member, kind: Kind, steps: Iterable[Step], base: int, now: datetime) -> pure.Playbook:
    """Make these the merchant's steps for the kind; `base` is the number of the playbook they were made from.

    Steps that are the shipped ones again are the way back to the default. Raises StepError, Refused, and Overtaken where
    somebody else changed it meanwhile.
    """
    wanted = tuple(steps)
    pure.check(wanted)
    former = _locked(member, kind, base)
    if not pure.differences(SHIPPED[kind].steps, wanted):
        return _reset(member, kind, former, now)
    if not pure.differences(former.steps, wanted):
        return former
    row, _made = Playbook.objects.update_or_create(
        merchant=member.merchant,
        kind=kind.value,
        defaults={"number": former.number + 1, "changed_at": now, "changed_by": member.user},
    )
    PlaybookStep.objects.filter(playbook=row).delete()
    PlaybookStep.objects.bulk_create(
        PlaybookStep(playbook=row, position=position, **_columns(step)) for position, step in enumerate(wanted)
    )
    audit.record(
        member, CHANGE, str(kind.label), now, before=told(former.steps), after=told(wanted), number=former.number + 1
    )
    return pure.Playbook(kind, wanted, number=former.number + 1)


@transaction.atomic
def reset(member: Member, kind: Kind, base: int, now: datetime) -> pure.Playbook:
    """Go back to the steps shipped. Raises Refused, and Overtaken where somebody else changed it meanwhile."""
    return _reset(member, kind, _locked(member, kind, base), now)


def _locked(member: Member, kind: Kind, base: int) -> pure.Playbook:
    """The playbook as it is, nobody else changing it meanwhile."""
    must_have_every_shop(member)
    Merchant.objects.select_for_update(no_key=True).get(pk=member.merchant.pk)
    former = of_merchant(member.merchant.pk)[kind]
    if former.number != base:
        raise Overtaken("base", _("Somebody else has changed this playbook meanwhile. Look at it again."))
    return former


def _reset(member: Member, kind: Kind, former: pure.Playbook, now: datetime) -> pure.Playbook:
    if former.number:
        Playbook.objects.filter(merchant=member.merchant, kind=kind.value).delete()
        shipped = told(SHIPPED[kind].steps)
        audit.record(member, RESET, str(kind.label), now, before=told(former.steps), after=shipped)
    return SHIPPED[kind]


def _columns(step: Step) -> dict[str, Any]:
    row = {name: getattr(step, name) for name in COLUMNS}
    return row | {"verb": step.verb.value if step.verb else "", "after": step.after.value, "when": step.when.value}


def told(steps: Iterable[Step]) -> str:
    """Steps in a line, as the audit page sets before and after side by side."""
    return " → ".join(f"{step.name} ({due_words(step)})" for step in steps)


def due_words(step: Step) -> str:
    """Until when a step is to be done, in words: “within 2 h of opening”."""
    hours = _("{n} working h") if step.worktime else _("{n} h")
    pattern = {
        After.OPENED: _("within {t} of opening"),
        After.PREVIOUS: _("within {t} of the step before"),
        After.LIMIT: _("{t} before the limit"),
    }[step.after]
    if step.after is After.OPENED and step.when in (When.BROKEN, When.GRAVE):
        pattern = _("within {t} of that")
    return pattern.format(t=hours.format(n=f"{step.hours.normalize():f}"))
