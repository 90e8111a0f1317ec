"""What about an order cannot be judged, and why: facts and rules → blind spots. Pure and timeless.

An order without a fact that its rules need is never shown as fine: it is told here, with what to do about it.
"""

from collections.abc import Callable, Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines import facts as known
from exceptions.deadlines.facts import OrderFacts, ParcelFacts
from exceptions.deadlines.rulebook import OF_WAYS, Rulebook
from exceptions.deadlines.rules import untouched
from exceptions.deadlines.terms import Term
from shipops.kit.choices import Choice

# Nothing of these is ever sent.
NOTHING_TO_SEND = frozenset({"virtual"})


class Reason(Choice):
    """Why something cannot be judged."""

    NO_START = "no_start", _("Time of payment unknown")
    NO_NUMBER = "no_number", _("Waybill number unknown")
    UNKNOWN_CARRIER = "unknown_carrier", _("Carrier unknown")
    MALFORMED_NUMBER = "malformed_number", _("Not a waybill number")
    UNWATCHED = "unwatched", _("No account follows it")
    NEVER_ANSWERED = "never_answered", _("No answer yet")
    NO_UPLOAD_TIME = "no_upload_time", _("Time of upload unknown")
    WAY_UNKNOWN = "way_unknown", _("Way unknown")

    @property
    def because(self) -> Promise:
        """What is not known, in a sentence."""
        return TOLD[self][0]

    @property
    def remedy(self) -> Promise:
        """What helps, in a sentence."""
        return TOLD[self][1]


TOLD: dict[Reason, tuple[Promise, Promise]] = {
    Reason.NO_START: (
        _("The source tells neither when the order was placed nor when it was paid: no limit can start."),
        _("Import an export that has the time of payment."),
    ),
    Reason.NO_NUMBER: (
        _("The platform counts it as dispatched, but no waybill number is known: nobody can follow it."),
        _("Import an export that has the waybill numbers."),
    ),
    Reason.UNKNOWN_CARRIER: (
        _("We do not know the carrier named for its number: nobody can be asked."),
        _("Correct the carrier’s name on the platform, then import the order again."),
    ),
    Reason.MALFORMED_NUMBER: (
        _("What was uploaded is no waybill number: nobody can follow it."),
        _("Correct the number on the platform, then import the order again."),
    ),
    Reason.UNWATCHED: (
        _("No account can be asked about this carrier, so the parcel’s silence proves nothing."),
        _("Have an admin add a tracking account that knows this carrier."),
    ),
    Reason.NEVER_ANSWERED: (
        _("Its account has not told anything about this parcel yet, so its silence proves nothing."),
        _("Wait for the first answer; where it does not come, see whether the account rests."),
    ),
    Reason.NO_UPLOAD_TIME: (
        _("Nobody tells when the number was uploaded: whether it is picked up in time cannot be judged."),
        _("Import an export that has the time of dispatch."),
    ),
    Reason.WAY_UNKNOWN: (
        _("Where the parcel is, or where it goes, cannot be read: limits by place cannot be judged."),
        _("See that the order names its province, or ask an account that tells places in Chinese."),
    ),
}

Blind = tuple[int | None, Reason]


def blind(order: OrderFacts, book: Rulebook) -> list[Blind]:
    """Return what of an open order cannot be judged by these rules: the parcel (None = the order), and why; each once.

    Nothing where nothing is owed any more, or all has arrived.
    """
    if order.void or order.completed or known.delivered_at(order):
        return []
    found = dict.fromkeys(_of_order(order))
    for parcel in order.parcels:
        if not (parcel.delivered_at or parcel.turned_back) and (reason := _of_parcel(order, book, parcel)):
            found[(parcel.waybill_id, reason)] = None
    return list(found)


def _of_order(order: OrderFacts) -> Iterator[Blind]:
    if order.since is None:
        yield None, Reason.NO_START
    sent = (order.sent or order.dispatched_at) and order.goods not in NOTHING_TO_SEND
    if sent and not order.parcels and not order.unbooked and known.unheard(order):
        yield None, Reason.NO_NUMBER
    for refusal in order.unbooked:
        if refusal == Reason.UNKNOWN_CARRIER.value:
            yield None, Reason.UNKNOWN_CARRIER
        # Beside a number that is followed it is the misspelt one that was corrected.
        elif refusal == Reason.MALFORMED_NUMBER.value and not order.owed_parcels:
            yield None, Reason.MALFORMED_NUMBER


def _of_parcel(order: OrderFacts, book: Rulebook, parcel: ParcelFacts) -> Reason | None:
    """The one thing to see to first: what lies behind it shows once that is mended."""
    if not parcel.watched:
        return Reason.NEVER_ANSWERED if parcel.followed else Reason.UNWATCHED
    if known.parcel_picked_up_at(parcel) is None:
        undated = parcel.uploaded_at is None and not parcel.extra
        return Reason.NO_UPLOAD_TIME if undated and _asked(order, book, _from_upload) else None
    # The pickup alone may well name no place; the scans after it should.
    if parcel.moved_at is None:
        return None
    unread = not (parcel.provinces or parcel.stays or parcel.first_hub_at)
    if (unread and _asked(order, book, _of_way(book))) or (not order.to_province and _asked(order, book, _by_end)):
        return Reason.WAY_UNKNOWN
    return None


def _asked(order: OrderFacts, book: Rulebook, wants: Callable[[Term], bool]) -> bool:
    """Whether a rule in force on this order asks for it."""
    return any(wants(rule.term) and not untouched(order, rule, rule.term) for rule in book.rules)


def _from_upload(term: Term) -> bool:
    return term.subject == "parcel" and term.start == "uploaded"


def _by_end(term: Term) -> bool:
    """Lanes but for those by origin alone need to know where it goes."""
    return term.subject == "parcel" and any(lane.same_province or lane.within or lane.to for lane in term.lanes)


def _of_way(book: Rulebook) -> Callable[[Term], bool]:
    """Lanes need to know where it comes from; the shop may tell it in the parcel's stead."""

    def asks(term: Term) -> bool:
        return term.subject == "parcel" and (
            term.shape == "dwell"
            or not OF_WAYS.isdisjoint((term.start, *term.stop))
            or bool(term.lanes and not book.from_province)
        )

    return asks
