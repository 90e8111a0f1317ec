"""A bulk mistake taken back, and a case that came back by itself, in a real browser."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions.models import Case, Command
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch, sweep_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def states() -> list[str]:
    return sorted(Case.objects.values_list("state", flat=True))


def pick(page: Page, *cases: Case) -> None:
    for case in cases:
        page.locator(f"#case-{case.pk} input[name=case]").check()


def test_a_bulk_mistake_is_seen_in_the_preview_and_taken_back_in_one_key(
    open_as, seller: User, shop: Shop, now: datetime, complaints
) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(5)]
    page = open_as(seller)
    page.goto("/desk/")
    pick(page, *cases[:4])
    page.get_by_text("Resolve", exact=False).and_(page.locator("#bulk-resolve summary")).click()
    page.locator("#bulk-resolve input[value=false_alarm]").check()
    page.locator("#bulk-resolve input[name=note]").fill("wrong rows")
    page.locator("#bulk-resolve button").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("4 cases will be carried out")
    assert states() == ["open"] * 5, "nothing has happened yet"
    dialog.get_by_role("button", name="Carry out").press("Enter")
    expect(page.locator("#notices")).to_contain_text("4 cases resolved.")
    expect(dialog).to_have_count(0)
    expect(page.locator(f"#case-{cases[0].pk}")).to_have_count(0)
    assert states() == ["open"] + ["resolved"] * 4

    page.keyboard.press("u")
    expect(page.locator("#notices")).to_contain_text("Undone on 4 cases.")
    expect(page.locator(f"#case-{cases[0].pk}")).to_be_visible()
    assert states() == ["open"] * 5
    assert Command.objects.get().state == "undone"
    assert complaints == []


def test_everything_works_without_javascript(open_as, seller: User, shop: Shop, now: datetime) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(3)]
    page = open_as(seller, java_script_enabled=False)
    page.goto("/desk/")
    pick(page, *cases)
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#command")).to_contain_text("3 cases will be carried out")
    page.get_by_role("button", name="Carry out").click()
    expect(page.locator("#notices")).to_contain_text("3 cases assigned.")
    page.goto("/desk/log/")
    expect(page.locator("#log")).to_contain_text("Assign")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Undone on 3 cases.")
    assert not Case.objects.exclude(assignee=None).exists()


def test_one_case_is_acted_on_at_once_and_its_notes_are_taken_back(
    open_as, seller: User, shop: Shop, now: datetime, complaints
) -> None:
    case = late_dispatch(shop, now)
    page = open_as(seller)
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("n")
    page.keyboard.type("rang the outlet")
    page.locator("#do-note button").press("Enter")
    expect(page.locator("#stream")).to_contain_text("rang the outlet")
    page.locator("#notices button").focus()
    page.keyboard.press("u")
    expect(page.locator("#stream")).to_contain_text("taken back")
    assert complaints == []


def test_a_case_that_was_handled_comes_back_with_its_mark_when_it_breaks_all_the_same(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now - 9 * HOUR, hours=40)
    page = open_as(seller)
    page.goto(f"/cases/{case.pk}/")
    page.locator("#do-resolve summary").click()
    page.locator("#do-resolve select").select_option("handled")
    page.locator("#do-resolve input[name=note]").fill("leaves today")
    page.locator("#do-resolve button").click()
    expect(page.locator("#case")).to_contain_text("resolved it: Handled")
    page.goto("/desk/")
    expect(page.locator("#list")).to_contain_text("No open exceptions.")
    sweep_all(now)
    page.reload()
    page.locator(f"#case-{case.pk} a.strong").click()
    expect(page.locator("#case .headline")).to_contain_text("Came back")
    expect(page.locator("#stream")).to_contain_text("It had been resolved: Handled")
    expect(page.locator("#stream")).to_contain_text("leaves today")
