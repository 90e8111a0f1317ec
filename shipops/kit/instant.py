"""An instant over REST: with its offset, or not at all."""

from datetime import datetime

from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class InstantField(serializers.DateTimeField):
    """A date and time with its offset from UTC; one without is refused, since its zone would be a guess."""

    default_error_messages = {
        "naive": _("Give the time with its offset from UTC, for example 2026-11-22T12:00:00+08:00.")
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        return value
