"""Who is meant by the @ in a note. Pure."""

import re
from collections.abc import Mapping
from typing import Final

# Behind a letter or digit it is an address (ops@example.com) and no mention; behind Chinese it is one: 请@陈默看一下.
AT: Final = re.compile(r"(?<![A-Za-z0-9._+-])[@＠]")
# A Latin name ends where no letter goes on; a Chinese one is followed by Chinese without a space.
GOES_ON: Final = re.compile(r"[A-Za-z0-9_]")
# More people than work at a desk are not meant by one note.
MOST: Final = 20


def mentioned(text: str, names: Mapping[str, int]) -> list[int]:
    """Return whom `text` mentions, each once, in order; `names` are log-ins and display names with their person's number.

    Case does not matter, the longest name that fits is meant (of 陈默 and 陈默然 the one that is written out), and a name
    two people share must not be in `names`.
    """
    folded = {name.casefold(): pk for name, pk in names.items() if name}
    by_length = sorted(folded, key=len, reverse=True)
    found: dict[int, None] = {}
    for at in AT.finditer(text):
        rest = text[at.end() :].casefold()
        name = next((name for name in by_length if rest.startswith(name) and _ends(name, rest)), None)
        if name is not None:
            found[folded[name]] = None
        if len(found) == MOST:
            break
    return list(found)


def _ends(name: str, rest: str) -> bool:
    """Whether the name is over where it ends, so that @lin does not call 'linxiao'."""
    after = rest[len(name) : len(name) + 1]
    return not (after and name[-1].isascii() and GOES_ON.match(after))
