"""What the demo shows of the deadline engine: rules of its own, tickets that break soon, filings. All of it is told once."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command

from exceptions import backtest
from exceptions.models import Case, CaseEntry, DeskRules, Duty, Filing, Notice, Policy, Report, View, Watch
from exceptions.policies import book_of
from exceptions.rulemaking import drafts
from exceptions.sweep import judge_batch
from exceptions.tasks import until_done
from exceptions.together import giving, telling
from merchants.models import Merchant
from orders.intake import take_in
from orders.models import Order, Ticket
from orders.sources.sheet import open_sheets
from shipops import demo_story
from simulator import exports
from simulator.catalogue import SHOPS
from simulator.world import World
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_pickup
from tests.exceptions.trying import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def miantian(db: None) -> Merchant:
    call_command("seed_demo")
    return Merchant.objects.get(code="miantian")


@pytest.fixture
def filled(miantian: Merchant, now: datetime) -> Merchant:
    """The demo's shops with the orders of a smaller world than the demo's, judged under its rules."""
    demo_story.make_rules(miantian, now)
    anchor = int(now.timestamp())
    orders = World(7, anchor, past=700).orders(anchor)
    for shop in SHOPS:
        mine = miantian.shops.get(code=shop.code)
        for sheet in open_sheets([(f"{shop.code}.csv", exports.export(shop, orders, 0, anchor))], "auto", mine.zone):
            take_in(mine, (reading.draft for reading in sheet.readings() if reading.draft), now)
    demo_story.tell_tickets(miantian, now)
    demo_story.tell_reports(miantian, now)
    demo_story.file(miantian, now)
    until_done(lambda _now: judge_batch(now))
    return miantian


def test_a_version_is_published_before_the_oldest_order_and_a_draft_is_open_on_it(
    miantian: Merchant, now: datetime
) -> None:
    assert demo_story.make_rules(miantian, now)
    version, draft = Policy.objects.order_by("pk")
    assert (version.number, version.state, version.effective_from) == (1, "published", now - timedelta(days=30))
    assert {part: len(items) for part, items in version.document.items()} == {
        "windows": 1,
        "waivers": 1,
        "week": 7,
        "own": 1,
        "changes": 2,
        "reviewed": 1,
    }
    assert version.document["windows"][0]["opens"] == "2026-12-11"
    assert (draft.number, draft.base) == (None, 1)
    assert {(one.code, one.field) for one in drafts.changes(draft)} >= {("PDD-SHIP-48", "hours")}
    assert "OWN-ANSWER-1H" in {rule.term.code for rule in book_of(miantian.shops.get(code="MT-WX"), now).rules}


@pytest.mark.parametrize(("day", "opens"), [("2026-12-13", "2026-12-11"), ("2026-12-14", "2027-12-11")])
def test_the_window_is_that_of_the_next_double_twelve(miantian: Merchant, day: str, opens: str) -> None:
    demo_story.make_rules(miantian, datetime.fromisoformat(f"{day}T12:00:00+08:00"))
    assert Policy.objects.get(number=1).document["windows"][0]["opens"] == opens


def test_the_desk_shows_cases_of_every_kind_of_ticket(filled: Merchant) -> None:
    assert Counter(Ticket.objects.values_list("kind", flat=True)) == {
        "refund_unshipped": 2,
        "refund": 3,
        **dict.fromkeys(("return", "evidence", "violation", "work_order", "interception", "inquiry", "claim"), 1),
    }
    kinds = set(Case.objects.exclude(state="resolved").values_list("kind", flat=True))
    assert kinds >= {"answer_due", "evidence_due", "appeal_due", "work_order_due", "interception_due", "claim_due"}


def test_the_desk_shows_what_buyers_and_colleagues_report(filled: Merchant, now: datetime) -> None:
    told = set(Report.objects.values_list("kind", "source"))
    assert told == {
        ("false_delivery", "buyer"),
        ("damage", "buyer"),
        ("loss", "paste"),
        ("misdelivery", "hand"),
        ("failed_delivery", "buyer"),
    }
    opened = set(Case.objects.exclude(state="resolved").values_list("kind", "source"))
    assert opened >= told
    assert not demo_story.tell_reports(filled, now)


def test_one_filing_waits_and_one_moved_its_limit(filled: Merchant, now: datetime) -> None:
    waiting, accepted = Filing.objects.order_by("pk")
    assert (waiting.state, waiting.new_due_at) == ("pending", None)
    assert (accepted.state, accepted.new_due_at) == ("accepted", now + timedelta(hours=20))
    assert not Case.objects.filter(order=accepted.order, kind="late_dispatch", level__gte=2).exists()
    assert Case.objects.filter(order=waiting.order, kind="late_dispatch", level__gte=2).exists()


def test_two_people_are_on_duty_new_cases_go_to_whoever_has_least_and_the_team_has_views(
    filled: Merchant, now: datetime
) -> None:
    assert demo_story.man_the_desk(filled, now)
    assert set(Duty.objects.filter(on=True).values_list("membership__user__username", flat=True)) == {
        "chenmo",
        "zhaomin",
    }
    assert set(View.objects.values_list("name", "scope", "query")) == {
        ("今天要发货", "pinned", "kind=late_dispatch&order=due"),
        ("物流不动了", "pinned", "kind=late_pickup&kind=transit_stall"),
        ("抖音待处理", "shared", "platform=douyin"),
    }
    assert giving.share_batch(now) == 30
    holders = Counter(Case.objects.exclude(assignee=None).values_list("assignee__username", flat=True))
    assert holders == {"chenmo": 15, "zhaomin": 15}


def test_what_people_change_on_the_desk_stays(filled: Merchant, now: datetime) -> None:
    demo_story.man_the_desk(filled, now)
    View.objects.all().delete()
    DeskRules.objects.update(sharing="nobody")
    Duty.objects.update(on=False)
    assert not demo_story.man_the_desk(filled, now + timedelta(days=1))
    assert (View.objects.count(), DeskRules.objects.get().sharing, Duty.objects.filter(on=True).count()) == (
        0,
        "nobody",
        0,
    )


def test_a_colleague_asks_the_admin_once_to_see_to_a_parcel_that_stands_still(filled: Merchant, now: datetime) -> None:
    assert not demo_story.mention(filled, now), "nothing stands still yet"
    late_pickup(filled.shops.get(code="MT-PDD"), now)
    assert demo_story.mention(filled, now)
    assert telling.tell(now) >= 1
    notice = Notice.objects.get(user__username="linxiao")
    assert (notice.kind, notice.entry.by.username, notice.entry.note) == ("mention", "chenmo", demo_story.NOTE)
    assert notice.case.kind in {"late_pickup", "transit_stall"}
    assert list(Watch.objects.values_list("case", "user__username")) == [(notice.case_id, "chenmo")]
    assert not demo_story.mention(filled, now + timedelta(days=1))
    assert CaseEntry.objects.filter(action="note").count() == 1


def test_the_draft_tried_on_the_past_days_shows_numbers(filled: Merchant, now: datetime) -> None:
    admin = member_of(filled.memberships.get(role="admin").user)
    test = backtest.start(admin, 14, now)
    until_done(lambda _now: backtest.run_batch(now))
    test.refresh_from_db()
    new, _gone, same = counts(test)
    assert test.state == "done"
    assert new > 10
    assert same > 0


def test_the_second_time_nothing_is_told_and_what_people_did_stays(filled: Merchant, now: datetime) -> None:
    Ticket.objects.exclude(kind="claim").delete()
    Filing.objects.filter(state="pending").delete()
    Policy.objects.filter(number=None).delete()
    later = now + timedelta(days=1)
    assert not demo_story.make_rules(filled, later)
    assert not demo_story.tell_tickets(filled, later)
    assert not demo_story.file(filled, later)
    assert (Ticket.objects.count(), Filing.objects.count(), Policy.objects.count()) == (1, 1, 1)


def test_without_orders_there_is_nothing_to_tell(miantian: Merchant, now: datetime) -> None:
    assert not demo_story.tell_tickets(miantian, now)
    assert not demo_story.tell_reports(miantian, now)
    assert not demo_story.file(miantian, now)
    assert not demo_story.mention(miantian, now)
    assert not Order.objects.exists()
