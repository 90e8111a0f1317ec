"""Providers are found, not listed: those in the package, and one that another package brings.

The other package is the one in docs/carriers.md, file by file; at the other end is a carrier written here.
"""

import hashlib
import hmac
import json
import re
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from merchants.models import Merchant, Shop, User
from shipments import accounts, carriers
from shipments.answers import Ask, Interception, Taken, Trouble, Wish
from shipments.booking import book
from shipments.models import Carrier, CarrierAccount, CarrierAlias, RawAnswer, TrackingEvent
from shipments.polling import poll
from shipments.push import read_pushes
from shipments.status import Stage
from shipops.kit import http
from tests.shipments.conftest import a_dispatch, the_waybill

ROOT = Path(__file__).resolve().parents[2]
# A code that is no name for a module: the file is called otherwise.
SPELT = {"seventeentrack": "17track"}
FILES = [path.stem for path in (ROOT / "shipments/carriers").glob("*.py") if path.name[0] != "_"]
BUILT_IN = sorted(SPELT.get(name, name) for name in FILES)
NUMBER = "TOY00000001"
KEY = "demo-key-toy"


def example(language: str) -> str:
    """The only block of this language in docs/carriers.md that is a whole file."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/carriers.md").read_text("utf-8"), re.DOTALL)
    return max(blocks, key=len)


@pytest.fixture
def toyexpress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that declares a provider, as pip leaves it on the path."""
    package = tmp_path / "toyexpress"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "shipops.py").write_text(example("python"))
    project = tomllib.loads(example("toml"))["project"]
    info = tmp_path / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    ((group, points),) = project["entry-points"].items()
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "\n".join(f"{n} = {v}" for n, v in points.items()))
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
    assert list(carriers.codes()) == BUILT_IN
    assert {"kuaidi100", "sf", "yunda", "jtexpress"} <= set(BUILT_IN)


def lacking(code: str) -> set[str]:
    """What a provider's module does not hold of what it must."""
    names = [*(name for name in vars(carriers.Provider) if name[0] != "_"), *carriers.Provider.__annotations__]
    module = carriers.provider(code)
    needless = {
        "subscription": not module.SUBSCRIBES,
        "interception": not module.INTERCEPTS,
        "recognition": not module.RECOGNISES,
    }
    expected = {name for name in names if needless.get(name.split("_")[-1])}
    return {name for name in names if not hasattr(module, name)} ^ expected


def test_every_provider_has_all_that_a_provider_has(toyexpress: None) -> None:
    assert {code: lacking(code) for code in carriers.codes()} == {code: set() for code in [*BUILT_IN, "toyexpress"]}


def test_the_contract_is_described_member_by_member() -> None:
    described = (ROOT / "docs/carriers.md").read_text("utf-8")
    names = [*(name for name in vars(carriers.Provider) if name[0] != "_"), *carriers.Provider.__annotations__]
    assert [name for name in names if f"`{name}`" not in described and f"`{name}(" not in described] == []


@pytest.mark.usefixtures("toyexpress")
def test_another_package_brings_one_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(carriers.codes()) == sorted([*BUILT_IN, "toyexpress"])
    assert carriers.provider("toyexpress").LABEL == "Toy Express"
    file = tmp_path / "body"
    file.write_text(json.dumps({"parcel": {"number": NUMBER, "scans": [ROLLED]}}))
    call_command("read_answer", "--provider", "toyexpress", str(file))
    said = json.loads(capsys.readouterr().out)
    assert (said["kind"], said["waybill"], said["status"], said["last_event_at"]) == (
        "push",
        NUMBER,
        "in_transit",
        "2026-11-21T22:00:00+08:00",
    )


def test_nobody_is_nobody() -> None:
    with pytest.raises(LookupError, match=f"There is no provider 'nobody'; there are: {', '.join(BUILT_IN)}"):
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


TOOK = {"at": "2026-11-21 18:00:00", "what": "took", "text": "揽收", "city": "广州市"}
ROLLED = {"at": "2026-11-21 22:00:00", "what": "rolled", "text": "已发往 深圳", "city": "广州市"}
PARKED = {"at": "2026-11-22 10:00:00", "what": "gave", "text": "已签收，签收人：菜鸟驿站", "city": "深圳市"}
GAVE = {"at": "2026-11-22 11:00:00", "what": "gave", "text": "已签收，签收人：本人", "city": "深圳市"}


