"""What people say when they act on a case."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exceptions.desk.cases import NOTE_LENGTH, OUTCOMES_BY_PEOPLE
from exceptions.desk.workflow import Action
from exceptions.models import Case
from merchants.access import Member
from merchants.models import User

# When people come back to work, in the shop's zone.
MORNING = time(9)
BEFORE_DUE = timedelta(hours=2)

PRESETS = [
    ("1h", _("1 hour")),
    ("4h", _("4 hours")),
    ("morning", _("Tomorrow 9:00")),
    ("due", _("2 h before it breaks")),
    ("at", _("Another time")),
]


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
        named = [(person.pk, person.display_name) for person in people]
        self.fields["assignee"].choices = [("", _("Nobody")), *named]  # type: ignore[attr-defined]
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
    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False)

    def until_after(self, now: datetime) -> datetime | None:
        """The instant chosen, as seen from `now`; None where none was."""
        zone = self.case.shop.zone if self.case else None
        preset = self.cleaned_data.get("preset")
        if preset == "1h":
            return now + timedelta(hours=1)
        if preset == "4h":
            return now + timedelta(hours=4)
        if preset == "due" and self.case is not None:
            return self.case.due_at - BEFORE_DUE
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


FORMS: dict[Action, type[CaseForm]] = {
    Action.ASSIGN: AssignForm,
    Action.NOTE: NoteForm,
    Action.SNOOZE: SnoozeForm,
    Action.WAKE: BareForm,
    Action.RESOLVE: ResolveForm,
    Action.REOPEN: BareForm,
}


def arguments(form: CaseForm, now: datetime) -> dict[str, Any]:
    """What `exceptions.desk.cases.act` takes, from a valid form."""
    given: dict[str, Any] = {
        name: form.cleaned_data[name] for name in ("assignee", "note", "outcome") if name in form.cleaned_data
    }
    if isinstance(form, SnoozeForm):
        given["until"] = form.until_after(now)
    return given
