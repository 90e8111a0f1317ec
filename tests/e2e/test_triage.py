"""A morning at the desk, by keyboard alone and by thumb alone."""

from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions.models import Case, View
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def focused(page: Page, case: Case) -> None:
    """The focus is on the row of this case."""
    expect(page.locator(f"#case-{case.pk} a.strong")).to_be_focused()


def test_morning_triage_by_keyboard_alone(open_as, seller: User, shop: Shop, now: datetime, complaints) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(6)]
    View.objects.create(merchant=shop.merchant, owner=seller, name="Nobody's", query="assignee=none")
    page = open_as(seller)
    page.goto("/desk/?view=all")
    # The tabs say how much waits; the first is all.
    expect(page.locator("#tab-0")).to_have_text("All 6")
    expect(page.get_by_role("link", name="Nobody's")).to_have_text("Nobody's 6")
    expect(page.locator("#side")).to_contain_text("Check the stock")

    # Down to the third row; what is done to it leaves the eye, and the focus, where it was.
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused(page, cases[2])
    expect(page.locator("#side")).to_contain_text("690002")
    page.keyboard.press("a")
    expect(page.locator("#notices")).to_contain_text("1 case assigned.")
    focused(page, cases[2])
    page.keyboard.press("h")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("1 case snoozed.")
    focused(page, cases[3])

    # Back up one, and finish from the preview: the next one is there already.
    page.keyboard.press("k")
    focused(page, cases[1])
    expect(page.locator("#side")).to_contain_text("690001")
    page.keyboard.press("f")
    expect(page.locator(f"#case-{cases[1].pk}")).to_have_count(0)
    focused(page, cases[3])
    expect(page.locator("#side")).to_contain_text("690003")
    expect(page.locator("#notices")).to_contain_text(f"C-{cases[1].pk} resolved.")

    # Escape goes back one level at a time: selection, then preview, and the focus stays on the row.
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.keyboard.press("Escape")
    expect(page.locator("[data-picked]")).to_have_text("0")
    page.keyboard.press("Escape")
    expect(page.locator("#side")).to_be_empty()
    focused(page, cases[4])

    # On the case page: finish and next, until the queue is done.
    page.keyboard.press("k")
    page.keyboard.press("o")
    page.wait_for_url(f"**/cases/{cases[3].pk}/*")
    page.keyboard.press("]")
    page.wait_for_url(f"**/cases/{cases[4].pk}/*")
    page.keyboard.press("[")
    page.wait_for_url(f"**/cases/{cases[3].pk}/*")
    for case, following in ((cases[3], cases[4]), (cases[4], cases[5])):
        page.wait_for_url(f"**/cases/{case.pk}/*")
        page.keyboard.press("f")
        page.wait_for_url(f"**/cases/{following.pk}/*")
    page.keyboard.press("f")
    page.wait_for_url("**/desk/*")
    expect(page.locator("#notices")).to_contain_text("That was the last one of this queue.")
    expect(page.locator("tr[data-case]")).to_have_count(1)
    states = sorted(Case.objects.values_list("state", flat=True))
    assert states == ["open", "resolved", "resolved", "resolved", "resolved", "snoozed"]
    assert complaints == []


