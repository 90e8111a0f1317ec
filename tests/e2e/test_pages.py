"""Every page in a real browser: no violation of the content policy, no error in the console, both languages, both themes."""

from datetime import datetime

import pytest
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from exceptions import tasks
from exceptions.desk import cases
from exceptions.desk.workflow import Action
from exceptions.models import Blindspot, Command, Incident
from merchants.models import Membership, Shop, User
from tests.exceptions.incidents.scene import stand_still
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, stalled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    caches["local"].clear()
    return timezone.now()


def addresses(case) -> list[str]:
    return [
        "/",
        "/exposure/",
        "/desk/",
        "/desk/?state=snoozed",
        reverse("case", args=[case.pk]),
        reverse("orders"),
        reverse("order", args=[case.order_id]),
        reverse("order-limits", args=[case.order_id]),
        reverse("blindspots"),
        reverse("waybill", args=[case.waybill_id]),
        reverse("imports"),
        reverse("import-new"),
        reverse("profile"),
        reverse("rules"),
        reverse("rule", args=["PDD-SHIP-48"]),
        reverse("rule-change", args=["PDD-SHIP-48"]),
        reverse("rule-windows"),
        reverse("rule-waivers"),
        reverse("rule-hours"),
        reverse("rule-own-new"),
        reverse("rule-draft"),
        reverse("rule-versions"),
        reverse("playbooks"),
        reverse("playbook", args=["transit_stall"]),
        reverse("kinds"),
        reverse("report-new"),
        reverse("report-paste"),
        reverse("command-log"),
        reverse("command", args=[Command.objects.latest("pk").pk]),
        reverse("handover"),
        reverse("notices"),
        reverse("incidents"),
        reverse("incident", args=[Incident.objects.get().pk]),
        reverse("incident-new"),
        reverse("support"),
        reverse("support-order", args=[case.order_id]),
        reverse("setup-desk"),
        reverse("setup-person", args=[Membership.objects.latest("pk").pk]),
        reverse("setup-incidents"),
        reverse("setup"),
        reverse("setup-shop", args=[case.shop_id]),
        reverse("setup-audit"),
    ]


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_breaks_the_policy_or_spills_over(
    open_as, admin: User, shop: Shop, now: datetime, complaints: list[str], width: int
) -> None:
    late_dispatch(shop, now)
    late_pickup(shop, now)
    case = stalled(shop, now)
    stand_still(shop, now, 10)
    tasks.gather()
    cases.act(member_of(admin), case.pk, Action.NOTE, now=now, note="网点说今晚补扫")
    Blindspot.objects.get_or_create(order=case.order, waybill=case.waybill, reason="way_unknown")
    page = open_as(admin, viewport={"width": width, "height": 900})
    for address in addresses(case):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        assert "script-src 'self'" in response.headers["content-security-policy"]
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.locator("h1").count() >= 1, address
    assert complaints == []


def test_language_and_theme_are_switched_and_stay(open_as, seller: User, complaints: list[str]) -> None:
    page = open_as(seller)
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").first.click()
    expect(root).to_have_attribute("lang", "zh-Hans")
    page.locator("details.menu summary .who").click()
    page.locator("button[name=theme][value=dark]").click()
    expect(root).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 24)"
    page.goto("/desk/")
    expect(root).to_have_attribute("lang", "zh-Hans")
    expect(root).to_have_attribute("data-theme", "dark")
    assert complaints == []


def test_the_log_in_speaks_the_language_of_the_browser(open_as) -> None:
    for locale, lang in (("zh-CN", "zh-Hans"), ("en-GB", "en")):
        page = open_as(None, locale=locale)
        page.goto("/desk/")
        expect(page.locator("html")).to_have_attribute("lang", lang)
        expect(page.locator("[name=username]")).to_be_visible()


def test_a_person_whose_session_has_ended_is_asked_to_log_in(open_as, seller: User, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    page = open_as(seller)
    page.goto("/desk/")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.evaluate("htmx.trigger('body', 'refresh-list')")
    page.wait_for_url("**/login/?next=/desk/")
