"""Support answers a buyer: one box, one page with everything, one text to copy."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exceptions.models import Case, CaseEntry, Lookup
from exceptions.support.story import SCANS
from merchants.models import AuditEntry
from orders import names
from orders.models import Order, Ticket, TicketStep
from shipments.models import Waybill
from tests.exceptions.making import a_parcel, a_scan, an_order
from tests.exceptions.scene import late_pickup, stalled

pytestmark = pytest.mark.django_db
BUYER = {"name": "王小明", "phone": "13900005521", "address": "南山区1号", "note": "call 13911112222"}


@pytest.fixture
def at_work(client, support):
    client.force_login(support)
    return client


@pytest.fixture
def case(shop, now) -> Case:
    return stalled(shop, now)


def page(client, pk: int, **query) -> str:
    return client.get(reverse("support-order", args=[pk]), query).content.decode()


def lines(response) -> list[tuple[str, str]]:
    return [(moment.group, moment.lead) for moment in response.context["moments"]]


def test_one_hit_opens_at_once_several_are_listed_with_why(at_work, shop, now) -> None:
    first = late_pickup(shop, now)
    second = stalled(shop, now)
    for q in ("690002", "YT8834201944715", "44715", f"C-{first.pk}", f"c{first.pk}"):
        response = at_work.get(reverse("support"), {"q": q})
        assert (response.status_code, response["Location"]) == (303, reverse("support-order", args=[first.order_id]))
    response = at_work.get(reverse("support"), {"q": "YT88342"})
    assert [(row["order"].pk, row["why"]) for row in response.context["rows"]] == [
        (second.order_id, "waybill"),
        (first.order_id, "waybill"),
    ]
    text = at_work.get(reverse("support"), {"q": "nothing-like-it"}).content.decode()
    assert "Nothing is known of “nothing-like-it”." in text


def test_a_note_of_a_case_finds_its_order(at_work, case, other_shop, now) -> None:
    CaseEntry.objects.create(case=case, at=now, action="note", to_state="open", note="网点说下午 100% 补扫")
    elsewhere = late_pickup(other_shop, now)
    CaseEntry.objects.create(case=elsewhere, at=now, action="note", to_state="open", note="下午补扫")
    for q in ("补扫", "下午", "下午 补扫", "100% 补扫"):
        response = at_work.get(reverse("support"), {"q": q})
        assert response["Location"] == reverse("support-order", args=[case.order_id]), q
    assert at_work.get(reverse("support"), {"q": "上午 补扫"}).status_code == 200


def test_a_number_a_parcel_came_back_under_finds_its_order(at_work, case, now) -> None:
    parcel = case.order.dispatches.get().parcels.get()
    back = Waybill.objects.create(
        merchant=case.merchant, carrier=case.waybill.carrier, number="SF1122334455667", created_at=now
    )
    parcel.dispatch.parcels.create(waybill=back, role="return", follows=case.waybill)
    response = at_work.get(reverse("support"), {"q": "sf 1122 3344 55667"})
    assert response["Location"] == reverse("support-order", args=[case.order_id])


def test_the_box_shows_what_i_looked_at_last(at_work, client, seller, shop, now) -> None:
    orders = [an_order(shop, f"L{i}", now) for i in range(3)]
    for order in (orders[0], orders[2], orders[1], orders[0]):
        page(at_work, order.pk)
    seen = [order.number for order in at_work.get(reverse("support")).context["recent"]]
    assert seen == ["L0", "L1", "L2"]
    client.force_login(seller)
    assert client.get(reverse("support")).context["recent"] == []


def test_everything_stands_in_one_stream_with_its_source(at_work, case, seller, now) -> None:
    order = case.order
    Order.objects.filter(pk=order.pk).update(promised_delivery_at=now + timedelta(days=1))
    CaseEntry.objects.create(case=case, at=now, by=seller, action="contact", to_state="open", note="已告知买家")
    CaseEntry.objects.create(case=case, at=now, by=seller, action="claim", to_state="open")
    ticket = Ticket.objects.create(order=order, kind="refund", number="R-1", opened_at=now, amount=Decimal(20))
    TicketStep.objects.create(ticket=ticket, name="agreed", at=now)
    Ticket.objects.create(order=order, kind="inquiry", opened_at=now, reason="到哪里了")
    response = at_work.get(reverse("support-order", args=[order.pk]))
    told = lines(response)
    assert told[0] == ("facts", "Deliver by")
    instants = [moment.at for moment in response.context["moments"]]
    assert instants == sorted(instants, reverse=True)
    assert {
        ("facts", "Paid"),
        ("facts", "Number uploaded"),
        ("scans", "In transit"),
        ("limits", "Limit broken"),
    } <= set(told)
    assert {("messages", "chenmo"), ("messages", "Buyer’s question"), ("money", "chenmo")} <= set(told)
    assert {("money", "Refund request after dispatch"), ("edits", "Came in"), ("cases", "shipops")} <= set(told)
    text = response.content.decode()
    for shown in ("heard 0m later", f"C-{case.pk} · Transit stall", "¥20.00", "已告知买家", "到哪里了", "Agreed"):
        assert shown in text


def test_chips_filter_by_the_address_and_count_what_they_let_through(at_work, case) -> None:
    url = reverse("support-order", args=[case.order_id])
    whole = at_work.get(url)
    counts = {chip.value: chip.count for chip, _ in whole.context["chips"]}
    assert sum(counts.values()) == len(whole.context["moments"])
    response = at_work.get(url, {"only": ["scans", "limits", "?"]})
    assert {group for group, _ in lines(response)} == {"scans", "limits"}
    assert len(response.context["moments"]) == counts["scans"] + counts["limits"]
    assert {chip.value: chip.count for chip, _ in response.context["chips"]} == counts
    links = {chip.value: link for chip, link in response.context["chips"]}
    assert (links["scans"], links["facts"]) == ("?only=limits", "?only=scans&only=limits&only=facts")
    part = at_work.get(url, {"only": "money"}, headers={"HX-Request": "true", "HX-Target": "stream"})
    assert part.content.decode().lstrip().startswith('<section class="card" id="stream">')
    assert "Nothing of this sort is known." in part.content.decode()


def test_one_parcel_of_several_is_looked_at_alone(at_work, case, now) -> None:
    second = a_parcel(case.order, "YT8834201949999", now)
    a_scan(second, now, text="second parcel")
    url = reverse("support-order", args=[case.order_id])
    response = at_work.get(url, {"parcel": second.pk})
    assert [moment.text for moment in response.context["moments"] if moment.group == "scans"] == ["second parcel"]
    assert {moment.waybill for moment in response.context["moments"]} == {second.pk}
    assert "second parcel" in at_work.get(url).content.decode()


def test_a_long_track_comes_a_part_at_a_time(at_work, case, now) -> None:
    waybill = case.waybill
    for minute in range(SCANS + 30):
        a_scan(waybill, now - timedelta(days=9, minutes=minute), text=f"scan {minute}")
    Waybill.objects.filter(pk=waybill.pk).update(event_count=SCANS + 32)
    first = at_work.get(reverse("support-order", args=[case.order_id]), {"only": "scans"})
    assert len(first.context["moments"]) == SCANS
    assert {chip.value: chip.count for chip, _ in first.context["chips"]}["scans"] == SCANS + 32
    assert first.context["earlier_url"] == f"?only=scans&scans={SCANS * 2}"
    second = at_work.get(reverse("support-order", args=[case.order_id]), {"only": "scans", "scans": SCANS * 2})
    assert (len(second.context["moments"]), second.context["earlier_url"]) == (SCANS + 32, "")


def test_the_buyer_is_masked_until_somebody_asks_and_that_is_written_down(at_work, support, shop, now) -> None:
    order = an_order(shop, "L1", now, buyer=BUYER, phone_tail="5521")
    text = page(at_work, order.pk)
    assert ("王**" in text, "139****5521" in text, "139****2222" in text) == (True, True, True)
    for hidden in BUYER.values():
        assert hidden not in text
    assert AuditEntry.objects.count() == 0
    url = reverse("support-reveal", args=[order.pk])
    assert at_work.get(url).status_code == 405
    shown = at_work.post(url)
    for told in BUYER.values():
        assert told in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by, entry.subject, entry.detail) == ("buyer.reveal", support, "L1", {"order": order.pk})
    assert ("edits", "zhaomin") in lines(at_work.get(reverse("support-order", args=[order.pk])))


def test_other_orders_of_the_buyer_are_those_of_the_same_name_and_phone(at_work, shop, other_shop, now) -> None:
    named = {"buyer": BUYER, "phone_tail": "5521", "name_key": names.key(shop.pk, "王小明")}
    order, other = an_order(shop, "L1", now, **named), an_order(shop, "L2", now, **named)
    an_order(shop, "L3", now, **named | {"name_key": names.key(shop.pk, "王大明")})
    an_order(other_shop, "L4", now, **named | {"name_key": names.key(other_shop.pk, "王小明")})
    response = at_work.get(reverse("support-order", args=[order.pk]))
    assert response.context["story"].others == [other]


def test_what_the_buyer_is_told_is_noted_on_the_open_case_when_asked_to(at_work, case, support) -> None:
    text = "您好，包裹正在运输途中。"
    before = CaseEntry.objects.count()
    page(at_work, case.order_id)
    assert CaseEntry.objects.count() == before
    response = at_work.post(reverse("support-told", args=[case.order_id]), {"text": text})
    assert response["Location"] == reverse("support-order", args=[case.order_id])
    entry = CaseEntry.objects.latest("pk")
    assert (entry.case, entry.by, entry.note) == (case, support, text)
    at_work.post(reverse("support-told", args=[case.order_id]), {"text": " "})
    assert CaseEntry.objects.count() == before + 1


def test_an_order_without_an_open_case_has_nothing_to_note_it_on(at_work, shop, now) -> None:
    order = an_order(shop, "L1", now, status="completed")
    assert "note-told" not in page(at_work, order.pk)
    at_work.post(reverse("support-told", args=[order.pk]), {"text": "?"})
    assert "no open case" in page(at_work, order.pk)


@pytest.mark.parametrize(
    ("scene", "says"),
    [
        (late_pickup, "正在等待圆通速递揽收"),
        (stalled, "暂时没有新的物流更新"),
    ],
)
def test_the_text_for_the_buyer_fits_what_happened(at_work, shop, now, scene, says: str) -> None:
    case = scene(shop, now)
    assert says in at_work.get(reverse("support-order", args=[case.order_id])).context["summary"]
    english = at_work.get(reverse("support-order", args=[case.order_id]), {"say": "en"}).context["summary"]
    assert english.startswith(f"Hello, this is about your order ending in {case.order.number[-4:]} (YTO ")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"status": "cancelled", "refunded": Decimal(128)}, "订单已退款。"),
        ({"status": "to_dispatch"}, "还没有发出。我们正在安排发货"),
        (
            {"status": "to_dispatch", "promised_dispatch_at": datetime.fromisoformat("2100-01-02T10:00Z")},
            "我们会在1月2日 18:00前发出",
        ),
        ({"status": "unpaid", "paid_at": None}, "我们正在核实包裹的情况"),
    ],
)
def test_an_order_without_a_parcel_is_told_too(at_work, shop, now, facts: dict, says: str) -> None:
    order = an_order(shop, "690001", now, **facts)
    assert says in at_work.get(reverse("support-order", args=[order.pk])).context["summary"]


def test_a_promise_that_has_passed_is_not_made_again(at_work, shop, now) -> None:
    order = an_order(shop, "690001", now, promised_dispatch_at=datetime.fromisoformat("2020-01-01T00:00Z"))
    assert "前发出" not in at_work.get(reverse("support-order", args=[order.pk])).context["summary"]


def test_the_page_takes_the_same_queries_whatever_it_tells(at_work, case, now) -> None:
    url = reverse("support-order", args=[case.order_id])
    counts = []
    for n in range(4):
        waybill = a_parcel(case.order, f"YT883420194999{n}", now)
        a_scan(waybill, now)
        ticket = Ticket.objects.create(order=case.order, kind="inquiry", number=str(n), opened_at=now)
        TicketStep.objects.create(ticket=ticket, name="answered", at=now)
        at_work.get(url)
        with CaptureQueriesContext(connection) as captured:
            at_work.get(url)
        counts.append(len(captured))
    assert counts == [21] * 4


def test_strangers_find_and_see_nothing(client, stranger, case) -> None:
    client.force_login(stranger)
    assert client.get(reverse("support"), {"q": "YT8834201944716"}).context["rows"] == []
    assert client.get(reverse("support-order", args=[case.order_id])).status_code == 404
    assert client.post(reverse("support-reveal", args=[case.order_id])).status_code == 404
    assert (Lookup.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_the_bars_search_leads_support_here_and_others_to_their_orders(client, support, seller) -> None:
    for person, target in ((support, "support"), (seller, "orders")):
        client.force_login(person)
        assert f'<form role="search" action="{reverse(target)}"' in client.get(reverse("profile")).content.decode()
