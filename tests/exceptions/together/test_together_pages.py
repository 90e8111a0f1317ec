"""The pages of working together: inbox, watching, presence, sharing out, duty, set-up."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.models import Case, DeskRules, Duty, Notice, Skill, Watch
from exceptions.together import inbox, presence
from exceptions.together.team import go
from exceptions.together.telling import tell
from merchants.models import AuditEntry, Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


@pytest.fixture
def browser(client: Client, seller: User) -> Client:
    client.force_login(seller)
    return client


def mention(case: Case, by: User, now: datetime, text: str = "@chenmo 看一下") -> Notice:
    act(member_of(by), case.pk, Action.NOTE, now=now, note=text)
    tell(now)
    return Notice.objects.latest("pk")


class TestInbox:
    def test_the_bar_counts_and_the_page_lists(self, browser: Client, case: Case, admin: User, now: datetime) -> None:
        notice = mention(case, admin, now)
        page = browser.get(reverse("notices")).content.decode()
        assert all(text in page for text in ("You were mentioned", "@chenmo 看一下", "linxiao", "1 unread"))
        assert 'id="bell"' in page and '<b class="t-broken">1</b>' in page
        answer = browser.post(reverse("notice-read", args=[notice.pk]))
        assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]))
        page = browser.get(reverse("notices")).content.decode()
        assert "0 unread" in page and '<b class="t-broken">' not in page
        assert "Nothing unread." in browser.get(reverse("notices"), {"unread": "1"}).content.decode()

    def test_everything_is_read_at_once(self, browser: Client, case: Case, admin: User, now: datetime) -> None:
        for text in ("@chenmo 1", "@chenmo 2"):
            mention(case, admin, now, text)
        assert "2 notices read." in browser.post(reverse("notices-read"), follow=True).content.decode()
        assert not Notice.objects.filter(read_at=None).exists()

    def test_nobody_reads_what_others_were_told(self, browser: Client, case: Case, admin: User, now: datetime) -> None:
        notice = mention(case, admin, now)
        browser.force_login(admin)
        assert browser.post(reverse("notice-read", args=[notice.pk])).status_code == 404
        assert "You were mentioned" not in browser.get(reverse("notices")).content.decode()

    def test_an_inbox_says_why_it_is_empty(self, browser: Client) -> None:
        assert "Nobody has told you anything yet." in browser.get(reverse("notices")).content.decode()

    def test_the_rail_brings_the_count_of_the_bar(
        self, browser: Client, case: Case, admin: User, now: datetime
    ) -> None:
        mention(case, admin, now)
        rail = browser.get(reverse("rail")).content.decode()
        assert 'hx-swap-oob="true"' in rail and '<b class="t-broken">1</b>' in rail

    def test_a_page_takes_the_same_queries_for_one_notice_and_for_many(
        self, browser: Client, case: Case, admin: User, now: datetime, django_assert_num_queries
    ) -> None:
        for n in range(3):
            mention(case, admin, now, f"@chenmo {n}")
            caches["local"].clear()
            with django_assert_num_queries(11):
                browser.get(reverse("notices"))

    def test_pages_follow_one_another(
        self, browser: Client, case: Case, admin: User, now: datetime, monkeypatch
    ) -> None:
        monkeypatch.setattr(inbox, "PAGE", 2)
        for n in range(3):
            mention(case, admin, now, f"@chenmo note {n}")
        first = browser.get(reverse("api-notices")).json()
        second = browser.get(reverse("api-notices"), {"after": first["next"]}).json()
        assert [one["note"] for one in first["notices"] + second["notices"]] == [
            "@chenmo note 2",
            "@chenmo note 1",
            "@chenmo note 0",
        ]
        assert (first["unread"], second["next"]) == (3, 0)
        read = browser.post(
            reverse("api-notices-read"), {"notices": [first["notices"][0]["id"]]}, content_type="application/json"
        )
        assert read.json() == {"read": 1}
        assert browser.post(reverse("api-notices-read")).json() == {"read": 2}


class TestAtACase:
    def test_watching_is_switched_on_and_off(self, browser: Client, case: Case, seller: User) -> None:
        url = reverse("case-watch", args=[case.pk])
        page = browser.post(url, {"on": "1"}, follow=True).content.decode()
        assert "No longer watch" in page and "Watching" in page
        assert Watch.objects.get().user == seller
        browser.post(url, {"on": "0"})
        assert not Watch.objects.exists()
        assert browser.post(reverse("api-case-watch", args=[case.pk]), {"on": "true"}).json() == {"on": True}

    def test_the_page_says_until_when_it_is_whose(
        self, browser: Client, case: Case, seller: User, admin: User, now: datetime
    ) -> None:
        act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
        url = reverse("case", args=[case.pk])
        assert "yours until" in browser.get(url).content.decode()
        browser.force_login(admin)
        page = browser.get(url).content.decode()
        assert "yours until" not in page and "until <time" in page

    def test_a_beat_tells_who_else_is_here(self, browser: Client, case: Case, admin: User, seller: User) -> None:
        url = reverse("case-presence", args=[case.pk])
        presence.here(admin, case.pk, "edit", timezone.now())
        assert "linxiao is writing here." in browser.post(url, {"mode": "view"}).content.decode()
        browser.force_login(admin)
        assert "chenmo is looking at it." in browser.post(url, {"mode": "edit"}).content.decode()
        told = browser.get(reverse("desk-presence"), {"case": [case.pk, 999, "x"]}).json()
        assert told == {"cases": {str(case.pk): [{"name": "chenmo", "initial": "C", "edits": False}]}}
        assert browser.post(url, {"mode": "gone"}).status_code == 204
        people = browser.get(reverse("api-case-people", args=[case.pk])).json()
        assert [one["username"] for one in people["people"]] == ["chenmo", "linxiao"]
        assert people["here"] == [{"id": seller.pk, "name": "chenmo", "writes": False}]

    def test_nobody_is_seen_at_a_case_of_a_shop_one_may_not_see(
        self, browser: Client, other_shop: Shop, support: User, seller: User, now: datetime
    ) -> None:
        case = late_dispatch(other_shop, now)
        presence.here(seller, case.pk, "view", now)
        browser.force_login(support)
        assert browser.get(reverse("desk-presence"), {"case": case.pk}).json() == {"cases": {}}
        assert browser.post(reverse("case-presence", args=[case.pk])).status_code == 404


class TestSharing:
    def test_a_selection_is_shared_out_by_the_button(
        self, browser: Client, shop: Shop, case: Case, seller: User, now: datetime
    ) -> None:
        go(member_of(seller), True, now)
        other = late_pickup(shop, now)
        page = browser.post(reverse("desk-share"), {"case": [case.pk, other.pk]}, follow=True).content.decode()
        assert "2 cases shared out." in page
        assert set(Case.objects.values_list("assignee", flat=True)) == {seller.pk}
        page = browser.post(reverse("desk-share"), {"case": [case.pk]}, follow=True).content.decode()
        assert "1 case was left" in page

    def test_the_button_says_what_is_missing(self, browser: Client, case: Case) -> None:
        assert "Select at least one case first." in browser.post(reverse("desk-share"), follow=True).content.decode()
        page = browser.post(reverse("desk-share"), {"case": [case.pk]}, follow=True).content.decode()
        assert "Nobody is on duty" in page
        told = browser.post(reverse("api-cases-share"), {"cases": [case.pk]}, content_type="application/json").json()
        assert told == {"given": {}, "left": 1, "nobody": True}

    def test_everybody_goes_on_duty_and_off_themselves(self, browser: Client, seller: User) -> None:
        page = browser.post(reverse("duty"), {"on": "1", "next": "/desk/"}, follow=True).content.decode()
        assert "You are on duty" in page
        since = Duty.objects.get(on=True).since
        browser.post(reverse("duty"), {"on": "1"})
        assert Duty.objects.get().since == since
        assert browser.post(reverse("api-duty"), {"on": "false"}).json() == {"on": False}
        assert not Duty.objects.get().on

    def test_the_admin_says_how_cases_are_shared_and_the_audit_trail_knows(
        self, browser: Client, admin: User, case: Case, now: datetime
    ) -> None:
        browser.force_login(admin)
        url = reverse("setup-desk")
        assert "Nobody is on duty: nothing is shared out." in browser.get(url).content.decode()
        told = {"sharing": "load", "claim_minutes": "30", "cases_each": "15"}
        for _twice in range(2):
            assert browser.post(url, told).status_code == 303
        rules = DeskRules.objects.get()
        assert (rules.sharing, rules.claim_minutes, rules.cases_each) == ("load", 30, 15)
        entry = AuditEntry.objects.get(action="desk.rules")
        assert entry.detail == {"before": "nobody · 60 min · ≤ 20", "after": "load · 30 min · ≤ 15"}
        assert browser.post(url, told | {"claim_minutes": "2000"}).status_code == 422
        act(member_of(admin), case.pk, Action.ASSIGN, now=now, assignee=admin.pk)
        assert browser.post(reverse("api-desk-rules"), {"claim_minutes": 0}).json()["claim_minutes"] == 0
        assert Case.objects.get().claimed_until is None, "no claim ends any more"

    def test_the_admin_says_what_somebody_takes(
        self, browser: Client, admin: User, support: User, shop: Shop, now: datetime
    ) -> None:
        late_pickup(shop, now)
        browser.force_login(admin)
        membership = support.memberships.get()
        url = reverse("setup-person", args=[membership.pk])
        page = browser.get(url).content.decode()
        assert "棉田优选" in page and "YTO" in page
        told = {"on": "on", "kinds": ["damage", "loss"], "shops": [shop.pk]}
        assert browser.post(url, told).status_code == 303
        assert sorted(Skill.objects.values_list("kind", "shop")) == [("", shop.pk), ("damage", None), ("loss", None)]
        assert Duty.objects.get().on
        assert AuditEntry.objects.get(action="desk.takes").subject == "zhaomin"
        page = browser.get(reverse("setup-desk")).content.decode()
        assert "Damage, Loss" in page
        rest = reverse("api-desk-person", args=[membership.pk])
        after = browser.post(rest, {"kinds": ["refused"]}, content_type="application/json").json()
        assert (after["on"], after["kinds"], after["shops"]) == (True, ["refused"], [shop.pk])
        assert after in browser.get(reverse("api-desk-people")).json()

    def test_nobody_takes_a_shop_they_may_not_see(
        self, browser: Client, admin: User, support: User, other_shop: Shop
    ) -> None:
        browser.force_login(admin)
        url = reverse("setup-person", args=[support.memberships.get().pk])
        assert browser.post(url, {"shops": [other_shop.pk]}).status_code == 422
        assert not Skill.objects.exists()


def test_a_read_notice_of_long_ago_stays_findable(browser: Client, case: Case, admin: User, now: datetime) -> None:
    notice = mention(case, admin, now - timedelta(days=40))
    inbox.read(member_of(notice.user), notice.pk, now)
    assert "You were mentioned" in browser.get(reverse("notices")).content.decode()
