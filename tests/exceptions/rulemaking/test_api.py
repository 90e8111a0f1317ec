"""Rules over REST: read by members, made by admins, refused at the field."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from exceptions.models import Policy
from exceptions.rulemaking import drafts, publishing
from merchants.access import Member
from merchants.models import Shop, User

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"
JSON = "application/json"
WINDOW = {"name": "双 11", "codes": [SHIP], "opens": "2026-11-11", "closes": "2026-11-13", "hours": 72}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def caller(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def test_rules_are_told_once_with_the_shops_where_they_are_the_same(caller: Client, shop: Shop, now: datetime) -> None:
    second = Shop.objects.create(merchant=shop.merchant, code="MT-PDD2", name="棉田二店", platform="pdd")
    (told,) = caller.get(f"/api/rules/{SHIP}/").json()
    assert told["shops"] == ["MT-PDD2", "MT-PDD"]
    assert {name: told[name] for name in ("code", "pack", "name", "shape", "length", "state", "changed", "grade")} == {
        "code": SHIP,
        "pack": "pdd",
        "name": "Dispatch limit, ordinary goods",
        "shape": "span",
        "length": "48h",
        "state": "on",
        "changed": False,
        "grade": "A",
    }
    codes = {rule["code"] for rule in caller.get(f"/api/rules/?shop={second.pk}").json()}
    assert SHIP in codes
    assert all(rule["shops"] == ["MT-PDD2"] for rule in caller.get(f"/api/rules/?shop={second.pk}").json())
    assert caller.get("/api/rules/PDD-NONE/").status_code == 404


def test_rules_are_those_in_force_unless_another_version_is_asked_for(
    caller: Client, member: Member, now: datetime
) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    publishing.publish(member, now + timedelta(days=1), "", now)
    assert caller.get(f"/api/rules/{SHIP}/").json()[0]["length"] == "48h"
    (told,) = caller.get(f"/api/rules/{SHIP}/?version=1").json()
    assert (told["length"], told["version"], told["changed"]) == ("36h", "2026-11+1", True)
    assert caller.get(f"/api/rules/{SHIP}/?version=2").status_code == 404
    assert caller.get(f"/api/rules/{SHIP}/?version=one").status_code == 404


def test_support_reads_the_rules_of_the_shops_it_sees_and_changes_none(support: User, other_shop: Shop) -> None:
    client = Client()
    client.force_login(support)
    assert {code for rule in client.get("/api/rules/").json() for code in rule["shops"]} == {"MT-PDD"}
    assert client.get("/api/rules/draft/").status_code == 403
    assert client.post("/api/rules/draft/week/", {}, JSON).status_code == 403


def test_a_draft_is_filled_item_by_item_published_and_rolled_back(caller: Client, member: Member) -> None:
    assert caller.get("/api/rules/draft/").status_code == 204
    assert caller.post("/api/rules/draft/").json()["document"] == {}
    change = {"code": SHIP, "scope": {"skus": ["A"]}, "set": {"hours": 36}}
    told = caller.post("/api/rules/draft/changes/", change, JSON).json()
    assert (told["created_by"], told["state"], told["base"]) == ("linxiao", "draft", None)
    assert [(one["code"], one["field"], one["before"], one["after"]) for one in told["changes"]] == [
        (SHIP, "hours", 48, 36)
    ]
    told = caller.post("/api/rules/draft/windows/", WINDOW, JSON).json()
    key = told["document"]["windows"][0]["key"]
    caller.post("/api/rules/draft/regions/", {"name": "north", "provinces": ["北京"]}, JSON)
    caller.post("/api/rules/draft/week/", {"mon": ["09:00-18:00"]}, JSON)
    told = caller.post("/api/rules/draft/reviewed/", {"code": SHIP}, JSON).json()
    assert sorted(told["document"]) == ["changes", "regions", "reviewed", "week", "windows"]
    caller.delete(f"/api/rules/draft/windows/{key}/")
    caller.delete("/api/rules/draft/regions/north/")
    caller.delete(f"/api/rules/draft/reviewed/{SHIP}/")
    told = caller.post("/api/rules/draft/week/", {}, JSON).json()
    assert list(told["document"]) == ["changes"]

    assert caller.post("/api/rules/trial/", {"on": True}, JSON).json()["state"] == "shadow"
    version = caller.post("/api/rules/publish/", {"note": "faster"}, JSON).json()
    assert (version["number"], version["note"], version["published_by"], version["spread"]) == (
        1,
        "faster",
        "linxiao",
        0,
    )
    assert caller.post("/api/rules/rollback/", {"number": 1}, JSON).json()["number"] == 2
    assert [version["number"] for version in caller.get("/api/rules/versions/").json()] == [2, 1]


def test_a_change_is_dropped_by_its_code_and_scope(caller: Client) -> None:
    for scope in ({}, {"skus": ["A"]}):
        caller.post("/api/rules/draft/changes/", {"code": SHIP, "scope": scope, "set": {"hours": 36}}, JSON)
    told = caller.delete(f'/api/rules/draft/changes/{SHIP}/?scope={{"skus":["A"]}}').json()
    assert [change["scope"] for change in told["document"]["changes"]] == [{}]
    assert caller.delete(f"/api/rules/draft/changes/{SHIP}/?scope=x").json() == {
        "scope": ["A scope is lists of names: platforms, shops, goods, carriers, categories, skus."]
    }
    assert caller.delete(f"/api/rules/draft/changes/{SHIP}/").json()["document"] == {}


@pytest.mark.parametrize(
    ("part", "item", "field"),
    [
        ("changes", {"code": SHIP, "set": {"hours": "x"}}, "hours"),
        ("changes", {"code": SHIP, "set": [1]}, "set"),
        ("windows", WINDOW | {"key": [1]}, "key"),
        ("waivers", {"name": "rain"}, "opens"),
        ("own", {"code": ["OWN-A"]}, "code"),
        ("regions", {"name": "moon", "provinces": ["Luna"]}, "regions"),
        ("week", {"moonday": []}, "week"),
        ("reviewed", {"code": "PDD-NONE"}, "code"),
        ("windows", [], "detail"),
    ],
)
def test_a_refusal_is_told_at_its_field(caller: Client, part: str, item: object, field: str) -> None:
    answer = caller.post(f"/api/rules/draft/{part}/", item, JSON)
    assert (answer.status_code, list(answer.json())) == (422, [field])
    assert not Policy.objects.exists()


def test_a_draft_that_was_overtaken_is_a_conflict_until_it_is_rebased(
    caller: Client, member: Member, now: datetime
) -> None:
    drafts.put_change(member, SHIP, {}, {"hours": 36}, "", now)
    publishing.publish(member, now, "", now)
    drafts.put_change(member, SHIP, {}, {"hours": 24}, "", now)
    publishing.rollback(member, 1, now)
    answer = caller.post("/api/rules/publish/", {}, JSON)
    assert (answer.status_code, list(answer.json())) == (409, ["base"])
    told = caller.get("/api/rules/draft/").json()
    assert [(one["before"], one["after"]) for one in told["overtaking"]] == [(36, 48)]
    assert caller.post("/api/rules/rebase/").json()["base"] == 2
    assert caller.post("/api/rules/publish/", {}, JSON).json()["number"] == 3


def test_a_draft_is_discarded_either_way(caller: Client) -> None:
    for discard in (lambda: caller.delete("/api/rules/draft/"), lambda: caller.post("/api/rules/discard/")):
        caller.post("/api/rules/draft/")
        assert discard().status_code == 204
        assert discard().json() == {"detail": ["There is no draft."]}


def test_the_schema_names_every_address_of_the_rules(caller: Client) -> None:
    schema = caller.get("/api/schema/?format=json").json()
    assert {path for path in schema["paths"] if path.startswith("/api/rules/")} == {
        "/api/rules/",
        "/api/rules/versions/",
        "/api/rules/draft/",
        "/api/rules/draft/{part}/",
        "/api/rules/draft/{part}/{key}/",
        "/api/rules/publish/",
        "/api/rules/rebase/",
        "/api/rules/rollback/",
        "/api/rules/trial/",
        "/api/rules/discard/",
        "/api/rules/{code}/",
    }
