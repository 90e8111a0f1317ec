"""Everything a person reads exists in Chinese, and the catalogue is what the source says today."""

import html
import os
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import polib
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions.deadlines.terms import pack
from exceptions.desk.workflow import Action
from exceptions.models import Case
from insights.shops import SHIPS_FROM
from merchants.models import Platform, Shop, User
from orders import tasks
from orders.models import Dispatch, Goods, OrderImport, Ticket
from orders.ticketing.drafts import STEPS_OF, TicketDraft
from orders.tickets import Outcome, record
from shipments.models import Carrier, CarrierAccount, Waybill, Wording
from tests.exceptions.making import a_parcel, a_scan, an_order
from tests.exceptions.scene import late_dispatch, late_pickup, stalled
from tests.orders.making import PDD, csv

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
EXTRACTION = ["makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap"]
# Folders and files whose words nobody reads in a browser.
ASIDE = (".venv", "var", "tests", "benchmarks", "simulator", "bootstrap.py")

Key = tuple[str, str, str]


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def told(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_message_has_its_translation(catalogue: polib.POFile) -> None:
    assert len(catalogue) > 500
    assert [key(entry) for entry in catalogue if not all(told(entry)) or not told(entry)] == []
    assert [key(entry) for entry in catalogue if entry.fuzzy] == []
    assert [key(entry) for entry in catalogue if entry.obsolete] == []


PERCENT = re.compile(r"%\((\w+)\)([sd])|%%")


def placeholders(text: str, flags: list[str]) -> set[str]:
    """What a message is filled with: `%(n)s` and `%%` where Python formats it, `{n}` else."""
    if "python-format" in flags:
        return {match.group() for match in PERCENT.finditer(text)}
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_translation_is_filled_with_what_its_message_is_filled_with(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        for text in told(entry):
            # "50%%" may become a word; nothing that carries a value may be lost or made up.
            asked, given = placeholders(entry.msgid, entry.flags), placeholders(text, entry.flags)
            assert asked - {"%%"} == given - {"%%"}, key(entry)


FILLED = re.compile(r"%\(\w+\)[sd]|\{\w*\}|快递100")  # one brand writes itself without a space


def test_translations_keep_the_marks_of_chinese(catalogue: polib.POFile) -> None:
    """A space stands between Chinese and Latin; commas, colons, brackets and stops are full-width; nobody shouts."""
    for text in (FILLED.sub("", text) for entry in catalogue for text in told(entry)):
        assert not re.search("[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), text
        assert not re.search(r"[\u4e00-\u9fff][,;:?()]|[\u4e00-\u9fff]\.(?!\w)|[!！“”]", text), text


def test_the_compiled_catalogue_is_what_the_written_one_says(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {key(entry): told(entry) for entry in compiled} == {key(entry): told(entry) for entry in catalogue}
    assert compiled.metadata["Plural-Forms"] == "nplurals=1; plural=0;"


def test_the_catalogue_holds_what_the_source_says_and_nothing_else(catalogue: polib.POFile, tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        pytest.skip("NO XGETTEXT: install Debian's gettext to compare the catalogue with the source")
    copy = tmp_path / "source"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(*ASIDE, ".git", ".*_cache", ".cache", "screenshots", "*.mo")
    )
    done = subprocess.run(
        [sys.executable, "manage.py", *EXTRACTION],
        cwd=copy,
        env=os.environ | {"SHIPOPS_HOME": str(tmp_path), "SECRET_KEY": "unused"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    extracted = {key(entry) for entry in polib.pofile(str(copy / CATALOGUE.relative_to(ROOT))) if not entry.obsolete}
    written = {key(entry) for entry in catalogue}
    commands = f"{' '.join(EXTRACTION)} {' '.join(f'-i {path}' for path in ASIDE)}"
    remedy = f"run manage.py {commands}, translate what is empty, then manage.py compilemessages -l zh_Hans"
    assert extracted - written == set(), remedy
    assert written - extracted == set(), remedy


@pytest.mark.parametrize("platform", [*Platform.values])
def test_every_term_is_told_in_both_languages(platform: str) -> None:
    for term in pack(platform):
        assert re.search("[\u4e00-\u9fff]", term.name_zh), term.code
        assert re.fullmatch("[\x20-\x7e]+", term.name_en), term.code
        assert bool(term.note_zh) == bool(term.note_en), term.code


@pytest.mark.django_db
def test_carriers_are_named_in_the_language_of_the_reader() -> None:
    yuantong = Carrier(code="yuantong", name_zh="圆通速递", name_en="YTO Express")
    with translation.override("zh-hans"):
        assert str(yuantong) == "圆通速递"
    with translation.override("en"):
        assert str(yuantong) == "YTO Express"


# --- Pages. What a person sees or hears of them holds no English.

ATTRIBUTES = re.compile(r'\s(?:title|aria-label|placeholder|alt|data-failed)="([^"]*)"')
UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1>|<!--.*?-->", re.DOTALL)
ALLOWED = re.compile(
    r"""
    shipops | English | Olist | 样式ID | SKU | CSV | XLSX | EMS | MB | J、K、A
    | \b[ACEFHJKMNOPUWX]\b | Enter | Esc                       # keys
    | UTF-8 | GB18030 | Excel | AppKey | AppSecret
    | \bp(?:50|95)\b | \d+h(?:\ \d\dm)?                   # the half and the tail of an age; what ticks
    | Asia/Shanghai | CST | CNY
    | \b[A-Z]{2,8}(?:-[A-Z0-9]+)+\b | \bC-\d+ | \b[PSADTCZ]\d+b?\b   # rules and shops, cases, sources of rules
    | \b[A-Z]{2}\d{6,}\b | \b[A-Z]{2}\d{4}\ [\d\ ]+      # waybills
    | \b6\.9E\+18\b | =1\+1
    | \b(?:code|text|carrier|whole|admin):[\w:/+]+      # names rules have
    | linxiao | chenmo | zhaomin | kuaidi100 | sf | [\w-]*\.(?:csv|xlsx?)   # names people and providers have
    """,
    re.VERBOSE,
)


def english(page: str) -> list[str]:
    """Words of Latin letters that a page shows or reads aloud, less those that are the same in every language."""
    page = UNSEEN.sub(" ", page)
    seen = [re.sub(r"<[^>]*>", " ", page), *ATTRIBUTES.findall(page)]
    text = html.unescape(" ¦ ".join(seen))
    return [part.strip() for part in re.findall(r"[^\s¦]*[A-Za-z][^¦\n]{0,60}", ALLOWED.sub(" ", text))]


def test_the_search_for_english_finds_it() -> None:
    assert english('<b title="Late pickup">揽收</b>') == ["Late pickup"]
    assert english("<p>YT8834201944715 · PDD-SHIP-48 · 还剩 1h 05m</p>") == []
    assert english("<p>订单 Order</p>") == ["Order"]


Opener = Callable[..., str]


@pytest.fixture
def open_in_chinese(client: Client, admin: User) -> Opener:
    User.objects.update(language="zh-hans", last_name="林", first_name="晓")
    client.force_login(admin)

    def opened(name: str, *args: object, status: int = 200, **query: str) -> str:
        response = client.get(reverse(name, args=args), query)
        assert response.status_code == status
        return response.content.decode()

    return opened


@pytest.fixture
def desk(shop: Shop) -> Iterator[dict[str, Case]]:
    """Three shops' worth of trouble, seen from now."""
    now = timezone.now()
    made = {"dispatch": late_dispatch(shop, now), "pickup": late_pickup(shop, now), "stall": stalled(shop, now)}
    yield made


@pytest.mark.django_db
class TestPages:
    def test_the_log_in_speaks_chinese_and_so_do_its_errors(self, client: Client) -> None:
        client.cookies["django_language"] = "zh-hans"
        assert english(client.get(reverse("login")).content.decode()) == []
        refused = client.post(reverse("login"), {"username": "nobody", "password": "wrong"}).content.decode()
        assert english(refused) == []

    def test_the_start_page(self, open_in_chinese: Opener, desk: dict[str, Case]) -> None:
        page = open_in_chinese("start")
        assert "先做这几件" in page
        assert english(page) == []

    def test_the_start_page_of_an_empty_house(self, open_in_chinese: Opener) -> None:
        assert english(open_in_chinese("start")) == []

    @pytest.mark.parametrize(
        "query", [{}, {"state": "resolved"}, {"state": "snoozed"}, {"kind": "delivery_overdue"}, {"q": "0"}]
    )
    def test_the_desk(self, open_in_chinese: Opener, desk: dict[str, Case], query: dict[str, str]) -> None:
        assert english(open_in_chinese("desk", **query)) == []

    def test_an_empty_desk(self, open_in_chinese: Opener) -> None:
        assert english(open_in_chinese("desk")) == []

    @pytest.mark.parametrize("name", ["dispatch", "pickup", "stall"])
    def test_a_case(self, open_in_chinese: Opener, desk: dict[str, Case], name: str) -> None:
        assert english(open_in_chinese("case", desk[name].pk)) == []

    def test_a_case_with_a_history(
        self, client: Client, open_in_chinese: Opener, desk: dict[str, Case], admin: User
    ) -> None:
        pk = desk["pickup"].pk
        steps: list[tuple[Action, dict[str, object]]] = [
            (Action.ASSIGN, {"assignee": admin.pk}),
            (Action.ASSIGN, {"assignee": ""}),
            (Action.NOTE, {"note": "网点说下午来"}),
            (Action.NOTE, {"note": ""}),
            (Action.SNOOZE, {"preset": "4h"}),
            (Action.SNOOZE, {"preset": "at", "until": "2020-01-01T00:00"}),
            (Action.WAKE, {}),
            (Action.RESOLVE, {"outcome": "handled"}),
            (Action.RESOLVE, {"outcome": "handled"}),
            (Action.REOPEN, {}),
            (Action.RESOLVE, {"outcome": "false_alarm"}),
        ]
        for action, data in steps:
            answer = client.post(reverse("case-act", args=[pk, action.value]), data)
            assert answer.status_code in (303, 409, 422)
            assert english(answer.content.decode()) == []
        assert english(open_in_chinese("case", pk)) == []
        client.post(
            reverse("desk-bulk"), {"action": "assign", "case": [desk["stall"].pk, pk, 999999], "assignee": admin.pk}
        )
        assert english(open_in_chinese("desk")) == []

    def test_orders(self, open_in_chinese: Opener, desk: dict[str, Case]) -> None:
        assert english(open_in_chinese("orders")) == []
        assert english(open_in_chinese("orders", q="nothing").replace("nothing", "")) == []
        for case in desk.values():
            assert english(open_in_chinese("order", case.order_id)) == []

    @pytest.mark.parametrize("goods", Goods.values)
    def test_kinds_of_goods(self, open_in_chinese: Opener, shop: Shop, goods: str) -> None:
        order = an_order(shop, "690008", timezone.now(), goods=goods)
        assert english(open_in_chinese("order", order.pk)) == []

    def test_tickets_of_an_order(self, client: Client, open_in_chinese: Opener, shop: Shop) -> None:
        now = timezone.now()
        order = an_order(shop, "690008", now - timedelta(days=3))
        assert english(open_in_chinese("order", order.pk)) == []
        opened = now - timedelta(days=2)
        drafts = [
            TicketDraft(order.number, kind, f"AS-{n}", opened, due_at=now, steps=dict.fromkeys(steps[:n], now))
            for kind, steps in STEPS_OF.items()
            for n in range(len(steps) + 1)
        ]
        assert {told.outcome for told in record([shop], drafts, now)} == {Outcome.CREATED}
        page = open_in_chinese("order", order.pk)
        assert "售后与通知" in page
        assert english(page) == []
        wrong = client.post(reverse("order-tickets", args=[order.pk]), {"amount": "x", "due_at": "x"})
        assert (wrong.status_code, english(wrong.content.decode())) == (422, [])
        for act in ({"step": "answered"}, {"step": "agreed", "at": "2020-01-01T00:00"}, {"undo": "answered"}):
            answer = client.post(reverse("ticket-act", args=[Ticket.objects.earliest("pk").pk]), act, follow=True)
            assert english(answer.content.decode()) == []

    @pytest.mark.parametrize("answer", ["accept", "lift", "refuse"])
    def test_filings_of_a_case(
        self, client: Client, open_in_chinese: Opener, desk: dict[str, Case], answer: str
    ) -> None:
        case = desk["dispatch"]
        limit = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
        acts = [{"do": "file", "reference": "BB-1"}, {"do": "file"}, {"do": "accept"}]
        for act in (*acts, {"do": answer, "new_due_at": limit}):
            answered = client.post(reverse("case-filing", args=[case.pk]), act, follow=True)
            assert english(answered.content.decode()) == []
        assert english(open_in_chinese("case", case.pk)) == []

    def test_a_number_that_is_not_followed_says_why(self, open_in_chinese: Opener, shop: Shop) -> None:
        order = an_order(shop, "690008", timezone.now())
        Dispatch.objects.create(order=order, carrier_name="某某快递", number="1", book_error="unknown_carrier")
        Dispatch.objects.create(order=order, carrier_name="圆通", number="2", book_error="malformed_number")
        page = open_in_chinese("order", order.pk)
        assert "不认识这家快递。请在平台改正快递公司，再重新导入订单。" in page
        assert "这不是运单号。请在平台改正，再重新导入订单。" in page
        assert english(page) == []

    def test_a_waybill(self, open_in_chinese: Opener, shop: Shop) -> None:
        now = timezone.now()
        order = an_order(shop, "690009", now - timedelta(days=2), status="dispatched")
        waybill = a_parcel(order, "YT8834201944719", now - timedelta(days=1), stage="out_for_delivery", cause="damaged")
        a_scan(waybill, now - timedelta(hours=20), "picked_up", "【太和网点】已揽收")
        a_scan(waybill, now - timedelta(hours=2), "unknown", "某种新扫描")
        for facts in (
            {},
            {"poll_at": now, "asked_at": now, "last_event_at": now},
            {"poll_error": "The answer does not name this number", "subscribed_at": now, "returned_at": now},
            {"account": None, "poll_at": None},
        ):
            Waybill.objects.filter(pk=waybill.pk).update(**facts)
            assert english(open_in_chinese("waybill", waybill.pk)) == []

    @pytest.mark.parametrize("show", ["unread", "code", "mapped", "all"])
    def test_the_inbox_of_unread_scans(self, open_in_chinese: Opener, shop: Shop, admin: User, show: str) -> None:
        assert english(open_in_chinese("wordings", show=show)) == []
        assert english(open_in_chinese("wordings", q="火星")) == []
        now = timezone.now()
        one = {"merchant": shop.merchant, "provider": "kuaidi100", "first_seen_at": now, "last_seen_at": now}
        Wording.objects.create(**one, phrase="星际跃迁", example="【火星】星际跃迁", code="9")
        Wording.objects.create(**one, phrase="快件已到达…", code="8", read_stage="in_transit", read_rule="text:moving")
        Wording.objects.create(**one, phrase="", stage="unknown", mapped_at=now, mapped_by=admin, reread_at=now)
        Wording.objects.create(**one, phrase="漫游", stage="customs", mapped_at=now, reread_waybills=3)
        assert english(open_in_chinese("wordings", show=show)) == []
        for wording in Wording.objects.all():
            assert english(open_in_chinese("wording", wording.pk)) == []

    def test_accounts_with_providers(self, client: Client, open_in_chinese: Opener, shop: Shop) -> None:
        for provider in ("sf", "zto"):  # of one carrier: other lists name companies in Latin letters
            assert english(open_in_chinese("account-new", provider)) == []
            account = CarrierAccount.objects.create(
                merchant=shop.merchant, provider=provider, name="账号", credentials={}, refused_pushes=2, enabled=False
            )
            assert english(open_in_chinese("account", account.pk)) == []
            wrong = client.post(reverse("account", args=[account.pk]), {"name": "", "base_url": "?"})
            assert english(wrong.content.decode()) == []
            tried = client.post(reverse("account-try", args=[account.pk]), {"number": "?", "phone_tail": "1"})
            assert english(tried.content.decode()) == []

    def test_an_import_from_upload_to_report(self, client: Client, open_in_chinese: Opener, shop: Shop) -> None:
        assert english(open_in_chinese("imports")) == []
        assert english(open_in_chinese("import-new")) == []
        good = "260922-1,待发货,杯子,1,5,2026-09-22 08:00:00"
        rows = csv(
            PDD,
            good,
            "6.9E+18,待发货,杯子,1,5,2026-09-22 08:00:00",
            "260922-2,某种状态,杯子,1,五元,2026-09-22 08:00:00",
        )
        client.post(reverse("import-new"), {"shop": shop.pk, "file": SimpleUploadedFile("orders.csv", rows)})
        run = OrderImport.objects.get()
        preview = client.get(reverse("import", args=[run.pk]))
        assert english(preview.content.decode()) == []
        form = preview.context["form"]
        data = {name: form[name].initial for name in form.fields} | {"action": "commit"}
        client.post(reverse("import", args=[run.pk]), data)
        assert english(open_in_chinese("import", run.pk)) == []
        assert tasks.run_imports() == 1
        report = open_in_chinese("import", run.pk)
        assert "位数已丢失" in report
        assert english(report) == []
        assert english(open_in_chinese("imports")) == []

    @pytest.mark.parametrize(
        "content", [b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00", b"PK\x03\x04", "订单号\n".encode(), "甲,乙\n1,2\n".encode()]
    )
    def test_a_file_that_cannot_be_read(
        self, client: Client, open_in_chinese: Opener, shop: Shop, content: bytes
    ) -> None:
        sent = {"shop": shop.pk, "file": SimpleUploadedFile("orders.csv", content)}
        answer = client.post(reverse("import-new"), sent, follow=True)
        assert english(answer.content.decode()) == []

    def test_what_people_set(self, client: Client, open_in_chinese: Opener, shop: Shop, desk: dict[str, Case]) -> None:
        assert english(open_in_chinese("profile")) == []
        assert english(open_in_chinese("setup")) == []
        assert english(open_in_chinese("setup-shop", shop.pk)) == []
        assert english(open_in_chinese("setup-audit")) == []
        assert english(open_in_chinese("setup-audit", action=SHIPS_FROM)) == []
        wrong = client.post(reverse("setup-shop", args=[shop.pk]), {"province": "", "city": "金华市"})
        assert (wrong.status_code, english(wrong.content.decode())) == (422, [])
        client.post(reverse("setup-shop", args=[shop.pk]), {"province": "浙江省", "city": "金华市"})
        for page in (open_in_chinese("setup"), open_in_chinese("setup-audit")):
            assert "浙江省 金华市" in page
            assert english(page) == []

    def test_what_cannot_be_shown(self, client: Client, open_in_chinese: Opener, support: User) -> None:
        missing = client.get("/nowhere/")
        assert (missing.status_code, english(missing.content.decode())) == (404, [])
        User.objects.update(language="zh-hans", last_name="赵", first_name="敏")
        client.force_login(support)
        assert english(open_in_chinese("setup", status=403)) == []
