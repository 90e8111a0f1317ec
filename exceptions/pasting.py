"""Pasted lines → what each says: which number, what went wrong, and the words left over. Pure.

People paste from chats, sheets and scanners: mixed carriers, tabs, commas, full-width signs. What cannot be read is told with
its remedy and kept as it was written.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind
from shipops.kit.choices import Choice

MOST: Final = 200
LONGEST_LINE: Final = 1000


class Problem(Choice):
    """Why nothing can be made of a line, and what helps."""

    NO_NUMBER = "no_number", _("No order or waybill number. Put one at the beginning of the line.")
    CUT_NUMBER = "cut_number", _("A spreadsheet has cut the number (6.9E+18). Copy it from the platform.")
    NO_KIND = "no_kind", _("It does not say what went wrong. Add a word like 破损 or 丢件, or choose one for all.")
    TOO_LONG = "too_long", _("The line is too long. Shorten it to 1,000 characters.")


# What to show as examples of them.
EXAMPLES: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    (Kind.DAMAGE, ("破损", "压坏", "漏液", "damaged")),
    (Kind.LOSS, ("丢件", "丢失", "lost")),
    (Kind.FALSE_DELIVERY, ("虚假签收", "没收到", "not received")),
    (Kind.MISDELIVERY, ("错派", "送错", "misdelivered")),
    (Kind.REFUSED, ("拒收", "退回", "refused")),
    (Kind.FAILED_DELIVERY, ("派送失败", "联系不上", "地址不详", "failed delivery")),
    (Kind.WRONG_NUMBER, ("单号错误", "wrong number")),
    (Kind.INTERCEPTION_DUE, ("拦截", "更址", "改地址", "intercept")),
)
# Words in use, as people write them; the one that stands first in the line counts.
WORDS: Final[tuple[tuple[Kind, str], ...]] = (
    (Kind.FALSE_DELIVERY, r"虚假签收|假签收|签收未收到?|(?:未|没有?)收到|显示签收|false delivery|not received"),
    (Kind.MISDELIVERY, r"错派|误派|派错|送错|错分|分错|mis-?deliver(?:y|ed)"),
    (Kind.DAMAGE, r"破损|损坏|破裂|压坏|摔坏|碎了|漏液|渗漏|变形|damaged?|broken"),
    (Kind.LOSS, r"丢件|丢失|遗失|丢了|找不到|lost|loss"),
    (Kind.WRONG_NUMBER, r"单号错误?|错单号|单号不对|填错单号|wrong (?:waybill )?number"),
    (Kind.INTERCEPTION_DUE, r"拦截|截回|追回|[更改]址|更?改地址|intercept"),
    (Kind.REFUSED, r"拒收|退回|退件|refused|sent back"),
    (
        Kind.FAILED_DELIVERY,
        r"派送失败|派件失败|投递失败|派送不成功|联系不上|无人接听|电话不通|地址不[详对]|地址错误|超区|failed delivery|no answer",
    ),
)
_WORDS: Final = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in WORDS]
_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,6}\d[0-9A-Za-z]*(?:-[0-9A-Za-z]+)*(?![0-9A-Za-z])")
_OTHERS: Final = re.compile(r"(?:86)?1[3-9]\d{9}|0\d{2,3}-\d{7,8}|20\d\d-?\d{1,2}-?\d{1,2}")  # phones and dates
_CUT: Final = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
# Shorter ones are house numbers, quantities and dates.
_DIGITS: Final = 7
_EDGES: Final = " \t,;:|=\"'，；：、。-"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `number` counts from 1 and counts blank ones too; `names` are the numbers in it, the first meant first."""

    number: int
    raw: str
    names: tuple[str, ...] = ()
    # INTERCEPTION_DUE is our own recall: a request to the carrier, and no report.
    kind: Kind | None = None
    # The word that said so, and what is left of the line.
    word: str = ""
    text: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Pasted:
    lines: tuple[Line, ...]
    # What is beyond MOST, as it was written.
    rest: str = ""


def read(pasted: str, otherwise: Kind | None = None) -> Pasted:
    """Read at most MOST lines; `otherwise` is what went wrong where a line does not say."""
    rows = [(number, raw) for number, raw in enumerate(pasted.splitlines(), 1) if raw.strip()]
    lines = tuple(_line(number, raw.strip(), otherwise) for number, raw in rows[:MOST])
    return Pasted(lines, "\n".join(raw for _number, raw in rows[MOST:]))


def _line(number: int, raw: str, otherwise: Kind | None) -> Line:
    if len(raw) > LONGEST_LINE:
        return Line(number, raw, problem=Problem.TOO_LONG)
    plain = unicodedata.normalize("NFKC", raw)
    found = [one for one in _NUMBER.finditer(plain) if _is_number(one.group())]
    if not found:
        return Line(number, raw, problem=Problem.CUT_NUMBER if _CUT.search(plain) else Problem.NO_NUMBER)
    names = tuple(dict.fromkeys(one.group() for one in found))
    said = [(match.start(), -len(match.group()), kind, match) for kind, word in _WORDS if (match := word.search(plain))]
    kind, word, spans = otherwise, "", [one.span() for one in found]
    if said:
        *_place, kind, match = min(said, key=lambda one: one[:2])
        word = match.group()
        spans.append(match.span())
    return Line(number, raw, names, kind, word, _without(plain, spans), None if kind else Problem.NO_KIND)


def _is_number(text: str) -> bool:
    return sum(char.isdigit() for char in text) >= _DIGITS and not _OTHERS.fullmatch(text) and len(text) <= 64


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The words left over, in one line."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    parts = (part.strip(_EDGES) for part in re.split(r"[\t,;|，；、]|\s{2,}", text))
    return " ".join(part for part in parts if part)
