"""The link a buyer tells a shop by what went wrong with an order: signed, for one order, good for a month.

Nothing is stored: whoever holds the link may write about this order and read nothing of it. SECRET_KEY signs it, so changing
that ends all of them.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind

SALT: Final = "exceptions.buyer-report"
GOOD_FOR: Final = timedelta(days=30)
# What buyers can tell, in their own words; whether it was sent back or misnumbered they cannot know.
CHOICES: Final = (
    (Kind.FALSE_DELIVERY.value, _("It says delivered, but I have not received it")),
    (Kind.DAMAGE.value, _("It arrived damaged")),
    (Kind.FAILED_DELIVERY.value, _("The courier did not deliver it")),
    (Kind.MISDELIVERY.value, _("It was left in the wrong place or with somebody else")),
    (Kind.LOSS.value, _("It seems to be lost")),
)
# Of an order number, so that the buyer knows which order it is and nobody else learns it.
TAIL: Final = 6


def token(order_id: int, now: datetime) -> str:
    """Return the token of an order's link, good from now on."""
    return signing.Signer(salt=SALT).sign_object([order_id, int((now + GOOD_FOR).timestamp())])


def order_of(token: str, now: datetime) -> int | None:
    """Return the order a token is for; None where it is none of ours or too old."""
    try:
        order_id, until = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(order_id) if now.timestamp() <= until else None


def tail(number: str) -> str:
    """The end of an order number."""
    return f"…{number[-TAIL:]}"
