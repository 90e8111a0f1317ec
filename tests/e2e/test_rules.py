"""A rule is changed by an admin in a real browser: the example moves, the draft tells the difference, and it is published."""

import pytest
from playwright.sync_api import Page, expect

from exceptions.models import Policy
from merchants.models import Shop, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_limit_is_changed_looked_at_and_published(open_as, admin: User, shop: Shop, complaints: list[str]) -> None:
    page: Page = open_as(admin)
    page.get_by_role("link", name="Rules", exact=True).click()
    page.locator("#rule-q").fill("PDD-SHIP-48")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#list .rules tr")).to_have_count(2)
    page.locator("#list").get_by_role("link", name="Dispatch limit, ordinary goods").click()
    expect(page.locator("main")).to_contain_text("the promised dispatch time, else 48h.")

    page.get_by_role("link", name="Change this rule").click()
    page.locator("[name=x-paid]").fill("2026-11-26T10:00")
    expect(page.locator("#example")).to_contain_text("11-28 10:00")
    page.locator("[name=number]").fill("36")
    expect(page.locator("#example")).to_contain_text("11-27 22:00")
    page.locator("[name=number]").fill("0")
    expect(page.locator("#example")).to_contain_text("cannot be worked out yet")
    page.get_by_role("button", name="Put into the draft").click()
    expect(page.locator(".field.bad")).to_contain_text("It must be above 0.")
    complaints.clear()  # a browser notes every answer of 422
    page.locator("[name=number]").fill("36")
    assert not Policy.objects.exists()
    page.get_by_role("button", name="Put into the draft").click()
    expect(page.locator("#changes")).to_contain_text("Hours 48 → 36")

    page.get_by_role("link", name="See the draft").click()
    expect(page.locator("main")).to_contain_text("Hours 48 → 36")
    page.get_by_role("button", name="Publish…").click()
    expect(page.locator("#publish")).to_contain_text("1 change will hold for orders paid from now on.")
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#notices")).to_contain_text("Published as version 1.")
    expect(page.locator("#version-1")).to_contain_text("Hours 48 → 36")
    page.locator("#version-1 summary", has_text="Undo…").click()
    page.get_by_role("button", name="Back to before version 1").click()
    expect(page.locator("#version-2")).to_contain_text("Hours 36 → 48")
    assert complaints == []


def test_the_rules_fit_a_phone(open_as, admin: User, shop: Shop, other_shop: Shop, complaints: list[str]) -> None:
    page: Page = open_as(admin, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/rules/PDD-SHIP-48/change/")
    page.locator("[name=number]").fill("36")
    page.get_by_role("button", name="Put into the draft").click()
    for address in (
        "/rules/",
        "/rules/PDD-SHIP-48/",
        "/rules/PDD-SHIP-48/change/",
        "/rules/windows/",
        "/rules/windows/new/",
        "/rules/waivers/new/",
        "/rules/hours/",
        "/rules/own/new/?subject=ticket",
        "/rules/draft/",
        "/rules/versions/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    assert complaints == []


def test_a_rule_is_tried_and_changed_without_scripts(open_as, admin: User, shop: Shop) -> None:
    page: Page = open_as(admin, java_script_enabled=False)
    page.goto("/rules/PDD-SHIP-48/change/")
    page.locator("[name=x-paid]").fill("2026-11-26T10:00")
    page.locator("[name=number]").fill("36")
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("#example")).to_contain_text("11-27 22:00")
    expect(page.locator("[name=number]")).to_have_value("36")
    assert not Policy.objects.exists()
