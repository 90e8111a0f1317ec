"""Every address × every person. A new address that is not in the table fails here until somebody says who may use it."""

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
from tests.addresses import ADDRESSES, NOBODY, PUBLIC, Address
from tests.exceptions.making import a_parcel, an_order


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
