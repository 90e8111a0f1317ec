"""What people say of filings, by the wall clock of the case's shop."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exceptions.filings import LONGEST_REASON, LONGEST_REFERENCE
from exceptions.models import Case
from shipops.kit.wallclock import WallClockField, read_in


class FileForm(forms.Form):
    reference = forms.CharField(label=_("The platform’s number of it"), max_length=LONGEST_REFERENCE, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filing_%s")
        super().__init__(*args, **kwargs)


class AcceptForm(forms.Form):
    """Accepted with a new limit; without one is another button."""

    new_due_at = WallClockField(
        label=_("New limit"), error_messages={"required": _("Give the new limit, or accept it without one.")}
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filing_%s")
        super().__init__(*args, **kwargs)
        read_in(self, case.shop.zone)
