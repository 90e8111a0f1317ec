"""What somebody typed or pasted into the search box, taken apart: which numbers, which digits, which words. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from orders.drafts import EXTENSION

# Longer than any two hundred numbers; the rest is cut off.
LONGEST: Final = 8000
# Numbers looked up at once.
MOST_NUMBERS: Final = 200
# A number pasted among others has this many signs at least, so that YT 8834 2019 stays one number read out in groups.
LEAST_NUMBER: Final = 5

DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))
SEPARATORS: Final = re.compile(r"[\s,;，；、]+")
CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./#-]*")
MOBILE: Final = 11
# A Pinduoduo number begins with its day: 261127-123456789012345.
DAY: Final = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked for. `text` has its blanks and no full-width signs; the others are empty where they do not fit."""

    text: str
    # Ways the sources may have written it as one number, the typed one first.
    numbers: tuple[str, ...] = ()
    # The same without blanks and hyphens, where all of it is digits.
    digits: str = ""
    # What is looked for in titles and notes: every word, two signs or more each.
    words: tuple[str, ...] = ()
    # Several numbers at once: no number of them may be a word.
    many: tuple[str, ...] = ()

    @property
    def phone(self) -> str:
        """A whole phone number; "" = it is none."""
        mobile = self.digits.removeprefix("86") if len(self.digits) == MOBILE + 2 else self.digits
        return mobile if len(mobile) == MOBILE and mobile.startswith("1") else ""


def read(text: str) -> Asked:
    """Return what `text` asks for; blanks, hyphens, case and full-width signs within it do not count."""
    text = unicodedata.normalize("NFKC", text.replace("\0", "")[:LONGEST]).translate(DASHES).strip()
    parts = [part for part in SEPARATORS.split(text) if part]
    compact = "".join(parts)
    if not compact:
        return Asked("")
    extension = EXTENSION.search(compact)
    digits = re.sub(r"[-+()]", "", compact)
    # A virtual phone number is found by the tail before its extension.
    if extension and len(digits) == MOBILE + len(extension.group(1)) and digits.startswith("1"):
        digits = digits[:MOBILE]
    return Asked(
        text=" ".join(parts),
        numbers=variants(compact) if CODE.fullmatch(compact) else (),
        digits=digits if digits.isascii() and digits.isdecimal() else "",
        words=tuple(dict.fromkeys(part.lower() for part in parts if len(part) > 1)),
        many=_many(parts),
    )


def variants(number: str) -> tuple[str, ...]:
    """Return the ways one number may be written: as typed, in capitals, without hyphens, with Pinduoduo's hyphen."""
    bare = number.replace("-", "")
    ways = [number, number.upper(), bare, bare.upper()]
    if bare.isdecimal() and len(bare) > DAY:
        ways.append(f"{bare[:DAY]}-{bare[DAY:]}")
    return tuple(dict.fromkeys(way for way in ways if way))


def _many(parts: list[str]) -> tuple[str, ...]:
    numbers = tuple(dict.fromkeys(parts))[:MOST_NUMBERS]
    fits = all(len(one) >= LEAST_NUMBER and CODE.fullmatch(one) and re.search(r"\d", one) for one in numbers)
    return numbers if fits and len(numbers) > 1 else ()
