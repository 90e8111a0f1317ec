"""An unread scan, from its waybill to the inbox and out of it, in a real browser."""

from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from merchants.models import User
from shipments import rereading
from tests.shipments.conftest import account, carriers, the_waybill
from tests.shipments.test_rereading import ONE, PHRASE, Say, say, two_parcels

__all__ = ["account", "carriers", "say"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("carriers"),
]


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(microsecond=0)


def work_it_off() -> None:
    """What a worker does about it."""
    while rereading.work(timezone.now()):
        pass


def test_a_wording_is_mapped_by_keyboard_and_its_parcels_follow(open_as, admin: User, say: Say, complaints) -> None:
    first, _ = two_parcels(say)
    page: Page = open_as(admin)
    page.goto(f"/waybills/{first.pk}/")
    page.get_by_role("link", name="not read").click()
    expect(page.locator("#rail [aria-current]")).to_contain_text("Unread scans")
    expect(page.locator("tr[data-case]")).to_have_count(1)
    expect(page.locator("tr[data-case]")).to_contain_text(PHRASE)

    # The desk's keys walk this list too.
    expect(page.locator("tr.is-cursor")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/wordings/*/")
    expect(page.locator("main")).to_contain_text("2 stored scans (waybills: 2)")
    page.get_by_label("It means").focus()
    page.keyboard.type("Returning")
    page.keyboard.press("Tab")
    page.keyboard.type("Intercepted")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Noted.")
    expect(page.locator("#progress")).to_contain_text("They are being read again.")
    work_it_off()
    expect(page.locator("#progress")).to_contain_text("scans read otherwise: 2")
    assert the_waybill(ONE).stage == "returning"

    page.get_by_role("button", name="Take it back").click()
    work_it_off()
    expect(page.locator("#progress")).to_contain_text("They have been read again.")
    assert the_waybill(ONE).stage == "in_transit"
    assert complaints == []


def test_the_inbox_fits_a_phone(open_as, admin: User, say: Say, complaints) -> None:
    two_parcels(say)
    page: Page = open_as(admin, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/wordings/")
    expect(page.locator("tr[data-case]")).to_contain_text("not read")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("tr[data-case] a").click()
    page.wait_for_url("**/wordings/*/")
    expect(page.get_by_role("button", name="Save and read again")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
