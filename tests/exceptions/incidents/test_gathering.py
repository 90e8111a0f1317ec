"""Parcels stuck at one place become one incident; it heals and closes by itself."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from exceptions.desk import cases as desk
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.incidents import handling
from exceptions.incidents.rounds import Round, go_round
from exceptions.models import Case, CaseEntry, CaseSite, GatheringRule, Incident, IncidentChild, IncidentEntry
from merchants.models import Shop, User
from tests.exceptions.incidents.scene import HOUR, move_on, scanned, stand_still
from tests.exceptions.making import member_of

pytestmark = pytest.mark.django_db


def entries(incident: Incident) -> list[str]:
    return list(incident.entries.order_by("pk").values_list("action", flat=True))


def test_ten_parcels_at_one_hub_are_one_incident(shop: Shop, other_shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 6) + stand_still(other_shop, now, 4)
    assert len(cases) == 10
    assert go_round(now) == Round(read=10, left=0, opened=1, joined=10, closed=0)
    incident = Incident.objects.get()
    assert (incident.where, incident.place, incident.to_place) == ("hub", "杭州转运中心", "")
    assert incident.began_at == now - 50 * HOUR + timedelta(minutes=1)
    assert set(Case.objects.values_list("incident", flat=True)) == {incident.pk}
    assert entries(incident) == ["open"]
    gathered = CaseEntry.objects.filter(action="gather")
    assert {entry.detail["incident"] for entry in gathered} == {incident.pk}
    assert gathered.count() == 10


def test_nine_are_none_and_a_second_round_changes_nothing(shop: Shop, now: datetime) -> None:
    stand_still(shop, now, 9)
    assert go_round(now).opened == 0
    stand_still(shop, now, 1, first=10)
    assert go_round(now) == Round(read=1, left=0, opened=1, joined=10, closed=0)
    assert go_round(now) == Round(0, 0, 0, 0, 0)
    assert CaseEntry.objects.filter(action="gather").count() == 10


def test_who_stands_still_there_later_joins_and_what_stood_long_before_does_not(shop: Shop, now: datetime) -> None:
    stand_still(shop, now, 10)
    go_round(now)
    late, old = (stand_still(shop, now, 1, first=n, hours=hours)[-1] for n, hours in ((11, 49), (12, 120)))
    assert go_round(now).joined == 1
    assert Case.objects.get(pk=late.pk).incident == Incident.objects.get()
    assert Case.objects.get(pk=old.pk).incident is None


def test_a_parcel_that_moves_on_heals_and_the_incident_closes_by_itself(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 10)
    go_round(now)
    incident = Incident.objects.get()
    move_on(cases[:4], now + HOUR)
    assert go_round(now + HOUR).left == 4
    assert incident.children.filter(left_why="healed", left_at=now + HOUR).count() == 4
    assert Incident.objects.get().closed_at is None
    move_on(cases[4:], now + 2 * HOUR)
    assert go_round(now + 2 * HOUR).closed == 1
    incident.refresh_from_db()
    assert (incident.closed_at, incident.closed_by) == (now + 2 * HOUR, None)
    assert entries(incident) == ["open", "close"]


def test_two_left_for_six_hours_are_no_incident_any_more(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 10)
    go_round(now)
    move_on(cases[:8], now + HOUR)
    assert go_round(now + HOUR).closed == 0
    assert Incident.objects.get().calm_since == now + HOUR
    assert go_round(now + 6 * HOUR).closed == 0
    assert go_round(now + 7 * HOUR).closed == 1
    # They stay open, and remember what they were part of.
    assert Case.objects.filter(state="open", incident__isnull=False, kind="transit_stall").count() == 2


def test_a_place_that_stalls_again_within_a_day_is_the_same_incident(shop: Shop, now: datetime) -> None:
    first = stand_still(shop, now, 10)
    go_round(now)
    move_on(first, now + HOUR)
    go_round(now + HOUR)
    stand_still(shop, now + 20 * HOUR, 10, first=20)
    go_round(now + 20 * HOUR)
    incident = Incident.objects.get()
    assert (incident.closed_at, incident.reopenings, incident.reopened_at) == (None, 1, now + 20 * HOUR)
    assert entries(incident) == ["open", "close", "reopen"]
    assert IncidentChild.objects.filter(left_at=None).count() == 10


def test_a_day_later_it_is_another(shop: Shop, now: datetime) -> None:
    first = stand_still(shop, now, 10)
    go_round(now)
    move_on(first, now + HOUR)
    go_round(now + HOUR)
    stand_still(shop, now + 26 * HOUR, 10, first=20)
    go_round(now + 26 * HOUR)
    assert [one.closed_at for one in Incident.objects.order_by("pk")] == [now + HOUR, None]


def test_a_case_that_stays_open_leaves_when_its_parcel_is_elsewhere(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 11)
    go_round(now)
    gone = cases[0]
    assert gone.waybill is not None
    scanned(gone.waybill, now + HOUR, "【杭州转运中心】 已发出 下一站 【宁波转运中心】")
    assert go_round(now + HOUR).left == 1
    assert Case.objects.get(pk=gone.pk).incident is None
    assert IncidentChild.objects.get(case=gone).left_why == "moved"
    entry = CaseEntry.objects.filter(case=gone, action="gather").latest("pk")
    assert entry.detail == {"left": Incident.objects.get().pk, "why": "moved"}
    site = CaseSite.objects.get(case=gone)
    assert (site.where, site.place, site.to_place) == ("leg", "杭州转运中心", "宁波转运中心")


def test_a_carrier_may_have_a_threshold_of_its_own(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 4)
    assert cases[0].waybill is not None
    numbers = {"window_hours": 24, "close_below": 0, "close_hours": 6}
    GatheringRule.objects.create(merchant=shop.merchant, threshold=20, **numbers)
    assert go_round(now).opened == 0
    GatheringRule.objects.create(merchant=shop.merchant, carrier=cases[0].waybill.carrier, threshold=4, **numbers)
    assert go_round(now).opened == 1
    assert IncidentEntry.objects.count() == 1


def test_a_case_that_waits_for_its_incident_wakes_when_it_leaves_it_but_not_when_it_is_split_off(
    shop: Shop, seller: User, now: datetime
) -> None:
    moved, removed, split, *_others = stand_still(shop, now, 11)
    go_round(now)
    incident, member = Incident.objects.get(), member_of(seller)
    for case in (moved, removed, split):
        desk.act(member, case.pk, Action.SNOOZE, now=now, wakes_on="incident")
    assert moved.waybill is not None
    scanned(moved.waybill, now + HOUR, "【杭州转运中心】 已发出 下一站 【宁波转运中心】")
    go_round(now + HOUR)
    handling.remove(member, incident, [removed.pk], now + HOUR)
    handling.split(member, incident, [split.pk], "冷链", now + HOUR)
    assert desk.wake_due(now + HOUR) == 2
    states = [Case.objects.get(pk=case.pk).state for case in (moved, removed, split)]
    assert states == ["open", "open", "snoozed"]


def test_no_case_sleeps_until_an_incident_closes_that_is_closed(shop: Shop, seller: User, now: datetime) -> None:
    case, *_others = stand_still(shop, now, 11)
    go_round(now)
    handling.close(member_of(seller), Incident.objects.get(), now)
    with pytest.raises(NotAllowed, match="closed already"), translation.override("en"):
        desk.act(member_of(seller), case.pk, Action.SNOOZE, now=now, wakes_on="incident")
