"""An account is made against the simulated Kuaidi100 and tried with a number, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from merchants.models import User
from shipments.models import CarrierAccount
from tests.shipments.conftest import carriers, world
from tests.simulator.conftest import Client, serve

__all__ = ["carriers", "serve", "world"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("carriers"),
]


def test_an_account_is_made_and_its_number_is_read(open_as, admin: User, world: Client, complaints) -> None:
    parcel = next(one for one in world.parcels("normal", "yuantong") if one["ended_at"] < "2026-11-22")
    page: Page = open_as(admin)
    page.goto("/setup/")
    page.get_by_role("link", name="New tracking account").click()
    page.get_by_role("link", name="Kuaidi100").click()
    page.get_by_label("Customer number").fill("DEMO-CUSTOMER")
    page.get_by_label("Authorisation key").fill("DEMO-KEY-100")
    page.get_by_label("Base address").fill(f"http://127.0.0.1:{world.port}")
    page.get_by_role("button", name="Make the account").click()
    expect(page.locator("#notices")).to_contain_text("The account is made.")
    expect(page.get_by_label("Authorisation key")).to_have_value("")
    token = CarrierAccount.objects.get().push_token
    assert token in page.get_by_label("Push address").input_value()

    page.get_by_label("Waybill number").fill(parcel["waybill"])
    page.locator("#trying select").select_option("yuantong")
    page.get_by_role("button", name="Ask now").click()
    expect(page.locator("#trying")).to_contain_text("Only shown, not stored.")
    expect(page.locator("#trying")).to_contain_text("Delivered")
    assert complaints == []


def test_the_account_fits_a_phone(open_as, admin: User, complaints) -> None:
    merchant = admin.memberships.get().merchant
    account = CarrierAccount.objects.create(merchant=merchant, provider="kuaidi100", name="A", credentials={"key": "K"})
    page: Page = open_as(admin, viewport={"width": 390, "height": 844}, has_touch=True)
    for address in ("/setup/accounts/new/", "/setup/accounts/new/kuaidi100/", f"/setup/accounts/{account.pk}/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
