"""Tickets and filings in a real browser."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exceptions.models import Filing
from merchants.models import Shop, User
from orders.models import Ticket
from tests.exceptions.scene import late_dispatch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def test_a_request_is_noted_answered_and_closed_without_leaving_the_order(
    open_as, seller: User, shop: Shop, now: datetime, complaints
) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto(f"/orders/{case.order_id}/")
    card = page.locator("#tickets")
    card.get_by_text("Add one").click()
    card.get_by_role("button", name="Add", exact=True).click()
    expect(card.locator("select:invalid")).to_have_count(1)
    card.get_by_label("Kind").select_option("refund_unshipped")
    card.get_by_label("Its number").fill("AS-1")
    card.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Noted.")
    expect(card.locator("#add-ticket")).not_to_have_attribute("open", "")

    card.get_by_role("button", name="Agreed").click()
    expect(card.get_by_role("button", name="Take back: Agreed")).to_be_visible()
    expect(card.get_by_role("button", name="Rejected")).to_have_count(0)
    card.get_by_role("button", name="Take back: Agreed").click()
    expect(card.get_by_role("button", name="Rejected")).to_be_visible()
    card.get_by_role("button", name="Close").click()
    expect(card.get_by_role("button", name="Open again")).to_be_visible()
    assert Ticket.objects.get().closed_at is not None
    assert complaints == []


def test_a_filing_is_noted_and_accepted_on_the_case_page(
    open_as, seller: User, shop: Shop, now: datetime, complaints
) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto(f"/cases/{case.pk}/")
    page.get_by_text("Note a filing").click()
    page.get_by_label("The platform’s number of it").fill("BB-1")
    page.get_by_role("button", name="It is filed").click()
    expect(page.locator("#filing")).to_contain_text("Waiting for the platform")
    page.get_by_label("New limit").fill(f"{now + timedelta(days=3):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Accepted until then").click()
    expect(page.locator("#filing")).to_contain_text("Accepted BB-1")
    assert Filing.objects.get().state == "accepted"
    assert complaints == []


def test_a_snowstorm_is_filed_for_from_the_desk(open_as, seller: User, shop: Shop, now: datetime, complaints) -> None:
    for n in range(3):
        late_dispatch(shop, now, number=f"69000{n}", hours=60 - n)
    page = open_as(seller)
    page.goto("/desk/")
    page.get_by_label("Select all on this page").check()
    page.locator("#bulk-file > summary").click()
    page.locator("#bulk-file").get_by_label("Reason").fill("暴雪封路")
    page.get_by_role("button", name="It is filed").click()
    expect(page.locator("#notices")).to_contain_text("3 cases filed.")
    assert set(Filing.objects.values_list("reason", "state")) == {("暴雪封路", "pending")}
    assert complaints == []
