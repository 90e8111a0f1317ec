"""A morning at the desk in a real browser."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions.models import Case
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch, late_pickup, stalled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def settled(page: Page) -> None:
    """Wait until nothing is under way."""
    page.wait_for_load_state("networkidle")


def test_a_morning_is_triaged_by_keyboard_alone(open_as, seller: User, shop: Shop, now: datetime, complaints) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(4)]
    page = open_as(seller)
    page.goto("/desk/")
    first, second, third = (page.locator(f"#case-{case.pk}") for case in cases[:3])
    expect(first).to_contain_class("is-cursor")
    expect(page.locator("#side")).to_contain_text("Check the stock")

    page.keyboard.press("a")
    expect(page.locator("#notices")).to_contain_text("1 case assigned.")
    expect(first.locator(".who")).to_have_attribute("title", "chenmo")
    expect(page.locator("#rail a", has_text="Mine")).to_have_text("Mine1")

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("2")
    expect(third).to_contain_class("is-picked")
    page.keyboard.press("5")
    page.locator("#bulk-resolve input[name=outcome]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("left the warehouse")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_contain_text("2 cases will be carried out")
    page.get_by_role("button", name="Carry out").press("Enter")
    expect(page.locator("#notices")).to_contain_text("2 cases resolved.")
    expect(second).to_have_count(0)

    page.keyboard.press("h")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("1 case snoozed.")

    outcomes = {case.pk: (case.state, case.outcome) for case in Case.objects.all()}
    assert [outcomes[case.pk] for case in cases[1:3]] == [("resolved", "no_action")] * 2
    assert sorted(state for state, _ in outcomes.values()) == ["open", "resolved", "resolved", "snoozed"]

    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*/")
    page.keyboard.press("n")
    page.keyboard.type("rang the outlet")
    page.locator("#do-note button").press("Enter")
    expect(page.locator("#stream")).to_contain_text("rang the outlet")
    expect(page.locator("#do-note")).not_to_have_attribute("open", "")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert complaints == []


def test_keys_do_nothing_for_who_has_switched_them_off(open_as, seller: User, shop: Shop, now: datetime) -> None:
    User.objects.update(shortcuts=False)
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/")
    for key in ("a", "5", "Enter", "?"):
        page.keyboard.press(key)
    settled(page)
    assert page.url.endswith("/desk/")
    case.refresh_from_db()
    assert (case.assignee, case.state) == (None, "open")
    page.locator(f"#case-{case.pk} input").check()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#notices")).to_contain_text("1 case assigned.")


def test_a_case_is_resolved_and_reopened_without_javascript(open_as, support: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(support, java_script_enabled=False)
    page.goto("/desk/")
    page.get_by_role("link", name="690001").click()
    page.locator("#do-resolve summary").click()
    page.locator("#do-resolve select").select_option("handled")
    page.locator("#do-resolve input[name=note]").fill("handed over at noon")
    page.locator("#do-resolve button").click()
    expect(page.locator("#case")).to_contain_text("resolved it: Handled")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator("#case")).to_contain_text("reopened it")
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("open", "")


def test_the_bulk_bar_works_without_javascript(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller, java_script_enabled=False)
    page.goto("/desk/?kind=late_dispatch")
    page.locator(f"#case-{case.pk} input").check()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#notices")).to_contain_text("1 case assigned.")
    assert page.url.endswith("/desk/?kind=late_dispatch")


def test_filters_keep_the_address_and_work_without_javascript(open_as, seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    late_pickup(shop, now)
    for options in ({}, {"java_script_enabled": False}):
        page = open_as(seller, **options)
        page.goto("/desk/")
        page.locator("#filter-kind summary").click()
        page.locator("#filter-kind").get_by_label("Late pickup").check()
        page.locator("#filter-kind").get_by_label("Transit stall").check()
        page.locator("#filter-kind button").click()
        page.wait_for_url("**/desk/?*kind=late_pickup&kind=transit_stall*")
        expect(page.locator("tr[data-case]")).to_have_count(1)
        page.go_back()
        expect(page.locator("tr[data-case]")).to_have_count(2)


def test_a_refresh_keeps_the_row_under_the_pointer_the_selection_and_open_menus(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    cases = [late_dispatch(shop, now, number=f"6900{n:02d}", hours=70 - n) for n in range(12)]
    page = open_as(seller, viewport={"width": 1440, "height": 420})
    page.goto("/desk/")
    settled(page)
    row = page.locator(f"#case-{cases[8].pk}")
    row.scroll_into_view_if_needed()
    row.hover()
    row.locator("input").check()
    before = row.bounding_box()
    for n in range(3):
        late_dispatch(shop, now, number=f"6910{n:02d}", hours=100)
    page.evaluate("htmx.trigger('body', 'refresh-list')")
    expect(page.locator("tr[data-case]")).to_have_count(15)
    after = row.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    expect(row.locator("input")).to_be_checked()
    page.locator("#bulk-snooze summary").click()
    page.locator("#bulk-snooze").get_by_label("4 hours").check()
    page.evaluate("htmx.trigger('body', 'refresh-list')")
    settled(page)
    expect(page.locator("#bulk-snooze")).to_have_attribute("open", "")
    expect(page.locator("#bulk-snooze").get_by_label("4 hours")).to_be_checked()


def test_whoever_comes_second_is_told_in_place(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto(reverse("case", args=[case.pk]))
    Case.objects.update(state="resolved", outcome="handled", resolved_at=now)
    page.keyboard.press("h")
    page.locator("#do-snooze button").click()
    expect(page.locator("#notices")).to_contain_text("This case is resolved")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()


def test_a_form_error_is_shown_at_its_field_in_place(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto(reverse("case", args=[case.pk]))
    page.keyboard.press("h")
    page.locator("#do-snooze select").select_option("at")
    page.locator("#do-snooze button").click()
    expect(page.locator("#do-snooze .errors")).to_have_text("Choose a time that is still to come.")
    assert page.url.endswith(f"/cases/{case.pk}/")


def test_the_time_left_ticks_in_the_words_of_the_server(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now, hours=47)
    page = open_as(seller)
    page.clock.install(time=now)
    page.goto("/desk/")
    left = page.locator(f"#case-{case.pk} .due b")
    expect(left).to_have_text("59m left")
    page.clock.fast_forward(timedelta(minutes=30).seconds * 1000)
    expect(left).to_have_text("29m left")
    page.clock.fast_forward(timedelta(minutes=95).seconds * 1000)
    expect(left).to_have_text("1h 05m over")


def test_the_phone_keeps_the_actions_at_hand(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = stalled(shop, now)
    page = open_as(seller, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/desk/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(f"#case-{case.pk} .due").tap()
    page.wait_for_url("**/cases/*/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bar = page.locator(".sticky-act")
    expect(bar).to_be_in_viewport()
    bar.get_by_text("Snooze").tap()
    expect(page.locator("#do-snooze select")).to_be_focused()
    expect(bar.locator(".go")).to_have_count(1)


def test_what_did_not_get_through_is_said(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/")
    page.route("**/desk/bulk/**", lambda route: route.abort())
    page.locator(f"#case-{case.pk} input").check()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#notices")).to_have_text("That did not get through. Check the connection and try again.")
    expect(page.locator(f"#case-{case.pk} input")).to_be_checked()
