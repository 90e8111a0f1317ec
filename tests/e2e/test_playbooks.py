"""A late pickup walked to its end by the button of the next step alone; a playbook changed by an admin."""

from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exceptions.models import Case, CaseStep, Playbook
from merchants.models import Shop, User
from orders.models import Ticket
from tests.exceptions.scene import late_pickup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_seller_walks_a_late_pickup_to_its_end_by_the_next_step_alone(
    open_as, seller: User, shop: Shop, now: datetime, complaints, width: int
) -> None:
    case = late_pickup(shop, now)
    Ticket.objects.create(order=case.order, kind="violation", number="W-1", opened_at=now)
    page = open_as(seller, viewport={"width": width, "height": 844})
    page.goto("/desk/")
    if width == 390:
        page.locator(f"#case-{case.pk} a.strong").click()
    else:
        page.locator(f"#case-{case.pk} .step a").click()
        expect(page.locator("#do-contact form")).to_be_visible()
    forms = [
        ("Tell the buyer", "contact", {}),
        ("Urge the pickup", "urge", {"where": "太和网点"}),
        ("Keep the slip", "prove", {}),
        ("Appeal or pay", "appeal", {}),
        ("Compensate the buyer", "compensate", {"amount": "5"}),
        ("Check and resolve", "resolve", {"outcome": "handled"}),
    ]
    button = page.locator(".sticky-act a.go" if width == 390 else "#next-step")
    for name, action, filled in forms:
        expect(button).to_have_text(name)
        button.click()
        form = page.locator(f"#do-{action} form")
        expect(form).to_be_visible()
        for field, value in filled.items():
            control = form.locator(f"[name={field}]")
            control.select_option(value) if field == "outcome" else control.fill(value)
        form.locator("button.go").click()
        expect(page.locator("#playbook")).to_contain_text(name)
        expect(page.locator(f"#playbook li.is-kept:has-text('{name}')")).to_be_visible()
    expect(page.locator("#next-step")).to_have_count(0)
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("resolved", "handled")
    assert list(CaseStep.objects.order_by("pk").values_list("code", flat=True)) == [
        *("tell_buyer", "urge", "proof", "appeal", "compensate", "close")
    ]
    assert Case.objects.count() == 1
    assert complaints == []


def test_an_admin_moves_a_step_by_keyboard_and_saves(open_as, admin: User, shop: Shop, complaints) -> None:
    page = open_as(admin)
    page.goto("/rules/playbooks/")
    page.get_by_role("link", name="Late pickup").click()
    page.locator("#down-tell_buyer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#editor")).to_contain_text("Moved")
    expect(page.locator("#down-tell_buyer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#editor .stack > section").nth(2)).to_have_attribute("id", "step-tell_buyer")
    page.locator("#editor aside button.go").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#notices")).to_contain_text("Saved.")
    steps = Playbook.objects.get().steps.values_list("code", flat=True)
    assert list(steps)[:3] == ["urge", "proof", "tell_buyer"]
    assert complaints == []