@dataclass
class ToyExpress:
    """The carrier itself: answers signed calls about its parcels and remembers them."""

    url: str = ""
    scans: list[dict[str, str]] = field(default_factory=lambda: [TOOK, ROLLED])
    calls: list[tuple[str, dict]] = field(default_factory=list)

    def answer(self, path: str, signature: str, body: bytes) -> dict:
        if signature != hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest():
            return {"ok": False, "why": "signature"}
        wanted = json.loads(body)
        self.calls.append((path, wanted))
        if path == "/track":
            known = [number for number in wanted["numbers"] if number == NUMBER]
            return {"ok": True, "parcels": [{"number": number, "scans": self.scans} for number in known]}
        if path == "/stop":
            return {"ok": True, "ticket": "T-1"}
        if path == "/whose":
            return {"ok": True, "carriers": ["toy", "yunda"]}
        return {"ok": path == "/follow", "why": "no such address"}

    def pushed(self, *scans: dict[str, str]) -> tuple[bytes, str]:
        """The body of a push and its signature, with the secret that the subscription gave."""
        body = json.dumps({"parcel": {"number": NUMBER, "scans": scans}}).encode()
        secret = next(wanted["secret"] for path, wanted in self.calls if path == "/follow")
        return body, hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def toy() -> Iterator[ToyExpress]:
    carrier = ToyExpress()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = json.dumps(carrier.answer(self.path, self.headers["X-Signature"], body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    carrier.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield carrier
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(merchant: Merchant, toy: ToyExpress, toyexpress: None) -> CarrierAccount:
    """An account with Toy Express, in an installation that has been told of the carrier."""
    made = Carrier.objects.create(code="toy", name_zh="玩具速递", name_en="Toy Express")
    CarrierAlias.objects.create(carrier=made, name="玩具快递")
    return CarrierAccount.objects.create(
        merchant=merchant,
        provider="toyexpress",
        name="玩具",
        base_url=toy.url,
        credentials={"account": "A-1", "key": KEY},
    )


@pytest.mark.usefixtures("db", "carriers")
class TestToyExpress:
    """A parcel of a carrier that no line of shipops knows, from booking to delivery."""

    def test_it_is_asked_subscribed_and_pushed_until_its_parcel_is_delivered(
        self, shop: Shop, account: CarrierAccount, toy: ToyExpress, client: Client, admin: User, now: datetime
    ) -> None:
        a_dispatch(shop, NUMBER, now, carrier="玩具快递")
        book(now)
        assert poll(now).new_events == 2
        waybill = the_waybill(NUMBER)
        assert (waybill.carrier.code, waybill.account, waybill.stage) == ("toy", account, "in_transit")
        assert (waybill.subscribed_at, waybill.poll_error) == (now, "")
        address = reverse("push", args=["toyexpress", account.push_token])
        told = dict(toy.calls)
        assert told["/track"] == {"account": "A-1", "numbers": [NUMBER]}
        assert told["/follow"]["url"].endswith(address)

        body, signature = toy.pushed(PARKED)
        refused = client.post(address, body, content_type="application/json", headers={"X-Signature": "0" * 64})
        assert refused.status_code == 403
        taken = client.post(address, body, content_type="application/json", headers={"X-Signature": signature})
        assert (taken.status_code, taken.content) == (200, b"thanks")
        assert read_pushes(now).new_events == 1
        assert the_waybill(NUMBER).stage == "available_for_pickup"

        body, signature = toy.pushed(GAVE)
        client.post(address, body, content_type="application/json", headers={"X-Signature": signature})
        assert read_pushes(now).new_events == 1
        delivered = the_waybill(NUMBER)
        assert (delivered.stage, delivered.event_count) == ("delivered", 4)
        rules = TrackingEvent.objects.order_by("occurred_at").values_list("rule", flat=True)
        assert [rule.split("+")[0] for rule in rules] == ["code:took", "code:rolled", "code:gave", "code:gave"]
        assert RawAnswer.objects.filter(kind="push", error="").count() == 2
        account.refresh_from_db()
        assert account.refused_pushes == 1

        client.force_login(admin)
        page = client.get(reverse("waybill", args=[delivered.pk]))
        assert (page.context["track"].stage, page.context["track"].source) == (Stage.DELIVERED, "Toy Express")
        for shown in ("Delivered", "签收人：本人", "深圳市"):
            assert shown in page.content.decode()

    def test_a_refusal_lets_its_account_rest(
        self, shop: Shop, account: CarrierAccount, toy: ToyExpress, now: datetime
    ) -> None:
        account.credentials = {"account": "A-1", "key": "wrong"}
        account.save()
        a_dispatch(shop, NUMBER, now, carrier="玩具快递")
        book(now)
        assert poll(now).failed == 1
        account.refresh_from_db()
        assert account.paused_until is not None
        assert account.paused_reason == "signature"

    def test_it_takes_interceptions_and_tells_numbers_apart(
        self, account: CarrierAccount, toy: ToyExpress, now: datetime
    ) -> None:
        module, contract = carriers.provider("toyexpress"), accounts.contract(account)
        wanted = Interception(Ask(NUMBER, "toy"), Wish.RETURN, "I-1", "买家申请退款")
        taken = module.decode_interception(http.send(module.encode_interception(wanted, contract, now)))
        assert taken == Taken("T-1")
        assert toy.calls[-1] == ("/stop", {"account": "A-1", "number": NUMBER, "why": "买家申请退款", "id": "I-1"})
        found = module.decode_recognition(http.send(module.encode_recognition(NUMBER, contract, now)))
        assert found == ("toy", "yunda")

    def test_its_reader_loses_nothing_good(self, toyexpress: None) -> None:
        module = carriers.provider("toyexpress")
        (answer,) = module.read(
            json.dumps(
                {"parcels": {"number": NUMBER, "goes on as": "TOY2", "scans": [ROLLED, {"at": "soon"}, TOOK]}}
            ).encode()
        )
        assert [event.code for event in answer.events] == ["took", "rolled"]
        assert (len(answer.warnings), answer.onward[0].number) == (1, "TOY2")
        (nothing,) = module.read(b'{"ok":false,"why":"unknown number"}')
        assert nothing.failure is not None
        assert nothing.failure.trouble is Trouble.NO_DATA
