"""The pages of incidents: what they say, who sees what, and what can be done there."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from exceptions import tasks
from exceptions.incidents.rounds import go_round
from exceptions.models import Case, CaseEntry, Command, GatheringRule, Incident, IncidentChild
from merchants.models import AuditEntry, Shop, User
from tests.exceptions.incidents.scene import move_on, stand_still
from tests.test_translations import english

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def incident(shop: Shop, other_shop: Shop, now: datetime) -> Incident:
    """Nine parcels of the first shop and three of the second, two of which have moved on."""
    cases = stand_still(shop, now, 9)
    stand_still(other_shop, now, 3)
    go_round(now)
    move_on(cases[:2], now)
    go_round(now)
    return Incident.objects.get()


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_names_place_parcels_and_money(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    page = text(client, "/incidents/")
    assert "YTO Express 杭州转运中心" in page
    assert "10 parcels" in page
    assert "¥1,280" in page
    assert f'href="/desk/?incident={incident.pk}"' in page


def test_an_empty_list_says_what_makes_an_incident(client: Client, seller: User) -> None:
    client.force_login(seller)
    page = text(client, "/incidents/")
    assert "No place stands still." in page
    assert "10 parcels of one carrier come to a stand at one outlet, hub or leg within 24 hours" in page


def test_the_page_tells_it_in_one_sentence(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    page = text(client, f"/incidents/{incident.pk}/")
    assert "10 parcels standing still since" in page
    assert "2 have moved on, ¥1,280 at stake" in page
    assert page.count('name="case"') == 10
    assert "<polyline" in page


def test_a_member_counts_their_own_shops_alone(client: Client, support: User, incident: Incident) -> None:
    client.force_login(support)
    assert "7 parcels" in text(client, "/incidents/")
    assert text(client, f"/incidents/{incident.pk}/").count('name="case"') == 7


def test_an_incident_of_other_shops_does_not_exist(
    client: Client, support: User, other_shop: Shop, now: datetime
) -> None:
    stand_still(other_shop, now, 10)
    go_round(now)
    client.force_login(support)
    assert "杭州" not in text(client, "/incidents/")
    assert client.get(f"/incidents/{Incident.objects.get().pk}/").status_code == 404


def test_one_notice_covers_the_case_that_joins_later(
    client: Client, seller: User, shop: Shop, incident: Incident, now: datetime
) -> None:
    client.force_login(seller)
    told = {"verb": "work_order", "note": "4711"}
    assert client.post(f"/incidents/{incident.pk}/notice/", told).status_code == 303
    late = stand_still(shop, now, 1, first=40)[-1]
    go_round(now)
    page = text(client, f"/cases/{late.pk}/")
    assert f"Part of incident I-{incident.pk}: 11 parcels at YTO Express 杭州转运中心" in page
    assert "Done for the incident: Open a work order · 4711" in " ".join(page.split())


def test_somebody_takes_charge_closes_and_opens_again(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    client.post(f"/incidents/{incident.pk}/assign/", {"assignee": seller.pk})
    client.post(f"/incidents/{incident.pk}/close/")
    incident.refresh_from_db()
    assert (incident.assignee, incident.closed_by) == (seller, seller)
    assert incident.closed_at is not None
    assert client.post(f"/incidents/{incident.pk}/close/").status_code == 409
    assert "Closed" in text(client, f"/incidents/{incident.pk}/")
    client.post(f"/incidents/{incident.pk}/reopen/")
    incident.refresh_from_db()
    assert incident.closed_at is None


def test_an_empty_note_is_refused_at_its_field(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    response = client.post(f"/incidents/{incident.pk}/note/", {"note": " "})
    assert response.status_code == 422
    assert 'id="do-note" name="acts" open' in response.content.decode()


def test_a_case_taken_out_does_not_come_back_by_itself(
    client: Client, seller: User, incident: Incident, now: datetime
) -> None:
    client.force_login(seller)
    case = Case.objects.filter(incident=incident, state="open").earliest("pk")
    client.post(f"/incidents/{incident.pk}/remove/", {"case": case.pk})
    go_round(now)
    case.refresh_from_db()
    assert case.incident is None
    assert IncidentChild.objects.get(case=case).left_why == "removed"
    assert CaseEntry.objects.filter(case=case, action="gather").latest("pk").by == seller
    client.post(f"/incidents/{incident.pk}/add/", {"numbers": f"C-{case.pk}"})
    case.refresh_from_db()
    assert case.incident == incident


def test_some_are_split_off_under_a_name_of_their_own(
    client: Client, seller: User, incident: Incident, now: datetime
) -> None:
    client.force_login(seller)
    cases = list(Case.objects.filter(incident=incident, state="open").order_by("pk")[:3])
    response = client.post(
        f"/incidents/{incident.pk}/split/", {"case": [case.pk for case in cases], "name": "杭州转运中心 冷链"}
    )
    other = Incident.objects.exclude(pk=incident.pk).get()
    assert response["Location"] == f"/incidents/{other.pk}/"
    go_round(now)
    assert set(Case.objects.filter(incident=other).values_list("pk", flat=True)) == {case.pk for case in cases}


def test_one_is_opened_by_hand_at_a_place_with_few_parcels(
    client: Client, seller: User, shop: Shop, now: datetime
) -> None:
    stand_still(shop, now, 3)
    go_round(now)
    client.force_login(seller)
    assert "YTO Express · 杭州转运中心 · 3 parcels" in text(client, "/incidents/new/")
    carrier = Case.objects.earliest("pk").waybill.carrier_id  # type: ignore[union-attr]
    assert client.post("/incidents/new/", {"place": f"{carrier}|hub|杭州转运中心|"}).status_code == 303
    incident = Incident.objects.get()
    assert incident.opened_by == seller
    assert Case.objects.filter(incident=incident).count() == 3
    assert client.post("/incidents/new/", {"place": "1|hub|nowhere|"}).status_code == 422


def test_the_admin_sees_what_other_numbers_would_make(client: Client, admin: User, shop: Shop, now: datetime) -> None:
    stand_still(shop, now, 4)
    go_round(now)
    client.force_login(admin)
    assert "there would be 0 incidents now" in text(client, "/setup/incidents/")
    numbers = {"threshold": 4, "window_hours": 24, "close_below": 2, "close_hours": 6}
    response = client.get("/setup/incidents/", numbers, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="preview")
    page = response.content.decode()
    assert "there would be 1 incident now" in page
    assert "4 of 4 parcels that stand still" in page
    assert "<html" not in page
    assert client.post("/setup/incidents/", numbers).status_code == 303
    assert GatheringRule.objects.get().threshold == 4
    assert AuditEntry.objects.get().action == "incidents.tune"
    assert client.post("/setup/incidents/", numbers | {"close_below": 4}).status_code == 422


def test_the_desk_names_open_incidents_over_its_queue(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    page = " ".join(text(client, "/desk/").split())
    assert f'href="/incidents/{incident.pk}/">YTO Express 杭州转运中心</a>' in page
    assert "10 parcels · ¥1,280" in page
    assert 'Incidents<span class="n hot">1</span>' in page


def test_rest_tells_and_does_the_same(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    told = client.get("/api/incidents/").json()
    assert [(one["place"], one["parcels"], one["moved"]) for one in told["open"]] == [("杭州转运中心", 10, 2)]
    json = {"content_type": "application/json"}
    done = client.post(f"/api/incidents/{incident.pk}/note/", {"note": "rang the hub"}, **json)
    assert done.json()["log"][0]["note"] == "rang the hub"
    assert client.post(f"/api/incidents/{incident.pk}/close/", {}, **json).status_code == 200
    assert client.post(f"/api/incidents/{incident.pk}/close/", {}, **json).status_code == 409


def test_a_page_asks_as_many_questions_whatever_the_number_of_its_cases(
    client: Client, seller: User, shop: Shop, incident: Incident, django_assert_num_queries, now: datetime
) -> None:
    client.force_login(seller)
    client.get(f"/incidents/{incident.pk}/")
    with django_assert_num_queries(17):
        client.get(f"/incidents/{incident.pk}/")
    stand_still(shop, now - timedelta(minutes=30), 5, first=50)
    go_round(now)
    with django_assert_num_queries(17):
        client.get(f"/incidents/{incident.pk}/")


def test_one_action_for_all_is_previewed_carried_out_and_covers_who_joins_later(
    client: Client, seller: User, shop: Shop, incident: Incident, now: datetime
) -> None:
    client.force_login(seller)
    previewed = client.post(f"/incidents/{incident.pk}/all/work_order/", {"number": "4711"})
    assert previewed.status_code == 303
    command = Command.objects.get()
    assert (command.state, command.query, command.items.count()) == ("preview", f"incident={incident.pk}", 10)
    assert "4711" not in text(client, f"/incidents/{incident.pk}/")
    client.post(f"{previewed['Location']}commit/", {"number": "4711"})
    assert "For all of it: Open a work order" in " ".join(text(client, f"/incidents/{incident.pk}/").split())
    assert CaseEntry.objects.filter(action="work_order", command=command).count() == 10
    late = stand_still(shop, now, 1, first=40)[-1]
    go_round(now)
    page = " ".join(text(client, f"/cases/{late.pk}/").split())
    assert "Done for the incident: Open a work order · 4711" in page, page[page.find("Part of incident") :][:900]


def test_cases_sleep_until_the_incident_closes(client: Client, seller: User, incident: Incident, now: datetime) -> None:
    client.force_login(seller)
    previewed = client.post(f"/incidents/{incident.pk}/all/snooze/", {"preset": "incident"})
    client.post(f"{previewed['Location']}commit/")
    asleep = Case.objects.filter(incident=incident, state="snoozed", wakes_on="incident")
    assert asleep.count() == 10
    client.post(f"/incidents/{incident.pk}/close/")
    tasks.wake()
    assert asleep.count() == 0


def test_an_act_that_lacks_something_keeps_its_form_open(client: Client, seller: User, incident: Incident) -> None:
    client.force_login(seller)
    response = client.post(f"/incidents/{incident.pk}/all/note/", {"note": ""})
    assert response.status_code == 422
    assert 'id="do-all-note" name="all" open' in response.content.decode()


def words(page: str) -> list[str]:
    """What is still English; an incident's number is none."""
    return [word for word in english(page) if not re.fullmatch(r"I-\d+(：圆通速递 .*)?", word)]


