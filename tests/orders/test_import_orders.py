import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import translation

from merchants.models import Merchant, Shop
from orders.models import Order
from tests.orders.making import PDD, csv

pytestmark = pytest.mark.django_db
GOOD = "260922-1,待发货,杯子,1,5,2026-09-22 08:00:00"
BAD = "6.9E+18,待发货,杯子,1,5,2026-09-22 08:00:00"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def run(*args: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_orders", *map(str, args), stdout=out, stderr=err)
    except SystemExit as stopped:
        return stopped.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def file(folder: Path, *lines: str, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(csv(PDD, *lines))
    return path


def test_a_file_goes_in_and_again_changes_nothing(shop, tmp_path) -> None:
    path = file(tmp_path, GOOD)
    code, out, _ = run("--shop", shop.code, path)
    assert code == 0
    assert "Orders created\t1" in out
    code, out, _ = run("--shop", shop.code, path)
    assert code == 0
    assert "Orders created\t0" in out
    assert "Orders unchanged\t1" in out


def test_a_refused_row_is_told_and_the_rest_goes_in(shop, tmp_path) -> None:
    code, out, _ = run("--shop", shop.code, "--profile", "pdd", file(tmp_path, BAD, GOOD))
    assert code == 1
    assert "Rows refused\t1" in out
    assert "orders.csv\t2\t订单号\tyes\tThe spreadsheet turned the number into 6.9E+18" in out
    assert [order.number for order in Order.objects.all()] == ["260922-1"]


def test_the_report_comes_as_json_too(shop, tmp_path) -> None:
    code, out, _ = run("--shop", f"miantian/{shop.code}", "--json", file(tmp_path, BAD, GOOD))
    report = json.loads(out)
    assert code == 1
    assert (report["rows"], report["created"], report["refused"], report["profiles"]) == (2, 1, 1, ["pdd"])
    assert report["issues"][0]["row"] == 2
    assert report["issues"][0]["code"] == "scientific-number"


def test_an_export_of_a_period_without_orders_is_no_error(shop, tmp_path) -> None:
    code, out, _ = run("--shop", shop.code, file(tmp_path))
    assert code == 0
    assert "The file has a header but no rows below it." in out


def test_what_cannot_be_read_ends_with_one_sentence(shop, tmp_path) -> None:
    junk = tmp_path / "junk.csv"
    junk.write_bytes(b"a,b\n1,2\n")
    for args, sentence in [
        ((shop.code, tmp_path / "none.csv"), "none.csv cannot be read: No such file or directory.\n"),
        ((shop.code, tmp_path), "cannot be read: Is a directory.\n"),
        (
            (shop.code, junk),
            "No known export has these columns: a, b. Choose the columns by hand, or use our template.\n",
        ),
        (("NOWHERE", file(tmp_path, GOOD)), f"There is no shop NOWHERE. The shops are: {shop.code}.\n"),
    ]:
        code, out, err = run("--shop", *args)
        assert (code, out) == (2, "")
        assert err.endswith(sentence)
        assert err.count("\n") == 1
    assert not Order.objects.exists()


def test_a_code_of_two_merchants_asks_which(shop, tmp_path) -> None:
    Shop.objects.create(
        merchant=Merchant.objects.create(code="other", name="o"), code=shop.code, name="x", platform="pdd"
    )
    code, _, err = run("--shop", shop.code, file(tmp_path, GOOD))
    assert code == 2
    assert err == f"Several merchants have a shop {shop.code}. Say which: miantian/{shop.code}, other/{shop.code}.\n"
    assert run("--shop", f"other/{shop.code}", file(tmp_path, GOOD))[0] == 0


def test_the_olist_files_go_in_together(shop, shared) -> None:
    folder = shared / "data/olist_sample"
    files = [folder / f"olist_{name}_dataset.csv" for name in ("orders", "order_items", "order_payments")]
    code, out, _ = run("--shop", shop.code, "--profile", "olist", "--json", *files)
    assert code == 0
    assert json.loads(out) | {"issues": []} == {
        "shop": f"miantian/{shop.code}",
        "profiles": ["olist"],
        "rows": 10_000,
        "created": 10_000,
        "updated": 0,
        "unchanged": 0,
        "refused": 0,
        "doubtful": 0,
        "issues": [],
    }
    assert Order.objects.filter(lines__promised_dispatch_at__isnull=False).count() == 11_513


def test_the_file_of_customers_that_comes_with_olists_others_is_left_unread(shop, shared) -> None:
    folder = shared / "data/olist_sample"
    code, out, _ = run("--shop", shop.code, "--json", *map(str, sorted(folder.glob("olist_*_dataset.csv"))))
    assert code == 0
    assert json.loads(out)["created"] == 10_000
