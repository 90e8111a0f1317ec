"""The rules in the browser: read in words, changed by an admin into a draft, published, undone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exceptions.deadlines.terms import shipped
from exceptions.models import Policy
from exceptions.rulemaking import bases, drafts, shelf
from exceptions.rulemaking.forms.change import ChangeForm
from merchants.access import Member
from merchants.models import Merchant, Platform, Shop, User
from tests.exceptions.making import member_of

pytestmark = pytest.mark.django_db
CODE = "PDD-SHIP-48"
REGIONS = shelf.regions(Platform.values, {})
# A parcel clock of Pinduoduo and an order clock of Douyin.
PICKUP, DOUYIN = "PDD-FAKE-NOPICKUP", "DY-PICKUP-24"


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def member(admin: User) -> Member:
    return member_of(admin)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def sent(form: Any, *others: Any) -> dict[str, Any]:
    """What a browser sends of a form, its rows, and other forms in it."""
    parts = [form, *others]
    for rows in (form.lanes, form.tiers):
        parts += [rows.management_form, *rows.forms]
    data: dict[str, Any] = {}
    for bound in (bound for part in parts for bound in part):
        value = bound.value()
        if hasattr(value, "isoformat"):
            value = value.isoformat()
        if value is not None and value is not False and value not in ("", []):
            data[bound.html_name] = "on" if value is True else value
    return data


def filled(client: Client, url: str, **other: Any) -> dict[str, Any]:
    """What the form of an editor sends when nothing is touched but `other`."""
    context = client.get(url).context
    return {
        name: value for name, value in (sent(context["form"], context["example"]) | other).items() if value is not None
    }


def change(client: Client, code: str = CODE, query: str = "", **other: Any) -> Any:
    url = reverse("rule-change", args=[code]) + query
    return client.post(url, filled(client, url, **other))


def draft(merchant: Merchant) -> dict[str, Any]:
    return dict(Policy.objects.get(merchant=merchant, number=None).document)


class TestTheList:
    def test_it_has_the_rules_of_the_platforms_the_merchant_sells_on_and_those_of_all(self, browser: Client) -> None:
        shelf = browser.get(reverse("rules")).context["shelf"]
        assert [name for name, _label in shelf.packs] == ["pdd", "law", "house", "causes"]
        assert CODE in [row.term.code for row in shelf.rows]
        assert DOUYIN not in [row.term.code for row in shelf.rows]

    def test_a_shop_on_another_platform_brings_its_rules(self, browser: Client, other_shop: Shop) -> None:
        shelf = browser.get(reverse("rules")).context["shelf"]
        assert [name for name, _label in shelf.packs] == ["pdd", "douyin", "law", "house", "causes"]
        assert DOUYIN in [row.term.code for row in shelf.rows]

    def test_a_shop_on_a_platform_without_a_pack_has_the_generic_rules(
        self, browser: Client, merchant: Merchant
    ) -> None:
        Shop.objects.create(merchant=merchant, code="MT-X", name="独立站", platform="other")
        found = browser.get(reverse("rules"), {"platform": "other"}).context["shelf"]
        codes = [row.term.code for row in found.rows]
        assert "GEN-PROMISED-DELIVERY" in codes
        assert [group.total for group in found.groups] == [len(codes)]
        page(browser, "rule", "GEN-PROMISED-DELIVERY")

    def test_it_says_each_rule_in_words(self, browser: Client) -> None:
        [row] = browser.get(reverse("rules"), {"q": CODE}).context["shelf"].rows
        assert (row.runs, row.length) == (
            "Paid → Number uploaded and Handed over",
            "the promised dispatch time, else 48h",
        )
        assert row.penalty == "¥3.00"

    def test_it_is_filtered(self, browser: Client, other_shop: Shop) -> None:
        def rows(**query: str) -> list[Any]:
            return list(browser.get(reverse("rules"), query).context["shelf"].rows)

        assert {row.platform for row in rows(platform="douyin")} == {"douyin"}
        assert {row.kind for row in rows(kind="late_pickup")} == {"Late pickup"}
        assert all(row.term.needs_review for row in rows(state="review"))
        assert all(not row.term.enabled for row in rows(state="off"))
        assert rows(state="changed") == []
        assert len(rows(platform="nowhere", state="?", kind="?")) == len(rows())
        assert "No rule is like that." in page(browser, "rules", q="NOTHING-LIKE-IT")

    def test_htmx_gets_the_list_alone(self, browser: Client) -> None:
        asked = {"HX-Request": "true", "HX-Target": "list"}
        shown = browser.get(reverse("rules"), headers=asked).content.decode()
        assert shown.startswith('<div id="list">')

    def test_it_costs_a_fixed_number_of_queries(
        self, browser: Client, other_shop: Shop, member: Member, now: datetime, django_assert_num_queries
    ) -> None:
        page(browser, "rules")
        with django_assert_num_queries(8):
            page(browser, "rules")
        for hours in (24, 30, 36):
            drafts.put_change(member, CODE, {"skus": [f"S-{hours}"]}, {"hours": hours}, "", now)
        page(browser, "rules")
        with django_assert_num_queries(8):
            page(browser, "rules")

    def test_others_than_admins_read_what_is_published(
        self, client: Client, seller: User, member: Member, now: datetime
    ) -> None:
        drafts.put_change(member, CODE, {}, {"hours": 36}, "", now)
        client.force_login(seller)
        assert "draft-banner" not in page(client, "rules")
        shown = page(client, "rule", CODE)
        assert "else 48h" in shown
        assert "Change this rule" not in shown


class TestOneRule:
    def test_its_page_tells_everything(self, browser: Client) -> None:
        shown = page(browser, "rule", CODE)
        for words in (
            "the promised dispatch time, else 48h.",
            "赔付标准说法不一",
            "Sources disagree on the amount",
            "P1",
        ):
            assert words in shown
        assert browser.get(reverse("rule", args=["PDD-NOTHING"])).status_code == 404
        assert browser.get(reverse("rule", args=[DOUYIN])).status_code == 404

    @pytest.mark.parametrize("code", ["PDD-ALERT-UPDATE", "PDD-TRACK-DWELL", "PDD-SF-2024-SHIP", "HOUSE-RETURN"])
    def test_rules_of_every_shape_have_a_page(self, browser: Client, code: str) -> None:
        assert code in page(browser, "rule", code)

    def test_an_example_is_worked_out_with_its_arithmetic(self, browser: Client) -> None:
        asked = {"x-paid": "2026-11-26T10:00", "x-amount": "500", "x-goods": "ordinary"}
        tried = browser.get(reverse("rule", args=[CODE]), asked).context["tried"]
        assert [line.text for line in tried.lines] == ["Paid", "+ 48h"]
        assert tried.clock.due_at == datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
        promised = browser.get(reverse("rule", args=[CODE]), asked | {"x-promised": "2026-11-27T12:00"}).context[
            "tried"
        ]
        assert [line.text for line in promised.lines] == ["Paid", "the order carries the promised dispatch time"]
        assert promised.clock.due_at == datetime(2026, 11, 27, 4, 0, tzinfo=UTC)

    def test_an_example_that_starts_no_clock_says_why(self, browser: Client) -> None:
        def why(code: str, **asked: str) -> str:
            return str(browser.get(reverse("rule", args=[code]), asked).context["tried"].why)

        asked = {"x-paid": "2026-11-26T10:00"}
        assert why(PICKUP, **asked) == "What starts the clock has not happened."
        assert why(CODE, **asked, **{"x-goods": "fresh"}) == "The rule is not for these goods."
        assert why(CODE, **{"x-paid": "2019-01-01T10:00"}) == "The rule was not in force yet when the order was paid."
        assert why(CODE, **{"x-paid": "yesterday"}) == "Some of the example cannot be read."

    def test_it_is_checked_in_the_rule_centre_and_that_can_be_taken_back(
        self, browser: Client, other_shop: Shop, merchant: Merchant
    ) -> None:
        assert "It needs review again" not in page(browser, "rule", DOUYIN)
        browser.post(reverse("rule-check", args=[DOUYIN]), {"on": "1"})
        assert list(draft(merchant)["reviewed"]) == [DOUYIN]
        assert "linxiao checked it" in page(browser, "rule", DOUYIN)
        browser.post(reverse("rule-check", args=[DOUYIN]), {"on": "0"})
        assert draft(merchant) == {}


class TestTheEditor:
    def test_a_form_in_which_nothing_is_touched_changes_nothing_of_any_rule(self, member: Member) -> None:
        codes = [code for code, (_pack, entry) in shipped().items() if bases.keys(entry)]
        assert len(codes) > 60
        for code in codes:
            known: dict[str, Any] = {
                "entry": shipped()[code][1],
                "written": {},
                "scope": None,
                "member": member,
                "regions": REGIONS,
            }
            form = ChangeForm(sent(ChangeForm(**known)), **known)
            assert form.is_valid(), (code, form.errors, form.lanes.errors, form.tiers.errors)
            assert form.set == {}, code

    def test_only_what_differs_is_put_into_the_draft(self, browser: Client, merchant: Merchant) -> None:
        assert change(browser, number="36", note="早点发").status_code == 303
        assert draft(merchant)["changes"] == [{"code": CODE, "scope": {}, "set": {"hours": 36}, "note": "早点发"}]
        assert "else 36h" in page(browser, "rule", CODE)
        assert "A draft with 2 changes is open." in page(browser, "rules")

    def test_a_change_is_for_some_orders(self, browser: Client, merchant: Merchant) -> None:
        change(browser, number="24", skus="A-1\nA-2", scope_goods=["ordinary"], shops=["MT-PDD"])
        [made] = draft(merchant)["changes"]
        assert made["scope"] == {"shops": ["MT-PDD"], "goods": [""], "skus": ["A-1", "A-2"]}
        assert "棉田优选 · Ordinary goods · A-1, A-2" in page(browser, "rule", CODE)

    def test_its_scope_can_change_and_it_can_go(self, browser: Client, merchant: Merchant) -> None:
        change(browser, number="24", skus="A-1")
        scope = '?scope={"skus": ["A-1"]}'
        assert change(browser, query=scope, skus="A-2", number="30").status_code == 303
        [made] = draft(merchant)["changes"]
        assert (made["scope"], made["set"]) == ({"skus": ["A-2"]}, {"hours": 30})
        browser.post(reverse("rule-change-drop", args=[CODE]), {"scope": '{"skus": ["A-2"]}'})
        assert draft(merchant) == {}

    def test_a_narrower_change_says_only_what_differs_from_the_wider(self, browser: Client, merchant: Merchant) -> None:
        change(browser, number="36")
        change(browser, number="48", shops=["MT-PDD"])
        _wide, narrow = draft(merchant)["changes"]
        assert narrow["set"] == {"hours": 48}
        assert "There is a change for these orders already." in change(browser, number="30").content.decode()

    def test_a_change_is_changed_again_and_gone_when_nothing_of_it_is_left(
        self, browser: Client, merchant: Merchant
    ) -> None:
        change(browser, number="36")
        change(browser, query="?scope={}", number="30")
        [made] = draft(merchant)["changes"]
        assert made["set"] == {"hours": 30}
        change(browser, query="?scope={}", number="48")
        assert draft(merchant) == {}

    def test_the_length_becomes_another_kind(self, browser: Client, merchant: Merchant) -> None:
        change(browser, length="days", number="2", at="07:00", warn_hours="6")
        [made] = draft(merchant)["changes"]
        assert made["set"] == {"hours": None, "days": 2, "at": "07:00", "warn_hours": 6}

    def test_lanes_and_penalties_are_rows_and_a_blank_one_is_none(self, browser: Client, merchant: Merchant) -> None:
        rows = {"lanes-0-way": "same_province", "lanes-0-length": "hours", "lanes-0-number": "24"}
        rows |= {"tiers-0-upto": "300", "tiers-1-over": "300", "tiers-1-percent": "1", "tiers-1-max": "30"}
        assert change(browser, **rows).status_code == 303
        [made] = draft(merchant)["changes"]
        assert made["set"]["lanes"] == [{"same_province": True, "hours": 24}]
        assert made["set"]["penalty"] == [{"upto": 300, "fixed": 3}, {"over": 300, "percent": 1, "max": 30}]

    @pytest.mark.parametrize(
        ("said", "field", "reason"),
        [
            ({"number": ""}, "number", "Say how long."),
            ({"number": "0"}, "number", "It must be above 0."),
            ({"number": "9000"}, "number", "At most a year."),
            ({"length": "days", "number": "1.5"}, "number", "Days are whole numbers up to 366."),
            ({"length": "until"}, "until", "Say which date."),
            ({"warn_hours": "49"}, "warn_hours", "The whole limit is 48 h: it cannot warn earlier."),
            ({"warn_hours": ""}, "warn_hours", "This field is required."),
            ({"cut_on": "delivered"}, "cut_hours", "What brings it nearer, and by how much: both or none."),
            ({"goods": ["fresh"], "not_goods": ["fresh"]}, "not_goods", "The same goods cannot be both in and out."),
            ({"effective_to": "2020-01-01"}, "effective_to", "It ends before it begins."),
            (
                {"length": "", "number": "", "promise": ""},
                "enabled",
                "Without a length, a promise or a lane it cannot be switched on.",
            ),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(
        self, browser: Client, said: dict[str, Any], field: str, reason: str
    ) -> None:
        refused = change(browser, **said)
        assert refused.status_code == 422
        assert refused.context["form"].errors[field] == [reason]
        assert not Policy.objects.exists()

    @pytest.mark.parametrize(
        ("row", "field", "reason"),
        [
            ({"tiers-0-percent": "1"}, "percent", "Either a fixed sum or a share, not both."),
            ({"tiers-0-over": "9", "tiers-0-upto": "3"}, "upto", "It is below the number before it."),
            ({"tiers-0-fixed": "", "tiers-0-upto": "3"}, "fixed", "Say a sum or a share; 0 for nothing."),
        ],
    )
    def test_a_row_that_cannot_be_is_told_at_its_field(
        self, browser: Client, row: dict[str, str], field: str, reason: str
    ) -> None:
        refused = change(browser, **row)
        assert refused.status_code == 422
        assert refused.context["form"].tiers.forms[0].errors[field] == [reason]

    def test_the_example_follows_what_is_typed_and_saves_nothing(self, browser: Client) -> None:
        url = reverse("rule-change", args=[CODE])
        typed = filled(browser, url, number="36", do="example") | {"x-paid": "2026-11-26T10:00"}
        asked = {"HX-Request": "true", "HX-Target": "example"}
        answer = browser.post(url, typed, headers=asked)
        assert answer.status_code == 200
        assert answer.content.decode().strip().startswith('<div id="example"')
        assert answer.context["tried"].clock.due_at == datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
        unclear = browser.post(url, typed | {"number": "much"}, headers=asked)
        assert (unclear.status_code, "cannot be worked out yet" in unclear.content.decode()) == (200, True)
        assert not Policy.objects.exists()

    def test_a_member_of_some_shops_only_is_told_whom_to_ask(self, browser: Client, shop: Shop, admin: User) -> None:
        admin.memberships.get().shops.set([shop])
        refused = change(browser, number="36")
        assert refused.status_code == 422
        assert "Ask an admin who has them all." in refused.content.decode()
