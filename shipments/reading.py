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

    NONE = "none", _("Not read")
    TEXT = "text", _("Read from its words")
    CARRIER_TEXT = "carrier_text", _("Read from the carrier’s own words")
    CODE = "code", _("Read from the provider’s code")
    PERSON = "person", _("Read as an admin said")


class Reading(NamedTuple):
    """What one scan means. `rule` is one of: code:CODE, code:CODE+RULE (a coarse code, refined by its text),
    carrier:CARRIER:NAME, text:NAME, admin:ID, or blank where nothing reads it."""

    stage: Stage
    cause: Cause | None
    rule: str


UNREAD = Reading(Stage.UNKNOWN, None, "")


def read(
    code: str,
    text: str,
    table: Mapping[str, texts.Verdict],
    carrier: str = "",
    coarse: Mapping[str, frozenset[Stage]] | None = None,
) -> Reading:
    """Return what a scan means.

    `table` is the provider's STATUS, `carrier` the Carrier.code whose own wording is tried before the general one.
    `coarse` holds, for codes that say too little, the stages that the text may tell instead; a code that leaves the stage
    UNKNOWN lets the text say any, and one with a cause lets the text give a better one.
    """
    verdict = table.get(code)
    if verdict is None:
        return worded(text, carrier)
    stage, cause = verdict
    rule = f"code:{code}"
    allowed = (coarse or {}).get(code)
    if allowed is None:
        if stage is Stage.UNKNOWN:
            allowed = frozenset(Stage)
        else:
            return Reading(stage, cause, rule)
    told = worded(text, carrier)
    if told.rule and told.stage in allowed and told.stage is not Stage.UNKNOWN:
        return Reading(told.stage, told.cause, f"{rule}+{told.rule}")
    if told.rule and told.cause is not None and cause is not None:
        return Reading(stage, told.cause, f"{rule}+{told.rule}")
    return Reading(stage, cause, rule)


def worded(text: str, carrier: str = "") -> Reading:
    """Return what a scan's words mean: the carrier's own rules first, then those that hold for all."""
    stage, cause = texts.read(text)
    if (stage, cause) == texts.UNKNOWN:
        return UNREAD
    return Reading(stage, cause, "text:any")


def confidence(rule: str) -> Confidence:
    """Return how far a reading by `rule` may be trusted."""
    kind = rule.split(":", 1)[0]
    return _BY_KIND.get(kind, Confidence.NONE)


_BY_KIND = {
    "admin": Confidence.PERSON,
    "code": Confidence.CODE,
    "carrier": Confidence.CARRIER_TEXT,
    "text": Confidence.TEXT,
}
