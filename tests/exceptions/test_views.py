"""The desk and the case page, as a person uses them."""

import base64
import re
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.models import Case, CaseEntry
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch, late_pickup, stalled, sweep_all

HTMX_LIST = {"HX-Request": "true", "HX-Target": "list"}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def browser(seller: User) -> Client:
    client = Client()
    client.force_login(seller)
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_queue_shows_what_why_whose_how_much_and_until_when(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now, hours=50)
    page = text(browser.get(reverse("desk")))
    assert "Late dispatch 690001" in page
    assert "Paid 2d 2h ago, not dispatched" in page
    assert "¥131.00 2h 00m over" in page
    assert "1 open case · ¥131 at stake" in page
    assert reverse("case", args=[case.pk]) in browser.get(reverse("desk")).content.decode()


def test_htmx_gets_the_list_alone_and_both_say_what_they_vary_by(browser: Client, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    whole, part = browser.get(reverse("desk")), browser.get(reverse("desk"), headers=HTMX_LIST)
    assert "<html" in whole.content.decode()
    assert part.content.decode().startswith('<div id="list"')
    assert all("HX-Request" in response["Vary"] for response in (whole, part))


def test_the_query_string_filters_and_the_chips_keep_it(browser: Client, shop: Shop, now: datetime) -> None:
    late_dispatch(shop, now)
    late_pickup(shop, now)
    page = browser.get(reverse("desk"), {"kind": "late_pickup"}).content.decode()
    assert page.count("<tr id=") == 1
    assert "YT8834 2019 44715" in page
    assert "?kind=late_pickup&amp;level=broken" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "Cases open by themselves"),
        ({"state": "snoozed"}, "Nothing is snoozed."),
        ({"state": "resolved"}, "Nothing resolved yet."),
        ({"q": "404"}, "No case matches “404”."),
    ],
)
def test_an_empty_desk_says_why(browser: Client, query: dict[str, str], sentence: str) -> None:
    assert sentence in text(browser.get(reverse("desk"), query))


@pytest.mark.parametrize(
    "url", ["/desk/?after=%00", "/desk/?shop=x&kind=y&level=z&assignee=q&hour=w", "/desk/?before=AAAA"]
)
def test_a_query_string_that_cannot_be_read_shows_the_whole_desk(
    browser: Client, shop: Shop, now: datetime, url: str
) -> None:
    late_dispatch(shop, now)
    response = browser.get(url)
    assert response.status_code == 200
    assert "690001" in text(response)


def _many(shop: Shop, now: datetime, first: int, last: int) -> None:
    for i in range(first, last):
        late_pickup(shop, now, number=f"68{i:04d}", waybill=f"YT{i:013d}")


def test_pages_lead_there_and_back_and_keep_the_filters(browser: Client, shop: Shop, now: datetime) -> None:
    _many(shop, now, 0, 52)
    first = browser.get("/desk/?kind=late_pickup")
    assert first.context["prev_url"] == ""
    second = browser.get(first.context["next_url"])
    assert "kind=late_pickup" in first.context["next_url"]
    assert [len(page.context["rows"]) for page in (first, second)] == [50, 2]
    assert second.context["next_url"] == ""
    again = browser.get(second.context["prev_url"])
    assert [row.pk for row in again.context["rows"]] == [row.pk for row in first.context["rows"]]


