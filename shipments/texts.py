"""Read a scan from its sentence: the carrier's own rules, then those that hold for all. Pure.

What no rule fits is UNKNOWN, never a guess. The rules are in shipments.wording.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from shipments.status import Cause, Stage
from shipments.wording import UNKNOWN, Rule, Verdict
from shipments.wording.chinese import GENERAL
from shipments.wording.english import ENGLISH
from shipments.wording.of_carriers import OF_CARRIERS
from shipments.wording.reasons import REASONS

__all__ = ["UNKNOWN", "Told", "Verdict", "read", "reason", "reasoned", "tell"]

_HAN = re.compile("[\u3400-\u9fff]")
# 如有破损请联系…: what would be done if something happened is no news that it did. Up to the next comma only: what
# stands after it (您的快递已经妥投) is.
_IF = re.compile("(?:如(?:有|遇|需|您|未|果|因|对|快件|包裹)|若(?:有|遇|需|您|未))[^，,。！!；;】\\]]*")


class Told(NamedTuple):
    """What a sentence says, and the name of the rule that says so; a blank rule = no rule fits."""

    stage: Stage
    cause: Cause | None
    rule: str


UNTOLD = Told(Stage.UNKNOWN, None, "")


@lru_cache(maxsize=20_000)
def tell(text: str, carrier: str = "") -> Told:
    """Return what a scan's sentence says; `carrier` (a Carrier.code) has its own rules tried first."""
    if not _HAN.search(text):
        return _first(ENGLISH, text, "text:")
    if "如" in text or "若" in text:
        text = _IF.sub("", text)
    own = OF_CARRIERS.get(carrier)
    if own:
        told = _first(own, text, f"carrier:{carrier}:")
        if told.rule:
            return told
    told = _first(GENERAL, text, "text:")
    # A Chinese name of a place in an English sentence (J&T abroad).
    return told if told.rule else _first(ENGLISH, text, "text:")


def _first(rules: tuple[Rule, ...], text: str, kind: str) -> Told:
    for name, pattern, verdict in rules:
        found = pattern.search(text)
        if found:
            return Told(*verdict, kind + name) if verdict is not None else _failed(text, found.group(), kind + name)
    return UNTOLD


def _failed(text: str, word: str, name: str) -> Told:
    """A failure with a reason we know is that reason; an attempt without one is an attempt, a problem a problem."""
    told = reasoned(text)
    rule = f"{name}/{told.rule}" if told.rule else name
    if told.stage is not Stage.UNKNOWN:
        return Told(told.stage, told.cause, rule)
    attempt = not re.match("疑难|问题|异常件", word)
    cause = told.cause or (Cause.ATTEMPT_FAILED if attempt else Cause.OTHER)
    return Told(Stage.OUT_FOR_DELIVERY if attempt else Stage.UNKNOWN, cause, rule)


@lru_cache(maxsize=5_000)
def reasoned(text: str) -> Told:
    """Return what the text of a known failure gives as its reason; its rule is the reason's bare name."""
    return _first(REASONS, text, "")


def read(text: str) -> Verdict:
    """Return stage and cause that a scan's sentence tells, whoever its carrier is; UNKNOWN where no rule fits."""
    told = tell(text)
    return told.stage, told.cause


def reason(text: str) -> Verdict:
    """Return what a known failure's text gives as its reason; (UNKNOWN, None) where it gives none we know."""
    told = reasoned(text)
    return told.stage, told.cause
