"""An account is made from the shell, its secrets read and never shown; parcels nobody followed are followed."""

import io
import json
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from merchants.models import Merchant, Shop
from shipments.booking import book
from shipments.models import CarrierAccount
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]
SECRETS = {"app_key": "K-7421", "app_secret": "S-not-for-eyes"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def give(credentials: object) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(credentials)))

    return give


def follow(*words: str) -> None:
    call_command("follow_with", "zto", "--merchant", "miantian", *words)


def test_an_account_is_made_and_its_push_address_told(merchant: Merchant, given, capsys, settings) -> None:  # type: ignore[no-untyped-def]
    settings.PUBLIC_URL = "https://desk.example.com"
    given(SECRETS)
    follow("--name", "中通月结")
    account = CarrierAccount.objects.get()
    assert (account.merchant, account.provider, account.name, account.credentials) == (
        merchant,
        "zto",
        "中通月结",
        SECRETS,
    )
    said = capsys.readouterr().out
    assert f"Pushes (signed): https://desk.example.com/carriers/zto/push/{account.push_token}/" in said
    assert "S-not-for-eyes" not in said


def test_parcels_that_nobody_followed_are_asked_about_from_now_on(  # type: ignore[no-untyped-def]
    merchant: Merchant, shop: Shop, given, capsys, now: datetime
) -> None:
    a_dispatch(shop, "73100196611386", now, carrier="中通")
    a_dispatch(shop, "YT8834201944712", now, carrier="圆通")
    book(now)
    type(the_waybill("YT8834201944712")).objects.update(poll_at=now + timedelta(days=9))
    given(SECRETS)
    follow()
    assert "1 waybills are asked about from now on" in capsys.readouterr().out
    assert the_waybill("73100196611386").poll_at != now + timedelta(days=9)
    assert the_waybill("YT8834201944712").poll_at == now + timedelta(days=9), "of another carrier"


def test_what_is_left_out_stays_as_it_is(merchant: Merchant, given) -> None:  # type: ignore[no-untyped-def]
    given(SECRETS)
    follow()
    given({"app_secret": "S-new"})
    follow("--base-url", "http://127.0.0.1:9")
    account = CarrierAccount.objects.get()
    assert account.credentials == {"app_key": "K-7421", "app_secret": "S-new"}
    assert account.base_url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("credentials", "sentence"),
    [
        ({"app_key": "K"}, r"^app_secret: needed, and not given\.$"),
        ({**SECRETS, "apikey": "K"}, r"^apikey: no such credential; there are app_key, app_secret"),
        (["K"], "no JSON object"),
    ],
)
def test_what_cannot_be_an_account_is_refused_in_one_sentence(  # type: ignore[no-untyped-def]
    merchant: Merchant, given, credentials: object, sentence: str
) -> None:
    given(credentials)
    with pytest.raises(CommandError, match=sentence):
        follow()
    assert not CarrierAccount.objects.exists()


def test_an_unknown_merchant_or_provider_is_named(merchant: Merchant) -> None:
    with pytest.raises(CommandError, match=r"^There is no merchant elsewhere\.$"):
        call_command("follow_with", "zto", "--merchant", "elsewhere")
    with pytest.raises(CommandError, match="There is no provider 'nobody'"):
        call_command("follow_with", "nobody", "--merchant", "miantian")
