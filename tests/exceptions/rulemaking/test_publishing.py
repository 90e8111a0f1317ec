"""From a draft to a version that judges orders, back again, and what is written down of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from exceptions.models import Policy
from exceptions.policies import book_of
from exceptions.rulemaking import drafts, publishing
from exceptions.rulemaking.refusals import Overtaken, Refused
from merchants.access import Member
from merchants.models import AuditEntry, Membership, Role, Shop, User
from tests.exceptions.making import member_of

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"
DAY = timedelta(days=1)


def published(member: Member, hours: float, since: datetime | None, now: datetime) -> Policy:
    drafts.put_change(member, SHIP, {}, {"hours": hours}, "", now)
    return publishing.publish(member, since, "", now)


def hours(shop: Shop, at: datetime | None) -> float:
    """The dispatch limit an order paid at this instant is judged by."""
    (term,) = [term for term in book_of(shop, at).terms if term.code == SHIP]
    assert term.lasts
    return term.lasts / timedelta(hours=1)


def refusal(work: Any, *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        work(*args)
    return refused.value.sentence


def test_a_version_judges_orders_paid_from_its_date_on(member: Member, shop: Shop, now: datetime) -> None:
    first = published(member, 36, None, now)
    second = published(member, 24, now + DAY, now + timedelta(hours=1))
    assert (first.number, first.state, first.effective_from, first.base) == (1, "published", now, None)
    assert (second.number, second.published_by, second.base) == (2, member.user, 1)
    assert [hours(shop, now + offset) for offset in (-DAY, timedelta(0), DAY)] == [48, 36, 24]
    assert [version.number for version in publishing.versions(member.merchant)] == [2, 1]
    assert drafts.draft(member.merchant) is None
    assert drafts.live(member.merchant) == second


def test_a_published_version_is_written_down_with_what_it_changes(member: Member, now: datetime) -> None:
    drafts.put_change(member, SHIP, {"shops": ["MT-PDD"]}, {"hours": 36}, "", now)
    publishing.publish(member, now + DAY, " before the festival ", now)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.by, entry.at) == ("rules.publish", "version 1", member.user, now)
    assert entry.detail == {
        "before": "change PDD-SHIP-48 [shops: MT-PDD] hours: 48",
        "after": "change PDD-SHIP-48 [shops: MT-PDD] hours: 36",
        "note": "before the festival",
        "effective_from": "2026-11-23T04:00:00+00:00",
    }


def test_nothing_is_published_without_a_draft_a_change_or_a_likely_date(member: Member, now: datetime) -> None:
    assert refusal(publishing.publish, member, None, "", now) == "There is no draft."
    drafts.open_draft(member, now)
    assert refusal(publishing.publish, member, None, "", now) == "The draft changes nothing."
    assert refusal(publishing.trial, member, True, now) == "The draft changes nothing."
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    assert refusal(publishing.publish, member, now + 400 * DAY, "", now) == (
        "This is more than a year away. Check the year."
    )
    assert not AuditEntry.objects.exists()


def test_who_has_some_shops_only_publishes_and_rolls_back_nothing(member: Member, shop: Shop, now: datetime) -> None:
    published(member, 36, None, now)
    some = User.objects.create_user("some")
    Membership.objects.create(user=some, merchant=shop.merchant, role=Role.ADMIN).shops.set([shop])
    said = "Rules are made for all shops of the merchant. Ask an admin who has them all."
    assert refusal(publishing.publish, member_of(some), None, "", now) == said
    assert refusal(publishing.rollback, member_of(some), 1, now) == said
    assert refusal(publishing.trial, member_of(some), True, now) == said
    assert refusal(publishing.discard, member_of(some), now) == said
    assert refusal(publishing.rebase, member_of(some), now) == said


def test_a_draft_that_was_overtaken_is_published_after_it_is_rebased(member: Member, shop: Shop, now: datetime) -> None:
    published(member, 36, None, now)
    drafts.put_change(member, "PDD-FAKE-NOPICKUP", {}, {"hours": 20}, "", now)
    publishing.rollback(member, 1, now)
    with pytest.raises(Overtaken) as overtaken:
        publishing.publish(member, None, "", now)
    assert overtaken.value.sentence == (
        "linxiao published version 2 since this draft was opened. "
        "Rebase the draft on it, look at what it changes then, and publish again."
    )
    found = drafts.draft(member.merchant)
    assert found
    assert [(one.code, one.before, one.after) for one in publishing.overtaking(found)] == [(SHIP, 36, 48)]
    rebased = publishing.rebase(member, now)
    assert (rebased.base, publishing.overtaking(rebased)) == (2, [])
    assert [(one.code, one.after) for one in drafts.changes(rebased)] == [("PDD-FAKE-NOPICKUP", 20)]
    assert publishing.publish(member, None, "", now).number == 3
    assert hours(shop, now) == 48


def test_a_rollback_has_the_rules_again_as_they_were(member: Member, shop: Shop, now: datetime) -> None:
    published(member, 36, now, now)
    published(member, 1, now + DAY, now)
    back = publishing.rollback(member, 2, now + 2 * DAY)
    assert (back.number, back.effective_from, back.published_by) == (3, now + DAY, member.user)
    assert back.note == "Back to the rules before version 2"
    assert [hours(shop, at) for at in (now, now + DAY, now + 3 * DAY, None)] == [36, 36, 36, 36]
    entry = AuditEntry.objects.get(action="rules.rollback")
    assert (entry.subject, entry.detail["before"], entry.detail["after"]) == (
        "version 3",
        "change PDD-SHIP-48 hours: 1",
        "change PDD-SHIP-48 hours: 36",
    )
    publishing.rollback(member, 1, now + 3 * DAY)
    assert [hours(shop, at) for at in (now, now + DAY, None)] == [48, 48, 48]
    assert refusal(publishing.rollback, member, 9, now) == "There is no version 9."


def test_a_rollback_past_a_version_to_come_keeps_its_date(member: Member, shop: Shop, now: datetime) -> None:
    published(member, 36, now, now)
    published(member, 30, now + 9 * DAY, now)
    published(member, 1, now + DAY, now)
    times = (now, now + DAY, now + 8 * DAY, now + 9 * DAY, None)
    assert [hours(shop, at) for at in times] == [36, 1, 1, 1, 1]
    assert publishing.rollback(member, 3, now).number == 5
    assert [hours(shop, at) for at in times] == [36, 36, 36, 30, 30]


def test_a_trial_begins_anew_when_the_draft_changes(member: Member, now: datetime) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    tried = publishing.trial(member, True, now)
    assert (tried.state, tried.shadow_since) == ("shadow", now)
    assert publishing.trial(member, True, now + DAY).shadow_since == now
    assert drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now + DAY).shadow_since == now
    assert drafts.put_change(member, SHIP, {}, {"hours": 30}, "", now + DAY).shadow_since == now + DAY
    ended = publishing.trial(member, False, now + DAY)
    assert (ended.state, ended.shadow_since) == ("draft", None)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "rules.trial",
        "rules.trial_end",
    ]


def test_a_draft_on_trial_can_be_published(member: Member, now: datetime) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    publishing.trial(member, True, now)
    assert publishing.publish(member, None, "", now).state == "published"


def test_a_discarded_draft_is_gone_and_written_down(member: Member, now: datetime) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    publishing.discard(member, now)
    assert drafts.draft(member.merchant) is None
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.detail["after"]) == (
        "rules.discard",
        "draft",
        "change PDD-SHIP-48 hours: 36",
    )
    assert refusal(publishing.discard, member, now) == "There is no draft."


def test_a_version_still_judges_when_a_later_pack_has_no_more_what_it_names(
    member: Member, shop: Shop, now: datetime
) -> None:
    document = {
        "changes": [{"code": "PDD-GONE", "set": {"hours": 1}}, {"code": SHIP, "set": {"hours": 36}}],
        "windows": [
            {"key": "w", "name": "w", "codes": ["PDD-GONE"], "hours": 1, "opens": "2026-01-01", "closes": "2026-01-02"}
        ],
    }
    Policy.objects.create(
        merchant=member.merchant, number=1, state="published", document=document, created_at=now, effective_from=now
    )
    assert hours(shop, now) == 36
    assert refusal(drafts.put_change, member, "PDD-FAKE-NOPICKUP", {}, {"hours": 20}, "", now) == (
        "PDD-GONE: There is no rule “PDD-GONE”."
    )
    drafts.drop_change(member, "PDD-GONE", {}, now)
    assert refusal(drafts.put_change, member, "PDD-FAKE-NOPICKUP", {}, {"hours": 20}, "", now).startswith("w: There is")
    drafts.drop_window(member, "w", now)
    assert len(drafts.put_change(member, "PDD-FAKE-NOPICKUP", {}, {"hours": 20}, "", now).document["changes"]) == 2