def test_escape_leads_from_a_case_back_to_the_queue_it_came_from(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/?kind=late_dispatch&assignee=none")
    page.locator("tr[data-case] a.strong").press("Enter")
    page.wait_for_url("**/cases/**")
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/desk/?kind=late_dispatch&assignee=none")


def test_the_keys_are_listed_and_switched_off_where_they_are_listed(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Finish and next")
    page.keyboard.press("a")
    page.get_by_role("button", name="Switch the keys off").click()
    expect(page.locator("body")).to_contain_class("no-keys")
    page.keyboard.press("a")
    case.refresh_from_db()
    assert case.assignee is None
    page.locator('[data-act="help"]').click()
    page.get_by_role("button", name="Switch the keys on").click()
    expect(page.locator("body")).not_to_contain_class("no-keys")


def test_keys_leave_the_browsers_own_and_what_is_typed_alone(open_as, seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/")
    page.keyboard.press("Control+a")
    page.locator("#find").click()
    page.keyboard.type("a5hx")
    expect(page.locator("#find")).to_have_value("a5hx")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).not_to_be_focused()
    expect(page.locator("[data-picked]")).to_have_text("0")
    case.refresh_from_db()
    assert (case.assignee, case.state) == (None, "open")


def test_a_range_is_chosen_with_the_mouse_and_all_that_match_with_one_more_click(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    cases = [late_dispatch(shop, now, number=f"69{n:04d}", hours=70) for n in range(52)]
    page = open_as(seller)
    page.goto("/desk/")
    boxes = page.locator('input[name="case"]')
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("4")
    expect(page.locator("[data-every]")).to_be_hidden()
    page.locator('[data-act="all"]').check()
    expect(page.locator("[data-picked]")).to_have_text("50")
    page.get_by_label("All 52 that match").check()
    expect(page.locator("[data-picked]")).to_have_text("52")
    page.keyboard.press("a")
    expect(page.locator("dialog[open]")).to_contain_text("52 cases")
    page.get_by_role("button", name="Carry out").press("Enter")
    expect(page.locator("#notices")).to_contain_text("52 cases assigned.")
    assert len(cases) == Case.objects.filter(assignee=seller).count()


def test_a_long_menu_finds_a_choice_by_typing(open_as, seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    for n in range(30):
        Shop.objects.create(merchant=shop.merchant, code=f"S{n}", name=f"分店{n:02d}", platform="douyin")
    page = open_as(seller)
    page.goto("/desk/")
    menu = page.locator("#filter-shop")
    menu.locator("summary").click()
    menu.get_by_label("Type to find").fill("棉田")
    expect(menu.locator(".choice:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(menu.locator(".choice input").nth(0)).to_be_visible()
    menu.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"**/desk/?shop={shop.pk}")
    expect(page.locator("tr[data-case]")).to_have_count(1)


def test_a_view_is_saved_changed_saved_again_and_made_the_desk_one_opens_with(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/?kind=late_dispatch")
    expect(page.locator("#list nav [aria-current=page]")).to_contain_text("Not saved")
    page.locator("#view-menu summary").click()
    page.locator("#view-menu").get_by_label("Name").fill("Dispatch")
    page.locator("#view-menu").get_by_role("button", name="Save", exact=True).click()
    view = View.objects.get()
    page.wait_for_url(f"**/desk/?kind=late_dispatch&view={view.pk}")
    expect(page.locator("#list nav [aria-current=page]")).to_have_text("Dispatch 1")
    page.locator("#filters").locator("..").get_by_role("link", name="Nobody in charge 1").click()
    expect(page.locator("#list nav [aria-current=page]")).to_contain_text("●")
    page.locator("#view-menu summary").click()
    page.get_by_role("button", name="Save the change").click()
    expect(page.locator("#list nav [aria-current=page]")).not_to_contain_text("●")
    page.locator("#view-menu summary").click()
    page.get_by_role("button", name="Open my desk with it").click()
    page.goto("/desk/")
    page.wait_for_url(f"**/desk/?kind=late_dispatch&assignee=none&view={view.pk}")


def test_phone_triage_with_the_thumb(open_as, seller: User, shop: Shop, now: datetime) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(3)]
    page = open_as(seller, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/desk/?assignee=none")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(f"#case-{cases[0].pk} .due").tap()
    page.wait_for_url(f"**{reverse('case', args=[cases[0].pk])}*")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finish = page.get_by_role("button", name="Finish and next")
    box = finish.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    finish.tap()
    page.wait_for_url(f"**{reverse('case', args=[cases[1].pk])}*")
    page.get_by_role("link", name="Next").tap()
    page.wait_for_url(f"**{reverse('case', args=[cases[2].pk])}*")
    page.get_by_role("link", name="Queue").tap()
    page.wait_for_url("**/desk/?assignee=none")
    expect(page.locator("tr[data-case]")).to_have_count(2)
    page.locator(f"#case-{cases[1].pk} input").tap()
    page.get_by_role("button", name="Assign to me").tap()
    expect(page.locator("#notices")).to_contain_text("1 case assigned.")
    expect(page.locator("tr[data-case]")).to_have_count(1)
