"""Providers are found, not listed: those in the package, and one that another package brings."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from merchants.models import Merchant
from shipments import accounts, carriers
from shipments.models import CarrierAccount

MODULE = """
from datetime import timedelta

from shipments import bodies
from shipments.answers import Answer, Failure, Field, Trouble
from shipments.status import Event, Stage
from shipops.kit.wire import Request, Response

LABEL = "Toy Express"
FIELDS = (Field("key", "Key"),)
CARRIERS = frozenset({"toy"})
BATCH = 1
SPACING = timedelta(minutes=1)
DAILY = 0
RATE = 0.0
SUBSCRIBES = False
SIGNED = False
INTERCEPTS = frozenset()
RECOGNISES = False
STATUS = {"rolled": (Stage.IN_TRANSIT, None)}


def encode(asks, contract, now):
    return Request("GET", contract.base_url + "/" + asks[0].number)


def decode(response):
    return read(response.body)


def read(body):
    number, code, at = body.decode().split(";")
    event = Event(bodies.instant(at), 0, *STATUS.get(code, (Stage.UNKNOWN, None)), code)
    return (Answer(number, "toy", (event,)),)


def verify(contract, headers, body):
    return True


def acknowledge(body):
    return Response(200, {"Content-Type": "text/plain"}, b"thanks")
"""


@pytest.fixture
def toyexpress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that declares a provider, as pip leaves it on the path."""
    package = tmp_path / "toyexpress"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "shipops.py").write_text(MODULE)
    info = tmp_path / "toyexpress-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toyexpress\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[shipops.carriers]\ntoyexpress = toyexpress.shipops\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    carriers.codes.cache_clear()
    carriers.provider.cache_clear()
    yield
    for name in ("toyexpress", "toyexpress.shipops"):
        sys.modules.pop(name, None)
    carriers.codes.cache_clear()
    carriers.provider.cache_clear()


def test_a_package_that_cannot_be_loaded_is_as_one_that_is_not_there(
    toyexpress: None, tmp_path: Path, db: None, merchant: Merchant
) -> None:
    (tmp_path / "toyexpress" / "shipops.py").write_text("import nothing_of_this_name")
    with pytest.raises(LookupError, match="nothing_of_this_name"):
        carriers.provider("toyexpress")
    account = CarrierAccount(merchant=merchant, provider="toyexpress", name="Toy", credentials={})
    assert accounts.provider_of(account) is None
    assert carriers.provider("sf").BATCH == 10


def test_the_package_brings_its_own() -> None:
    assert {"kuaidi100", "sf"} <= set(carriers.codes())


def test_every_provider_has_all_that_a_provider_has() -> None:
    names = [*(name for name in vars(carriers.Provider) if name[0] != "_"), *carriers.Provider.__annotations__]
    for code in carriers.codes():
        module = carriers.provider(code)
        needless = {
            "subscription": not module.SUBSCRIBES,
            "interception": not module.INTERCEPTS,
            "recognition": not module.RECOGNISES,
        }
        lacking = {name for name in names if not hasattr(module, name)}
        assert lacking == {name for name in names if needless.get(name.split("_")[-1])}, code


@pytest.mark.usefixtures("toyexpress")
def test_another_package_brings_one_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {"kuaidi100", "sf", "toyexpress"} <= set(carriers.codes())
    assert carriers.provider("toyexpress").LABEL == "Toy Express"
    file = tmp_path / "body"
    file.write_text("TOY1;rolled;2026-11-22 12:00:00")
    call_command("read_answer", "--provider", "toyexpress", str(file))
    said = json.loads(capsys.readouterr().out)
    assert (said["waybill"], said["status"], said["last_event_at"]) == (
        "TOY1",
        "in_transit",
        "2026-11-22T12:00:00+08:00",
    )


def test_nobody_is_nobody() -> None:
    with pytest.raises(LookupError, match=r"There is no provider 'nobody'; there are: .*kuaidi100, .*sf"):
        carriers.provider("nobody")


def test_who_answers_for_the_fewest_carriers_is_asked_first() -> None:
    providers = ("kuaidi100", "kdniao", "sf")
    told = [CarrierAccount(pk=pk, provider=code, name=code) for pk, code in enumerate(providers, start=1)]
    chosen = [accounts.choose(told[:count], "shunfeng") for count in (1, 2, 3)]
    assert [one and one.provider for one in chosen] == ["kuaidi100", "kdniao", "sf"]
    abroad = accounts.choose(told, "usps")
    assert abroad is not None
    assert abroad.provider == "kuaidi100"
    assert accounts.choose(told[1:], "usps") is None
