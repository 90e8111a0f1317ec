from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from orders import imports, tasks
from orders.models import Order, OrderImport
from orders.sources.reading import MAX_BYTES
from orders.views.imports import harmless
from tests.orders.making import PDD, csv, read

pytestmark = pytest.mark.django_db
State = OrderImport.State
GOOD = "260922-{},待发货,=1+1,1,5,2026-09-22 08:00:00"
BAD = "6.9E+18,待发货,杯子,1,5,2026-09-22 08:00:00"


@pytest.fixture
def at_desk(client, seller):
    client.force_login(seller)
    return client


def upload(client, shop, content: bytes, name: str = "orders.csv"):
    return client.post(reverse("import-new"), {"shop": shop.pk, "file": SimpleUploadedFile(name, content)})


def test_a_file_goes_the_whole_way_from_upload_to_its_orders(at_desk, shop) -> None:
    response = upload(at_desk, shop, csv(PDD, GOOD.format(1), BAD))
    run = OrderImport.objects.get()
    assert (response.status_code, response["Location"]) == (303, reverse("import", args=[run.pk]))
    page = at_desk.get(response["Location"])
    assert page.status_code == 200
    text = page.content.decode()
    assert "260922-1" in text
    assert "The spreadsheet turned the number into 6.9E+18" in text
    assert not Order.objects.exists()
    form = page.context["form"]
    data = {name: form[name].initial for name in form.fields}
    response = at_desk.post(response["Location"], data | {"action": "commit"})
    assert response.status_code == 303
    assert tasks.run_imports() == 1
    report = at_desk.get(response["Location"]).content.decode()
    assert "Rows refused" in report
    assert "Orders of this import" in report
    run.refresh_from_db()
    assert (run.state, run.orders_created, run.mapping) == (State.DONE, 1, {})
    listed = at_desk.get(reverse("orders"), {"import": run.pk}).content.decode()
    assert "260922-1" in listed


def test_the_column_of_the_goods_and_of_their_category_can_be_chosen(at_desk, shop) -> None:
    upload(at_desk, shop, csv("订单号,商品,备注甲,备注乙", "A1,杯子,保税,家居>餐具"))
    run = OrderImport.objects.get()
    here = reverse("import", args=[run.pk])
    columns = {"number": "订单号", "title": "商品", "goods": "备注甲", "category": "备注乙"}
    said = {"profile": "generic", "action": "preview"} | {f"map-{field}": name for field, name in columns.items()}
    assert at_desk.post(here, said).status_code == 303
    preview = at_desk.get(here).content.decode()
    assert "Bonded goods" in preview
    assert "家居/餐具" in preview
    at_desk.post(here, said | {"action": "commit"})
    assert tasks.run_imports() == 1
    order = Order.objects.get()
    assert (order.goods, order.lines.get().category) == ("bonded", "家居/餐具")


def test_columns_chosen_in_the_preview_are_used(at_desk, shop) -> None:
    upload(at_desk, shop, csv("编号,状态", "A1,待发货"))
    run = OrderImport.objects.get()
    here = reverse("import", args=[run.pk])
    assert at_desk.get(here).status_code == 200
    response = at_desk.post(
        here, {"profile": "generic", "map-number": "编号", "map-status": "状态", "action": "preview"}
    )
    assert response.status_code == 303
    assert ">A1<" in at_desk.get(here).content.decode()
    response = at_desk.post(here, {"profile": "generic", "map-number": "nowhere", "action": "preview"})
    assert response.status_code == 422
    response = at_desk.post(here, {"profile": "nonsense", "action": "commit"})
    assert response.status_code == 422
    run.refresh_from_db()
    assert run.state == State.PREVIEW


def test_a_preview_with_an_error_is_not_committed(at_desk, shop) -> None:
    upload(at_desk, shop, csv("编号,状态", "A1,待发货"))
    run = OrderImport.objects.get()
    at_desk.post(reverse("import", args=[run.pk]), {"profile": "generic", "action": "commit"})
    run.refresh_from_db()
    assert run.state == State.PREVIEW


def test_progress_is_a_part_that_asks_again_until_it_is_over(at_desk, shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(PDD, GOOD.format(1)), now)
    imports.commit(run)
    here = reverse("import", args=[run.pk])
    part = at_desk.get(here, headers={"HX-Request": "true", "HX-Target": "import"}).content.decode()
    assert part.lstrip().startswith('<div id="import"')
    assert 'hx-trigger="every 1s"' in part
    assert ">Refresh</a>" in part
    tasks.run_imports()
    part = at_desk.get(here, headers={"HX-Request": "true", "HX-Target": "import"}).content.decode()
    assert "hx-trigger" not in part
    assert "Every row went in." in part


