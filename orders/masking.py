"""What of a buyer may be seen: enough to tell orders apart, not enough to find the person. Pure."""

import re

from orders.drafts import EXTENSION

# A country code before a mobile number is no part of it.
MOBILE_DIGITS = 11
# Phones and other numbers people write into messages.
LONG_NUMBER = re.compile(r"\d{7,}")


def name(full: str) -> str:
    """Return `王**` for 王小明, `J**` for John; what a platform has masked stays as it is."""
    return full if not full or "*" in full else f"{full[0]}**"


def phone(full: str) -> str:
    """Return `139****5521`; a virtual number keeps its extension, which identifies nobody."""
    if not full or "*" in full:
        return full
    extension = EXTENSION.search(full)
    digits = re.sub(r"\D", "", full[: extension.start()] if extension else full)[-MOBILE_DIGITS:]
    masked = f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"
    return f"{masked}-{extension.group(1)}" if extension else masked


def text(full: str) -> str:
    """Return a message with its long numbers masked."""
    return LONG_NUMBER.sub(lambda found: phone(found.group()), full)
