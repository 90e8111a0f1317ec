"""What an admin can make of the rules in a draft, and what is refused, at which field and in which words."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from exceptions.models import Policy
from exceptions.rulemaking import drafts
from exceptions.rulemaking.refusals import Refused
from merchants.access import Member
from merchants.models import Shop, User
from tests.exceptions.making import member_of

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"
WINDOW = {
    "name": "双 11",
    "codes": [SHIP],
    "by": "paid",
    "opens": "2026-11-11",
    "closes": "2026-11-13",
    "hours": 72,
}
WAIVER = {"name": "暴雨", "kinds": ["late_pickup"], "areas": ["广东"], "opens": "2026-11-20", "closes": "2026-11-25"}
CLOCK = {
    "code": "OWN-ANSWER",
    "name_zh": "客服答复",
    "kind": "answer_due",
    "subject": "ticket",
    "tickets": ["refund"],
    "start": "opened",
    "stop": ["answered"],
    "hours": 4,
    "worktime": True,
    "warn_hours": 1,
    "grave_hours": 8,
}


def refusal(work: Any, *args: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        work(*args)
    return refused.value.field, refused.value.sentence


def test_a_draft_is_opened_once_and_begins_as_the_newest_version(member: Member, now: datetime) -> None:
    document = {"changes": [{"code": SHIP, "set": {"hours": 36}}]}
    Policy.objects.create(
        merchant=member.merchant, number=3, state="published", document=document, created_at=now, effective_from=now
    )
    opened = drafts.open_draft(member, now)
    assert (opened.document, opened.base, opened.number, opened.state) == (document, 3, None, "draft")
    assert opened.created_by == member.user
    assert drafts.open_draft(member, now + timedelta(hours=1)) == opened
    assert drafts.draft(member.merchant) == opened


def test_a_change_takes_the_place_of_the_one_with_its_code_and_scope(member: Member, now: datetime) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    drafts.put_change(member, SHIP, {"skus": ["B", "A"], "shops": []}, {"hours": 24}, "", now)
    made = drafts.put_change(member, SHIP, {"skus": ["A", "B"]}, {"hours": 20}, " promised in the chat ", now)
    assert made.document["changes"] == [
        {"code": SHIP, "scope": {}, "set": {"hours": 36}, "note": ""},
        {"code": SHIP, "scope": {"skus": ["A", "B"]}, "set": {"hours": 20}, "note": "promised in the chat"},
    ]
    drafts.put_change(member, SHIP, {}, {}, "", now)
    assert drafts.drop_change(member, SHIP, {"skus": ["B", "A"]}, now).document == {}


def test_windows_waivers_and_own_clocks_are_put_and_dropped_by_what_they_are(member: Member, now: datetime) -> None:
    made = drafts.put_window(member, WINDOW, now)
    (window,) = made.document["windows"]
    assert window == {**WINDOW, "key": window["key"], "scope": {}}
    made = drafts.put_window(member, {**window, "hours": 96}, now)
    assert [one["hours"] for one in made.document["windows"]] == [96]
    made = drafts.put_waiver(member, WAIVER, now)
    (waiver,) = made.document["waivers"]
    made = drafts.put_own(member, CLOCK, now)
    assert made.document["own"][0]["name_en"] == "客服答复"
    drafts.drop_window(member, window["key"], now)
    drafts.drop_waiver(member, waiver["key"], now)
    assert drafts.drop_own(member, "OWN-ANSWER", now).document == {}


def test_regions_the_week_and_reviews_are_kept_and_taken_away(member: Member, now: datetime) -> None:
    drafts.put_region(member, "jzhw", ["江苏", "浙江", "上海", "安徽"], now)
    drafts.put_week(member, {"mon": ["09:00-12:00"]}, now)
    made = drafts.confirm(member, "PDD-ALERT-UPDATE", now)
    assert made.document == {
        "regions": {"jzhw": ["江苏", "浙江", "上海", "安徽"]},
        "week": {"mon": ["09:00-12:00"]},
        "reviewed": {"PDD-ALERT-UPDATE": {"by": member.user.pk, "at": "2026-11-22T04:00:00+00:00"}},
    }
    drafts.put_region(member, "jzhw", [], now)
    drafts.put_week(member, {}, now)
    assert drafts.unconfirm(member, "PDD-ALERT-UPDATE", now).document == {}


@pytest.mark.parametrize(
    ("code", "scope", "values", "field", "sentence"),
    [
        ("PDD-NONE", {}, {"hours": 1}, "code", "There is no rule “PDD-NONE”."),
        (SHIP, {}, {"hours": "a day"}, "hours", "hours must be a number."),
        (SHIP, {}, {"hours": True}, "hours", "hours must be a number."),
        (SHIP, {}, {"hours": 0}, "hours", "hours must be above 0 and at most a year."),
        (SHIP, {}, {"hours": 24, "days": 2}, "days", "hours and days cannot both be the length. Keep one of them."),
        (SHIP, {}, {"days": 1.5}, "days", "days must be a whole number, at most 366."),
        (SHIP, {}, {"warn_hours": -1}, "warn_hours", "warn_hours must be from 0 to 8784."),
        (SHIP, {}, {"grave_hours": 1e9}, "grave_hours", "grave_hours must be from 0 to 8784."),
        (SHIP, {}, {"effective_to": "9999-12-31"}, "effective_to", "effective_to is in the year 9999. Check it."),
        (SHIP, {}, {"penalty": [{"percent": 101}]}, "penalty", "penalty must be from 0 to 100."),
        (SHIP, {}, {"stack": "x" * 41}, "stack", "stack is longer than 40 characters."),
        (SHIP, {}, {"warn_hours": None}, "warn_hours", "warn_hours is missing."),
        (SHIP, {}, {"enabled": "yes"}, "enabled", "enabled is either true or false."),
        (SHIP, {}, {"hours": None, "promise": None}, "hours", "Give a length or a promise before you switch it on."),
        (SHIP, {}, {"until": "11.11."}, "until", "until must be a date such as 2026-11-11."),
        (SHIP, {}, {"days": 2, "at": "7 am"}, "at", "at must be a time such as 07:00."),
        (SHIP, {}, {"stop": ["eaten"]}, "stop", "“eaten” is none of:"),
        (SHIP, {}, {"stop": ["picked_up"]}, "stop", "“picked_up” is no moment of: order. There are: placed,"),
        (SHIP, {}, {"goods": ["cheese"]}, "goods", "“cheese” is none of: bonded,"),
        (SHIP, {}, {"lanes": [{"hours": 24}]}, "lanes", "A lane needs same_province, within, from or to."),
        (SHIP, {}, {"lanes": [{"to": "far", "hours": 24}]}, "lanes", "There is no region “far”. Define it first"),
        (SHIP, {}, {"lanes": [{"over": "far"}]}, "lanes", "“over” cannot be set here. There are: same_province,"),
        (
            SHIP,
            {},
            {"penalty": [{"over": 3}]},
            "penalty",
            "A tier of the penalty needs a fixed amount or a percentage.",
        ),
        (SHIP, {}, {"penalty": [{"fixed": -3}]}, "penalty", "penalty must be from 0 to 10000000."),
        (SHIP, {}, {"code": "X"}, "code", "“code” cannot be set here. There are: hours, mean_hours,"),
        (SHIP, {"shops": ["NOPE"]}, {"hours": 1}, "scope", "“NOPE” is none of: MT-DY, MT-PDD."),
        (
            SHIP,
            {"planets": ["Mars"]},
            {"hours": 1},
            "scope",
            "“planets” cannot be set here. There are: platforms, shops,",
        ),
        (
            SHIP,
            {"skus": ["A"]},
            {"effective_to": None},
            "effective_to",
            "holds for whole shops. Take skus out of the scope.",
        ),
        (SHIP, {"shops": "MT-PDD"}, {"hours": 1}, "scope", "A scope is lists of names: platforms, shops,"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_its_field(
    member: Member, now: datetime, code: str, scope: dict, values: dict, field: str, sentence: str
) -> None:
    found, said = refusal(drafts.put_change, member, code, scope, values, "", now)
    assert (found, sentence in said) == (field, True), said
    assert drafts.draft(member.merchant) is None, "nothing is changed"


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"opens": None}, "opens", "Both dates are needed"),
        ({"closes": "2026-11-10"}, "closes", "The last day is before the first."),
        ({"hours": None}, "hours", "Give the length it has instead"),
        ({"codes": []}, "codes", "Name at least one rule."),
        ({"codes": ["PDD-NONE"]}, "codes", "There is no rule “PDD-NONE”."),
        ({"by": "moon"}, "by", "“moon” is none of: paid, placed, uploaded."),
        ({"name": ""}, "name", "name is missing."),
        ({"later": True}, "later", "“later” cannot be set here."),
        ({"scope": {"skus": ["A"]}}, "scope", "“skus” cannot be set here. There are: platforms, shops."),
    ],
)
def test_a_window_that_cannot_be_is_refused_at_its_field(
    member: Member, now: datetime, values: dict, field: str, sentence: str
) -> None:
    found, said = refusal(drafts.put_window, member, {**WINDOW, **values}, now)
    assert (found, sentence in said) == (field, True), said


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"kinds": []}, "codes", "Name at least one rule."),
        ({"kinds": ["late"]}, "kinds", "“late” is none of:"),
        ({"places": ["moon"]}, "places", "“moon” is none of: sender, receiver, transit."),
        ({"until": "later"}, "until", "until must be a date"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_at_its_field(
    member: Member, now: datetime, values: dict, field: str, sentence: str
) -> None:
    found, said = refusal(drafts.put_waiver, member, {**WAIVER, **values}, now)
    assert (found, sentence in said) == (field, True), said


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"code": "ANSWER"}, "code", "A code of your own begins with OWN-"),
        ({"name_zh": ""}, "name_zh", "name_zh is missing."),
        ({"kind": "hunger"}, "kind", "“hunger” is none of:"),
        ({"shape": "figure"}, "shape", "“figure” is none of: dwell, gap, span."),
        ({"start": "born"}, "start", "“born” is no moment of: ticket."),
        ({"after": "OWN-NONE"}, "after", "There is no rule “OWN-NONE”."),
        ({"repeat": 0}, "repeat", "repeat must be from 1 to 10."),
        ({"stop": []}, "stop", "stop is missing."),
    ],
)
def test_an_own_clock_that_cannot_be_is_refused_at_its_field(
    member: Member, now: datetime, values: dict, field: str, sentence: str
) -> None:
    found, said = refusal(drafts.put_own, member, {**CLOCK, **values}, now)
    assert (found, sentence in said) == (field, True), said


def test_a_region_of_no_province_a_week_without_hours_and_a_review_of_nothing_are_refused(
    member: Member, now: datetime
) -> None:
    assert refusal(drafts.put_region, member, "moon", ["Luna"], now)[0] == "regions"
    assert refusal(drafts.put_week, member, {"mon": []}, now) == ("week", "The week has no working hours.")
    assert refusal(drafts.confirm, member, "PDD-NONE", now) == ("code", "There is no rule “PDD-NONE”.")


def test_a_refusal_is_told_in_the_language_of_who_reads_it(member: Member, now: datetime) -> None:
    with translation.override("zh-hans"):
        _field, said = refusal(drafts.put_change, member, SHIP, {}, {"hours": "一天"}, "", now)
    assert "hours 必须是数字。" in said


def test_a_member_of_some_shops_makes_no_rules_for_all(member: Member, support: User, now: datetime) -> None:
    some = member_of(support)
    assert refusal(drafts.open_draft, some, now)[0] == "shops"
    assert refusal(drafts.put_change, some, SHIP, {}, {"hours": 1}, "", now)[0] == "shops"


def test_a_rule_with_one_length_gets_another_without_taking_the_first_away(
    member: Member, shop: Shop, now: datetime
) -> None:
    made = drafts.put_change(member, SHIP, {}, {"days": 2}, "", now)
    (difference,) = [one for one in drafts.changes(made) if one.field == "days"]
    assert (difference.before, difference.after, difference.what, difference.code) == (None, 2, "change", SHIP)


def test_what_another_item_needs_is_not_taken_away(member: Member, now: datetime) -> None:
    drafts.put_region(member, "far", ["新疆"], now)
    drafts.put_change(member, SHIP, {}, {"lanes": [{"to": "far", "hours": 96}]}, "", now)
    assert refusal(drafts.put_region, member, "far", [], now) == (
        "lanes",
        "PDD-SHIP-48: There is no region “far”. Define it first, or choose another.",
    )
    drafts.put_own(member, CLOCK, now)
    drafts.put_window(member, WINDOW | {"codes": ["OWN-ANSWER"]}, now)
    assert refusal(drafts.drop_own, member, "OWN-ANSWER", now) == (
        "codes",
        "双 11: There is no rule “OWN-ANSWER”.",
    )
