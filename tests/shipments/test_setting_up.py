"""Accounts made, changed, switched and tried by an admin: secrets go in and never come out."""

from datetime import datetime

import pytest
from django.test import Client as Browser
from django.urls import reverse

from merchants import access
from merchants.access import Member
from merchants.models import Membership, Merchant, Shop, User
from shipments import accounts
from shipments.booking import book as book_dispatches
from shipments.models import CarrierAccount, RawAnswer, TrackingEvent, Waybill
from shipments.setting_up import book
from shipments.setting_up.book import Said
from tests.shipments.conftest import a_dispatch, at_simulator, the_waybill
from tests.simulator.conftest import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]
SECRET = "DEMO-KEY-100"
ELSEWHERE = "http://127.0.0.1:9"


@pytest.fixture
def browser(client: Browser, admin: User) -> Browser:
    client.force_login(admin)
    return client


@pytest.fixture
def member(admin: User) -> Member:
    return access.of(Membership.objects.get(user=admin))


def filled(account: CarrierAccount, **other: str) -> dict[str, str]:
    """What the page's form sends when nothing is touched but `other`."""
    seen = book.version(account)
    form = {"name": account.name, "base_url": account.base_url, "seen": seen, "c-customer": "DEMO-CUSTOMER"}
    return form | {name.replace("c_", "c-"): value for name, value in other.items()}


class TestMaking:
    def test_every_provider_is_offered_with_whom_it_answers_for(self, browser: Browser) -> None:
        shown = browser.get(reverse("account-choose")).content.decode()
        for label in ("Kuaidi100", "SF Express", "AfterShip", "17TRACK", "Kdniao", "Any carrier"):
            assert label in shown

    def test_the_form_asks_for_the_provider_s_own_credentials(self, browser: Browser) -> None:
        shown = browser.get(reverse("account-new", args=["kuaidi100"])).content.decode()
        assert 'type="password" name="c-key"' in shown
        assert 'type="text" name="c-customer"' in shown
        assert browser.get(reverse("account-new", args=["nobody"])).status_code == 404

    def test_an_account_is_made_and_takes_what_nobody_follows(
        self, browser: Browser, shop: Shop, now: datetime
    ) -> None:
        a_dispatch(shop, "YT8834201944712", now)
        book_dispatches(now)
        Waybill.objects.update(poll_at=None, stop=Waybill.Stop.NOBODY)
        given = {"name": "快递100", "c-customer": "C", "c-key": "K"}
        response = browser.post(reverse("account-new", args=["kuaidi100"]), given)
        made = CarrierAccount.objects.get()
        assert response.status_code == 303
        assert (made.name, made.credentials, made.enabled) == ("快递100", {"customer": "C", "key": "K"}, True)
        waybill = the_waybill("YT8834201944712")
        assert (waybill.poll_at is not None, waybill.stop) == (True, "")

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"name": "A", "c-customer": "C"}, "This is needed."),
            ({"name": "", "c-customer": "C", "c-key": "K"}, "This field is required."),
            ({"name": "A", "c-customer": "C", "c-key": "K", "base_url": "ftp://a.example"}, "This is no web address."),
            ({"name": "快递100", "c-customer": "C", "c-key": "K"}, "an account with this provider and name"),
        ],
    )
    def test_what_cannot_be_an_account_is_told_at_its_field(
        self, browser: Browser, account: CarrierAccount, given: dict[str, str], sentence: str
    ) -> None:
        response = browser.post(reverse("account-new", args=["kuaidi100"]), given)
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert CarrierAccount.objects.count() == 1


