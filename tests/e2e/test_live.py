"""An open desk keeps up with the others and holds still under the hand, in a real browser."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions.desk import cases
from exceptions.desk.workflow import Action
from merchants.access import of
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def pulse(page: Page) -> None:
    """Have the page ask what is new, now."""
    caches["local"].clear()
    with page.expect_response("**/desk/pulse/*"):
        page.evaluate("document.dispatchEvent(new Event('pulse'))")


def top(page: Page, pk: int) -> float:
    box = page.locator(f"#case-{pk}").bounding_box()
    assert box is not None
    return box["y"]


def test_the_row_under_the_pointer_stays_while_others_arrive_change_and_leave(
    open_as, seller: User, admin: User, shop: Shop, now: datetime, complaints
) -> None:
    first, second, third, fourth = (late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(4))
    page = open_as(seller)
    page.goto("/desk/")
    page.locator(f"#case-{third.pk} input").check()
    row = page.locator(f"#case-{second.pk}")
    row.hover()
    row.locator("a.strong").focus()
    # Once the preview is there, the page has the width it keeps.
    expect(page.locator("#side")).to_contain_text(first.order.number)
    before = top(page, second.pk)

    colleague = of(admin.memberships.get())
    cases.act(colleague, first.pk, Action.RESOLVE, now=now, outcome="handled")
    cases.act(colleague, fourth.pk, Action.ASSIGN, now=now, assignee=admin.pk)
    for n in range(3):
        late_dispatch(shop, now, number=f"69100{n}", hours=70)
    pulse(page)

    expect(page.locator("#arrivals")).to_have_text("3 new cases above · show")
    expect(page.locator(f"#case-{first.pk}")).to_contain_text("Resolved by linxiao")
    expect(page.locator(f"#case-{fourth.pk} .who")).to_have_attribute("title", "linxiao")
    expect(page.locator("#rail-all")).to_have_text("6")
    assert top(page, second.pk) == before
    assert page.locator("tr[data-case]").count() == 4
    assert page.evaluate("document.activeElement.textContent") == second.order.number
    expect(page.locator(f"#case-{third.pk} input")).to_be_checked()
    expect(page.locator("[data-picked]")).to_have_text("1")

    page.locator("#arrivals").click()
    expect(page.locator("tr[data-case]")).to_have_count(6)
    expect(page.locator("#arrivals")).to_be_hidden()
    expect(page.locator(f"#case-{third.pk} input")).to_be_checked()
    assert complaints == []


def test_numbers_keep_up_on_pages_without_a_list(open_as, seller: User, shop: Shop, now: datetime, complaints) -> None:
    page = open_as(seller)
    page.goto("/profile/")
    expect(page.locator("#rail-all")).to_have_text("0")
    late_dispatch(shop, now)
    pulse(page)
    expect(page.locator("#rail-all")).to_have_text("1")
    assert complaints == []


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_looked_at(
    open_as, seller: User, shop: Shop, now: datetime
) -> None:
    page = open_as(seller)
    page.clock.install()
    page.goto("/desk/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/desk/pulse/" in request.url else None)
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s});"
    page.evaluate(hide % "true")
    page.clock.run_for(timedelta(minutes=2).seconds * 1000)
    assert asked == []
    late_dispatch(shop, now)
    page.evaluate(hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#arrivals")).to_have_text("1 new case above · show")
