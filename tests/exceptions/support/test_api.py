"""The support view over REST."""

import pytest

from exceptions.models import Case, CaseEntry
from merchants.models import AuditEntry
from orders.models import Order
from tests.exceptions.scene import late_pickup, stalled

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(shop, now) -> Case:
    return stalled(shop, now)


@pytest.fixture
def api(client, support):
    client.force_login(support)
    return client


def test_it_finds_and_says_why(api, case, shop, now) -> None:
    other = late_pickup(shop, now)
    told = api.get("/api/support/", {"q": "YT88342"}).json()
    assert [(hit["id"], hit["number"], hit["shop"], hit["found_by"]) for hit in told["orders"]] == [
        (other.order_id, "690002", "MT-PDD", ["waybill"]),
        (case.order_id, "690003", "MT-PDD", ["waybill"]),
    ]
    assert told["more"] is False
    assert api.get("/api/support/").json() == {"orders": [], "more": False}


def test_it_tells_one_order_in_one_stream(api, case) -> None:
    url = f"/api/support/{case.order_id}/"
    told = api.get(url).json()
    assert (told["order"], told["shop"], told["more_scans"], told["others"]) == ("690003", "MT-PDD", False, [])
    assert [one["number"] for one in told["cases"]] == [f"C-{case.pk}"]
    assert sum(told["counts"].values()) == len(told["timeline"])
    scans = api.get(url, {"only": "scans"}).json()["timeline"]
    assert {(line["group"], line["waybill"]) for line in scans} == {("scans", case.waybill_id)}
    assert len(scans) == told["counts"]["scans"]


def test_it_words_what_the_buyer_is_told(api, case) -> None:
    url = f"/api/support/{case.order_id}/summary/"
    chinese, english = api.get(url).json(), api.get(url, {"lang": "en"}).json()
    assert (chinese["language"], english["language"]) == ("zh", "en")
    assert chinese["text"].startswith("您好，您尾号0003的订单")
    assert english["text"].startswith("Hello, this is about your order ending in 0003")
    assert api.get(url, {"lang": "?"}).json() == chinese


def test_what_was_told_is_noted_on_the_open_case(api, case, support) -> None:
    response = api.post(f"/api/support/{case.order_id}/told/", {"text": "包裹在路上。"})
    assert (response.status_code, response.json()["number"]) == (200, f"C-{case.pk}")
    assert CaseEntry.objects.get(by=support).note == "包裹在路上。"
    assert api.post(f"/api/support/{case.order_id}/told/", {"text": ""}).status_code == 400
    Case.objects.update(state="resolved", outcome="handled", resolved_at=case.opened_at)
    assert api.post(f"/api/support/{case.order_id}/told/", {"text": "?"}).status_code == 409


def test_the_buyer_in_full_is_written_down(api, case, support) -> None:
    order = Order.objects.get(pk=case.order_id)
    Order.objects.filter(pk=order.pk).update(buyer={"name": "王小明", "phone": "13900005521"})
    told = api.post(f"/api/support/{order.pk}/reveal/")
    assert told.json() == {"name": "王小明", "phone": "13900005521", "address": "", "note": ""}
    assert told["Cache-Control"] == "no-store"
    assert AuditEntry.objects.get().by == support
