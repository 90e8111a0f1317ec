"""What an admin says a wording means."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shipments.inbox.wordings import CAUSES_OF_SCANS, NOTHING_HINDERS_THE_DELIVERED
from shipments.models import Wording
from shipments.status import CAUSES, STAGES, Cause, Stage

_STAGES = [(stage.value, stage.label) for stage in Stage if stage is not Stage.UNKNOWN]
_CAUSES = [(cause.value, cause.label) for cause in CAUSES_OF_SCANS]


class MapForm(forms.Form):
    """Stage and cause; an unknown stage leaves the parcel where it is, and without a cause says nothing of it at all."""

    stage = forms.ChoiceField(
        label=_("It means"),
        choices=[("", _("Choose…")), *_STAGES, (Stage.UNKNOWN.value, _("The stage stays as it is"))],
    )
    cause = forms.ChoiceField(label=_("What hinders it"), choices=[("", _("Nothing")), *_CAUSES], required=False)

    def __init__(self, *args: Any, wording: Wording, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if wording.mapped_at is not None:
            self.initial = {"stage": wording.stage, "cause": wording.cause}
        elif wording.read_rule:
            self.initial = {"stage": wording.read_stage, "cause": wording.read_cause}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("stage") == Stage.DELIVERED.value and cleaned.get("cause"):
            self.add_error("cause", NOTHING_HINDERS_THE_DELIVERED)
        return cleaned

    @property
    def said(self) -> tuple[Stage, Cause | None]:
        """Stage and cause, once the form is valid."""
        return STAGES[self.cleaned_data["stage"]], CAUSES.get(self.cleaned_data["cause"])
