"""The inbox of unread scans: its pages, its API, the badge on the rail, and the way there from a waybill."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from merchants.models import Shop, User
from shipments import rereading
from shipments.models import TrackingEvent, Waybill, Wording
from tests.shipments.conftest import the_waybill
from tests.shipments.test_rereading import ONE, PHRASE, THREE, Say, say, strange, two_parcels

__all__ = ["say"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def page(
    browser: Client, name: str = "wordings", *args: object, query: str = "", status: int = 200, **more: str
) -> str:
    response = browser.get(reverse(name, args=args) + query, **more)  # type: ignore[arg-type]
    assert response.status_code == status
    return response.content.decode()


def post(browser: Client, name: str, pk: int, status: int = 303, **data: str) -> str:
    response = browser.post(reverse(name, args=[pk]), data)
    assert response.status_code == status
    return response.content.decode()


class TestList:
    def test_what_waits_is_listed_with_its_count_and_an_example(self, browser: Client, say: Say) -> None:
        two_parcels(say)
        shown = page(browser)
        assert PHRASE in shown
        assert "[9x]" in shown
        assert "【上海】快件星际跃迁完成，电话#" in shown
        assert "Kuaidi100" in shown
        assert "not read" in shown
        assert '<td class="num strong">2</td>' in shown

    def test_the_filters_tell_unread_from_unknown_codes_and_from_mapped(self, browser: Client, say: Say) -> None:
        two_parcels(say)
        say(THREE, ("快件已到达【广州中心】", "8x"), ("派件中", "5"))
        assert "[8x]" not in page(browser)
        by_words = page(browser, query="?show=code")
        assert "[8x]" in by_words
        assert "[9x]" not in by_words
        assert "read by its words" in by_words
        post(browser, "wording-map", Wording.objects.get(code="9x").pk, stage="customs")
        assert "[9x]" not in page(browser)
        assert "[9x]" in page(browser, query="?show=mapped")
        both = page(browser, query="?show=all")
        assert "[8x]" in both
        assert "[9x]" in both

    def test_words_of_the_phrase_or_the_whole_code_find_a_wording(self, browser: Client, say: Say) -> None:
        two_parcels(say)
        assert PHRASE in page(browser, query="?q=星际")
        assert PHRASE in page(browser, query="?q=9x")
        assert "No wording matches “火星”." in page(browser, query="?q=火星")

    def test_an_empty_inbox_says_why_and_what_comes_next(self, browser: Client, say: Say) -> None:
        assert "No scan was left unread so far." in page(browser)
        two_parcels(say)
        assert "Nothing is mapped yet." in page(browser, query="?show=mapped")
        assert "Every code is known." in page(browser, query="?show=code")
        post(browser, "wording-map", Wording.objects.get().pk, stage="customs")
        assert "Every scan is read." in page(browser)

    def test_nonsense_in_the_query_counts_as_not_given(self, browser: Client, say: Say) -> None:
        two_parcels(say)
        assert PHRASE in page(browser, query="?show=nothing&after=-1")

    def test_long_lists_are_paged(self, browser: Client, shop: Shop, now: datetime) -> None:
        Wording.objects.bulk_create(
            Wording(
                merchant=shop.merchant, phrase=f"{n:03}-th", count=n, first_seen_at=now, last_seen_at=now, example=""
            )
            for n in range(60)
        )
        first = page(browser)
        assert "059-th" in first
        assert "009-th" not in first
        second = page(browser, query="?after=50")
        assert "009-th" in second
        assert "059-th" not in second
        assert 'rel="prev"' in second

    def test_a_page_costs_the_same_number_of_queries_whatever_its_length(
        self, browser: Client, shop: Shop, now: datetime, django_assert_num_queries
    ) -> None:
        for count in (1, 40):
            Wording.objects.bulk_create(
                Wording(merchant=shop.merchant, phrase=f"{count}-{n}", first_seen_at=now, last_seen_at=now, example="")
                for n in range(count)
            )
            page(browser)
            with django_assert_num_queries(8):
                page(browser)

    def test_strangers_see_nothing_of_it(self, client: Client, stranger: User, say: Say) -> None:
        two_parcels(say)
        client.force_login(stranger)
        assert PHRASE not in page(client)
        assert client.get(reverse("wording", args=[Wording.objects.get().pk])).status_code == 404


class TestWording:
    def test_it_says_what_reading_it_again_would_touch(self, browser: Client, say: Say) -> None:
        _, second = two_parcels(say)
        shown = page(browser, "wording", Wording.objects.get().pk)
        assert "2 stored scans (waybills: 2)" in shown
        assert reverse("waybill", args=[second.pk]) in shown
        assert "Take it back" not in shown

    def test_mapping_it_is_said_shown_under_way_and_done(self, browser: Client, say: Say, now: datetime) -> None:
        two_parcels(say)
        pk = Wording.objects.get().pk
        post(browser, "wording-map", pk, stage="returning", cause="intercepted")
        shown = page(browser, "wording", pk)
        assert "New scans are read so from now on" in shown
        assert "They are being read again." in shown
        assert "Returning" in shown
        assert "Intercepted" in shown
        assert "read as an admin said" in shown
        while rereading.work(Wording.objects.get().reread_at or now):
            pass
        part = page(browser, "wording", pk, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="progress")
        assert "They have been read again." in part
        assert "Waybills: 2; scans read otherwise: 2." in part
        assert "hx-trigger" not in part, "nothing is left to look for"
        assert "<html" not in part
        assert the_waybill(ONE).stage == "returning"

    def test_taking_it_back_is_one_click(self, browser: Client, say: Say, now: datetime) -> None:
        two_parcels(say)
        pk = Wording.objects.get().pk
        post(browser, "wording-map", pk, stage="returning")
        assert "Take it back" in page(browser, "wording", pk)
        post(browser, "wording-unmap", pk)
        assert "Its scans are read by the rules again" in page(browser, "wording", pk)
        assert Wording.objects.get().mapped_at is None

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({}, "This field is required."),
            ({"stage": "flying"}, "Select a valid choice."),
            ({"stage": "delivered", "cause": "lost"}, "Nothing hinders what is delivered."),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field_and_changes_nothing(
        self, browser: Client, say: Say, data: dict[str, str], sentence: str
    ) -> None:
        two_parcels(say)
        assert sentence in post(browser, "wording-map", Wording.objects.get().pk, 422, **data)
        assert Wording.objects.get().mapped_at is None

    def test_a_run_that_failed_says_so_and_when_it_is_tried_again(
        self, browser: Client, say: Say, now: datetime
    ) -> None:
        two_parcels(say)
        Wording.objects.update(reread_at=now.replace(year=2099), reread_error="IntegrityError: poison")
        shown = page(browser, "wording", Wording.objects.get().pk)
        assert "Reading them again failed" in shown
        assert "IntegrityError: poison" in shown

    def test_a_page_costs_the_same_number_of_queries_however_many_scans_it_is_about(
        self, browser: Client, say: Say, django_assert_num_queries
    ) -> None:
        for number in range(1, 4):
            say(f"YT{number:013}", *[(strange(n), "9x") for n in range(number * 3)])
            pk = Wording.objects.get().pk
            page(browser, "wording", pk)
            with django_assert_num_queries(8):
                page(browser, "wording", pk)


class TestOnTheWay:
    def test_the_rail_counts_what_waits_for_admins_alone(self, browser: Client, seller: User, say: Say) -> None:
        two_parcels(say)
        assert 'Unread scans<span class="n">1</span>' in page(browser, "rail")
        browser.force_login(seller)
        assert "Unread scans" not in page(browser, "rail")

    def test_each_scan_of_a_waybill_says_how_it_was_read_and_an_unread_one_leads_to_the_inbox(
        self, browser: Client, seller: User, say: Say
    ) -> None:
        first, _ = two_parcels(say)
        shown = page(browser, "waybill", first.pk)
        assert '<span title="code:103">read by its code</span>' in shown
        assert "1 scan could not be read" in shown
        link = shown.split('title="">not read</a>')[0].rsplit('href="', 1)[1].split('"')[0]
        assert PHRASE in browser.get(link.replace("&amp;", "&")).content.decode()
        browser.force_login(seller)
        assert "wordings" not in page(browser, "waybill", first.pk)

    def test_a_newest_scan_that_the_whole_tracks_state_explains_leads_there_too(
        self, browser: Client, say: Say
    ) -> None:
        waybill: Waybill = say(ONE, ("已揽收", "103"), (strange(), "9x"))
        assert "read by the state of the whole track</a>" in page(browser, "waybill", waybill.pk)


class TestApi:
    def test_the_inbox_is_listed_read_mapped_and_unmapped_over_rest(
        self, browser: Client, say: Say, now: datetime
    ) -> None:
        two_parcels(say)
        listed = browser.get(reverse("api-wordings")).json()
        (one,) = listed["wordings"]
        assert (one["code"], one["phrase"], one["count"], one["mapped_at"]) == ("9x", PHRASE, 2, None)
        assert listed["counts"] == {"unread": 1, "code": 0, "mapped": 0, "all": 1}
        assert listed["next"] is None
        path = reverse("api-wording", args=[one["id"]])
        assert browser.get(path).json()["preview"] == {"scans": 2, "waybills": 2, "capped": False}
        mapped = browser.post(f"{path}map/", {"stage": "customs", "cause": "customs_held"}, "application/json")
        assert mapped.status_code == 200
        assert (mapped.json()["stage"], mapped.json()["cause"], mapped.json()["mapped_by"]) == (
            "customs",
            "customs_held",
            "linxiao",
        )
        assert mapped.json()["reread_at"]
        while rereading.work(Wording.objects.get().reread_at or now):
            pass
        assert TrackingEvent.objects.filter(stage="customs").count() == 2
        assert browser.post(f"{path}unmap/").json()["mapped_at"] is None

    @pytest.mark.parametrize(
        ("data", "field"),
        [({}, "stage"), ({"stage": "flying"}, "stage"), ({"stage": "delivered", "cause": "lost"}, "cause")],
    )
    def test_what_cannot_be_is_400_at_its_field(self, browser: Client, say: Say, data: dict, field: str) -> None:
        two_parcels(say)
        path = reverse("api-wording-map", args=[Wording.objects.get().pk])
        refused = browser.post(path, data, "application/json")
        assert (refused.status_code, list(refused.json())) == (400, [field])
