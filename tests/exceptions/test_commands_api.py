"""Many cases at once over REST: a result per case, previews, commands and undo."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from exceptions.desk import acting
from exceptions.models import Case, CaseEntry
from merchants.models import Shop, User
from tests.exceptions.acting import late_orders
from tests.exceptions.scene import late_dispatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def caller(client: Client, seller: User) -> Client:
    client.force_login(seller)
    return client


def post(caller: Client, url: str, body: dict | None = None):  # type: ignore[no-untyped-def]
    return caller.post(url, body or {}, content_type="application/json")


def test_many_cases_are_acted_on_by_one_call_and_taken_back_by_another(
    caller: Client, shop: Shop, stranger_shop: Shop, now: datetime
) -> None:
    first, second = late_orders(shop, now, 2)
    foreign = late_dispatch(stranger_shop, now)
    body = {"action": "resolve", "outcome": "handled", "cases": [first.pk, second.pk, foreign.pk]}
    told = post(caller, "/api/cases/bulk/", body).json()
    assert (told["state"], told["action"], told["by"], told["counts"]) == ("done", "resolve", "chenmo", {"applied": 2})
    assert told["items"] == [{"case": pk, "result": "applied", "reason": ""} for pk in (first.pk, second.pk)]
    assert told["next"] is None
    assert Case.objects.filter(state="resolved").count() == 2
    undone = post(caller, f"/api/commands/{told['id']}/undo/").json()
    assert (undone["state"], undone["counts"]) == ("undone", {"undone": 2})
    assert post(caller, f"/api/commands/{told['id']}/undo/").status_code == 409
    assert [one["id"] for one in caller.get("/api/commands/").json()["commands"]] == [told["id"]]
    assert caller.get(f"/api/commands/{told['id']}/").json()["counts"] == {"undone": 2}


def test_a_preview_over_a_whole_filter_is_carried_out_by_its_commit(caller: Client, shop: Shop, now: datetime) -> None:
    late_orders(shop, now, 3)
    body = {"action": "assign", "assignee": caller.session["_auth_user_id"], "preview": True}
    told = post(caller, "/api/cases/bulk/", body | {"query": "kind=late_dispatch"}).json()
    assert (told["state"], told["query"], told["counts"]) == ("preview", "kind=late_dispatch", {"applied": 3})
    assert not CaseEntry.objects.filter(action="assign").exists()
    assert caller.get("/api/commands/").json()["commands"] == [], "nothing was done yet"
    assert post(caller, f"/api/commands/{told['id']}/commit/").json()["state"] == "done"
    assert post(caller, f"/api/commands/{told['id']}/commit/").status_code == 409
    assert CaseEntry.objects.filter(action="assign").count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "note", "note": "?"}, "cases"),
        ({"action": "note", "note": "?", "cases": [1], "query": ""}, "cases"),
        ({"action": "raise", "cases": [1]}, "action"),
        ({"action": "resolve", "outcome": "no_action", "cases": [1]}, "note"),
        ({"action": "compensate", "cases": [1]}, "amount"),
    ],
)
def test_what_is_missing_is_told_at_its_field(caller: Client, body: dict, field: str) -> None:
    response = post(caller, "/api/cases/bulk/", body)
    assert response.status_code in (400, 422)
    assert list(response.json()) == [field]


def test_a_long_command_is_queued_and_can_be_cancelled(
    caller: Client, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    found = late_orders(shop, now, 3)
    body = {"action": "note", "note": "?", "cases": [case.pk for case in found]}
    told = post(caller, "/api/cases/bulk/", body).json()
    assert (told["state"], told["counts"]) == ("queued", {"pending": 3})
    stopped = post(caller, f"/api/commands/{told['id']}/cancel/").json()
    assert (stopped["state"], stopped["counts"]) == ("done", {"rejected": 3})


def test_who_acts_on_an_old_picture_of_a_case_is_told_who_was_faster(
    caller: Client, shop: Shop, admin: User, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    seen = caller.get(f"/api/cases/{case.pk}/").json()["log"][0]["id"]
    other = Client()
    other.force_login(admin)
    assert post(other, f"/api/cases/{case.pk}/assign/", {"assignee": admin.pk}).status_code == 200
    response = post(caller, f"/api/cases/{case.pk}/resolve/", {"outcome": "handled", "seen": seen})
    assert response.status_code == 409
    assert "linxiao was faster: Assign" in response.json()["detail"]