def test_what_is_too_large_or_no_table_is_told_and_not_kept(at_desk, shop) -> None:
    response = upload(at_desk, shop, b"a" * (MAX_BYTES + 1))
    assert response.status_code == 413
    assert "The file is larger than 30 MB." in response.content.decode()
    response = upload(at_desk, shop, b"\x89PNG\r\n\x1a\n\x00\x00", "photo.png")
    assert response.status_code == 422
    assert "neither a spreadsheet nor a text table" in response.content.decode()
    assert at_desk.post(reverse("import-new"), {"shop": shop.pk}).status_code == 422
    assert not OrderImport.objects.exists()


def test_nobody_imports_into_a_shop_of_strangers(at_desk, stranger_shop) -> None:
    response = upload(at_desk, stranger_shop, csv(PDD, GOOD.format(1)))
    assert response.status_code == 422
    assert not OrderImport.objects.exists()


def test_support_may_not_import(client, support, shop) -> None:
    client.force_login(support)
    assert upload(client, shop, csv(PDD, GOOD.format(1))).status_code == 403
    assert not OrderImport.objects.exists()


def test_issues_download_as_csv_that_runs_nothing(at_desk, shop, seller, now) -> None:
    content = csv(PDD, "260922-1,=cmd|' /C calc'!A0,杯子,1,5,2026-09-22 08:00:00", BAD)
    run = imports.upload(shop, seller, "orders.csv", content, now)
    imports.commit(run)
    tasks.run_imports()
    response = at_desk.get(reverse("import-issues", args=[run.pk]))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="import-{run.pk}-issues.csv"' in response["Content-Disposition"]
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,Column,Refused,Value,Reason"
    assert lines[1].startswith("2,订单状态,no,'=cmd|' /C calc'!A0,We do not know the status")
    assert lines[2].startswith('3,订单号,yes,6.9E+18,"The spreadsheet turned')


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_the_template_can_be_filled_in_and_read_back(at_desk, shop) -> None:
    response = at_desk.get(reverse("import-template"))
    (reading,) = read(response.content)
    assert reading.issues == ()
    assert reading.draft is not None
    assert (reading.draft.number, reading.draft.status) == ("SO-1001", "to_dispatch")


def test_a_preview_can_be_thrown_away(at_desk, shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(PDD, GOOD.format(1)), now)
    response = at_desk.post(reverse("import", args=[run.pk]), {"action": "discard"})
    assert (response.status_code, response["Location"]) == (303, reverse("imports"))
    assert not OrderImport.objects.exists()


def test_a_failed_import_tells_why_and_can_be_started_again(at_desk, shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(PDD, GOOD.format(1)), now)
    OrderImport.objects.update(state=State.FAILED, error="It stopped.", finished_at=now + timedelta(seconds=1))
    here = reverse("import", args=[run.pk])
    page = at_desk.get(here)
    assert "It stopped." in page.content.decode()
    form = page.context["form"]
    at_desk.post(here, {name: form[name].initial for name in form.fields} | {"action": "commit"})
    tasks.run_imports()
    run.refresh_from_db()
    assert (run.state, run.error, run.orders_created) == (State.DONE, "", 1)


def test_the_list_names_runs_without_loading_their_files(
    at_desk, shop, seller, now, django_assert_max_num_queries
) -> None:
    for i in range(3):
        imports.upload(shop, seller, f"f{i}.csv", csv(PDD, GOOD.format(i)), now)
    with django_assert_max_num_queries(12) as captured:
        page = at_desk.get(reverse("imports"))
    assert page.content.decode().index("f2.csv") < page.content.decode().index("f0.csv")
    assert not any('"content"' in query["sql"] for query in captured.captured_queries)


def test_a_body_larger_than_any_export_is_refused_before_it_is_kept(client, at_desk, shop, settings) -> None:
    settings.LARGEST_UPLOAD = 5000
    assert upload(at_desk, shop, csv(PDD, GOOD.format(1))).status_code == 303
    response = upload(at_desk, shop, b"a" * 6000)
    assert response.status_code == 413
    client.logout()
    assert client.post(reverse("login"), {"file": SimpleUploadedFile("x.csv", b"a" * 6000)}).status_code == 413
    assert OrderImport.objects.count() == 1