class TestChanging:
    def test_no_page_and_no_answer_holds_a_secret(self, browser: Browser, account: CarrierAccount) -> None:
        for name in ("account", "api-account"):
            shown = browser.get(reverse(name, args=[account.pk])).content.decode()
            assert SECRET not in shown
            assert "DEMO-CUSTOMER" in shown
            assert accounts.contract(account).callback_url in shown
        wrong = browser.post(reverse("account", args=[account.pk]), filled(account, name="", c_key="TYPED-SECRET"))
        assert wrong.status_code == 422
        assert "TYPED-SECRET" not in wrong.content.decode()

    def test_a_blank_secret_is_kept(self, browser: Browser, account: CarrierAccount) -> None:
        response = browser.post(reverse("account", args=[account.pk]), filled(account, name="新名", c_customer="C-2"))
        assert response.status_code == 303
        account.refresh_from_db()
        assert (account.name, account.credentials) == ("新名", {"customer": "C-2", "key": SECRET})

    def test_a_secret_does_not_follow_the_account_to_another_address(
        self, browser: Browser, account: CarrierAccount
    ) -> None:
        moved = filled(account, base_url="http://127.0.0.1:10")
        response = browser.post(reverse("account", args=[account.pk]), moved)
        assert response.status_code == 422
        assert "The base address changes" in response.content.decode()
        assert browser.post(reverse("account", args=[account.pk]), moved | {"c-key": "K-2"}).status_code == 303
        account.refresh_from_db()
        assert (account.base_url, account.credentials["key"]) == ("http://127.0.0.1:10", "K-2")

    def test_an_optional_secret_can_be_forgotten(self, browser: Browser, account: CarrierAccount) -> None:
        account.credentials |= {"secret": "S"}
        account.save()
        browser.post(reverse("account", args=[account.pk]), filled(account) | {"forget-secret": "on"})
        account.refresh_from_db()
        assert account.credentials == {"customer": "DEMO-CUSTOMER", "key": SECRET}

    def test_who_saw_an_older_account_does_not_overwrite_the_newer(
        self, browser: Browser, account: CarrierAccount
    ) -> None:
        old = filled(account, name="From an old page")
        browser.post(reverse("account", args=[account.pk]), filled(account, c_key="K-2"))
        response = browser.post(reverse("account", args=[account.pk]), old)
        assert response.status_code == 409
        assert "Somebody else" in response.content.decode() or "Somebody has changed" in response.content.decode()
        account.refresh_from_db()
        assert (account.name, account.credentials["key"]) == ("快递100", "K-2")

    def test_another_key_wakes_the_account_and_what_it_had_refused(
        self, member: Member, account: CarrierAccount, shop: Shop, now: datetime
    ) -> None:
        a_dispatch(shop, "YT8834201944712", now)
        book_dispatches(now)
        Waybill.objects.update(account=account, poll_at=None, stop=Waybill.Stop.REFUSED)
        CarrierAccount.objects.update(paused_until=now, paused_at=now, trouble="auth", trips=3)
        account.refresh_from_db()
        said = Said(account.name, account.base_url, {"key": "K-2"})
        changed = book.change(member, account.pk, said, book.version(account), now)
        assert (changed.paused_until, changed.trouble, changed.trips) == (None, "", 0)
        waybill = the_waybill("YT8834201944712")
        assert (waybill.poll_at, waybill.stop) == (now, "")

    def test_it_is_switched_off_and_on_again(self, browser: Browser, account: CarrierAccount) -> None:
        for on in ("0", "1"):
            assert browser.post(reverse("account-switch", args=[account.pk]), {"on": on}).status_code == 303
            account.refresh_from_db()
            assert account.enabled is (on == "1")

    def test_the_pages_cost_few_queries(
        self, browser: Browser, account: CarrierAccount, django_assert_num_queries
    ) -> None:
        with django_assert_num_queries(12):
            browser.get(reverse("account-choose"))
        with django_assert_num_queries(8):
            browser.get(reverse("account", args=[account.pk]))


