"""WCAG 2.2 AA as axe-core checks it: every page, both themes, wide and narrow, without a single violation."""

from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from exceptions.models import Blindspot
from merchants.models import Shop, User
from tests.addresses import ADDRESSES, PUBLIC
from tests.exceptions.scene import late_dispatch, late_pickup, stalled
from tests.test_access import things  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STANDARD = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
# Answers that are no pages: parts of one, files, data.
NO_PAGES = {"rail", "import-template", "import-issues", "push"}


@pytest.fixture
def now() -> datetime:
    caches["local"].clear()
    return timezone.now()


def pages(made: dict[str, Any]) -> list[str]:
    """The address of each page of the table of addresses; each page of the product is in it."""
    found = []
    for name, address in ADDRESSES.items():
        if address.method == "get" and not name.startswith("api-") and name not in NO_PAGES:
            kwargs: dict[str, Any] = dict(address.path)
            if address.thing:
                kwargs[address.named] = made[address.thing]
            found.append(reverse(name, kwargs=kwargs))
    return found


def violations(page: Page, address: str) -> list[str]:
    """What axe-core finds on a page, each as rule, address and the place of its first case."""
    found = Axe().run(page, options=STANDARD).response["violations"]
    return [f"{one['id']} on {address}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})" for one in found]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_keeps_anybody_out(
    open_as,
    admin: User,
    shop: Shop,
    now: datetime,
    things: dict[str, Any],  # noqa: F811
    theme: str,
    width: int,
) -> None:
    late_dispatch(shop, now)
    late_pickup(shop, now)
    case = stalled(shop, now)
    Blindspot.objects.get_or_create(order=case.order, waybill=case.waybill, reason="way_unknown")
    page = open_as(admin, viewport={"width": width, "height": 900}, color_scheme=theme)
    found = []
    for address in [
        *pages(things),
        reverse("case", args=[case.pk]),
        reverse("order", args=[case.order_id]),
        "/nowhere/",
    ]:
        page.goto(address)
        found += violations(page, address)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out_before_logging_in(open_as, theme: str) -> None:
    page = open_as(None, color_scheme=theme)
    found = []
    for name, address in ADDRESSES.items():
        if address.right == PUBLIC and address.method == "get" and not address.thing:
            page.goto(reverse(name))
            found += violations(page, name)
    assert not found, "\n".join(found)
