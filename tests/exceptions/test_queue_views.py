"""Saved views, the way through a queue, and what an empty desk says."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions.desk import tabs
from exceptions.desk.filters import Filters
from exceptions.errors import Incomplete
from exceptions.keys import KEYS
from exceptions.models import Case, View
from merchants.models import Membership, Shop, User
from tests.exceptions.making import an_order, member_of
from tests.exceptions.scene import late_dispatch, late_pickup, sweep_all


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


def names(person: User, query: str = "view=all") -> list[tuple[str, str]]:
    caches["local"].clear()
    told = tabs.tabs(member_of(person), Filters.of(query), timezone.now(), None)
    return [(tab.name, tab.n) for tab in told.shown]


@pytest.mark.django_db
def test_the_tabs_are_all_then_what_is_pinned_then_ones_own_each_with_its_count(
    shop: Shop, admin: User, seller: User, support: User, now: datetime
) -> None:
    late_dispatch(shop, now)
    late_pickup(shop, now)
    tabs.save_as(member_of(seller), "Pickup", "kind=late_pickup")
    tabs.save_as(member_of(admin), "Nobody's", "assignee=none", "pinned")
    tabs.save_as(member_of(support), "Shared", "kind=late_dispatch", "shared")
    tabs.save_as(member_of(support), "Secret", "kind=late_dispatch")
    tabs.save_as(member_of(seller), "Done", "state=resolved")
    with translation.override("en"):
        assert names(seller) == [("All", "2"), ("Nobody's", "2"), ("Pickup", "1"), ("Done", "")]
    told = tabs.tabs(member_of(seller), Filters.of(""), now, None)
    assert [tab.name for tab in told.shared] == ["Shared"]
    assert (told.current.view, told.current.n) == (None, "2")


@pytest.mark.django_db
def test_counts_of_all_tabs_are_one_query(shop: Shop, seller: User, now: datetime, django_assert_num_queries) -> None:
    member = member_of(seller)
    for n in range(8):
        tabs.save_as(member, f"View {n}", f"assignee=none&level=grave&shop={n + 1}")
    caches["local"].clear()
    # the views, the merchant's numbers, and all tabs these do not tell
    with django_assert_num_queries(3):
        tabs.tabs(member, Filters(), now, None)
    with django_assert_num_queries(1):
        tabs.tabs(member, Filters(), now, None)


@pytest.mark.django_db
def test_a_link_of_somebody_else_opens_as_a_tab_of_its_own(shop: Shop, seller: User, now: datetime) -> None:
    view = tabs.save_as(member_of(seller), "Pickup", "kind=late_pickup")
    foreign = tabs.tabs(member_of(seller), Filters.of("kind=late_dispatch"), now, None)
    assert (foreign.current.view, foreign.current.changed) == (None, True)
    alike = tabs.tabs(member_of(seller), Filters.of("kind=late_pickup"), now, None)
    assert (alike.current.name, alike.current.changed) == ("Pickup", False)
    changed = tabs.tabs(member_of(seller), Filters.of(f"kind=late_pickup&assignee=me&view={view.pk}"), now, None)
    assert (changed.current.name, changed.current.changed, changed.mine) == ("Pickup", True, True)
    gone = tabs.tabs(member_of(seller), Filters.of("kind=late_dispatch&view=999999"), now, None)
    assert (gone.current.view, gone.current.changed) == (None, True)


@pytest.mark.django_db
def test_who_may_pin_change_and_see_a_view(
    shop: Shop, admin: User, seller: User, support: User, stranger: User
) -> None:
    mine, theirs, boss = member_of(seller), member_of(support), member_of(admin)
    with pytest.raises(PermissionDenied):
        tabs.save_as(mine, "Pinned", "", "pinned")
    private = tabs.save_as(mine, "Private", "")
    shared = tabs.save_as(mine, "Shared", "", "shared")
    for nobody in (theirs, boss, member_of(stranger)):
        with pytest.raises(Http404):
            tabs.get(nobody, private.pk)
    with pytest.raises(PermissionDenied):
        tabs.change(theirs, shared.pk, name="Taken")
    with pytest.raises(Http404):
        tabs.delete(member_of(stranger), shared.pk)
    tabs.change(boss, shared.pk, scope="pinned")
    with pytest.raises(PermissionDenied):
        tabs.delete(mine, shared.pk)
    tabs.delete(boss, shared.pk)
    assert [view.name for view in View.objects.all()] == ["Private"]


@pytest.mark.django_db
@translation.override("en")
def test_a_view_needs_a_name_and_keeps_its_query_in_the_canonical_form(shop: Shop, seller: User) -> None:
    with pytest.raises(Incomplete, match="name"):
        tabs.save_as(member_of(seller), " \0 ", "")
    view = tabs.save_as(member_of(seller), " My  view ", "kind=late_pickup&shop=9&shop=3&view=7&after=x&evil=1")
    assert (view.name, view.query) == ("My view", "shop=3&shop=9&kind=late_pickup")
    for n in range(tabs.OWN_MOST - 1):
        tabs.save_as(member_of(seller), str(n), "")
    with pytest.raises(Incomplete, match="20 views"):
        tabs.save_as(member_of(seller), "One more", "")


@pytest.mark.django_db
def test_the_desk_opens_with_the_view_a_person_has_chosen(browser: Client, shop: Shop, seller: User) -> None:
    response = browser.post(reverse("desk-views") + "?kind=late_pickup", {"name": "Pickup"})
    view = View.objects.get()
    assert response["Location"] == f"/desk/?kind=late_pickup&view={view.pk}"
    browser.post(reverse("desk-view", args=[view.pk]), {"do": "default"})
    assert browser.get("/desk/")["Location"] == f"/desk/?kind=late_pickup&view={view.pk}"
    assert browser.get("/desk/?view=all").status_code == 200
    tabs.change(member_of(seller), view.pk, query="kind=late_dispatch")
    assert browser.get("/desk/")["Location"] == f"/desk/?kind=late_dispatch&view={view.pk}"
    browser.post(reverse("desk-view", args=[view.pk]), {"do": "undefault"})
    assert browser.get("/desk/").status_code == 200


@pytest.mark.django_db
def test_columns_and_density_are_kept_for_a_person_and_a_link_overrules_them(
    browser: Client, shop: Shop, seller: User, now: datetime
) -> None:
    late_dispatch(shop, now)
    browser.post(reverse("desk-look") + "?col=kind&col=due&density=compact&kind=late_pickup")
    assert Membership.objects.get(user=seller).desk_look == "col=kind&col=due&density=compact"
    mine = browser.get("/desk/").context["look"]
    assert (mine.columns, mine.compact) == (("kind", "due"), True)
    asked = browser.get("/desk/?col=stake&density=comfortable").context
    assert (asked["look"].columns, asked["look"].compact) == (("stake",), False)
    assert asked["query"] == "col=stake&density=comfortable"
    assert browser.get("/desk/?col=kind&col=due&density=compact").context["query"] == ""


@pytest.mark.django_db
def test_views_are_saved_changed_and_deleted_over_rest(browser: Client, shop: Shop) -> None:
    made = browser.post(reverse("api-views"), {"name": "Pickup", "query": "kind=late_pickup&junk=1"})
    assert (made.status_code, made.json()["query"], made.json()["owner"]) == (201, "kind=late_pickup", "chenmo")
    url = reverse("api-view", args=[made.json()["id"]])
    patched = browser.patch(url, {"scope": "shared", "position": 3}, content_type="application/json")
    assert (patched.json()["scope"], patched.json()["position"]) == ("shared", 3)
    assert browser.patch(url, {"scope": "pinned"}, content_type="application/json").status_code == 403
    assert browser.post(reverse("api-views"), {"name": " "}).status_code == 400
    assert [tab["name"] for tab in browser.get(reverse("api-views")).json()["tabs"]] == ["All", "Pickup"]
    default = reverse("api-view-default", args=[made.json()["id"]])
    assert browser.post(default).status_code == browser.delete(default).status_code == 204
    assert browser.post(reverse("api-look"), {"query": "density=compact&q=x"}).json() == {"query": "density=compact"}
    assert browser.delete(url).status_code == 204
    assert browser.get(url).status_code == 404


@pytest.mark.django_db
def test_a_case_leads_on_through_the_queue_one_came_from_even_after_it_was_resolved(
    browser: Client, shop: Shop, now: datetime
) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(3)]
    between = late_pickup(shop, now, number="690007")
    query = "kind=late_dispatch"
    row = browser.get(f"/desk/?{query}").context["rows"][1]
    assert row.url == f"/cases/{cases[1].pk}/?in=kind%3Dlate_dispatch"
    Case.objects.filter(pk=cases[1].pk).update(state="resolved", outcome="handled", resolved_at=now)
    way = browser.get(row.url).context["way"]
    assert way.prev_url == f"/cases/{cases[0].pk}/?in=kind%3Dlate_dispatch"
    assert way.next_url == f"/cases/{cases[2].pk}/?in=kind%3Dlate_dispatch"
    assert way.queue_url == f"/desk/?{query}"
    plain = browser.get(f"/cases/{between.pk}/").context["way"]
    assert (plain.queue_url, bool(plain.prev_url or plain.next_url)) == ("/desk/", True)


@pytest.mark.django_db
def test_finish_and_next_resolves_and_goes_on_until_the_queue_is_done(
    browser: Client, shop: Shop, now: datetime
) -> None:
    first, last = (late_dispatch(shop, now, number=f"69000{n}", hours=60 - n) for n in range(2))
    finish = f"{reverse('case-finish', args=[first.pk])}?in=kind%3Dlate_dispatch"
    assert browser.post(finish, {"outcome": ""}).status_code == 422
    onward = browser.post(finish, {"outcome": "handled"})
    assert (onward.status_code, onward["Location"]) == (303, f"/cases/{last.pk}/?in=kind%3Dlate_dispatch")
    done = browser.post(f"{reverse('case-finish', args=[last.pk])}?in=kind%3Dlate_dispatch", {"outcome": "handled"})
    assert done["Location"] == "/desk/?kind=late_dispatch"
    assert "That was the last one of this queue." in text(browser.get(done["Location"]))
    assert set(Case.objects.values_list("state", "outcome")) == {("resolved", "handled")}
    again = browser.post(finish, {"outcome": "handled"}, follow=True)
    assert "This case is resolved" in text(again)


@pytest.mark.django_db
def test_beside_the_list_finishing_has_the_list_read_again(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    url = reverse("case-finish", args=[case.pk])
    response = browser.post(url, {"outcome": "handled"}, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Trigger"]) == (204, "refresh-list, refresh-counts")
    case.refresh_from_db()
    assert case.state == "resolved"


@pytest.mark.django_db
def test_an_act_on_the_case_page_keeps_the_queue_one_came_from(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    here = f"http://testserver/cases/{case.pk}/?in=assignee%3Dnone"
    act = reverse("case-act", args=[case.pk, "note"])
    plain = browser.post(act, {"note": "rang"}, headers={"Referer": here})
    assert plain["Location"] == f"/cases/{case.pk}/?in=assignee%3Dnone"
    part = browser.post(
        act, {"note": "rang"}, headers={"HX-Request": "true", "HX-Target": "case", "HX-Current-URL": here}
    )
    assert part.context["way"].queue_url == "/desk/?assignee=none"


@pytest.mark.django_db
def test_the_case_shows_the_formula_of_its_place_with_its_numbers(browser: Client, shop: Shop, now: datetime) -> None:
    order = an_order(shop, "690001", now - timedelta(hours=45), amount="172.00")
    sweep_all(now)
    case = Case.objects.get(order=order)
    Case.objects.filter(pk=case.pk).update(at_stake="175.00")
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert "¥175.00 at stake = 3.0 doublings = 18h 00m head start" in page
    assert "acting can still save all of it: nothing is set back" in page
    assert re.search(r"gets worse \S+( \d\d:\d\d)? → ranks as if", page)
    Case.objects.filter(pk=case.pk).update(level=3)
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert "the chance that acting helps is 1 in 4, halved 2 times = 12h 00m set back" in page


@pytest.mark.django_db
def test_an_empty_desk_says_what_the_filters_hide_what_sleeps_and_what_comes_next(
    browser: Client, shop: Shop, now: datetime
) -> None:
    an_order(shop, "690009", now - timedelta(hours=10))
    sweep_all(now)
    page = text(browser.get("/desk/"))
    assert "No open exceptions." in page
    assert re.search(r"The next limit is at [^.]*\d\d:\d\d ?: 1 order; it comes here [^.]*\d\d:\d\d ?\.", page)
    case = late_dispatch(shop, now)
    hidden = text(browser.get("/desk/?kind=loss"))
    assert "Nothing open matches these filters." in hidden
    assert "The filters hide 1 open case." in hidden
    browser.post(reverse("case-act", args=[case.pk, "snooze"]), {"preset": "4h"})
    assert "1 case is snoozed; it comes back" in text(browser.get("/desk/"))


@pytest.mark.django_db
def test_an_empty_desk_says_how_old_its_data_is(browser: Client, shop: Shop, other_shop: Shop, now: datetime) -> None:
    case = late_pickup(shop, now)
    case.waybill.__class__.objects.update(polled_at=now - timedelta(hours=9), poll_at=now)
    Case.objects.update(state="resolved", outcome="handled", resolved_at=now)
    page = text(browser.get("/desk/"))
    assert "the oldest data about a parcel under way was asked 9h 00m ago" in page
    assert "棉田家居: no order yet." in page
    assert "棉田优选: the newest order was placed 30h 00m ago" in page


@pytest.mark.django_db
def test_every_key_of_the_desk_is_listed_and_no_two_are_the_same(browser: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    assert len({key.key for key in KEYS.values()}) == len(KEYS)
    known = {key.key for key in KEYS.values()}
    for url in ("/desk/", reverse("case", args=[case.pk])):
        page = browser.get(url).content.decode()
        for keys, tooltip in re.findall(r'data-key="([^"]+)" title="([^"]+)"', page):
            assert set(keys.split()) <= known
            assert re.search(r" \((\S+)\)$", tooltip), tooltip
        for key in KEYS.values():
            assert f"<dt><kbd>{key.shown}</kbd></dt>" in page
