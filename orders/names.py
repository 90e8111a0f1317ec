"""Under which blind keys a buyer's name is found: one shop's keys say nothing about another's (decision 0027)."""

import re
import unicodedata
from typing import Final

from shipops.kit.blind import blind

STARS: Final = re.compile(r"\*+")
# A name in letters is known by each of its words; one letter alone is an initial.
LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
HAN: Final = re.compile(r"[\u3400-\u9fff]")


def normal(name: str) -> str:
    """Return a name as it is compared: full width, case, blanks and how many stars a platform masks with do not count."""
    folded = STARS.sub("*", unicodedata.normalize("NFKC", name).casefold())
    return ("" if HAN.search(folded) else " ").join(folded.split())


def words(name: str) -> list[str]:
    """Return the words of a name in letters, each once; none of a Chinese one."""
    folded = normal(name)
    return [] if HAN.search(folded) else list(dict.fromkeys(LETTERS.findall(folded)))


def key(shop_id: int, name: str) -> int | None:
    """Return the key of a whole name in a shop; None for no name."""
    folded = normal(name)
    return blind("name", str(shop_id), folded) if folded else None


def word_key(shop_id: int, word: str) -> int:
    """Return the key of one word of a name in a shop."""
    return blind("word", str(shop_id), normal(word))


def word_keys(shop_id: int, name: str) -> list[int] | None:
    """Return the keys of the words of a name in a shop; None where it has but one, which `key` finds."""
    found = words(name)
    return [word_key(shop_id, word) for word in found] if len(found) > 1 else None
