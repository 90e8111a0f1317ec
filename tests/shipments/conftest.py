"""Carriers as an installation has them, accounts with the simulated providers, and orders that wait for booking."""

import importlib
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.apps import apps

from merchants.models import Merchant, Shop
from orders.models import Dispatch
from shipments.models import CarrierAccount, Waybill
from tests.exceptions.making import an_order
from tests.shipments import golden
from tests.simulator.conftest import Client, Serve, serve

__all__ = ["serve"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many rows of the samples' index passed, real captures apart from what somebody made."""
    passed, failed = (
        [
            str(value)
            for outcome in outcomes
            for report in terminalreporter.getreports(outcome)
            for name, value in getattr(report, "user_properties", ())  # a module that was not collected has none
            if name == golden.CHECKED
        ]
        for outcomes in (["passed"], ["failed", "error"])
    )
    told = golden.counts(passed, failed)
    if told:
        terminalreporter.section("samples read as their index says")
        for line in golden.lines(told):
            terminalreporter.line(line)


@pytest.fixture
def carriers(db: None) -> None:
    """The seeded carriers: tests that commit leave empty tables behind."""
    for name in ("0002_carriers", "0005_carriers_abroad"):
        importlib.import_module(f"shipments.migrations.{name}").seed(apps, None)


@pytest.fixture
def account(merchant: Merchant) -> CarrierAccount:
    """An account with Kuaidi100, at an address where nobody listens."""
    return CarrierAccount.objects.create(
        merchant=merchant,
        provider="kuaidi100",
        name="快递100",
        base_url="http://127.0.0.1:9",
        credentials={"customer": "DEMO-CUSTOMER", "key": "DEMO-KEY-100"},
    )


@pytest.fixture
def sf_account(merchant: Merchant) -> CarrierAccount:
    return CarrierAccount.objects.create(
        merchant=merchant,
        provider="sf",
        name="顺丰月结",
        base_url="http://127.0.0.1:9",
        credentials={"partner_id": "DEMO-SF", "checkword": "demo-checkword-sf"},
    )


@pytest.fixture
def world(serve: Serve) -> Iterator[Client]:
    """A running simulator; time stands still in it."""
    yield serve("--orders", "400")


def a_dispatch(shop: Shop, number: str, now: datetime, carrier: str = "圆通速递", **order: object) -> Dispatch:
    """An order whose seller told the platform this number just now."""
    made = an_order(shop, f"O-{number}", now, **order)
    type(made).objects.filter(pk=made.pk).update(review_at=None)
    return Dispatch.objects.create(order=made, carrier_name=carrier, number=number, uploaded_at=now, book_at=now)


def at_simulator(account: CarrierAccount, client: Client) -> CarrierAccount:
    account.base_url = f"http://127.0.0.1:{client.port}"
    account.save(update_fields=["base_url"])
    return account


def the_waybill(number: str) -> Waybill:
    return Waybill.objects.select_related("account", "carrier").get(number=number)
