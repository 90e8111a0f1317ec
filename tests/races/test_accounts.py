"""Two admins at one account, each in a connection of their own: nothing that one of them set is lost unseen."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection

from merchants import access
from merchants.models import Membership, User
from shipments.models import CarrierAccount
from shipments.setting_up import book
from shipments.setting_up.book import Said

pytestmark = pytest.mark.django_db(transaction=True)


def both(work) -> list[str]:  # type: ignore[no-untyped-def]
    """Run `work("A")` and `work("B")` at the same moment; return what each came to, sorted."""
    start = threading.Barrier(2)

    def run(name: str) -> str:
        try:
            start.wait(timeout=10)
            work(name)
        except (book.ChangedMeanwhile, book.NamedTwice) as error:
            return type(error).__name__
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(run, "AB", timeout=20))


def test_of_two_admins_who_save_at_once_one_is_told(admin: User, now: datetime) -> None:
    member = access.of(Membership.objects.get(user=admin))
    account = book.create(member, "zto", Said("中通", credentials={"app_key": "K", "app_secret": "S"}), now)
    seen = book.version(account)
    came = both(lambda name: book.change(member, account.pk, Said(name, credentials={"app_secret": name}), seen, now))
    assert came == ["ChangedMeanwhile", "saved"]
    account.refresh_from_db()
    assert account.credentials == {"app_key": "K", "app_secret": account.name}


def test_of_two_admins_who_make_the_same_account_at_once_one_is_told(admin: User, now: datetime) -> None:
    member = access.of(Membership.objects.get(user=admin))
    assert both(lambda name: book.create(member, "zto", Said("中通", credentials={"app_key": name}), now)) == [
        "NamedTwice",
        "saved",
    ]
    assert CarrierAccount.objects.count() == 1
