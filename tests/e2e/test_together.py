"""Two people on one case, in two browsers of their own."""

from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions.models import Attachment, Case, CaseEntry, Notice
from exceptions.together.telling import tell
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch
from tests.exceptions.together.test_pictures import a_picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


def at(page: Page, case: Case) -> Page:
    page.goto(f"/cases/{case.pk}/")
    return page


def test_two_people_see_each_other_on_one_case_and_a_mention_arrives(
    open_as, seller: User, admin: User, case: Case, complaints
) -> None:
    User.objects.filter(pk=seller.pk).update(last_name="陈", first_name="默")
    chen, lin = at(open_as(seller), case), at(open_as(admin), case)
    expect(lin.locator("#here")).to_contain_text("陈默 is looking at it.")

    chen.keyboard.press("n")
    chen.keyboard.type("rang the outlet, ")
    expect(chen.locator("#do-note textarea")).to_have_value("rang the outlet, ")
    lin.reload()
    expect(lin.locator("#here")).to_contain_text("陈默 is writing here.")

    # A name behind an @ is offered, and taken by Tab.
    chen.keyboard.type("@lin")
    expect(chen.locator("#do-note .names button")).to_have_text("linxiao")
    chen.keyboard.press("Tab")
    expect(chen.locator("#do-note textarea")).to_have_value("rang the outlet, @linxiao ")
    chen.locator("#do-note button.go").click()
    expect(chen.locator("#stream")).to_contain_text("rang the outlet, @linxiao")
    assert tell(timezone.now()) == 1
    lin.goto("/notices/")
    expect(lin.locator("#list")).to_contain_text("You were mentioned")
    expect(lin.locator("#bell")).to_contain_text("1")
    lin.locator("#list button").click()
    lin.wait_for_url(f"**/cases/{case.pk}/")
    assert Notice.objects.get().read_at is not None
    assert complaints == []


def test_the_desk_shows_who_is_at_a_row(open_as, seller: User, admin: User, case: Case, complaints) -> None:
    chen = at(open_as(seller), case)
    expect(chen.locator("#here")).to_be_attached()
    chen.wait_for_load_state("networkidle")
    desk = open_as(admin)
    desk.goto("/desk/")
    mark = desk.locator(f"#case-{case.pk} .at-it")
    expect(mark).to_have_text("C")
    expect(mark).to_have_attribute("title", "chenmo")
    assert complaints == []


def test_a_case_is_watched_by_a_key_and_a_picture_is_pasted(open_as, seller: User, case: Case, complaints) -> None:
    page = at(open_as(seller), case)
    page.keyboard.press("w")
    expect(page.locator("#people")).to_contain_text("No longer watch")
    page.locator("#add-proof > summary").click()
    page.locator("#attach-file").set_input_files(
        [{"name": "面单.jpg", "mimeType": "image/jpeg", "buffer": a_picture(size=(900, 1600))}]
    )
    page.locator("#attach button.go").click()
    expect(page.locator("#notices")).to_contain_text("1 file is kept.")
    thumb = page.locator("#attachments img")
    expect(thumb).to_have_js_property("complete", True)
    assert thumb.evaluate("image => image.naturalWidth") == 180
    assert Attachment.objects.get().width == 900
    page.locator("#attachments form button", has_text="Remove").click()
    expect(page.locator("#stream")).to_contain_text("removed 面单.jpg")
    assert complaints == []


def test_a_shift_is_handed_over_and_accepted_on_the_phone(
    open_as, seller: User, support: User, shop: Shop, now: datetime, complaints
) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=46 + n) for n in range(3)]
    Case.objects.update(assignee=seller)
    page = open_as(seller, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/desk/handover/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.select_option("[name=to]", label="zhaomin")
    page.fill("[name=note]", "明早先看圆通")
    page.select_option(f"[name=to-{cases[2].pk}]", label="I keep it")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("2 cases handed over.")
    owners = dict(Case.objects.values_list("pk", "assignee__username"))
    assert owners == {cases[0].pk: "zhaomin", cases[1].pk: "zhaomin", cases[2].pk: "chenmo"}

    other = open_as(support, viewport={"width": 390, "height": 844}, has_touch=True)
    other.goto("/notices/")
    expect(other.locator("#list li")).to_have_count(1)
    other.locator("#list button").click()
    other.get_by_role("button", name="I have it").click()
    expect(other.locator("#notices")).to_contain_text("Accepted.")
    assert CaseEntry.objects.filter(action="assign").count() == 2
    assert complaints == []


def test_who_comes_second_is_told_what_happened_and_loses_nothing(
    open_as, seller: User, admin: User, case: Case, complaints
) -> None:
    lin, chen = at(open_as(admin), case), at(open_as(seller), case)
    lin.keyboard.press("n")
    lin.keyboard.type("asked the warehouse")

    chen.get_by_role("button", name="Assign to me").first.click()
    expect(chen.locator("#people")).to_contain_text("yours until")

    # 林晓 still has the page as it was: she wants to resolve what 陈默 has just taken.
    lin.keyboard.press("Escape")
    lin.locator("#do-resolve summary").click()
    lin.select_option("#do-resolve [name=outcome]", "handled")
    lin.fill("#do-resolve [name=note]", "buyer has agreed to wait")
    lin.locator("#do-resolve button.go").click()
    expect(lin.locator("#notices")).to_contain_text("chenmo was faster")
    expect(lin.locator("#do-resolve [name=note]")).to_have_value("buyer has agreed to wait")
    expect(lin.locator("#do-resolve [name=outcome]")).to_have_value("handled")
    assert Case.objects.get().state == "open"

    # Now she has seen it: the same click goes through.
    lin.locator("#do-resolve button.go").click()
    expect(lin.locator("#case")).to_contain_text("Nothing is left to do here")
    assert CaseEntry.objects.latest("pk").note == "buyer has agreed to wait"
    assert [text for text in complaints if "409" not in text] == []