def test_the_desk_takes_the_same_queries_for_one_row_and_for_many(
    browser: Client, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    late_pickup(shop, now)
    browser.get(reverse("desk"))
    # session, person, membership, its shops, the merchant's shops, the merchant's numbers and one's own, what it opens with,
    # the page, what is chosen and saved, carriers, people, merchants
    for last in (0, 12):
        _many(shop, now, 0, last)
        caches["local"].clear()
        # three of them: the next step of each case
        with django_assert_num_queries(19):
            browser.get(reverse("desk"))


def test_the_case_page_takes_the_same_queries_whatever_has_happened(
    browser: Client, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    case = stalled(shop, now)
    url = reverse("case", args=[case.pk])
    for n in range(3):
        caches["local"].clear()
        # three of them: its playbook; two: its neighbours in the queue; one each: the other open cases of the order, which it may
        # be merged into, its reports, files, watchers, who may be mentioned; four: what the frame counts
        with django_assert_num_queries(30):
            browser.get(url)
        browser.post(reverse("case-act", args=[case.pk, "note"]), {"note": f"rang the outlet {n}"})


def test_the_case_page_tells_the_next_step_the_arithmetic_and_the_track(
    browser: Client, shop: Shop, now: datetime
) -> None:
    case = stalled(shop, now)
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert "Urge the hub by " in page
    assert "Urge the hub or outlet of the last scan: is it held" in page
    assert "+ 48h =" in page
    assert "In transit 【武汉转运中心】快件已发往【长沙】" in page
    assert "Picked up 【太和网点】已揽收" in page
    assert "opened it: Broken" in page
    assert "Asked 4m ago · 快递100" in page


def test_the_case_page_leads_to_the_open_tickets_of_its_order(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    asked = {"kind": "refund_unshipped", "opened_at": now, "reason": "不想要了"}
    ticket = case.order.tickets.create(**asked)
    case.order.tickets.create(**asked | {"number": "AS-0", "reason": "拍错", "closed_at": now})
    response = browser.get(reverse("case", args=[case.pk]))
    address = f"{reverse('order', args=[case.order_id])}#ticket-{ticket.pk}"
    assert f'<a href="{address}">Refund request before dispatch</a>' in response.content.decode()
    assert "Requests and notices Refund request before dispatch 不想要了" in text(response)
    assert "拍错" not in text(response)


def test_the_preview_is_a_part_of_the_case_page(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    headers = {"HX-Request": "true", "HX-Target": "side"}
    part = browser.get(reverse("case", args=[case.pk]), headers=headers).content.decode()
    assert "<html" not in part
    assert "Check the stock" in part
    assert reverse("case-act", args=[case.pk, "resolve"]) not in part


def test_resolving_without_javascript_leads_back_to_the_case(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    response = browser.post(reverse("case-act", args=[case.pk, "resolve"]), {"outcome": "handled", "note": "发了"})
    assert (response.status_code, response["Location"]) == (303, reverse("case", args=[case.pk]))
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("resolved", "handled")
    page = text(browser.get(response["Location"]))
    assert "resolved it: Handled" in page
    assert "发了" in page
    assert "Reopen" in page


def test_an_action_through_htmx_brings_the_case_back_and_tells_the_list(
    browser: Client, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    headers = {"HX-Request": "true", "HX-Target": "case"}
    url = reverse("case-act", args=[case.pk, "assign"])
    response = browser.post(url, {"assignee": case.merchant.memberships.get().user_id}, headers=headers)
    assert response.status_code == 200
    assert response["HX-Trigger"] == "refresh-list, refresh-counts"
    assert response.content.decode().startswith('<div id="case"')
    case.refresh_from_db()
    assert case.assignee is not None


@pytest.mark.parametrize(
    ("action", "form", "sentence"),
    [
        ("resolve", {}, "This field is required."),
        ("resolve", {"outcome": "kept"}, "Select a valid choice"),
        ("note", {"note": "  "}, "This field is required."),
        ("snooze", {"preset": "at"}, "Choose a time that is still to come."),
        ("snooze", {"preset": "at", "until": "2020-01-01T09:00"}, "Choose a time that is still to come."),
        ("assign", {"assignee": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_told_at_its_field_and_nothing_changes(
    browser: Client, shop: Shop, now: datetime, action: str, form: dict[str, str], sentence: str
) -> None:
    case = late_dispatch(shop, now)
    response = browser.post(reverse("case-act", args=[case.pk, action]), form)
    assert response.status_code == 422
    assert re.search(rf'class="errors"[^>]*>{re.escape(sentence)}', response.content.decode())
    assert f'id="do-{action}" open' in response.content.decode()
    assert list(CaseEntry.objects.values_list("action", flat=True)) == ["raise"]


def test_whoever_comes_second_is_told_and_sees_the_case_as_it_is(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    browser.post(reverse("case-act", args=[case.pk, "resolve"]), {"outcome": "handled"})
    response = browser.post(reverse("case-act", args=[case.pk, "snooze"]), {"preset": "1h"})
    assert response.status_code == 409
    assert "This case is resolved: “Snooze” is not possible now." in text(response)
    case.refresh_from_db()
    assert case.outcome == "handled"


def test_snoozing_until_a_time_reads_it_in_the_zone_of_the_shop(browser: Client, shop: Shop, now: datetime) -> None:
    Shop.objects.filter(pk=shop.pk).update(timezone="America/Sao_Paulo")
    case = late_dispatch(shop, now)
    local = timezone.localtime(now + timedelta(hours=5), shop.__class__.objects.get(pk=shop.pk).zone)
    typed = f"{local:%Y-%m-%dT%H:%M}"
    browser.post(reverse("case-act", args=[case.pk, "snooze"]), {"preset": "at", "until": typed})
    case.refresh_from_db()
    assert case.state == "snoozed"
    assert case.snoozed_until == local.replace(second=0, microsecond=0)


@pytest.mark.parametrize("action", ["raise", "clear", "worsen", "delete"])
def test_what_only_the_facts_do_cannot_be_posted(browser: Client, shop: Shop, now: datetime, action: str) -> None:
    case = late_dispatch(shop, now)
    assert browser.post(reverse("case-act", args=[case.pk, action])).status_code == 404
    assert browser.get(reverse("case-act", args=[case.pk, "resolve"])).status_code == 405


def test_a_bulk_action_reports_each_case_and_one_refusal_stops_no_other(
    browser: Client, shop: Shop, stranger_shop: Shop, now: datetime
) -> None:
    first, second = late_dispatch(shop, now), late_pickup(shop, now)
    foreign = late_dispatch(stranger_shop, now)
    browser.post(reverse("case-act", args=[second.pk, "resolve"]), {"outcome": "handled"})
    chosen = [first.pk, second.pk, foreign.pk, "x"]
    form = {"action": "resolve", "outcome": "no_action", "note": "两单是同一件", "case": chosen}
    response = browser.post(reverse("desk-bulk") + "?kind=late_dispatch", form)
    assert response.status_code == 303
    preview = text(browser.get(response["Location"]))
    assert "1 case will be carried out" in preview
    assert f"C-{foreign.pk}: not found." in preview
    assert not Case.objects.filter(outcome="no_action").exists(), "nothing is done before it is confirmed"
    done = browser.post(f"{response['Location']}commit/", {"outcome": "no_action", "note": "两单是同一件"})
    assert (done.status_code, done["Location"]) == (303, response["Location"])
    page = text(browser.get(done["Location"]))
    assert "1 Applied" in page
    assert "1 Was so already · This case is resolved: “Resolve” is not possible now." in page
    outcomes = dict(Case.objects.values_list("pk", "outcome"))
    assert outcomes == {first.pk: "no_action", second.pk: "handled", foreign.pk: ""}


def test_a_bulk_action_on_nothing_says_so(browser: Client) -> None:
    response = browser.post(reverse("desk-bulk"), {"action": "assign"}, follow=True)
    assert "Select at least one case first." in text(response)


def test_a_bulk_action_through_htmx_brings_the_list_and_the_notices(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    form = {"action": "snooze", "preset": "4h", "case": [case.pk]}
    part = browser.post(reverse("desk-bulk"), form, headers=HTMX_LIST).content.decode()
    assert part.startswith('<div id="list"')
    assert 'id="notices" class="notices" aria-live="polite" hx-swap-oob="true"' in part
    assert "1 case snoozed." in part


def test_a_case_of_another_merchant_is_not_there(browser: Client, stranger_shop: Shop, now: datetime) -> None:
    case = late_dispatch(stranger_shop, now)
    assert browser.get(reverse("case", args=[case.pk])).status_code == 404
    assert browser.post(reverse("case-act", args=[case.pk, "resolve"]), {"outcome": "handled"}).status_code == 404
    sweep_all(now)
    case.refresh_from_db()
    assert case.state == "open"
    assert "690001" not in text(browser.get(reverse("desk")))


HUGE = "9" * 30


@pytest.mark.parametrize(
    "address",
    [
        f"/cases/{HUGE}/",
        f"/desk/?q=C-{HUGE}",
        f"/desk/?assignee={HUGE}",
        f"/desk/?shop={HUGE}",
        f"/desk/?after={base64.urlsafe_b64encode(f'{HUGE}:{HUGE}'.encode()).decode()}",
        "/desk/?q=%00",
        "/desk/?hour=9999-12-31T23",
        f"/desk/?q={'x' * 5000}",
    ],
)
def test_numbers_and_words_out_of_all_bounds_break_nothing(
    browser: Client, shop: Shop, now: datetime, address: str
) -> None:
    late_dispatch(shop, now)
    assert browser.get(address).status_code in (200, 404)


def test_a_verdict_that_leans_on_old_data_says_how_old(browser: Client, shop: Shop, now: datetime) -> None:
    case = stalled(shop, now)
    assert "data is" not in text(browser.get(reverse("desk")))
    type(case.waybill).objects.update(polled_at=now - timedelta(hours=5))
    assert "data is 5h 00m old · No scan for" in text(browser.get(reverse("desk")))
    type(case.waybill).objects.update(polled_at=None)
    assert "not checked yet · No scan for" in text(browser.get(reverse("desk")))
