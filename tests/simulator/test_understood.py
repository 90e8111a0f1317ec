"""The product reads what the simulator says as it was meant: two codes by different hands, one protocol."""

import contextlib
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from orders.sources.sheet import open_sheets
from shipments.carriers import kuaidi100 as kuaidi100_adapter
from shipments.carriers import sf as sf_adapter
from simulator import exports
from simulator import scenarios as sc
from simulator.__main__ import arguments, simulator
from simulator.catalogue import SHOPS
from simulator.crises import TYPHOON
from simulator.instants import DAY, parse
from simulator.providers import Scene, json_answer, kuaidi100, sf
from simulator.texts import CODES
from simulator.world import Parcel
from tests.simulator.conftest import START

# kind of scan → (stage, cause) that the product must see in it
MEANING = {
    "waiting": ("info_received", None),
    "picked": ("picked_up", None),
    "left": ("in_transit", None),
    "arrived": ("in_transit", None),
    "reached": ("in_transit", None),
    "outlet": ("in_transit", None),
    "held": ("in_transit", "delayed"),
    "weather": ("in_transit", "weather"),
    "damaged": ("in_transit", "damaged"),
    "out": ("out_for_delivery", None),
    "unreachable": ("out_for_delivery", "unreachable_recipient"),
    "absent": ("out_for_delivery", "attempt_failed"),
    "stored": ("available_for_pickup", None),
    "uncollected": ("available_for_pickup", "uncollected"),
    "collected": ("delivered", None),
    "signed": ("delivered", None),
    "signed_by": ("delivered", None),
    "signed_after": ("delivered", None),
    "refused": ("refused", "refused"),
    "intercepted": ("returning", None),
    "returning": ("returning", None),
    "return_arrived": ("returning", None),
    "return_left": ("returning", None),
    "return_signed": ("returned", None),
}


def instant(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


@pytest.fixture(scope="module")
def scene() -> Scene:
    later = "2026-12-20T00:00:00Z"
    words = ["--port", "0", "--start", START, "--now", later, "--speed", "0", "--orders", "12000", "--arrivals", "3600"]
    scene = simulator(arguments(words)).scene
    scene.world.strike(TYPHOON, parse(START))
    # Interceptions happen to nobody by themselves: somebody has to ask.
    for order in scene.world.orders(parse(START))[::20]:
        with contextlib.suppress(KeyError, ValueError):
            scene.world.bend(order.waybill, sc.INTERCEPTED, parse(START))
    return scene


@pytest.fixture(scope="module")
def parcels(scene: Scene) -> list[Parcel]:
    now = scene.clock.now()
    found = (scene.world.parcel(order.waybill, now) for order in scene.world.orders(now))
    return [parcel for parcel in found if parcel is not None and parcel.known(now)]


def test_every_scan_of_kuaidi100_is_read_as_what_it_is(scene: Scene, parcels: list[Parcel]) -> None:
    misread: Counter[tuple[str, str, str | None, str]] = Counter()
    seen = set()
    now = scene.clock.now()
    for parcel in parcels:
        body = json_answer(kuaidi100.result(scene, parcel, parcel.order.actual.code, now, "4")).body
        (answer,) = kuaidi100_adapter.read(body)
        assert (answer.number, answer.carrier, answer.failure) == (parcel.number, parcel.order.actual.code, None)
        assert answer.warnings == ()
        for event, step in zip(answer.events, parcel.known(now), strict=True):
            seen.add(step.kind)
            assert int(event.occurred_at.timestamp()) == step.at
            told = (event.stage.value, event.cause.value if event.cause else None)
            if told != MEANING[step.kind]:
                misread[step.kind, *told, event.text] += 1
    assert not misread
    assert seen == set(MEANING) == set(CODES)


def test_every_route_of_sf_is_read_as_what_it_is(scene: Scene, parcels: list[Parcel]) -> None:
    now = scene.clock.now()
    told = Counter()
    for parcel in parcels:
        if parcel.order.actual.code != "shunfeng":
            continue
        routes = sf.routes(parcel, now)
        data = {"routeResps": [{"mailNo": parcel.number, "routes": routes}]}
        body = sf.envelope("id", "A1000", sf.inner("S0000", None, data)).body
        (answer,) = sf_adapter.read(body)
        assert answer.warnings == ()
        told.update((event.code, event.stage.value) for event in answer.events)
    assert {code: stage for code, stage in told if code != "70"} == {
        "50": "picked_up",
        "30": "in_transit",
        "31": "in_transit",
        "66": "in_transit",
        "611": "in_transit",
        "44": "out_for_delivery",
        "678": "available_for_pickup",
        "33": "available_for_pickup",
        "679": "delivered",
        "80": "delivered",
        "8000": "delivered",
        "99": "returning",
        "648": "returning",
    }
    assert {stage for code, stage in told if code == "70"} == {"out_for_delivery", "refused"}


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.code)
def test_every_row_of_an_export_is_taken_as_it_is_meant(scene: Scene, shop: exports.Shop) -> None:
    until = parse(START) + 2 * DAY
    orders = {order.number: order for order in scene.world.orders(until) if order.shop == shop.code}
    file = (f"{shop.code}.csv", exports.export(shop, orders.values(), 0, until))
    (sheet,) = open_sheets([file], "auto", ZoneInfo("Asia/Shanghai"))
    readings = list(sheet.readings())
    # PDD's export does not tell when an order was made, only when the deal was: of an unpaid one the number tells the day.
    doubts = {issue.code for reading in readings for issue in reading.issues}
    assert doubts == ({"placed-from-number"} if shop.platform == "pdd" else set())
    drafts = {reading.draft.number: reading.draft for reading in readings if reading.draft}
    assert drafts.keys() == orders.keys()
    for number, draft in drafts.items():
        order = orders[number]
        paid_at = order.paid_at if order.paid_at is not None and order.paid_at <= until else None
        assert instant(draft.paid_at) == paid_at
        if shop.platform != "pdd":
            assert instant(draft.placed_at) == order.created_at
        elif paid_at is not None:
            assert instant(draft.placed_at) == paid_at
        assert draft.goods == ("presale" if order.presale else "")
        if shop.platform == "pdd":
            assert [line.category for line in draft.lines] == ["/".join(line.goods.category) for line in order.lines]
        sent = order.ship_at is not None and order.ship_at <= until
        dispatches = [(one.number, one.carrier_name) for one in draft.dispatches]
        assert dispatches == ([(order.waybill, order.carrier_name)] if sent else [])
        if order.scenario == sc.UNPAID:
            assert draft.status in ("unpaid", "cancelled")
