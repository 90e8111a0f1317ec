"""The rules: all of them in words, and everything of one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.rulebook import Rule
from exceptions.deadlines.shoplimits import consequence
from exceptions.deadlines.sources import sources
from exceptions.deadlines.terms import RUNNING_SHAPES, Term
from exceptions.policies import setup, with_document
from exceptions.rulemaking import drafts, phrases, rule_page, shelf, trying
from exceptions.rulemaking.forms.example import ExampleForm
from exceptions.rulemaking.shelf import Filters
from exceptions.rulemaking.trying import Tried
from exceptions.rulemaking.views.standing import Standing, carried_out, standing
from merchants.access import Right
from merchants.models import Shop, User
from shipops.kit.bilingual import in_language
from shipops.kit.htmx import see_other, whole_or_part


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """All rules of the merchant's platforms, the law's and our own, filtered."""
    desk = standing(request)
    filters = Filters.from_query(request.GET)
    found = shelf.shelf(desk.platforms, desk.written, desk.number, desk.drafted, filters)
    context = desk.context(
        filters=filters,
        shelf=found,
        states=[(state, found.counts[state]) for state in shelf.State],
        kinds=Kind.choices(),
    )
    return whole_or_part(request, "exceptions/rules/rules.html", {"list": "list"}, context)


@require_GET
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """One rule: what it says, where from, what was changed, and what it makes of an example order."""
    desk = standing(request)
    pack, found = desk.rule(code)
    term = found.term
    context = desk.context(
        rule=found,
        term=term,
        row=shelf.row(term, pack, drafted=code in desk.drafted),
        pack=pack,
        runs=term.shape in RUNNING_SHAPES,
        sentence=phrases.sentence(term) if term.shape in RUNNING_SHAPES else "",
        facts=rule_page.facts(term),
        sources=[source for source in sources(term.source) if source.addresses or source.title],
        limits=[consequence(limit) for limit in term.limits],
        exempt=in_language(term, "exempt"),
        note=in_language(term, "note"),
        changes=rule_page.changes(code, desk.written, desk.published, desk.names),
        own=next((one for one in desk.written.get("own", ()) if one["code"] == code), None),
        reviewed=_reviewed(desk, code),
        history=rule_page.history(code, desk.member.merchant, desk.names),
        spans=rule_page.spans(term, desk.written),
        **_example(request, desk, found, pack),
    )
    return whole_or_part(request, "exceptions/rules/rule.html", {"example": "example"}, context)


def _reviewed(desk: Standing, code: str) -> dict[str, Any] | None:
    """Who checked the rule, and when."""
    written = desk.written.get("reviewed", {}).get(code)
    if not written:
        return None
    by = User.objects.filter(pk=written["by"], memberships__merchant=desk.member.merchant).first()
    return {"by": by.display_name if by else "–", "at": datetime.fromisoformat(written["at"])}


def shops_of(desk: Standing, pack: str) -> Sequence[Shop]:
    """The shops an order of this pack may be of."""
    return [shop for shop in desk.member.shops if shop.platform == pack] or desk.member.shops


def _example(request: HttpRequest, desk: Standing, found: Rule, pack: str) -> dict[str, Any]:
    """What the rule as it stands makes of the example order; nothing of it is stored."""
    shops = shops_of(desk, pack)
    if found.term.shape not in RUNNING_SHAPES or not shops:
        return {}
    asked = request.GET if any(key.startswith("x-") for key in request.GET) else None
    before = desk.beside(found.term.code).get(found.term.after) if found.term.after else None
    form = ExampleForm(asked, term=found.term, first=before[1].term if before else None, shops=shops, now=desk.now)
    return {"example": form, "tried": tried(desk, form, found.term)}


def tried(desk: Standing, form: ExampleForm, term: Term, rule: Rule | None = None) -> Tried:
    """An example tried on a rule, or on the one its shop has of this code; Tried with a reason where it cannot be."""
    if form.is_bound and not form.is_valid():
        return Tried(why=_("Some of the example cannot be read."))
    shop = form.shop_chosen
    book = with_document(setup(shop), desk.written, desk.number, strict=False)
    mine = rule or next((one for one in book.rules if one.term.code == term.code), None)
    if mine is None:
        return Tried(why=_("The rule does not hold in this shop."))
    return trying.try_rule(mine, book, form.example(term))


@require_POST
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Write down that the rule was checked in the platform's rule centre (`on=1`), or take that back."""
    desk = standing(request, Right.ADMINISTER)
    desk.rule(code)
    if request.POST.get("on") == "1":
        done = _("Noted in the draft: the rule is checked.")
        carried_out(request, lambda: drafts.confirm(desk.member, code, desk.now), done)
    else:
        done = _("Noted in the draft: the rule needs review again.")
        carried_out(request, lambda: drafts.unconfirm(desk.member, code, desk.now), done)
    return see_other(reverse("rule", args=[code]))
