"""Telling what went wrong in a real browser: a list pasted at a desk, a buyer on a phone."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exceptions.models import Case, Report
from merchants.models import Shop, User
from tests.exceptions.making import a_parcel, an_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
NUMBER = "YT8834201944715"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def order(shop: Shop, now: datetime):
    order = an_order(shop, "231122-690010", now - timedelta(hours=2), status="dispatched", phone_tail="5521")
    a_parcel(order, NUMBER, now - timedelta(hours=1))
    return order


def test_a_pasted_list_is_looked_at_told_and_what_is_left_is_mended(open_as, seller: User, order, complaints) -> None:
    page = open_as(seller)
    page.goto("/desk/")
    page.get_by_role("link", name="Report an exception").first.click()
    page.get_by_role("link", name="Paste a list").click()
    page.get_by_label("Lines").fill(f"{NUMBER}\t破损\t外箱压坏\n231122-69001 丢件\n")
    page.get_by_role("button", name="Preview").click()
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Ready")
    expect(rows.nth(1)).to_contain_text("Your shops have no order or waybill 231122-69001.")
    page.get_by_role("button", name="Report 1 line").click()
    expect(rows.nth(0)).to_contain_text("Reported")
    expect(page.get_by_label("Lines")).to_have_value("231122-69001 丢件")

    page.get_by_label("Lines").fill("231122-690010 丢件")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Report 1 line").click()
    expect(page.get_by_label("Lines")).to_have_value("")
    page.locator("#rows").get_by_role("link", name="C-").click()
    expect(page.locator("#case")).to_contain_text("Confirm the loss")
    expect(page.locator("#case")).to_contain_text("A pasted list")
    assert {report.kind for report in Report.objects.all()} == {"damage", "loss"}
    assert complaints == []


def test_a_buyer_tells_the_shop_on_a_phone_and_support_finds_it_on_the_case(
    open_as, support: User, order, complaints
) -> None:
    desk = open_as(support)
    desk.goto(f"/orders/{order.pk}/")
    desk.get_by_text("Link for the buyer", exact=True).click()
    address = desk.locator("#buyer-link").input_value()

    phone = open_as(None, **PHONE)
    phone.goto(address)
    expect(phone.get_by_role("heading")).to_have_text("告诉我们出了什么问题")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_text("显示已签收，但我没有收到").tap()
    phone.get_by_label("补充说明").fill("驿站说没有这个件")
    phone.get_by_role("button", name="提交").tap()
    expect(phone.get_by_role("heading")).to_have_text("谢谢，已收到")

    case = Case.objects.get(kind="false_delivery")
    desk.goto(f"/cases/{case.pk}/")
    expect(desk.locator("#case")).to_contain_text("The buyer")
    expect(desk.locator("#case")).to_contain_text("驿站说没有这个件")
    assert complaints == []
