"""Windows, waivers, hours, regions and clocks of our own in the browser; what the draft changes, publishing it, and back again."""

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.models import Policy
from exceptions.rulemaking import drafts, publishing
from merchants.access import Member
from merchants.models import Merchant, Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.test_rule_pages import filled, page

pytestmark = pytest.mark.django_db
CODE = "PDD-SHIP-48"
WINDOW = {
    "name": "双11",
    "by": "paid",
    "opens": "2026-11-10",
    "closes": "2026-11-12",
    "length": "hours",
    "number": "72",
    "later_wins": "on",
    "codes": [CODE],
}
WAIVER = {
    "name": "洪水",
    "by": "due",
    "opens": "2026-11-10",
    "closes": "2026-11-12",
    "areas": "湖南、长沙",
    "places": ["receiver"],
    "kinds": ["late_dispatch"],
}


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def member(admin: User) -> Member:
    return member_of(admin)


def draft(merchant: Merchant) -> dict[str, Any]:
    return dict(Policy.objects.get(merchant=merchant, number=None).document)


class TestWindows:
    def test_a_window_is_made_changed_and_taken_away(self, browser: Client, merchant: Merchant) -> None:
        made = browser.post(reverse("rule-window-new"), WINDOW | {"shops": ["MT-PDD"]})
        assert made.status_code == 303
        [window] = draft(merchant)["windows"]
        assert window == {
            "key": window["key"],
            "name": "双11",
            "by": "paid",
            "opens": "2026-11-10",
            "closes": "2026-11-12",
            "hours": 72,
            "later_wins": True,
            "codes": [CODE],
            "goods": [],
            "scope": {"shops": ["MT-PDD"]},
        }
        assert "72h" in page(browser, "rule-windows")
        assert "The window “双11” changes it for some days." in page(browser, "rule", CODE)
        url = reverse("rule-window", args=[window["key"]])
        assert browser.get(url).context["form"]["number"].value() == 72
        browser.post(url, WINDOW | {"length": "until", "until": "2026-11-20"})
        [window] = draft(merchant)["windows"]
        assert (window["until"], "hours" in window, window["scope"]) == ("2026-11-20", False, {})
        browser.post(reverse("rule-window-drop", args=[window["key"]]))
        assert draft(merchant) == {}
        assert browser.get(url).status_code == 404

    @pytest.mark.parametrize(
        ("said", "field", "reason"),
        [
            ({"codes": []}, "codes", "Choose at least one rule."),
            ({"closes": "2026-11-01"}, "closes", "It ends before it begins."),
            ({"number": ""}, "number", "Say how long."),
            ({"length": "until", "until": "2026-11-01"}, "until", "It is before the window opens."),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(
        self, browser: Client, said: dict[str, Any], field: str, reason: str
    ) -> None:
        refused = browser.post(reverse("rule-window-new"), WINDOW | said)
        assert refused.status_code == 422
        assert refused.context["form"].errors[field] == [reason]

    def test_a_template_comes_with_its_dates_moved_to_the_next_time(self, browser: Client) -> None:
        form = browser.get(reverse("rule-window-new"), {"from": "PDD-SF-2024-SHIP"}).context["form"]
        opens = date.fromisoformat(form["opens"].value())
        closes = date.fromisoformat(form["closes"].value())
        assert closes >= timezone.localdate()
        assert (closes - timezone.localdate()).days < 366
        assert opens <= closes
        assert form["codes"].value()
        assert not Policy.objects.exists()

    def test_holidays_nobody_announced_are_not_made_up(self, browser: Client) -> None:
        context = browser.get(reverse("rule-windows")).context
        known = context["known_until"]
        assert all(holiday.last.year <= known for holiday in context["holidays"])
        shown = page(browser, "rule-windows")
        assert (f"known to the end of {known}" in shown) == (not context["holidays"])


class TestWaivers:
    def test_a_waiver_is_made(self, browser: Client, merchant: Merchant) -> None:
        assert browser.post(reverse("rule-waiver-new"), WAIVER).status_code == 303
        [waiver] = draft(merchant)["waivers"]
        assert (waiver["areas"], waiver["places"], waiver["kinds"]) == (
            ["湖南", "长沙"],
            ["receiver"],
            ["late_dispatch"],
        )
        assert (waiver["until"], waiver["codes"]) == (None, [])
        assert "do not apply at all" in page(browser, "rule-waivers")

    def test_one_that_names_no_rule_is_refused(self, browser: Client) -> None:
        refused = browser.post(reverse("rule-waiver-new"), WAIVER | {"kinds": []})
        assert refused.context["form"].errors["kinds"] == ["Choose at least one kind or rule."]


class TestHoursAndRegions:
    def test_a_week_is_set_and_a_day_that_cannot_be_read_is_told(self, browser: Client, merchant: Merchant) -> None:
        url = reverse("rule-hours")
        refused = browser.post(url, {"mon": "9-18"})
        assert refused.status_code == 422
        assert "cannot be read" in refused.context["form"].errors["mon"][0]
        assert browser.post(url, {"mon": "09:00-12:00，13:30-18:00", "holidays_off": "on"}).status_code == 303
        week = draft(merchant)["week"]
        assert week == {"mon": ["09:00-12:00", "13:30-18:00"], "holidays_off": True, "makeup_days_on": False}
        assert "09:00-12:00, 13:30-18:00" in page(browser, "rule-hours")

    def test_a_region_is_named_by_provinces(self, browser: Client, merchant: Merchant) -> None:
        url = reverse("rule-region")
        assert browser.post(url, {"name": "西北", "provinces": "新疆维吾尔自治区、甘肃"}).status_code == 303
        assert draft(merchant)["regions"] == {"西北": ["新疆", "甘肃"]}
        assert browser.post(url, {"name": "西北", "provinces": "火星"}).status_code == 422
        browser.post(url, {"name": "西北", "provinces": ""})
        assert draft(merchant) == {}


class TestOwnClocks:
    def test_a_clock_is_made_changed_and_taken_away(self, browser: Client, merchant: Merchant) -> None:
        url = reverse("rule-own-new")
        said = {
            "code": "OWN-PACK-24",
            "name_zh": "打包",
            "kind": "late_dispatch",
            "start": "paid",
            "stop": ["uploaded"],
        }
        assert browser.post(url, filled(browser, url, **said, worktime="on")).status_code == 303
        [clock] = draft(merchant)["own"]
        assert (clock["name_en"], clock["start"], clock["stop"]) == ("打包", "paid", ["uploaded"])
        assert (clock["hours"], clock["worktime"], clock["warn_hours"]) == (24, True, 4)
        assert "24h of working time" in page(browser, "rule", "OWN-PACK-24")
        assert (
            "There is a clock of this code already." in browser.post(url, filled(browser, url, **said)).content.decode()
        )
        mine = reverse("rule-own", args=["OWN-PACK-24"])
        assert browser.post(mine, filled(browser, mine, number="12")).status_code == 303
        assert draft(merchant)["own"][0]["hours"] == 12
        browser.post(reverse("rule-own-drop", args=["OWN-PACK-24"]))
        assert draft(merchant) == {}

    def test_its_example_starts_and_stops_where_it_does(self, browser: Client) -> None:
        url = reverse("rule-own-new") + "?subject=ticket"
        said = {"code": "OWN-ASK-2", "name_zh": "答复", "kind": "answer_due", "tickets": ["inquiry"], "number": "2"}
        said |= {"start": "opened", "stop": ["answered"], "warn_hours": "1", "do": "example"}
        typed = filled(browser, url, **said) | {"x-start": "2026-11-26T10:00", "x-stop": "2026-11-26T13:00"}
        tried = browser.post(url, typed).context["tried"]
        assert [line.text for line in tried.lines] == ["Received", "+ 2h"]
        assert tried.verdict == ("broken", "Broken")

    @pytest.mark.parametrize(
        ("said", "field", "reason"),
        [
            ({"code": "MINE-1"}, "code", "Capitals, digits and hyphens behind OWN-."),
            ({"stop": []}, "stop", "Say at least one moment."),
            ({"stop": ["paid"]}, "stop", "It cannot stop where it starts."),
            ({"name_zh": ""}, "name_zh", "This field is required."),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(
        self, browser: Client, said: dict[str, Any], field: str, reason: str
    ) -> None:
        url = reverse("rule-own-new")
        right = {
            "code": "OWN-PACK-24",
            "name_zh": "打包",
            "kind": "late_dispatch",
            "start": "paid",
            "stop": ["uploaded"],
        }
        refused = browser.post(url, filled(browser, url, **(right | said)))
        assert refused.status_code == 422
        assert refused.context["form"].errors[field] == [reason]


class TestTheDraft:
    def test_it_tells_what_it_changes_and_each_thing_can_be_taken_out(
        self, browser: Client, merchant: Merchant, member: Member, now: datetime
    ) -> None:
        assert "No draft is open." in page(browser, "rule-draft")
        drafts.put_change(member, CODE, {}, {"hours": 36, "enabled": False}, "", now)
        drafts.put_region(member, "西北", ["甘肃"], now)
        browser.post(reverse("rule-window-new"), WINDOW)
        groups = browser.get(reverse("rule-draft")).context["groups"]
        assert [heading for heading, _items in groups] == ["Rules", "Windows", "Regions"]
        [rule], [window], [region] = (items for _heading, items in groups)
        assert [(line.label, line.before, line.after) for line in rule.lines] == [
            ("Hours", "48", "36"),
            ("Switched on", "yes", "no"),
        ]
        assert "2026-11-10 – 2026-11-12; 72h" in window.lines[0].after
        assert (region.title, region.lines[0].before, region.lines[0].after) == ("西北", "–", "甘肃")
        for item in (rule, region):
            browser.post(reverse("rule-draft-revert"), {"part": item.part, "key": item.key})
        assert list(draft(merchant)) == ["windows"]

    def test_it_is_published_when_asked_once_more(
        self, browser: Client, merchant: Merchant, member: Member, now: datetime
    ) -> None:
        drafts.put_change(member, CODE, {}, {"hours": 36}, "", now)
        url = reverse("rule-draft-publish")
        asked = browser.post(url, {"effective_from": "2026-11-01T00:00", "note": "双11 前"})
        assert "1 change will hold" in asked.content.decode()
        assert "for orders paid from 2026-11-01 00:00." in asked.content.decode()
        assert not Policy.objects.filter(number=1).exists()
        said = {"effective_from": "2026-11-01T00:00", "note": "双11 前", "sure": "1"}
        assert browser.post(url, said).status_code == 303
        version = Policy.objects.get(merchant=merchant, number=1)
        assert (version.note, f"{version.effective_from:%Y-%m-%d %H:%M}") == ("双11 前", "2026-10-31 16:00")
        assert "Version 1" in page(browser, "rules")

    def test_it_is_not_published_over_another_version(
        self, browser: Client, merchant: Merchant, member: Member, now: datetime
    ) -> None:
        drafts.put_change(member, CODE, {}, {"hours": 36}, "", now)
        other = {"changes": [{"code": CODE, "scope": {"skus": ["A"]}, "set": {"hours": 24}, "note": ""}]}
        Policy.objects.create(
            merchant=merchant, number=1, state="published", document=other, created_at=now, effective_from=now
        )
        assert "Another version was published" in page(browser, "rule-draft")
        assert browser.post(reverse("rule-draft-publish"), {"sure": "1"}).status_code == 409
        browser.post(reverse("rule-draft-rebase"))
        assert len(draft(merchant)["changes"]) == 2
        assert browser.post(reverse("rule-draft-publish"), {"sure": "1"}).status_code == 303

    def test_it_is_put_on_trial_and_thrown_away(
        self, browser: Client, merchant: Merchant, member: Member, now: datetime
    ) -> None:
        drafts.put_change(member, CODE, {}, {"hours": 36}, "", now)
        browser.post(reverse("rule-draft-trial"), {"on": "1"})
        assert Policy.objects.get().state == Policy.State.SHADOW
        assert "It is on trial." in page(browser, "rules")
        browser.post(reverse("rule-draft-trial"), {"on": "0"})
        assert Policy.objects.get().state == Policy.State.DRAFT
        browser.post(reverse("rule-draft-discard"))
        assert not Policy.objects.exists()


class TestVersions:
    def test_each_tells_what_it_changed_and_the_newest_how_far_it_has_spread(
        self, browser: Client, shop: Shop, member: Member, now: datetime
    ) -> None:
        assert "Nothing was published yet" in page(browser, "rule-versions")
        for hours in (36, 24):
            drafts.put_change(member, CODE, {}, {"hours": hours}, "", now)
            publishing.publish(member, None, f"{hours}", now)
        rows = browser.get(reverse("rule-versions")).context["rows"]
        assert [row["version"].number for row in rows] == [2, 1]
        lines = [row["groups"][0][1][0].lines[0] for row in rows]
        assert [(line.before, line.after) for line in lines] == [("36", "24"), ("48", "36")]
        assert "progress" in rows[0]
        assert "progress" not in rows[1]
        history = browser.get(reverse("rule", args=[CODE])).context["history"]
        assert [step.number for step in history] == [2, 1]

    def test_one_is_undone(self, browser: Client, merchant: Merchant, member: Member, now: datetime) -> None:
        drafts.put_change(member, CODE, {}, {"hours": 36}, "", now)
        publishing.publish(member, None, "", now)
        assert browser.post(reverse("rule-rollback", args=[1])).status_code == 303
        newest = drafts.live(merchant)
        assert newest is not None
        assert (newest.number, newest.document) == (2, {})