def test_every_page_speaks_chinese(
    client: Client, admin: User, shop: Shop, other_shop: Shop, incident: Incident, now: datetime
) -> None:
    User.objects.update(language="zh-hans", last_name="林", first_name="晓")
    Case.objects.earliest("pk").waybill.__class__.objects.update(cause="weather")  # type: ignore[union-attr]
    client.force_login(admin)
    case = Case.objects.filter(incident=incident, state="open").earliest("pk")
    acts: list[tuple[str, dict[str, object]]] = [
        ("assign", {"assignee": admin.pk}),
        ("note", {"note": "已联系中心"}),
        ("notice", {"verb": "filed", "note": "报备号 77"}),
        ("remove", {"case": case.pk}),
        ("add", {"numbers": f"C-{case.pk}"}),
        ("split", {"case": case.pk, "name": "冷链"}),
        ("close", {}),
        ("reopen", {}),
    ]
    for action, given in acts:
        assert client.post(f"/incidents/{incident.pk}/{action}/", given).status_code == 303, action
    stand_still(shop, now, 2, first=70, text="【宁波转运中心】 已收入")
    go_round(now)
    pages = (
        "/incidents/",
        f"/incidents/{incident.pk}/",
        "/incidents/new/",
        "/setup/incidents/",
        "/setup/incidents/?threshold=1",
    )
    for page in pages:
        assert words(client.get(page).content.decode()) == [], page
    assert (
        words(text(client, f"/cases/{Case.objects.filter(incident=incident, state='open').earliest('pk').pk}/")) == []
    )
    assert "杭州转运中心" in text(client, "/desk/")
    assert words(text(client, "/desk/")) == []
    client.post(f"/incidents/{incident.pk}/close/")
    assert "由林晓结束" in text(client, "/incidents/")
