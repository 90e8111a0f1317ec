"""What people say when they act on a case."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exceptions import shown
from exceptions.desk.acts import LONGEST_SNOOZE, NOTE_LENGTH, OUTCOMES_BY_PEOPLE, WAKES_BEFORE, WHERE_LENGTH
from exceptions.desk.workflow import Action, State
from exceptions.models import Case
from merchants.access import Member
from merchants.models import User
from orders.ticketing.drafts import LONGEST_NUMBER

# When people come back to work, in the shop's zone.
MORNING = time(9)

PRESETS = [
    ("1h", _("1 hour")),
    ("4h", _("4 hours")),
    ("morning", _("Tomorrow 9:00")),
    ("scan", _("The next scan")),
    ("due", _("Before it breaks")),
    ("incident", _("The incident closes")),
    ("at", _("Another time")),
]
# Presets that wait for something, as the service names them.
WAITS = {"scan": Case.Wakes.SCAN, "due": Case.Wakes.DUE, "incident": Case.Wakes.INCIDENT}


class CaseForm(forms.Form):
    """A form about one case (None: about several), filled in by a member."""

    def __init__(self, *args: Any, member: Member, case: Case | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member, self.case = member, case


class AssignForm(CaseForm):
    assignee = forms.TypedChoiceField(label=_("In charge"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__merchant=self.member.merchant, is_active=True).order_by("username")
        self.people = {person.pk: person.display_name for person in people}
        self.fields["assignee"].choices = [("", _("Nobody")), *self.people.items()]  # type: ignore[attr-defined]
        if self.case is not None:
            self.initial["assignee"] = self.case.assignee_id or ""


class NoteForm(CaseForm):
    note = forms.CharField(
        label=_("Note"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LENGTH})
    )


class SnoozeForm(CaseForm):
    """Until when: a preset, or a wall-clock time in the shop's zone."""

    preset = forms.ChoiceField(label=_("Until"), choices=PRESETS, required=False)
    until = forms.DateTimeField(
        label=_("Time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    hours = forms.IntegerField(
        label=_("Hours before it breaks"),
        required=False,
        min_value=1,
        max_value=LONGEST_SNOOZE // timedelta(hours=1),
        initial=WAKES_BEFORE,
    )
    beyond = forms.BooleanField(label=_("Let it sleep although its limit passes"), required=False)
    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.case is not None and self.case.incident_id is None:
            self.fields["preset"].choices = [one for one in PRESETS if one[0] != "incident"]  # type: ignore[attr-defined]

    def until_after(self, now: datetime) -> datetime | None:
        """The instant chosen, as seen from `now`; None where none was."""
        zone = self.case.shop.zone if self.case else None
        preset = self.cleaned_data.get("preset")
        if preset == "1h":
            return now + timedelta(hours=1)
        if preset == "4h":
            return now + timedelta(hours=4)
        if preset in WAITS:
            return None
        if preset == "morning":
            tomorrow = timezone.localdate(now, zone) + timedelta(days=1)
            return datetime.combine(tomorrow, MORNING, zone or timezone.get_current_timezone())
        typed = self.cleaned_data.get("until")
        return typed.replace(tzinfo=zone) if typed and zone else typed


class ResolveForm(CaseForm):
    outcome = forms.ChoiceField(
        label=_("How it ended"), choices=[("", _("Choose")), *((o.value, o.label) for o in OUTCOMES_BY_PEOPLE)]
    )
    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False)


class BareForm(CaseForm):
    """An action that asks for nothing but may carry a note."""

    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False)


class MergeForm(CaseForm):
    """Into which other open case of the order; about several cases the most urgent of each order stays."""

    into = forms.TypedChoiceField(label=_("Into"), coerce=int, widget=forms.RadioSelect)
    note = forms.CharField(label=_("Why they are one"), max_length=NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_others = True
        if self.case is None:
            del self.fields["into"]
            return
        others = siblings(self.case)
        self.has_others = bool(others)
        told = [(other.pk, f"C-{other.pk} · {shown.headline(other)} · {shown.title(other)}") for other in others]
        self.fields["into"].choices = told  # type: ignore[attr-defined]
        self.initial["into"] = told[0][0] if told else ""


def siblings(case: Case) -> list[Case]:
    """The other open cases of a case's order, the most urgent first; one query."""
    others = Case.objects.filter(order=case.order_id).exclude(pk=case.pk).exclude(state=State.RESOLVED.value)
    named = ("waybill__number", *(f"waybill__carrier__{name}" for name in ("code", "name_zh", "name_en")))
    found = others.select_related("waybill__carrier").only("kind", "level", "order", *named).order_by("-rank", "-pk")
    for other in found:
        other.order = case.order
    return list(found)


def _where(label: Any, placeholder: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder})
    return forms.CharField(label=label, max_length=WHERE_LENGTH, required=False, widget=widget)


def _number(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST_NUMBER, required=False)


def _amount(*, required: bool) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Amount"), min_value=Decimal(0), max_digits=12, decimal_places=2, required=required
    )


class UrgeForm(BareForm):
    where = _where(_("Whom"), _("outlet, hotline, customer service"))
    field_order = ["where", "note"]


class InterceptForm(BareForm):
    number = _number(_("The carrier’s number of it"))
    field_order = ["number", "note"]


class ClaimForm(BareForm):
    amount = _amount(required=False)
    number = _number(_("The carrier’s number of it"))
    field_order = ["amount", "number", "note"]


class ContactForm(BareForm):
    where = _where(_("How"), _("chat, phone, message"))
    field_order = ["where", "note"]


class WorkOrderForm(BareForm):
    number = _number(_("Number of the work order"))
    field_order = ["number", "note"]


class ReshipForm(BareForm):
    where = _where(_("New waybill number"), _("blank until there is one"))
    field_order = ["where", "note"]


class CompensateForm(BareForm):
    amount = _amount(required=True)
    field_order = ["amount", "note"]


FORMS: dict[Action, type[CaseForm]] = {
    Action.ASSIGN: AssignForm,
    Action.NOTE: NoteForm,
    Action.SNOOZE: SnoozeForm,
    Action.WAKE: BareForm,
    Action.RESOLVE: ResolveForm,
    Action.REOPEN: BareForm,
    Action.MERGE: MergeForm,
    Action.URGE: UrgeForm,
    Action.INTERCEPT: InterceptForm,
    Action.CLAIM: ClaimForm,
    Action.CONTACT: ContactForm,
    Action.WORK_ORDER: WorkOrderForm,
    Action.RESHIP: ReshipForm,
    Action.COMPENSATE: CompensateForm,
    Action.APPEAL: BareForm,
    Action.PROVE: BareForm,
}
CARRIED = ("assignee", "note", "outcome", "into", "amount", "where", "number")


def arguments(form: CaseForm, now: datetime) -> dict[str, Any]:
    """What an act carries (fields of exceptions.desk.acts.Act), from a valid form."""
    given: dict[str, Any] = {name: form.cleaned_data[name] for name in CARRIED if name in form.cleaned_data}
    if isinstance(form, SnoozeForm):
        preset = form.cleaned_data.get("preset", "")
        given |= {"until": form.until_after(now), "beyond": form.cleaned_data["beyond"]}
        if preset in WAITS:
            given |= {"wakes_on": WAITS[preset].value}
        if preset == "due":
            given |= {"wakes_before": form.cleaned_data.get("hours")}
    return given
