"""The whole way over real HTTP: booked, subscribed, asked; the world moves on, the carrier pushes, the waybill follows."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from pytest_django.live_server_helper import LiveServer

from merchants.models import Shop
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer, Waybill
from shipments.polling import poll
from shipments.push import read_pushes
from simulator.pushing import Pusher
from tests.shipments.conftest import Client, Serve, a_dispatch, at_simulator, the_waybill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("carriers")]
SECONDS = 20


@pytest.fixture
def pushing(serve: Serve) -> Iterator[Client]:
    """A simulator that also pushes."""
    client = serve("--orders", "400")
    scene, register = client.simulator.scene, client.simulator.register
    pusher = Pusher(scene, register, 50.0)
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


def test_a_parcel_is_followed_by_push_until_it_is_signed(
    shop: Shop, account: CarrierAccount, pushing: Client, live_server: LiveServer, now: datetime, settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    at_simulator(account, pushing)
    parcel = next(one for one in pushing.parcels("normal", "yuantong") if on_its_way(pushing, one["waybill"], now))
    a_dispatch(shop, parcel["waybill"], now, phone_tail=parcel["phone_tail"])
    book(now)
    assert poll(now).answered == 1
    before = the_waybill(parcel["waybill"])
    assert before.stage not in ("delivered", "unknown")
    assert before.subscribed_at == now

    pushing.control("time", now=parcel["ended_at"])
    later = datetime.fromisoformat(parcel["ended_at"])
    for count in (1, 2):  # the first may have been on its way before the world moved on
        assert pushed(count)
        while read_pushes(later).taken:
            pass
        after = the_waybill(parcel["waybill"])
        if after.stage == "delivered":
            break
    assert (after.stage, after.delivered_at) == ("delivered", later)
    assert after.event_count > before.event_count
    assert Waybill.objects.count() == 1
    account.refresh_from_db()
    assert account.refused_pushes == 0


@pytest.mark.parametrize(
    ("provider", "carrier", "name", "credentials"),
    [
        ("kdniao", "shentong", "申通快递", {"business_id": "DEMO-KDNIAO", "app_key": "demo-key-kdniao"}),
        ("zto", "zhongtong", "中通快递", {"app_key": "DEMO-ZTO", "app_secret": "demo-secret-zto"}),
        ("yto", "yuantong", "圆通速递",
         {"app_code": "DEMOyt", "user_no": "K-DEMO", "secret": "demo-secret-yto", "push_secret": "demo-push-yto"}),
        ("sto", "shentong", "申通快递", {"app_key": "CAK-DEMO", "secret_key": "demo-secret-sto"}),
    ],
)  # fmt: skip
def test_a_provider_that_pushes_to_the_accounts_own_address_is_followed_too(
    shop: Shop,
    pushing: Client,
    live_server: LiveServer,
    now: datetime,
    provider: str,
    carrier: str,
    name: str,
    credentials: dict[str, str],
) -> None:
    account = CarrierAccount.objects.create(
        merchant=shop.merchant, provider=provider, name=provider, credentials=credentials
    )
    at_simulator(account, pushing)
    address = f"{live_server.url}/carriers/{provider}/push/{account.push_token}/"
    pushing.simulator.register.call_back(provider, address, pushing.simulator.scene.clock.now())
    parcel = next(one for one in pushing.parcels("normal", carrier) if on_its_way(pushing, one["waybill"], now))
    a_dispatch(shop, parcel["waybill"], now, carrier=name, phone_tail=parcel["phone_tail"])
    book(now)
    assert poll(now).answered == 1
    assert the_waybill(parcel["waybill"]).subscribed_at == now
    assert pushed(1)  # at once, what is known by then
    pushing.control("time", now=parcel["ended_at"])
    later = datetime.fromisoformat(parcel["ended_at"])
    for count in range(2, 40):
        while read_pushes(later).taken:
            pass
        if the_waybill(parcel["waybill"]).stage == "delivered":
            break
        assert pushed(count)
    after = the_waybill(parcel["waybill"])
    assert (after.stage, after.delivered_at) == ("delivered", later)
    account.refresh_from_db()
    assert account.refused_pushes == 0


def on_its_way(client: Client, number: str, now: datetime) -> bool:
    scans = client.get(f"/control/parcels/{number}")["scans"]
    return any(scan["known"] for scan in scans) and not all(scan["known"] for scan in scans)
