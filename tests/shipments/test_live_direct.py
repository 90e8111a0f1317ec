"""Carriers asked at their own gateways, over real HTTP: subscribed, asked, and pushed to scan by scan through our door."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from merchants.models import Merchant, Shop
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer, TrackingEvent
from shipments.polling import poll
from shipments.push import read_pushes
from simulator.pushing import Pusher
from tests.shipments.conftest import Client, Serve, a_dispatch, at_simulator, the_waybill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("carriers")]
SECONDS = 30
CREDENTIALS = {
    "yunda": {"app_key": "DEMO-YUNDA", "app_secret": "demo-secret-yunda"},
    "jtexpress": {"api_account": "178337126125932605", "private_key": "demo-private-key-jt"},
}
NAMES = {"yunda": "韵达快递", "jtexpress": "极兔速递"}


@pytest.fixture
def pushing(serve: Serve) -> Iterator[Client]:
    """A simulator that also pushes."""
    client = serve("--orders", "800")
    pusher = Pusher(client.simulator.scene, client.simulator.register, 50.0)
    pusher.start()
    yield client
    pusher.stop()


def pushed(count: int) -> bool:
    """Wait until so many pushes are stored; the database is the signal."""
    waited = threading.Event()
    for _ in range(SECONDS * 10):
        if RawAnswer.objects.filter(kind="push").count() >= count:
            return True
        waited.wait(0.1)
    return False


@pytest.mark.parametrize("provider", ["yunda", "jtexpress"])
def test_a_parcel_is_followed_by_its_carrier_itself_until_it_is_signed(
    provider: str, merchant: Merchant, shop: Shop, pushing: Client, live_server: LiveServer, now: datetime
) -> None:
    account = CarrierAccount.objects.create(
        merchant=merchant, provider=provider, name=provider, credentials=CREDENTIALS[provider]
    )
    at_simulator(account, pushing)
    parcel = next(one for one in pushing.parcels("normal", provider) if under_way(pushing, one["waybill"]))
    a_dispatch(shop, parcel["waybill"], now, carrier=NAMES[provider])
    book(now)
    assert poll(now).failed == 0
    before = the_waybill(parcel["waybill"])
    # Yunda tells nothing of a number before it is subscribed: that has come first.
    assert (before.account, before.subscribed_at, before.poll_error) == (account, now, "")
    assert before.event_count > 0
    assert before.stage not in ("delivered", "returned")

    address = live_server.url + reverse("push", args=[provider, account.push_token])
    pushing.control("callbacks", **{provider: address})
    pushing.control("time", now=parcel["ended_at"])
    scans = [
        scan for scan in pushing.get(f"/control/parcels/{parcel['waybill']}")["scans"] if scan["kind"] != "waiting"
    ]
    assert pushed(len(scans))
    later = datetime.fromisoformat(parcel["ended_at"])
    while read_pushes(later).taken:
        pass
    after = the_waybill(parcel["waybill"])
    assert (after.stage, after.delivered_at, after.event_count) == ("delivered", later, len(scans))
    assert not TrackingEvent.objects.filter(rule="").exists()
    assert not RawAnswer.objects.exclude(error="").filter(kind="push").exists()
    # Asked once more it says the same, and nothing is told twice.
    type(after).objects.update(poll_at=later, lease_until=None)
    assert poll(later).new_events == 0
    assert the_waybill(parcel["waybill"]).stage == "delivered"
    account.refresh_from_db()
    assert account.refused_pushes == 0


def under_way(client: Client, number: str) -> bool:
    scans = client.get(f"/control/parcels/{number}")["scans"]
    return any(scan["known"] and scan["kind"] != "waiting" for scan in scans) and not all(
        scan["known"] for scan in scans
    )
