"""The draft in which a merchant's admins change the rules. At most one; nothing in it judges an order before it is published.

Each function that changes it locks it, so that of two admins at once neither loses what the other did, checks the whole document
against every shop, and raises Refused with nothing changed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from exceptions.deadlines import policy
from exceptions.deadlines.checks import Names, check
from exceptions.deadlines.policy import Difference
from exceptions.deadlines.terms import shipped
from exceptions.models import Policy
from exceptions.policies import SHOP_COLUMNS, ShopSetup, with_document
from exceptions.rulemaking.refusals import Refused, refusing
from merchants.access import Member
from merchants.models import Merchant, Platform, Shop
from orders.models import Goods
from shipments._provinces import PROVINCES
from shipments.models import Carrier

Document = dict[str, Any]


def live(merchant: Merchant) -> Policy | None:
    """Return the newest published version, in force or to come; None where the packs stand as shipped."""
    return Policy.objects.filter(merchant=merchant, number__isnull=False).order_by("-number").first()


def in_force(merchant: Merchant, now: datetime) -> Policy | None:
    """Return the version that judges orders paid now; None where those are the packs as shipped."""
    begun = Policy.objects.filter(merchant=merchant, number__isnull=False, effective_from__lte=now)
    return begun.order_by("-number").first()


def draft(merchant: Merchant) -> Policy | None:
    """Return the draft in the making, on trial or not."""
    return Policy.objects.filter(merchant=merchant, number__isnull=True).select_related("created_by").first()


def changes(made: Policy) -> list[Difference]:
    """Return what a draft changes, against the version it was drafted from."""
    return policy.diff(document_of(made.merchant_id, made.base), made.document)


def document_of(merchant_id: int, number: int | None) -> Document:
    """Return the document of a published version; empty for None, the packs as shipped."""
    if number is None:
        return {}
    return dict(Policy.objects.values_list("document", flat=True).get(merchant=merchant_id, number=number))


def must_have_every_shop(member: Member) -> None:
    """Raise Refused for a member of some shops only: rules are made for the whole merchant."""
    if not member.every_shop:
        sentence = _("Rules are made for all shops of the merchant. Ask an admin who has them all.")
        raise Refused("shops", sentence)


def open_draft(member: Member, now: datetime) -> Policy:
    """Return the merchant's draft; where there is none, a new one that begins as the newest published version."""
    must_have_every_shop(member)
    newest = live(member.merchant)
    begun = Policy(
        merchant=member.merchant,
        document=newest.document if newest else {},
        base=newest.number if newest else None,
        created_at=now,
        created_by=member.user,
    )
    # Of two who open it at once one opens it; the constraint keeps it at one.
    Policy.objects.bulk_create([begun], ignore_conflicts=True)
    return Policy.objects.select_related("created_by").get(merchant=member.merchant, number__isnull=True)


def locked(member: Member) -> Policy | None:
    """Return the draft, locked; to be called in a transaction."""
    mine = Policy.objects.filter(merchant=member.merchant, number__isnull=True)
    return mine.select_for_update(no_key=True).first()


@transaction.atomic
def edit(member: Member, make: Callable[[Document], Document], now: datetime, *, takes_away: bool = False) -> Policy:
    """Put what `make` makes of the draft's document in its place, opening a draft where there is none. Raises Refused.

    What only `takes_away` is let through where the draft could not be before either: a later pack may miss several things that
    it names, and they go one by one.
    """
    open_draft(member, now)
    found = locked(member)
    if found is None:
        raise Refused("", _("Somebody published or discarded the draft just now. Look at it again."))
    with refusing():
        document = make(found.document)
        try:
            validate(member.merchant, document)
        except ValueError:
            if not takes_away or _valid(member.merchant, found.document):
                raise
    if document != found.document:
        found.document = document
        # What was compared so far was another draft.
        found.shadow_since = now if found.state == Policy.State.SHADOW else None
        Policy.objects.filter(pk=found.pk, number=None).update(document=document, shadow_since=found.shadow_since)
    return found


def _valid(merchant: Merchant, document: Document) -> bool:
    try:
        validate(merchant, document)
    except ValueError:
        return False
    return True


def validate(merchant: Merchant, document: Document) -> None:
    """Raise Unreadable or WeekError where the document cannot judge some shop of the merchant."""
    shops = [
        ShopSetup(*row) for row in Shop.objects.filter(merchant=merchant).order_by("pk").values_list(*SHOP_COLUMNS)
    ]
    names = Names(
        platforms=Platform.values,
        shops={shop.code for shop in shops},
        goods=Goods.values,
        carriers=set(Carrier.objects.values_list("code", flat=True)),
        provinces=PROVINCES,
    )
    check(document, names)
    for shop in shops:
        with_document(shop, document, None)


