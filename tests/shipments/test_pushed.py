"""The admin sees account by account what providers push, and what came of it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from merchants.models import Merchant, Shop, User
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer
from shipments.push import read_pushes
from shipments.pushed import WINDOW, Pushed, pushed
from tests.shipments.conftest import a_dispatch
from tests.shipments.test_push import NUMBER, a_track, body, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


def test_pushes_are_counted_by_what_became_of_them(
    client: Client, merchant: Merchant, shop: Shop, account: CarrierAccount, sf_account: CarrierAccount, now: datetime
) -> None:
    a_dispatch(shop, NUMBER, now)
    book(now)
    for sent in (a_track(), a_track(), a_track("YT0000000000001"), a_track("?")):
        send(client, account, body(account, sent))
    send(client, account, body(account, a_track(), "a wrong salt"))
    read_pushes(now)
    RawAnswer.objects.update(received_at=now)
    told, silent = sorted(pushed(merchant.pk, now), key=lambda one: -one.received)
    assert told == Pushed(account.name, 3, 1, 1, 1, 1, now)
    assert silent == Pushed(sf_account.name, 0, 0, 0, 0, 0, None)
    later = now + WINDOW + timedelta(seconds=1)
    assert Pushed(account.name, 0, 0, 0, 0, 1, now) in pushed(merchant.pk, later)


def test_the_setup_page_shows_them(client: Client, admin: User, account: CarrierAccount) -> None:
    send(client, account, body(account, a_track()))
    client.force_login(admin)
    page = client.get(reverse("setup")).content.decode()
    assert "Pushes in the last 24 hours" in page
    assert RawAnswer.objects.get().received_at <= timezone.now()