class TestTrying:
    def post(self, browser: Browser, account: CarrierAccount, number: str, **other: str) -> str:
        given = {"number": number, "carrier": "yuantong"} | other
        response = browser.post(reverse("account-try", args=[account.pk]), given)
        assert response.status_code == 200
        return response.content.decode()

    def test_a_number_of_nobody_is_read_and_nothing_is_stored(
        self, browser: Browser, account: CarrierAccount, world: Client
    ) -> None:
        at_simulator(account, world)
        parcel = next(one for one in world.parcels("normal", "yuantong") if one["ended_at"] > "2026-11-23")
        shown = self.post(browser, account, parcel["waybill"], phone_tail=parcel["phone_tail"])
        assert "Only shown, not stored." in shown
        assert "read by its code" in shown or "Read as" in shown
        assert (Waybill.objects.count(), RawAnswer.objects.count(), TrackingEvent.objects.count()) == (0, 0, 0)
        assert "asked about a moment ago" in self.post(browser, account, parcel["waybill"])

    def test_a_number_of_ours_is_asked_under_its_limits_and_recorded(
        self, browser: Browser, account: CarrierAccount, world: Client, shop: Shop, now: datetime
    ) -> None:
        at_simulator(account, world)
        parcel = world.parcels("normal", "yuantong")[0]
        a_dispatch(shop, parcel["waybill"], now, phone_tail=parcel["phone_tail"])
        book_dispatches(now)
        Waybill.objects.update(account=account)
        assert "This number is yours" in self.post(browser, account, parcel["waybill"])
        waybill = the_waybill(parcel["waybill"])
        assert (waybill.lease_until, waybill.polled_at is not None) == (None, True)
        assert "asked about a moment ago" in self.post(browser, account, parcel["waybill"])

    def test_a_wrong_key_is_told_with_what_helps(
        self, browser: Browser, account: CarrierAccount, world: Client
    ) -> None:
        at_simulator(account, world)
        account.credentials |= {"key": "WRONG"}
        account.save()
        shown = self.post(browser, account, "YT8834201944712")
        assert "does not accept the account" in shown
        assert "enter the right key" in shown
        account.refresh_from_db()
        assert account.paused_until is None

    def test_an_address_where_nobody_listens_is_told(self, browser: Browser, account: CarrierAccount) -> None:
        shown = self.post(browser, account, "YT8834201944712")
        assert "It does not answer." in shown
        assert "could not be reached in time" in shown

    def test_what_can_be_no_number_is_asked_about_by_nobody(self, browser: Browser, account: CarrierAccount) -> None:
        response = browser.post(reverse("account-try", args=[account.pk]), {"number": "6.9E+18", "carrier": "yuantong"})
        assert response.status_code == 422
        assert "can be no waybill number" in response.content.decode()


class TestApi:
    def test_an_account_is_made_read_changed_and_tried(self, browser: Browser, world: Client) -> None:
        body = {
            "provider": "kuaidi100",
            "name": "A",
            "base_url": f"http://127.0.0.1:{world.port}",
            "credentials": {"customer": "DEMO-CUSTOMER", "key": SECRET},
        }
        made = browser.post(reverse("api-accounts"), body, content_type="application/json")
        assert made.status_code == 201
        told = made.json()
        assert told["credentials"]["key"] is True
        assert SECRET not in made.content.decode()
        assert browser.get(reverse("api-accounts")).json()[0]["id"] == told["id"]
        here = reverse("api-account", args=[told["id"]])
        change = {"seen": told["version"], "name": "B", "enabled": False}
        changed = browser.patch(here, change, content_type="application/json")
        assert (changed.status_code, changed.json()["name"], changed.json()["enabled"]) == (200, "B", False)
        assert browser.patch(here, change, content_type="application/json").status_code == 409
        assert CarrierAccount.objects.get().credentials == body["credentials"]
        parcel = world.parcels("normal", "yuantong")[0]
        ask = {"number": parcel["waybill"], "carrier": "yuantong"}
        tried = browser.post(reverse("api-account-try", args=[told["id"]]), ask, content_type="application/json").json()
        assert tried["asked"]
        assert not tried["recorded"]

    def test_a_strange_credential_or_provider_is_named(self, browser: Browser, merchant: Merchant) -> None:
        for body, sentence in (
            ({"provider": "nobody", "name": "A", "credentials": {}}, "There is no provider"),
            ({"provider": "zto", "name": "A", "credentials": {"apikey": "K"}}, "apikey: there are app_key"),
            ({"provider": "zto", "name": "A", "credentials": {"app_key": "K"}}, "This is needed."),
        ):
            response = browser.post(reverse("api-accounts"), body, content_type="application/json")
            assert response.status_code == 400
            assert sentence in response.content.decode()
