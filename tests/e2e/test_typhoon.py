"""A typhoon: parcels stall, one incident appears, one action for all, parcels move on, children heal, it closes by itself."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Page, expect

from exceptions import tasks
from exceptions.models import Case, CaseEntry, Incident
from merchants.models import Shop, User
from shipments.models import Waybill
from tests.exceptions.incidents.scene import move_on, stand_still

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STORM = "【杭州市】受台风天气影响，快件在【杭州转运中心】暂停中转，恢复后将优先安排"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def gather(page: Page) -> None:
    """A round of the worker, then the page as it is a few seconds after it."""
    tasks.gather()
    caches["local"].clear()
    page.reload()


def test_a_typhoon_from_the_first_standstill_to_its_end(
    open_as, admin: User, shop: Shop, other_shop: Shop, now: datetime, complaints: list[str]
) -> None:
    stand_still(shop, now, 8, text=STORM)
    stand_still(other_shop, now, 5, text=STORM)
    Waybill.objects.update(cause="weather")
    page = open_as(admin)
    page.goto("/desk/")
    expect(page.locator("#list")).not_to_contain_text("杭州转运中心 13 parcels")

    # One line over the queue instead of thirteen in it.
    gather(page)
    strip = page.locator("ul.bulk")
    expect(strip).to_contain_text("杭州转运中心")
    expect(strip).to_contain_text("13 parcels")
    strip.locator("a").click()
    page.wait_for_url("**/incidents/*/")
    expect(page.locator("#incident")).to_contain_text("13 parcels standing still since")
    expect(page.locator("#incident")).to_contain_text("No waiver covers this place")

    # In charge, and one action for all of them: previewed, then carried out.
    page.get_by_role("button", name="Take charge").click()
    expect(page.locator(".headline")).to_contain_text("In charge: linxiao")
    page.locator("#do-all-urge > summary").click()
    page.locator("#do-all-urge [name=where]").fill("hotline 95554, ticket 4711")
    page.locator("#do-all-urge button").click()
    page.wait_for_url("**/desk/log/*/")
    expect(page.locator("main")).to_contain_text("13 cases will be carried out")
    page.get_by_role("button", name="Carry out").click()
    expect(page.locator("#command").get_by_role("button", name="Undo")).to_be_visible()
    assert CaseEntry.objects.filter(action="urge").count() == 13

    # Who joins later counts it as done.
    late = stand_still(shop, now, 1, text=STORM, first=40)[-1]
    gather(page)
    page.goto(f"/cases/{late.pk}/")
    expect(page.locator("#incident")).to_contain_text(re.compile("14 parcels at YTO( Express)? 杭州转运中心"))
    expect(page.locator("#incident")).to_contain_text(
        "Done for the incident: Urge the carrier · hotline 95554, ticket 4711"
    )

    # The waiver is a form that is filled in already.
    page.goto(f"/incidents/{Incident.objects.get().pk}/")
    page.get_by_role("link", name="Write a waiver for it").click()
    expect(page.locator("[name=areas]")).to_have_value("浙江")
    expect(page.locator("[name=kinds][value=transit_stall]")).to_be_checked()

    # The storm is over: parcels move on, their cases heal, and nobody has to close anything.
    cases = list(Case.objects.filter(kind="transit_stall").order_by("pk"))
    move_on(cases[:9], timezone.now())
    page.goto(f"/incidents/{Incident.objects.get().pk}/")
    gather(page)
    expect(page.locator("#incident")).to_contain_text("5 parcels standing still since")
    expect(page.locator("#incident")).to_contain_text("9 have moved on")
    move_on(cases[9:], timezone.now() + timedelta(seconds=1))
    gather(page)
    expect(page.locator("#incident")).to_contain_text("Closed by itself")
    expect(page.locator("#incident")).to_contain_text("None of its cases is open any more.")
    assert set(Case.objects.filter(kind="transit_stall").values_list("state", flat=True)) == {"resolved"}
    page.goto("/desk/")
    expect(strip).to_have_count(0)
    assert complaints == []
