"""Many cases in the browser: the preview, its commit, progress, undo, and the page of what one did."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.desk import acting, running
from exceptions.models import Case, Command
from merchants.models import Shop, User
from tests.exceptions.acting import late_orders
from tests.exceptions.scene import late_dispatch, late_pickup
from tests.exceptions.test_views import text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "list", "HX-Current-URL": "http://testserver/desk/?kind=late_dispatch"}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def browser(client: Client, seller: User) -> Client:
    client.force_login(seller)
    return client


def test_a_whole_filter_is_acted_on_not_only_the_page(browser: Client, shop: Shop, now: datetime) -> None:
    late_orders(shop, now, 60)
    late_pickup(shop, now)
    form = {"action": "resolve", "outcome": "handled", "all": "1"}
    response = browser.post(reverse("desk-bulk") + "?kind=late_dispatch", form, headers=HTMX)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#dialog", "innerHTML")
    assert "60 cases will be carried out · ¥7,860 at stake" in text(response)
    command = Command.objects.get()
    assert command.query == "kind=late_dispatch"
    done = browser.post(
        reverse("command-commit", args=[command.pk]), {"outcome": "handled", "in_dialog": "1"}, headers=HTMX
    )
    assert done["HX-Retarget"] == "#list"
    assert "60 cases resolved." in text(done)
    assert '<div id="dialog" hx-swap-oob="true"></div>' in done.content.decode()
    assert list(Case.objects.filter(state="open").values_list("kind", flat=True)) == ["late_pickup"]


def test_the_preview_groups_what_is_not_possible_by_its_reason(browser: Client, shop: Shop, now: datetime) -> None:
    pickup = late_pickup(shop, now)
    cases = [late_dispatch(shop, now, number=f"69{n}") for n in range(3)]
    form = {"action": "intercept", "case": [pickup.pk, *(case.pk for case in cases)]}
    page = text(browser.post(reverse("desk-bulk"), form, follow=True))
    assert "1 case will be carried out" in page
    assert "3 Not possible · There is no parcel yet." in page


def test_what_the_act_lacks_is_asked_in_the_preview(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_pickup(shop, now)
    browser.post(reverse("desk-bulk"), {"action": "compensate", "case": [case.pk]}, headers=HTMX)
    address = reverse("command-commit", args=[Command.objects.get().pk])
    refused = browser.post(address, {"note": "?"}, headers=HTMX | {"HX-Target": "command"})
    assert refused.status_code == 422
    assert "This field is required." in text(refused)
    assert Command.objects.get().state == "preview"
    browser.post(address, {"amount": "5.00"})
    assert case.entries.get(action="compensate").detail == {"amount": "5.00"}


def test_the_toast_of_an_act_takes_it_back(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    form = {"action": "resolve", "outcome": "handled", "case": [case.pk]}
    page = browser.post(reverse("desk-bulk"), form, headers=HTMX).content.decode()
    undo = reverse("command-undo", args=[Command.objects.get().pk])
    assert f'hx-post="{undo}"' in page
    told = browser.post(undo, headers=HTMX)
    assert "Undone on 1 case." in text(told)
    assert told["HX-Trigger"] == "refresh-list, refresh-counts, refresh-case, refresh-log"
    assert Case.objects.get().state == "open"
    again = browser.post(undo, headers=HTMX)
    assert again.status_code == 409
    assert "taken back already" in text(again)


def test_a_long_command_shows_its_progress_and_can_be_stopped(
    browser: Client, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    monkeypatch.setattr(running, "BATCH", 2)
    found = late_orders(shop, now, 5)
    browser.post(
        reverse("desk-bulk"), {"action": "note", "note": "?", "case": [case.pk for case in found[:2]], "all": "1"}
    )
    address = reverse("command", args=[Command.objects.get().pk])
    browser.post(f"{address}commit/", {"note": "?"})
    assert "0 of 5 done" in text(browser.get(address))
    running.carry_out(now)
    page = browser.get(address)
    assert "2 of 5 done" in text(page)
    assert 'hx-trigger="every 1s"' in page.content.decode()
    browser.post(f"{address}cancel/")
    assert "3 Not possible · Cancelled before its turn." in text(browser.get(address))


def test_what_i_did_shows_my_commands_and_the_admin_everybodys(
    browser: Client, admin: User, support: User, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    browser.post(reverse("case-act", args=[case.pk, "note"]), {"note": "rang the outlet"})
    assert "rang the outlet" in text(browser.get(reverse("command-log")))
    for person, seen in ((admin, True), (support, False)):
        other = Client()
        other.force_login(person)
        assert ("rang the outlet" in text(other.get(reverse("command-log")))) is seen
    assert "rang the outlet" not in text(browser.get(reverse("command-log"), {"action": "resolve"}))


def test_pages_of_commands_take_the_same_queries_for_few_and_for_many(
    browser: Client, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    found = late_orders(shop, now, 40)
    url = reverse("desk-bulk")
    for part in (found[:2], found[2:]):
        browser.post(url, {"action": "assign", "case": [case.pk for case in part]})
        command = Command.objects.latest("pk")
        browser.get(reverse("command", args=[command.pk]))  # its messages are told, the rail's counts are kept
        # session, person, membership, its shops, the merchant's shops, merchants; the rail,
        # the command, counts, two of its cases, stake
        with django_assert_num_queries(12):
            browser.get(reverse("command", args=[command.pk]))
        browser.post(reverse("command-commit", args=[command.pk]))
    for _ in range(2):
        browser.get(reverse("command-log"))
        with django_assert_num_queries(8):
            browser.get(reverse("command-log"))
        browser.post(reverse("case-act", args=[found[0].pk, "note"]), {"note": "?"})


def test_a_case_page_decided_on_an_old_picture_answers_with_who_was_faster(
    browser: Client, admin: User, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    seen = browser.get(reverse("case", args=[case.pk])).context["seen"]
    other = Client()
    other.force_login(admin)
    other.post(reverse("case-act", args=[case.pk, "assign"]), {"assignee": admin.pk})
    response = browser.post(reverse("case-act", args=[case.pk, "resolve"]), {"outcome": "handled", "seen": seen})
    assert response.status_code == 409
    assert "linxiao was faster: Assign" in text(response)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000], ids=["larger than any", "longer than Python reads"])
def test_a_number_no_row_can_have_is_no_fault_of_ours(browser: Client, number: str) -> None:
    assert browser.get(reverse("command-log"), {"after": number}).status_code == 200
