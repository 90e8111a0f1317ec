"""What one can ask of the support view, and what is noted from it."""

from dataclasses import dataclass
from typing import Final, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from exceptions.desk.cases import NOTE_LENGTH
from exceptions.support.story import MOST_SCANS, SCANS
from exceptions.support.stream import Group
from exceptions.support.summary import LANGUAGES
from shipops.kit.query import row_id

ONLY: Final = tuple(group.value for group in Group)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of an order's stream is looked at; the empty value of each field means all."""

    only: tuple[str, ...] = ()
    parcel: int = 0
    scans: int = SCANS
    # The language the buyer is written to in; "" = the shop's.
    say: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        say = query.get("say", "")
        return cls(
            only=tuple(group for group in ONLY if group in query.getlist("only")),
            parcel=row_id(query.get("parcel", "")),
            scans=min(MOST_SCANS, max(SCANS, row_id(query.get("scans", "")))),
            say=say if say in LANGUAGES else "",
        )


class ToldForm(forms.Form):
    text = forms.CharField(
        label=_("What the buyer is told"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 7})
    )
