"""A file comes in through a real browser: with scripts and live progress, and without any script."""

import pytest
from playwright.sync_api import expect

from merchants.models import Shop, User
from orders import tasks
from orders.models import Order
from tests.orders.making import PDD, csv, xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GOOD = "260922-{},待发货,杯子,1,5.50,2026-09-22 08:00:00,2026-09-24 08:00:00"
BAD = "6.9E+18,待发货,杯子,1,5,2026-09-22 08:00:00"


def chosen(content: bytes, name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_an_export_goes_from_upload_to_its_orders_with_live_progress(
    open_as, seller: User, shop: Shop, complaints
) -> None:
    page = open_as(seller)
    page.goto("/imports/new/")
    page.set_input_files(
        "[name=file]", chosen(csv(PDD, GOOD.format(1), BAD, GOOD.format(2)).decode().encode("gb18030"), "拼多多.csv")
    )
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.locator("h1")).to_have_text("拼多多.csv")
    expect(page.get_by_text("Of the first 3 rows, 1 would be refused.")).to_be_visible()
    expect(page.get_by_role("cell", name="260922-1")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    tasks.run_imports()
    expect(page.get_by_text("Done")).to_be_visible()
    expect(page.locator(".tile").first).to_contain_text("2")
    expect(page.get_by_text("The spreadsheet turned the number into 6.9E+18")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the issues (CSV)").click()
    assert "6.9E+18" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("link", name="Orders of this import").click()
    page.get_by_role("link", name="260922-2").click()
    expect(page.locator("h1")).to_have_text("260922-2")
    assert complaints == []


def test_an_unknown_file_is_mapped_by_hand_without_any_script(open_as, seller: User, shop: Shop) -> None:
    page = open_as(seller, java_script_enabled=False)
    page.goto("/imports/new/")
    page.set_input_files("[name=file]", chosen(xlsx(["编号", "卖了多少"], ["A-1", 12.5]), "own.xlsx"))
    page.get_by_role("button", name="Upload and preview").click()
    page.locator("[name=map-number]").select_option("编号")
    page.locator("[name=map-amount]").select_option("卖了多少")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_role("cell", name="A-1")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    tasks.run_imports()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Every row went in.")).to_be_visible()
    assert [(order.number, str(order.amount)) for order in Order.objects.all()] == [("A-1", "12.50")]
