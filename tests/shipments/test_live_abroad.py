"""The whole way over real HTTP with 17TRACK and AfterShip: registered, asked, pushed, until the parcel is signed."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django.live_server_helper import LiveServer

from merchants.models import Merchant, Shop
from shipments.accounts import contract
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer
from shipments.polling import poll
from shipments.push import read_pushes
from simulator.pushing import Pusher
from tests.shipments.conftest import Client, Serve, a_dispatch, at_simulator, the_waybill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("carriers")]
SECONDS = 20
CREDENTIALS = {
    "17track": {"key": "DEMO-17TOKEN"},
    "aftership": {"api_key": "asat_demo_aftership", "webhook_secret": "demo-aftership-secret"},
}
# The simulator's modules cannot be called 17track either.
SIMULATED = {"17track": "track17", "aftership": "aftership"}


@pytest.fixture
def pushing(serve: Serve) -> Iterator[Client]:
    """A simulator that also pushes."""
    client = serve("--orders", "400")
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


def on_its_way(client: Client, number: str) -> bool:
    scans = client.get(f"/control/parcels/{number}")["scans"]
    return any(scan["known"] for scan in scans) and not all(scan["known"] for scan in scans)


@pytest.mark.parametrize("provider", ["17track", "aftership"])
def test_a_parcel_abroad_is_registered_asked_about_and_pushed_until_it_is_signed(
    provider: str, merchant: Merchant, shop: Shop, pushing: Client, live_server: LiveServer, now: datetime, settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    account = CarrierAccount.objects.create(
        merchant=merchant, provider=provider, name="abroad", credentials=CREDENTIALS[provider]
    )
    at_simulator(account, pushing)
    callback = contract(account).callback_url
    assert f"/carriers/{provider}/push/" in callback
    pushing.control("callbacks", **{SIMULATED[provider]: callback})
    parcel = next(one for one in pushing.parcels("normal", "yuantong") if on_its_way(pushing, one["waybill"]))
    a_dispatch(shop, parcel["waybill"], now, carrier="DHL", phone_tail=parcel["phone_tail"])
    book(now)
    assert the_waybill(parcel["waybill"]).account == account
    poll(now)
    assert the_waybill(parcel["waybill"]).subscribed_at == now

    # The push that follows a registration brings what is known so far; a query finds the same.
    assert pushed(1)
    while read_pushes(now).taken:
        pass
    before = the_waybill(parcel["waybill"])
    assert before.stage not in ("delivered", "unknown")
    type(before).objects.filter(pk=before.pk).update(poll_at=now)
    assert poll(now + timedelta(minutes=20)).new_events == 0
    again = the_waybill(parcel["waybill"])
    assert (again.poll_error, again.event_count) == ("", before.event_count)

    pushing.control("time", now=parcel["ended_at"])
    assert pushed(2)
    later = datetime.fromisoformat(parcel["ended_at"])
    while read_pushes(later).taken:
        pass
    after = the_waybill(parcel["waybill"])
    assert (after.stage, after.delivered_at) == ("delivered", later)
    assert (after.carrier.code, after.event_count > before.event_count) == ("dhl", True)
    account.refresh_from_db()
    assert account.refused_pushes == 0


@pytest.mark.parametrize("provider", ["17track", "aftership"])
def test_a_push_with_a_wrong_signature_is_refused_and_counted(
    provider: str, merchant: Merchant, client, now: datetime
) -> None:
    account = CarrierAccount.objects.create(
        merchant=merchant, provider=provider, name="abroad", credentials=CREDENTIALS[provider]
    )
    address = f"/carriers/{provider}/push/{account.push_token}/"
    headers = {"sign": "0" * 64, "aftership-hmac-sha256": "AAAA"}
    answer = client.post(address, "{}", content_type="application/json", headers=headers)
    assert answer.status_code == 403
    account.refresh_from_db()
    assert (account.refused_pushes, RawAnswer.objects.count()) == (1, 0)