def put_change(
    member: Member,
    code: str,
    scope: Mapping[str, Any],
    values: Mapping[str, Any],
    note: str,
    now: datetime,
) -> Policy:
    """Set keys of a shipped rule for orders in this scope, in place of all that was set there; null takes a key away.

    No values = the rule as shipped again. Raises Refused at the key.
    """
    if not isinstance(values, Mapping):
        raise Refused("set", _("%(name)s must be an object.") % {"name": "set"})
    if not values:
        return drop_change(member, code, scope, now)
    change = {"code": code, "scope": _tidy(scope), "set": dict(values), "note": note.strip()}
    return edit(member, lambda document: policy.put(document, "changes", change), now)


def drop_change(member: Member, code: str, scope: Mapping[str, Any], now: datetime) -> Policy:
    """Let the rule be as shipped in this scope; nothing happens where it is."""
    return edit(
        member,
        lambda document: policy.drop(document, "changes", policy.change_key(code, _tidy(scope))),
        now,
        takes_away=True,
    )


def put_window(member: Member, window: Mapping[str, Any], now: datetime) -> Policy:
    """Add a window, or put it in the place of the one with its key; without a key it is new. Raises Refused at the field."""
    return _put_keyed(member, "windows", window, now)


def drop_window(member: Member, key: str, now: datetime) -> Policy:
    return edit(member, lambda document: policy.drop(document, "windows", key), now, takes_away=True)


def put_waiver(member: Member, waiver: Mapping[str, Any], now: datetime) -> Policy:
    """Add a waiver, or put it in the place of the one with its key; without a key it is new. Raises Refused at the field."""
    return _put_keyed(member, "waivers", waiver, now)


def drop_waiver(member: Member, key: str, now: datetime) -> Policy:
    return edit(member, lambda document: policy.drop(document, "waivers", key), now, takes_away=True)


def _put_keyed(member: Member, part: str, item: Mapping[str, Any], now: datetime) -> Policy:
    given = {**item, "key": item.get("key") or uuid4().hex[:12], "scope": _tidy(item.get("scope"))}
    return edit(member, lambda document: policy.put(document, part, given), now)


def put_own(member: Member, clock: Mapping[str, Any], now: datetime) -> Policy:
    """Add a clock of the merchant's own (policy.OWN_KEYS), or put it in the place of the one with its code.

    Its name in one language stands for the other too where that is missing. Raises Refused at the key.
    """
    name = clock.get("name_zh") or clock.get("name_en") or ""
    given = {
        **clock,
        "name_zh": name,
        "name_en": clock.get("name_en") or name,
        "scope": _tidy(clock.get("scope")),
        # What a pack says of where a rule is from; of this one it is known.
        "source": ["own"],
        "grade": "A",
        "needs_review": False,
    }
    return edit(member, lambda document: policy.put(document, "own", given), now)


def drop_own(member: Member, code: str, now: datetime) -> Policy:
    return edit(member, lambda document: policy.drop(document, "own", code), now, takes_away=True)


def put_region(member: Member, name: str, provinces: list[str], now: datetime) -> Policy:
    """Name a list of provinces (short form, 浙江) for lanes; an empty one takes the name away. Raises Refused."""
    region = name.strip()
    return edit(
        member, lambda made: policy.put_named(made, "regions", region, provinces), now, takes_away=not provinces
    )


def put_week(member: Member, week: Mapping[str, Any], now: datetime) -> Policy:
    """Set the working hours of our own promises (worktime.Week.read); empty = every day 9 to 18. Raises Refused at "week"."""
    return edit(member, lambda document: policy.put_week(document, week), now)


def confirm(member: Member, code: str, now: datetime) -> Policy:
    """Write down that the member has checked a rule that its pack marks as needing review. Raises Refused."""
    if code not in shipped():
        raise Refused("code", _("There is no rule “%(code)s”.") % {"code": code})
    seen = {"by": member.user.pk, "at": now.isoformat()}
    return edit(member, lambda document: policy.put_named(document, "reviewed", code, seen), now)


def unconfirm(member: Member, code: str, now: datetime) -> Policy:
    return edit(member, lambda document: policy.put_named(document, "reviewed", code, None), now, takes_away=True)


def _tidy(scope: Any) -> dict[str, list[str]]:
    """A scope without what says nothing. Raises Refused where it is none."""
    given = {} if scope is None else scope
    lists = isinstance(given, Mapping) and all(isinstance(value, list | tuple) for value in given.values())
    if not lists or not all(isinstance(one, str) for value in given.values() for one in value):
        raise Refused("scope", _("A scope is lists of names: %(choices)s.") % {"choices": ", ".join(policy.SCOPE)})
    if unknown := sorted(given.keys() - set(policy.SCOPE)):
        sentence = _("“%(key)s” cannot be set here. There are: %(choices)s.")
        raise Refused("scope", sentence % {"key": unknown[0], "choices": ", ".join(policy.SCOPE)})
    return policy.tidy_scope(given)
