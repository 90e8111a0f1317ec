"""What can be a waybill number. Pure."""

import re

# What Kuaidi100 takes. A number that a spreadsheet turned into 6.9E+18 has a dot or a plus and is refused here.
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,31}")  # JD numbers end with a dash


def cleaned(number: str) -> str:
    """Return the number without what sheets and people put around it, in capitals."""
    return re.sub(r"[\s'’`=\"]", "", number).upper()


def is_number(number: str) -> bool:
    """Return whether a cleaned number can be one."""
    return _NUMBER.fullmatch(number) is not None
