"""Rules that read a scan from its words: one module a language, one for what only one carrier says. Pure.

A rule's name is stored with every scan it reads (`text:signed`) and must stay: renaming one is a migration. Order matters:
the first rule that fits wins, so what only looks like something stands before it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from shipments.status import Cause, Stage

Verdict = tuple[Stage, Cause | None]
UNKNOWN: Verdict = (Stage.UNKNOWN, None)


class Rule(NamedTuple):
    """One wording. A verdict of None leaves it to the reason the sentence gives (shipments.wording.reasons)."""

    name: str
    pattern: re.Pattern[str]
    verdict: Verdict | None


def compiled(rules: Iterable[tuple[str, str, Verdict | None]], flags: re.RegexFlag = re.NOFLAG) -> tuple[Rule, ...]:
    """Return rules made of (name, regular expression, verdict)."""
    return tuple(Rule(name, re.compile(pattern, flags), verdict) for name, pattern, verdict in rules)
