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
TAIL: Final = 4
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
    # A whole phone number of eleven digits, and the tail its orders are kept by: a virtual number's is its extension.
    phone: str = ""
    phone_tail: str = ""
    # What is looked for in titles and notes: every word, two signs or more each.
    words: tuple[str, ...] = ()
    # Several numbers at once: no number of them may be a word.
    many: tuple[str, ...] = ()


def read(text: str) -> Asked:
    """Return what `text` asks for; blanks, hyphens, case and full-width signs within it do not count."""
    text = unicodedata.normalize("NFKC", text.replace("\0", "")[:LONGEST]).translate(DASHES).strip()
    parts = [part for part in SEPARATORS.split(text) if part]
    compact = "".join(parts)
    if not compact:
        return Asked("")
    digits = re.sub(r"[-+()]", "", compact)
    phone, tail = dialled(compact)
    # A country's code before it and an extension behind it may be there, and nothing else.
    is_phone = len(phone) == MOBILE and phone.isdecimal() and phone.startswith("1")
    is_phone = is_phone and (digits.startswith(phone) or digits == f"86{phone}")
    return Asked(
        text=" ".join(parts),
        numbers=variants(compact) if CODE.fullmatch(compact) else (),
        digits=digits if digits.isascii() and digits.isdecimal() else "",
        phone=phone if is_phone else "",
        phone_tail=tail if is_phone else "",
        words=tuple(dict.fromkeys(part.lower() for part in parts if len(part) > 1)),
        many=_many(parts),
    )


def dialled(phone: str) -> tuple[str, str]:
    """Return a phone's last eleven digits (stars where a platform masked them), and the tail its orders are kept by."""
    extension = EXTENSION.search(phone)
    base = re.sub(r"[^\d*]", "", phone[: extension.start()]) if extension else ""
    if extension and len(base) == MOBILE:
        return base, extension.group(1)[-TAIL:]
    whole = re.sub(r"[^\d*]", "", phone)[-MOBILE:]
    return whole, whole[-TAIL:]


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
