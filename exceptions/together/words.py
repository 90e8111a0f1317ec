"""Whom a case waits for, as people say it. Pure."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WAITS: Final = {
    "carrier": _("the carrier"),
    "buyer": _("the buyer"),
    "platform": pgettext_lazy("a case waits for", "the platform"),
    "warehouse": _("the warehouse"),
}
