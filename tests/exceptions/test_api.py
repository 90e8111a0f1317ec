"""The desk over REST: same filters, same rights, same refusals."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from exceptions.models import Case
from merchants.models import Shop, User
from tests.exceptions.scene import late_dispatch, late_pickup, stalled

# What is done outside, in the order of its keys.
OUTSIDE = ["urge", "intercept", "claim", "contact", "work_order", "reship", "compensate", "appeal", "prove"]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def caller(support: User) -> Client:
    client = Client()
    client.force_login(support)
    return client


def test_the_queue_is_told_in_rank_order_with_what_can_be_done(caller: Client, shop: Shop, now: datetime) -> None:
    pickup, dispatch = late_pickup(shop, now), late_dispatch(shop, now, hours=80)
    body = caller.get("/api/cases/").json()
    assert [case["id"] for case in body["cases"]] == [pickup.pk, dispatch.pk]
    assert (body["next"], body["prev"]) == ("", "")
    told = body["cases"][0]
    assert told["number"] == f"C-{pickup.pk}"
    assert (told["kind"], told["level"], told["state"]) == ("late_pickup", "broken", "open")
    assert (told["shop"], told["order"], told["carrier"]) == ("MT-PDD", "690002", "yuantong")
    assert (told["waybill"], told["assignee"]) == ("YT8834201944715", None)
    assert told["actions"] == ["assign", "note", "snooze", "resolve", "merge", *OUTSIDE]


def test_the_filters_are_those_of_the_page(caller: Client, shop: Shop, now: datetime) -> None:
    late_pickup(shop, now)
    late_dispatch(shop, now)
    assert [case["kind"] for case in caller.get("/api/cases/?kind=late_pickup").json()["cases"]] == ["late_pickup"]
    assert caller.get("/api/cases/?state=resolved").json()["cases"] == []


def test_a_case_is_told_with_its_clocks_events_and_log(caller: Client, shop: Shop, now: datetime) -> None:
    case = stalled(shop, now)
    body = caller.get(f"/api/cases/{case.pk}/").json()
    assert [event["text"] for event in body["events"]] == ["【武汉转运中心】快件已发往【长沙】", "【太和网点】已揽收"]
    assert "PDD-ALERT-UPDATE" in [clock["term"] for clock in body["clocks"]]
    assert [(entry["action"], entry["by"], entry["to_state"]) for entry in body["log"]] == [("raise", None, "open")]


def test_an_action_answers_with_the_case_as_it_then_is(caller: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    until = (now + timedelta(hours=3)).isoformat()
    response = caller.post(f"/api/cases/{case.pk}/snooze/", {"until": until}, content_type="application/json")
    assert response.status_code == 200
    assert (response.json()["state"], response.json()["actions"]) == (
        "snoozed",
        ["assign", "note", "snooze", "wake", "resolve", "merge", *OUTSIDE],
    )


def test_what_the_state_forbids_is_a_conflict(caller: Client, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    response = caller.post(f"/api/cases/{case.pk}/reopen/", {}, content_type="application/json")
    assert response.status_code == 409
    assert response.json()["detail"] == "This case is open: “Reopen” is not possible now."


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("resolve", {}, "outcome"),
        ("resolve", {"outcome": "kept"}, "outcome"),
        ("snooze", {}, "until"),
        ("snooze", {"until": "tomorrow"}, "until"),
        ("note", {"note": ""}, "note"),
        ("note", {"note": "x" * 4001}, "note"),
        ("assign", {"assignee": 999999}, "assignee"),
    ],
)
def test_what_is_missing_is_named(
    caller: Client, shop: Shop, now: datetime, action: str, body: dict[str, object], field: str
) -> None:
    case = late_dispatch(shop, now)
    response = caller.post(f"/api/cases/{case.pk}/{action}/", body, content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()) == [field]
    case.refresh_from_db()
    assert case.state == "open"


def test_a_stranger_is_told_nothing_and_nobody_gets_in_without_a_log_in(
    caller: Client, stranger_shop: Shop, now: datetime
) -> None:
    case = late_dispatch(stranger_shop, now)
    assert caller.get("/api/cases/").json()["cases"] == []
    assert caller.get(f"/api/cases/{case.pk}/").status_code == 404
    assert caller.post(f"/api/cases/{case.pk}/wake/", {}, content_type="application/json").status_code == 404
    assert Client().get("/api/cases/").status_code == 403
    assert Case.objects.get().state == "open"


def test_support_of_one_shop_sees_that_shop_alone(caller: Client, other_shop: Shop, now: datetime) -> None:
    case = late_dispatch(other_shop, now, hours=80)
    assert caller.get("/api/cases/").json()["cases"] == []
    assert caller.get(f"/api/cases/{case.pk}/").status_code == 404


def test_the_schema_names_every_address_of_the_desk(caller: Client) -> None:
    schema = caller.get("/api/schema/?format=json").json()
    assert {"/api/cases/", "/api/cases/{id}/", "/api/cases/{id}/{action}/"} <= set(schema["paths"])
