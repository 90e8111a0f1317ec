"""Rules in words, in the language of the moment: how long, from when to when, what a breach costs, for whom."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.penalties import Tier
from exceptions.deadlines.terms import Lane, Length, Term
from exceptions.moment_labels import MOMENTS
from merchants.models import Platform
from orders.models import Goods
from shipops.kit import money, times

PACKS = {
    "law": gettext_lazy("The law"),
    "house": gettext_lazy("Our own promises"),
    "causes": gettext_lazy("What went wrong"),
    **dict(Platform.choices),
}
WHOSE = {
    "ours": gettext_lazy("our clock"),
    "carrier": gettext_lazy("the carrier’s clock"),
    "buyer": gettext_lazy("the buyer’s clock, shown only"),
    "platform": gettext_lazy("the platform’s clock, shown only"),
    "right": gettext_lazy("a right of ours that expires, shown only"),
}
PROMISES = {
    "dispatch": gettext_lazy("the promised dispatch time"),
    "delivery": gettext_lazy("the promised delivery time"),
    "printed": gettext_lazy("the time printed on it"),
}
GOODS = {"": gettext_lazy("Ordinary goods"), **dict(Goods.choices)}


def moment(name: str) -> str:
    """What people call a moment."""
    return str(MOMENTS.get(name, name))


def moments(names: Iterable[str]) -> str:
    """Several moments that must all have happened."""
    return pgettext("between moments", " and ").join(moment(name) for name in names)


def length(found: Length | None, worktime: bool = False) -> str:
    """A length on its own: `48h`, `to 23:59:59 of day 3`, `2 working days`, `until 2026-02-22`."""
    if found is None:
        return _("not judged")
    if found.lasts is not None:
        text = times.length(found.lasts)
        return _("{t} of working time").format(t=text) if worktime else text
    if found.days is not None:
        at = f"{found.at:%H:%M}" if found.at else "23:59:59"
        return _("to {at} of day {n}").format(at=at, n=found.days)
    if found.working_days is not None:
        return ngettext("{n} working day", "{n} working days", found.working_days).format(n=found.working_days)
    return _("until the end of {date}").format(date=found.until)


def length_of(term: Term) -> str:
    """The whole length of a rule in a few words."""
    parts = []
    if term.promise:
        parts.append(str(PROMISES[term.promise]))
    if term.lanes:
        parts.append(_("by lane"))
    if term.length:
        parts.append(length(term.length, term.worktime))
    text = _(", else ").join(parts) or _("no number known")
    if term.repeat > 1:
        text = _("{length}, {n} times in a row").format(length=text, n=term.repeat)
    return text


def lane(one: Lane) -> str:
    """The way a lane is about."""
    parts = []
    if one.same_province:
        parts.append(_("within one province"))
    if one.within:
        parts.append(_("within {region}").format(region=one.within))
    if one.origin:
        parts.append(_("from {region}").format(region=one.origin))
    if one.to:
        parts.append(_("to {region}").format(region=one.to))
    return _(", ").join(parts)


def lane_word(name: str) -> str:
    """A lane as the arithmetic names it."""
    return _("within one province") if name == "same_province" else name


def tier(one: Tier) -> str:
    """One step of what a breach costs."""
    conditions, cost = [], _cost(one)
    if one.over or one.upto is not None:
        low = money.shown(one.over, places=0) if one.over else ""
        high = money.shown(one.upto, places=0) if one.upto is not None else ""
        if low and high:
            conditions.append(_("over {low} to {high}").format(low=low, high=high))
        else:
            conditions.append(
                _("up to {high}").format(high=high) if high else pgettext("amount", "over {low}").format(low=low)
            )
    if one.promise_over is not None:
        conditions.append(_("promised in more than {t}").format(t=times.length(one.promise_over)))
    if one.promise_upto is not None:
        conditions.append(_("promised within {t}").format(t=times.length(one.promise_upto)))
    return _("{condition}: {cost}").format(condition=_(", ").join(conditions), cost=cost) if conditions else cost


def _cost(one: Tier) -> str:
    if one.fixed is not None:
        return money.shown(one.fixed) if one.fixed else _("nothing")
    text = share(one.percent or Decimal(0))
    if one.min is not None:
        text = _("{cost}, at least {low}").format(cost=text, low=money.shown(one.min))
    if one.max is not None:
        text = _("{cost}, at most {high}").format(cost=text, high=money.shown(one.max))
    return text


def share(percent: Decimal) -> str:
    """A share of what the order is worth."""
    return _("{share} of the amount").format(share=f"{percent.normalize():f}%")


def penalty(term: Term) -> str:
    """What a breach costs; blank where no rate is known."""
    return _("; ").join(tier(one) for one in term.tiers)


def sentence(term: Term) -> str:
    """What the rule says, in one sentence."""
    if term.after:
        begins = _("once the limit of {code} has passed").format(code=term.after)
    else:
        begins = _("from “{start}”").format(start=moment(term.start))
    said = {
        "span": _("{begins}, “{stop}” has to follow: {length}."),
        "gap": _("{begins} to “{stop}”, no silence between two scans may last longer than {length}."),
        "dwell": _("{begins} to “{stop}”, no stay in one hub may last longer than {length}."),
    }[term.shape]
    text = said.format(begins=begins, stop=moments(term.stop), length=length_of(term))
    return text[:1].upper() + text[1:]


def kind(term: Term) -> str:
    """The kind of case it opens; blank where it opens none."""
    return str(term.kind.label) if term.kind else ""


def scope(written: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> str:
    """Which orders a change is about; `names` gives names of shops and carriers by code."""
    parts = []
    for key in ("platforms", "shops", "goods", "carriers", "categories", "skus"):
        known = _known(key, names)
        if values := [str(known.get(value, value)) for value in written.get(key, ())]:
            parts.append(_(", ").join(values))
    return " · ".join(parts) or _("All orders")


def _known(key: str, names: Mapping[str, Mapping[str, str]]) -> Mapping[str, Any]:
    return {"platforms": dict(Platform.choices), "goods": GOODS}.get(key) or names.get(key, {})


def rules_meant(written: Mapping[str, Any], titles: Mapping[str, str]) -> Sequence[str]:
    """The rules and kinds a window or waiver is about, by name."""
    kinds = {one.value: str(one.label) for one in Kind}
    codes = [f"{titles[code]} ({code})" if code in titles else code for code in written.get("codes", ())]
    return [*codes, *(kinds.get(name, name) for name in written.get("kinds", ()))]
