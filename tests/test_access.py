"""Every address × every person. A new address that is not in the table fails here until somebody says who may use it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from exceptions import buyer_links, sweep
from exceptions.models import (
    Attachment,
    AttachmentBody,
    BackTest,
    Case,
    Command,
    Filing,
    Incident,
    IncidentChild,
    Policy,
    Report,
    View,
)
from merchants.access import Right
from merchants.models import Membership, Shop, User
from orders.models import Order, OrderImport, Ticket
from shipments.models import CarrierAccount, Parcel, Waybill, Wording
from tests.exceptions.making import a_parcel, an_order

PUBLIC = "public"  # no log-in
PERSON = "person"  # any log-in, with or without a merchant
NOBODY = "nobody"  # one person's own: nobody else learns that it exists


@dataclass(frozen=True)
class Address:
    """Who may use an address: a right, or PUBLIC or PERSON. `thing` names the object in its path."""

    right: Right | str
    thing: str = ""
    method: str = "get"
    path: tuple[tuple[str, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    # What its path calls the thing.
    named: str = "pk"
    # The thing's number is posted in this field instead of standing in the path.
    posted: str = ""


RULE = (("code", "PDD-SHIP-48"),)
KIND = (("kind", "late_dispatch"),)

ADDRESSES: dict[str, Address] = {
    "login": Address(PUBLIC),
    "logout": Address(PERSON, method="post"),
    "profile": Address(PERSON),
    "language": Address(PUBLIC, method="post", data=(("language", "en"),)),
    "theme": Address(PERSON, method="post", data=(("theme", "dark"),)),
    "shortcuts": Address(PERSON, method="post", data=(("on", "1"),)),
    "merchant": Address(PERSON, "merchant", method="post", posted="merchant"),
    "start": Address(Right.VIEW),
    "rail": Address(Right.VIEW),
    "setup": Address(Right.ADMINISTER),
    "setup-shop": Address(Right.ADMINISTER, "shop"),
    "setup-audit": Address(Right.ADMINISTER),
    "exposure": Address(Right.VIEW),
    "api-exposure": Address(Right.VIEW),
    "desk": Address(Right.VIEW),
    "desk-pulse": Address(Right.VIEW),
    "desk-bulk": Address(Right.TRIAGE, method="post", data=(("action", "assign"),)),
    "desk-views": Address(Right.VIEW, method="post", data=(("name", "Mine"),)),
    "desk-view": Address(Right.VIEW, "view", method="post", data=(("do", "default"),)),
    "desk-look": Address(Right.VIEW, method="post"),
    "api-views": Address(Right.VIEW),
    "api-view": Address(Right.VIEW, "view"),
    "api-view-default": Address(Right.VIEW, "view", method="post"),
    "api-look": Address(Right.VIEW, method="post", data=(("query", "density=compact"),)),
    "case": Address(Right.VIEW, "case"),
    "case-finish": Address(Right.TRIAGE, "case", method="post", data=(("outcome", "handled"),)),
    "case-act": Address(Right.TRIAGE, "case", method="post", path=(("action", "note"),)),
    "incidents": Address(Right.VIEW),
    "incident-new": Address(Right.TRIAGE),
    "incident": Address(Right.VIEW, "incident"),
    "incident-act": Address(Right.TRIAGE, "incident", method="post", path=(("action", "note"),), data=(("note", "?"),)),
    "incident-all": Address(Right.TRIAGE, "incident", method="post", path=(("action", "urge"),)),
    "setup-incidents": Address(Right.ADMINISTER),
    "api-incidents": Address(Right.VIEW),
    "api-incident-places": Address(Right.TRIAGE),
    "api-incident-rules": Address(Right.ADMINISTER),
    "api-incident": Address(Right.VIEW, "incident"),
    "api-incident-act": Address(
        Right.TRIAGE, "incident", method="post", path=(("action", "note"),), data=(("note", "?"),)
    ),
    "rules": Address(Right.VIEW),
    "rule": Address(Right.VIEW, path=RULE),
    "rule-check": Address(Right.ADMINISTER, method="post", path=RULE, data=(("on", "1"),)),
    "rule-change": Address(Right.ADMINISTER, path=RULE),
    "rule-change-drop": Address(Right.ADMINISTER, method="post", path=RULE),
    "rule-own-new": Address(Right.ADMINISTER),
    "rule-own": Address(Right.ADMINISTER, "own", named="code"),
    "rule-own-drop": Address(Right.ADMINISTER, "own", method="post", named="code"),
    "rule-windows": Address(Right.VIEW),
    "rule-window-new": Address(Right.ADMINISTER),
    "rule-window": Address(Right.ADMINISTER, "window", named="key"),
    "rule-window-drop": Address(Right.ADMINISTER, "window", method="post", named="key"),
    "rule-waivers": Address(Right.VIEW),
    "rule-waiver-new": Address(Right.ADMINISTER),
    "rule-waiver": Address(Right.ADMINISTER, "waiver", named="key"),
    "rule-waiver-drop": Address(Right.ADMINISTER, "waiver", method="post", named="key"),
    "rule-hours": Address(Right.VIEW),
    "rule-region": Address(Right.ADMINISTER, method="post", data=(("name", "海岛"), ("provinces", "海南"))),
    "rule-draft": Address(Right.ADMINISTER),
    "rule-draft-revert": Address(Right.ADMINISTER, method="post", data=(("part", "week"), ("key", "week"))),
    "rule-draft-publish": Address(Right.ADMINISTER, method="post"),
    "rule-draft-trial": Address(Right.ADMINISTER, method="post", data=(("on", "1"),)),
    "rule-draft-rebase": Address(Right.ADMINISTER, method="post"),
    "rule-draft-discard": Address(Right.ADMINISTER, method="post"),
    "rule-versions": Address(Right.VIEW),
    "playbooks": Address(Right.VIEW),
    "playbook": Address(Right.VIEW, path=KIND),
    "case-step": Address(Right.TRIAGE, "case", method="post", path=(("code", "close"),), data=(("do", "tick"),)),
    "api-playbooks": Address(Right.VIEW),
    "api-playbook": Address(Right.VIEW, path=KIND),
    "api-case-steps": Address(Right.VIEW, "case"),
    "api-case-step": Address(Right.TRIAGE, "case", method="post", path=(("code", "close"),), data=(("do", "tick"),)),
    "rule-rollback": Address(Right.ADMINISTER, method="post", path=(("number", "1"),)),
    "support": Address(Right.VIEW),
    "support-order": Address(Right.VIEW, "order"),
    "support-reveal": Address(Right.TRIAGE, "order", method="post"),
    "support-told": Address(Right.TRIAGE, "order", method="post", data=(("text", "?"),)),
    "api-support": Address(Right.VIEW),
    "api-support-order": Address(Right.VIEW, "order"),
    "api-support-summary": Address(Right.VIEW, "order"),
    "api-support-reveal": Address(Right.TRIAGE, "order", method="post"),
    "api-support-told": Address(Right.TRIAGE, "order", method="post", data=(("text", "?"),)),
    "blindspots": Address(Right.VIEW),
    "order-limits": Address(Right.VIEW, "order"),
    "command-log": Address(Right.TRIAGE),
    "command": Address(Right.TRIAGE, "command"),
    "command-commit": Address(Right.TRIAGE, "command", method="post", data=(("note", "?"),)),
    "command-cancel": Address(Right.TRIAGE, "command", method="post"),
    "command-undo": Address(Right.TRIAGE, "command", method="post"),
    "api-cases-bulk": Address(
        Right.TRIAGE, method="post", data=(("action", "note"), ("note", "?"), ("query", "q=nobody"))
    ),
    "api-commands": Address(Right.TRIAGE),
    "api-command": Address(Right.TRIAGE, "command"),
    "api-command-commit": Address(Right.TRIAGE, "command", method="post"),
    "api-command-cancel": Address(Right.TRIAGE, "command", method="post"),
    "api-command-undo": Address(Right.TRIAGE, "done", method="post"),
    "api-blindspots": Address(Right.VIEW),
    "api-cases": Address(Right.VIEW),
    "api-case": Address(Right.VIEW, "case"),
    "api-case-act": Address(Right.TRIAGE, "case", method="post", path=(("action", "note"),), data=(("note", "?"),)),
    "api-rules": Address(Right.VIEW),
    "api-rule": Address(Right.VIEW, path=(("code", "PDD-SHIP-48"),)),
    "api-rules-versions": Address(Right.VIEW),
    "api-rules-draft": Address(Right.ADMINISTER),
    "api-rules-draft-part": Address(Right.ADMINISTER, method="post", path=(("part", "week"),)),
    "api-rules-draft-item": Address(Right.ADMINISTER, method="delete", path=(("part", "windows"), ("key", "w"))),
    # Nobody has a draft or a version to begin with.
    "api-rules-publish": Address(Right.ADMINISTER, method="post"),
    "api-rules-rebase": Address(Right.ADMINISTER, method="post"),
    "api-rules-rollback": Address(Right.ADMINISTER, method="post", data=(("number", "1"),)),
    "api-rules-trial": Address(Right.ADMINISTER, method="post", data=(("on", "1"),)),
    "api-rules-discard": Address(Right.ADMINISTER, method="post"),
    "case-filing": Address(Right.TRIAGE, "case", method="post", data=(("do", "file"),)),
    "api-filings": Address(Right.VIEW),
    "api-filing-answer": Address(Right.TRIAGE, "filing", method="post", data=(("accepted", "true"),)),
    "notices": Address(Right.VIEW),
    "notices-read": Address(Right.VIEW, method="post"),
    # Nobody but its reader reaches a notice: it is the stranger's alone, so everybody else gets 404 (tests/exceptions/together).
    "notice-read": Address(NOBODY, "case", method="post"),
    "duty": Address(Right.TRIAGE, method="post", data=(("on", "1"),)),
    "desk-share": Address(Right.TRIAGE, method="post"),
    "desk-presence": Address(Right.VIEW),
    "handover": Address(Right.TRIAGE),
    "handover-read": Address(NOBODY, "case"),
    "handover-accept": Address(NOBODY, "case", method="post"),
    "setup-desk": Address(Right.ADMINISTER),
    "setup-person": Address(Right.ADMINISTER, "membership"),
    "case-watch": Address(Right.VIEW, "case", method="post", data=(("on", "1"),)),
    "case-presence": Address(Right.VIEW, "case", method="post"),
    "case-attach": Address(Right.TRIAGE, "case", method="post"),
    "attachment": Address(Right.VIEW, "attachment"),
    "attachment-small": Address(Right.VIEW, "attachment"),
    "attachment-remove": Address(Right.TRIAGE, "attachment", method="post"),
    "api-notices": Address(Right.VIEW),
    "api-notices-read": Address(Right.VIEW, method="post"),
    "api-case-people": Address(Right.VIEW, "case"),
    "api-case-watch": Address(Right.VIEW, "case", method="post", data=(("on", "1"),)),
    "api-case-attachments": Address(Right.VIEW, "case"),
    "api-attachment": Address(Right.VIEW, "attachment"),
    "api-cases-share": Address(Right.TRIAGE, method="post", data=(("cases", "1"),)),
    "api-duty": Address(Right.TRIAGE, method="post", data=(("on", "1"),)),
    "api-handover": Address(Right.VIEW),
    "api-handover-accept": Address(NOBODY, "case", method="post"),
    "api-desk-rules": Address(Right.ADMINISTER),
    "api-desk-people": Address(Right.ADMINISTER),
    "api-desk-person": Address(Right.ADMINISTER, "membership", method="post"),
    "kinds": Address(Right.VIEW),
    "report-new": Address(Right.TRIAGE),
    "report-paste": Address(Right.TRIAGE),
    "report-close": Address(Right.TRIAGE, "report", method="post"),
    # Buyers have no log-in: the token is signed, for one order.
    "buyer-report": Address(PUBLIC, "buyer_link", named="token"),
    "api-reports": Address(Right.VIEW),
    "api-report-close": Address(Right.TRIAGE, "report", method="post"),
    "api-schema": Address(PERSON),
    "orders": Address(Right.VIEW),
    "order": Address(Right.VIEW, "order"),
    "order-tickets": Address(Right.TRIAGE, "order", method="post"),
    "ticket-act": Address(Right.TRIAGE, "ticket", method="post", data=(("step", "answered"),)),
    "api-tickets": Address(Right.VIEW),
    "api-ticket": Address(Right.VIEW, "ticket"),
    "api-ticket-steps": Address(
        Right.TRIAGE, "ticket", method="post", data=(("steps.answered", "2020-01-02T00:00:00Z"),)
    ),
    "imports": Address(Right.IMPORT),
    "import-new": Address(Right.IMPORT),
    "import-template": Address(Right.IMPORT),
    "import": Address(Right.IMPORT, "import"),
    "import-issues": Address(Right.IMPORT, "import"),
    "waybill": Address(Right.VIEW, "waybill"),
    "waybill-refresh": Address(Right.TRIAGE, "waybill", method="post"),
    "parcel-role": Address(Right.TRIAGE, "parcel", method="post", data=(("role", "extra"),)),
    "api-parcel": Address(Right.VIEW, "parcel"),
    "wordings": Address(Right.ADMINISTER),
    "wording": Address(Right.ADMINISTER, "wording"),
    "wording-map": Address(Right.ADMINISTER, "wording", method="post", data=(("stage", "customs"),)),
    "wording-unmap": Address(Right.ADMINISTER, "wording", method="post"),
    "api-wordings": Address(Right.ADMINISTER),
    "api-wording": Address(Right.ADMINISTER, "wording"),
    "api-wording-map": Address(Right.ADMINISTER, "wording", method="post", data=(("stage", "customs"),)),
    "api-wording-unmap": Address(Right.ADMINISTER, "wording", method="post"),
    "account-choose": Address(Right.ADMINISTER),
    "account-new": Address(Right.ADMINISTER, path=(("provider", "sf"),)),
    "account": Address(Right.ADMINISTER, "account"),
    "account-switch": Address(Right.ADMINISTER, "account", method="post", data=(("on", "0"),)),
    # A number that can be none: nobody is asked about it.
    "account-try": Address(Right.ADMINISTER, "account", method="post", data=(("number", "?"),)),
    "api-accounts": Address(Right.ADMINISTER),
    "api-account": Address(Right.ADMINISTER, "account"),
    # And here one that its provider must not be asked about yet.
    "api-account-try": Address(
        Right.ADMINISTER, "account", method="post", data=(("number", "YT8834201944712"), ("carrier", "yuantong"))
    ),
    "backtests": Address(Right.ADMINISTER),
    # Of no days: nothing is started.
    "backtest-new": Address(Right.ADMINISTER, method="post"),
    "backtest": Address(Right.ADMINISTER, "backtest"),
    "backtest-cancel": Address(Right.ADMINISTER, "backtest", method="post"),
    "api-backtests": Address(Right.ADMINISTER),
    "api-backtest": Address(Right.ADMINISTER, "backtest"),
    "api-backtest-cancel": Address(Right.ADMINISTER, "backtest", method="post"),
    # Carriers have no log-in: the token names the account, the signature proves the carrier (tests/shipments).
    "push": Address(PUBLIC, method="post", path=(("provider", "kuaidi100"), ("token", "nobody-has-this-token"))),
}


def names(patterns: list[URLPattern | URLResolver]) -> list[str]:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += names(pattern.url_patterns)
        else:
            found.append(pattern.name or str(pattern.pattern))
    return found


@pytest.fixture
def things(shop: Shop, support: User, now: datetime) -> dict[str, int | str]:
    """One of each kind of object, all of them in the shop that support may see."""
    order = an_order(shop, "a", now)
    a_parcel(order, "YT8834201944712", now, free_at=datetime(2100, 1, 1, tzinfo=UTC))
    sweep.judge_batch(now)
    case = Case.objects.first() or open_case(order, now)
    ticket = Ticket.objects.create(order=order, kind="inquiry", opened_at=datetime(2020, 1, 1, tzinfo=UTC))
    filing = Filing.objects.create(order=order, kind="late_pickup", filed_at=now)
    run = OrderImport.objects.create(shop=shop, profile="pdd", filename="a.csv", content=b"", created_at=now)
    wording = Wording.objects.create(
        merchant=shop.merchant, phrase="星际跃迁", first_seen_at=now, last_seen_at=now, example="星际跃迁"
    )
    Policy.objects.create(merchant=shop.merchant, document=RULES, created_at=now)
    backtest = BackTest.objects.create(
        merchant=shop.merchant, after={}, since=now - timedelta(days=7), until=now, created_at=now
    )
    note = {"merchant": shop.merchant, "action": "note", "arguments": {"note": "?"}}
    command = Command.objects.create(**note, created_at=now)
    done = Command.objects.create(**note, created_at=timezone.now(), state="done")
    return {
        "command": command.pk,
        "done": done.pk,
        "merchant": shop.merchant.pk,
        "window": "w1",
        "waiver": "v1",
        "own": "OWN-PACK-24",
        "shop": shop.pk,
        "wording": wording.pk,
        "case": case.pk,
        "view": View.objects.create(merchant=shop.merchant, name="双11", scope="shared").pk,
        "incident": open_incident(case, now).pk,
        "order": order.pk,
        "ticket": ticket.pk,
        "filing": filing.pk,
        "waybill": Waybill.objects.get().pk,
        "parcel": Parcel.objects.get().pk,
        "import": run.pk,
        "account": CarrierAccount.objects.get().pk,
        "attachment": an_attachment(case, now).pk,
        "membership": Membership.objects.filter(merchant=shop.merchant).latest("pk").pk,
        "backtest": backtest.pk,
        "buyer_link": buyer_links.token(order.pk, datetime.now(UTC)),
        "report": Report.objects.create(order=order, kind="damage", source="hand", said_at=now, recorded_at=now).pk,
    }


DAYS = {"opens": "2026-11-10", "closes": "2026-11-12", "codes": ["PDD-SHIP-48"], "scope": {}}
CLOCK = {
    "code": "OWN-PACK-24",
    "name_zh": "打包",
    "name_en": "Packing",
    "kind": "late_dispatch",
    "subject": "order",
    "start": "paid",
    "stop": ["uploaded"],
    "hours": 24,
    "warn_hours": 4,
    "grave_hours": 24,
    "scope": {},
    "source": ["own"],
    "grade": "A",
    "needs_review": False,
}
# A draft with one of each thing that has a page of its own.
RULES = {
    "windows": [DAYS | {"key": "w1", "name": "双11", "by": "paid", "hours": 72, "later_wins": True}],
    "waivers": [
        DAYS | {"key": "v1", "name": "洪水", "kinds": [], "areas": ["湖南"], "places": ["receiver"], "by": "due"}
    ],
    "own": [CLOCK],
}


def an_attachment(case: Case, now: datetime) -> Attachment:
    found = Attachment.objects.create(
        case=case, at=now, name="a.pdf", media_type="application/pdf", size=1, kept_size=1
    )
    AttachmentBody.objects.create(attachment=found, content=b"%PDF-")
    return found


def open_case(order: Order, now: datetime) -> Case:
    return Case.objects.create(
        merchant=order.shop.merchant,
        shop=order.shop,
        order=order,
        kind="late_dispatch",
        opened_at=now,
        level=1,
        started_at=now,
        warn_at=now,
        due_at=now,
        grave_at=now,
        rank=0,
    )


def open_incident(case: Case, now: datetime) -> Incident:
    incident = Incident.objects.create(
        merchant=case.merchant,
        carrier=Waybill.objects.get().carrier,
        where="hub",
        place="杭州转运中心",
        began_at=now,
        opened_at=now,
    )
    IncidentChild.objects.create(incident=incident, case=case, joined_at=now)
    Case.objects.filter(pk=case.pk).update(incident=incident)
    return incident


def ask(client: Client, name: str, address: Address, things: dict[str, int | str]) -> int:
    kwargs, data = dict[str, int | str](address.path), dict[str, int | str](address.data)
    if address.posted:
        data[address.posted] = things[address.thing]
    elif address.thing:
        kwargs[address.named] = things[address.thing]
    url = reverse(name, kwargs=kwargs)
    return int(getattr(client, address.method)(url, data).status_code)


@pytest.fixture
def people(admin: User, seller: User, support: User, stranger: User) -> dict[str, User]:
    unattached = User.objects.create_user("unattached", language="en")
    return {"admin": admin, "seller": seller, "support": support, "stranger": stranger, "unattached": unattached}


RIGHTS = {
    "admin": set(Right),
    "seller": {Right.VIEW, Right.TRIAGE, Right.IMPORT},
    "support": {Right.VIEW, Right.TRIAGE},
    # The stranger is the admin of another merchant.
    "stranger": set(Right),
    "unattached": set(),
}


def test_every_address_says_who_may_use_it() -> None:
    assert sorted(names(get_resolver().url_patterns)) == sorted(ADDRESSES)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ADDRESSES)
def test_nobody_comes_in_without_logging_in(client: Client, things: dict, name: str) -> None:
    address = ADDRESSES[name]
    status = ask(client, name, address, things)
    if address.right == PUBLIC:
        assert status not in (301, 401, 403)
    else:
        assert status in (302, 401, 403)


@pytest.mark.django_db
@pytest.mark.parametrize("who", RIGHTS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_each_person_gets_what_their_role_allows(
    client: Client, things: dict, people: dict[str, User], name: str, who: str
) -> None:
    address = ADDRESSES[name]
    client.force_login(people[who])
    # A command is for who gave it, and for the admin.
    Command.objects.filter(merchant__memberships__user=people[who]).update(by=people[who])
    status = ask(client, name, address, things)
    if isinstance(address.right, Right) and address.right not in RIGHTS[who]:
        assert status == 403, "too low a role"
    elif address.right == NOBODY:
        assert status in (403, 404), "it is one person's own"
    elif address.thing and address.right != PUBLIC and who in ("stranger", "unattached"):
        assert status == 404, "a stranger does not learn that it exists"
    elif name == "push":
        assert status == 404, "no account has this token"
    else:
        assert status in (200, 204, 302, 303, 422), "allowed"
