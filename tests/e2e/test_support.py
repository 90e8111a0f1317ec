"""Support answers a buyer in a minute, in a real browser."""

import re
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exceptions.models import CaseEntry
from merchants.models import Shop, User
from tests.exceptions.scene import late_pickup, stalled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CLIPBOARD = "navigator.clipboard.writeText = async (text) => { window.copied = text; };"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def test_support_answers_a_buyer_by_the_tail_of_a_waybill(
    open_as, support: User, shop: Shop, now: datetime, complaints
) -> None:
    case = stalled(shop, now)
    late_pickup(shop, now)
    page = open_as(support)
    page.add_init_script(CLIPBOARD)
    page.goto("/support/")
    expect(page.locator("#find")).to_be_focused()

    page.keyboard.type("4716")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/support/{case.order_id}/")
    expect(page.locator("h1")).to_have_text(case.order.number)
    expect(page.locator("#stream")).to_contain_text("Limit broken")

    page.locator("#stream .chip", has_text="Scans").click()
    page.wait_for_url(f"**/support/{case.order_id}/?only=scans")
    expect(page.locator("#stream")).not_to_contain_text("Limit broken")
    page.locator("#stream .chip", has_text="Cases").click()
    page.wait_for_url(f"**/support/{case.order_id}/?only=scans&only=cases")
    page.go_back()
    expect(page.locator("#stream .chip[aria-current]")).to_have_count(1)

    page.locator("#summary .chip", has_text="English").click()
    field = page.locator("#for-buyer")
    greeting = rf"Hello, this is about your order ending in {case.order.number[-4:]} \(YTO(?: Express)? {case.waybill.number}\)\. "
    expect(field).to_have_value(re.compile(greeting))
    page.keyboard.press("c")
    expect(page.locator("[data-copy] span")).to_have_text("Copied")
    assert page.evaluate("window.copied") == field.input_value()
    assert CaseEntry.objects.filter(by=support).count() == 0

    page.locator("#note-told").check()
    text = field.input_value()
    page.locator("#note-told").blur()
    page.keyboard.press("c")
    expect(page.locator("#notices")).to_contain_text("Noted that the buyer was told.")
    assert CaseEntry.objects.get(by=support).note.split() == text.split()

    page.keyboard.press("/")
    page.keyboard.type("690002")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("690002")
    assert complaints == []


def test_numbers_pasted_in_lines_find_all_their_orders(
    open_as, support: User, shop: Shop, now: datetime, complaints
) -> None:
    late_pickup(shop, now)
    stalled(shop, now)
    page = open_as(support)
    page.goto("/support/")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "690002\\r\\nYT8834201944716\\n");
            const box = document.getElementById("find");
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#find")).to_have_value("690002 YT8834201944716")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert complaints == []


def test_it_all_works_without_scripts(open_as, support: User, shop: Shop, now: datetime) -> None:
    case = stalled(shop, now)
    page = open_as(support, java_script_enabled=False)
    page.goto(f"/support/?q={case.waybill.number}")
    page.locator("#stream .chip", has_text="Limits").click()
    expect(page.locator("#stream .chip[aria-current]")).to_contain_text("Limits")
    page.locator("#told button", has_text="Note that I told the buyer").click()
    expect(page.locator("#notices")).to_contain_text("Noted that the buyer was told.")
