"""The rules of a shop as people see them: what each is called, how long it lasts, whether it runs, and how sure we are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.rulebook import Rule, Scope, plain
from exceptions.deadlines.terms import RUNNING_SHAPES, Length, Term, shipped
from exceptions.policies import setup, with_document
from merchants.models import Shop
from shipops.kit.bilingual import in_language
from shipops.kit.choices import Choice
from shipops.kit.times import length as spelt

Document = Mapping[str, Any]


class State(Choice):
    """Whether a rule judges orders paid now."""

    ON = "on", pgettext_lazy("rule", "On"), "kept"
    OFF = "off", pgettext_lazy("rule", "Off"), "calm"
    NOT_YET = "not_yet", _("Not yet in force"), "calm"
    NO_LONGER = "no_longer", _("No longer in force"), "calm"
    NO_LENGTH = "no_length", _("No length is known"), "soon"
    # Runs no clock: a rate, a pattern, or a template to make a window or waiver of.
    FIGURE = "figure", _("For reading only"), "calm"


@dataclass(frozen=True, slots=True)
class Row:
    """A rule in one shop; texts in the language of the moment."""

    code: str
    # Name of its pack: a platform, law, house, causes; own = the merchant's.
    pack: str
    name: str
    shape: str
    whose: str
    # A value of kinds.Kind; blank where it opens no case.
    kind: str
    # "48h", "3 days"; blank where none is known.
    length: str
    state: State
    # As the pack says, unless somebody of the merchant has confirmed it.
    needs_review: bool
    source: tuple[str, ...]
    grade: str
    # What sources disagree about; why it ships off; what one should know.
    conflict: str
    off: str
    note: str
    version: str
    # The merchant's document changes it, for the whole shop or for some of its orders.
    changed: bool
    variants: tuple[tuple[Scope, Term], ...]
    term: Term


def rows(shop: Shop, document: Document, number: int | None, now: datetime) -> list[Row]:
    """Return every rule of a shop under a document (of a draft or a version), in the order of the packs."""
    book = with_document(setup(shop), dict(document), number, strict=False)
    as_shipped = {rule.term.code: rule.term for rule in plain(shop.platform, shop.timezone).rules}
    return [_row(rule, as_shipped.get(rule.term.code), now) for rule in book.rules]


def over_shops(
    shops: Iterable[Shop], document: Document, number: int | None, now: datetime
) -> list[tuple[Row, list[Shop]]]:
    """Return every rule of some shops, each once with the shops where it is the same."""
    found: dict[Row, list[Shop]] = {}
    for shop in shops:
        for each in rows(shop, document, number, now):
            found.setdefault(each, []).append(shop)
    return list(found.items())


def row(shop: Shop, document: Document, number: int | None, code: str, now: datetime) -> Row | None:
    """Return one rule of a shop, None where the shop does not have it."""
    return next((found for found in rows(shop, document, number, now) if found.code == code), None)


def _row(rule: Rule, as_shipped: Term | None, now: datetime) -> Row:
    term = rule.term
    pack, _entry = shipped().get(term.code, ("own", {}))
    return Row(
        code=term.code,
        pack=pack,
        name=in_language(term, "name"),
        shape=term.shape,
        whose=term.whose,
        kind=term.kind.value if term.kind else "",
        length=spell(term.length) if term.length else "",
        state=state(rule, now),
        needs_review=term.needs_review,
        source=term.source,
        grade=term.grade,
        conflict=in_language(term, "conflict"),
        off=in_language(term, "off"),
        note=in_language(term, "note"),
        version=term.version,
        changed=bool(rule.variants) or as_shipped is None or _bare(term) != _bare(as_shipped),
        variants=rule.variants,
        term=term,
    )


def state(rule: Rule, now: datetime) -> State:
    """Return whether the rule judges an order paid at this instant."""
    term = rule.term
    if term.shape not in RUNNING_SHAPES:
        return State.FIGURE
    if not term.enabled:
        return State.OFF if term.runs else State.NO_LENGTH
    if rule.since and now < rule.since:
        return State.NOT_YET
    return State.NO_LONGER if rule.before and now >= rule.before else State.ON


def _bare(term: Term) -> Term:
    """A term without what says who has looked at it and which version it is from."""
    return replace(term, version="", needs_review=False)


def spell(length: Length) -> str:
    """Return a length in words: `48h`, `3 days`, `07:00 on day 2`, `2 working days`, `until 2026-02-22`."""
    if length.lasts is not None:
        return spelt(length.lasts)
    if length.days is not None and length.at:
        return gettext("%(time)s on day %(count)s") % {"time": f"{length.at:%H:%M}", "count": length.days}
    if length.days is not None:
        return ngettext("%(count)s day", "%(count)s days", length.days) % {"count": length.days}
    if length.working_days is not None:
        return ngettext("%(count)s working day", "%(count)s working days", length.working_days) % {
            "count": length.working_days
        }
    return gettext("until %(date)s") % {"date": length.until}
