"""Ask an account about one number, now, and say what came back. Nothing is stored about a number that is not ours.

A number of ours that this account follows is asked about as a worker does it: under its lease and limits, and recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from shipments import accounts, asking, polling, rates, standing
from shipments.answers import Answer, Failure, Trouble
from shipments.asking import Call
from shipments.claiming import claim_one
from shipments.models import Carrier, CarrierAccount, Waybill
from shipments.reading import Confidence, confidence
from shipments.setting_up import book
from shipops.kit import buckets

TOO_SOON: Final = _("This number was asked about a moment ago, or its limit for today is used up. Try again later.")
TOO_MANY: Final = _("The account’s rate is used up for the moment. Try again in some seconds.")
NO_PROVIDER: Final = _("The package of this provider is not installed.")
NOTHING_YET: Final = _("The provider answers, but knows nothing of this number.")
CHECK_NUMBER: Final = _("Check number, carrier and phone digits; a number nobody has scanned yet has no track.")


@dataclass(frozen=True, slots=True)
class Line:
    """One scan, and how sure its reading is."""

    event: object
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the question. `why` and `advice` are blank where the provider answered with a track."""

    number: str
    answer: Answer | None = None
    failure: Failure | None = None
    why: str = ""
    advice: str = ""
    # The provider was asked; else a limit of ours kept us from it.
    asked: bool = True
    # The number is one of the merchant's and what came was written down.
    recorded: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """Scans, the newest first."""
        events = self.answer.events if self.answer else ()
        return tuple(Line(event, confidence(event.rule)) for event in reversed(events))

    @property
    def said(self) -> str:
        """The provider's own words, or ours in the reader's language."""
        return _t(self.failure.message) if self.failure and self.failure.message else ""


def ask_about(account: CarrierAccount, number: str, carrier: Carrier, phone_tail: str, now: datetime) -> Tried:
    """Put one question and return what came of it. Takes up to 25 s; call it outside any transaction."""
    provider = accounts.provider_of(account)
    if provider is None:
        return _not_asked(number, NO_PROVIDER)
    ours = Waybill.objects.filter(merchant_id=account.merchant_id, carrier=carrier, number=number).first()
    claimed = None
    if ours is not None and ours.account_id == account.pk:
        claimed = claim_one(ours.pk, now)
        if claimed is None:
            return _not_asked(number, TOO_SOON)
    elif not _is_spaced(account, number, provider.SPACING.total_seconds()):
        return _not_asked(number, TOO_SOON)
    # Not saved, and has no key: an adapter sees only number, carrier and phone.
    asked_about = claimed or Waybill(number=number, carrier=carrier, phone_tail=phone_tail)
    call = Call(account, provider, (asked_about,), accounts.contract(account))
    heard = rates.limited([call], lambda calls: asking.ask(calls, now))
    if claimed is not None:
        polling.write_down([claimed], heard, now)
    one = heard[0]
    if not one.asked:
        return _not_asked(number, TOO_MANY)
    named = (answer for answer in one.answers if answer.number.upper() == number.upper())
    answer = next(named, one.answers[0] if one.answers else None)
    failure = one.failure or next(iter(one.failures.values()), None)
    why, advice = _words(failure)
    return Tried(number, answer, failure, str(why), str(advice), recorded=claimed is not None)


def _not_asked(number: str, why: Promise) -> Tried:
    return Tried(number, why=str(why), asked=False)


def _is_spaced(account: CarrierAccount, number: str, seconds: float) -> bool:
    """Return whether the provider lets us ask about a number now that no waybill of ours keeps count of.

    Another key is another asker: who mends a wrong one need not wait.
    """
    if not seconds:
        return True
    key = f"try:{account.pk}:{book.version(account)}:{number}"
    return buckets.take([buckets.Wanted(key, 1, settings.POLL_PACE / seconds)]) == [1]


def _words(failure: Failure | None) -> tuple[object, object]:
    if failure is None:
        return "", ""
    if failure.trouble is Trouble.NO_DATA:
        return NOTHING_YET, CHECK_NUMBER
    return standing.WORDS[failure.trouble]
