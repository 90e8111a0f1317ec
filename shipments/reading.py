"""What a scan means, by the best evidence there is: the provider's code, the carrier's own wording, anybody's wording. Pure.

A reading names its evidence as `rule`; `confidence` says how far it may be trusted. What nothing reads is UNKNOWN with a
blank rule, and is counted and shown to the admin (shipments.inbox), never guessed.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from shipments import texts
from shipments.status import Cause, Stage
from shipops.kit.choices import Choice


class Confidence(Choice):
    """How far a reading may be trusted, by what it leans on."""

    NONE = "none", _("not read")
    TEXT = "text", _("read by its words")
    CARRIER_TEXT = "carrier_text", _("read by the carrier’s own words")
    WHOLE = "whole", _("read by the state of the whole track")
    CODE = "code", _("read by its code")
    PERSON = "person", _("read as an admin said")


class Reading(NamedTuple):
    """What one scan means. `rule` is one of: code:CODE, code:CODE+RULE (a coarse code, refined by its text),
    carrier:CARRIER:NAME, text:NAME, whole:CODE (the newest scan, unread by itself, as the state of the whole track says),
    admin:ID, or blank where nothing reads it."""

    stage: Stage
    cause: Cause | None
    rule: str


UNREAD = Reading(Stage.UNKNOWN, None, "")
# Where a scan says it has come to one of these, a code for "some problem" has nothing left to warn of.
_HARMLESS = frozenset({Stage.AVAILABLE_FOR_PICKUP})


def read(
    code: str,
    text: str,
    table: Mapping[str, texts.Verdict],
    carrier: str = "",
    coarse: Mapping[str, frozenset[Stage]] | None = None,
) -> Reading:
    """Return what a scan means.

    `table` is the provider's STATUS, `carrier` the Carrier.code whose own wording is tried before the general one.
    `coarse` holds, for codes that say too little, the stages that the text may tell instead (with UNKNOWN among them also a
    cause alone); a code that leaves the stage UNKNOWN lets the text say any, and one with a cause lets it give a better one.
    """
    verdict = table.get(code)
    if verdict is None:
        return worded(text, carrier)
    stage, cause = verdict
    allowed = (coarse or {}).get(code)
    if allowed is None:
        if stage is not Stage.UNKNOWN:
            return Reading(stage, cause, f"code:{code}")
        allowed = frozenset(Stage)
    told = _refined(stage, cause, text, carrier, allowed)
    if told is not None:
        return Reading(told.stage, told.cause, f"code:{code}+{told.rule}")
    # A code that says nothing beside words that nothing reads is as good as no code.
    return UNREAD if verdict == texts.UNKNOWN else Reading(stage, cause, f"code:{code}")


def _refined(stage: Stage, cause: Cause | None, text: str, carrier: str, allowed: frozenset[Stage]) -> Reading | None:
    """Return what the text makes of a code's stage and cause; None = it adds nothing that it may."""
    told = worded(text, carrier)
    if cause is not None and told.cause is None and not _tells(told, stage, allowed):
        # The code says that something failed, so a bare reason counts too (地址不详).
        why = texts.reasoned(text)
        if why.rule:
            told = Reading(why.stage, why.cause, f"text:reason/{why.rule}")
    if _tells(told, stage, allowed):
        keeps = stage is Stage.UNKNOWN and told.stage not in _HARMLESS
        return told._replace(cause=told.cause or (cause if keeps else None))
    if told.cause in (None, cause, Cause.OTHER):
        return None
    return told._replace(stage=stage) if cause is not None or Stage.UNKNOWN in allowed else None


def _tells(told: Reading, stage: Stage, allowed: frozenset[Stage]) -> bool:
    if told.stage is Stage.UNKNOWN or told.stage not in allowed:
        return False
    # Only a failed attempt takes a signature back; 请您准备签收 beside the code of one does not.
    return not (stage is Stage.DELIVERED and told.stage is Stage.OUT_FOR_DELIVERY and told.cause is None)


def worded(text: str, carrier: str = "") -> Reading:
    """Return what a scan's words mean: the carrier's own rules first, then those that hold for all."""
    return Reading(*texts.tell(text, carrier))


def of_whole(state: str, rule: str, own: str) -> str:
    """Return the name of `rule`, by which the state of the whole track tells its newest scan, whose own rule was `own`.

    Where nothing read that scan by itself, the inbox still has to hear of it: the scan after it leaves it without the state.
    """
    return rule if own else f"whole:{state}"


def confidence(rule: str) -> Confidence:
    """Return how far a reading by `rule` may be trusted."""
    kind = rule.split(":", 1)[0]
    return _BY_KIND.get(kind, Confidence.NONE)


_BY_KIND = {
    "admin": Confidence.PERSON,
    "code": Confidence.CODE,
    "carrier": Confidence.CARRIER_TEXT,
    "text": Confidence.TEXT,
    "whole": Confidence.WHOLE,
}
