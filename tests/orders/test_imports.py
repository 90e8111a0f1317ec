from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import imports, intake, tasks
from orders.errors import LeaseLost, UnusableFile
from orders.models import ImportIssue, Order, OrderImport
from tests.orders.making import DOUYIN, PDD, csv

pytestmark = pytest.mark.django_db
State = OrderImport.State
GOOD = "260922-{},待发货,杯子,1,5,2026-09-22 08:00:00"
BAD = "6.9E+18,待发货,杯子,1,5,2026-09-22 08:00:00"


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(intake, "BATCH", 2)


def queued(shop, user, now, *rows: str) -> OrderImport:
    run = imports.upload(shop, user, "orders.csv", csv(PDD, *rows), now)
    assert imports.commit(run)
    return run


def test_an_upload_is_kept_with_its_profile_and_touches_no_order(shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(DOUYIN, "M1,S1"), now)
    assert (run.profile, run.state, run.filename, run.by) == ("douyin", State.PREVIEW, "orders.csv", seller)
    assert not Order.objects.exists()


def test_a_file_nobody_knows_is_kept_for_choosing_columns_by_hand(shop, seller, now) -> None:
    run = imports.upload(shop, seller, "x.csv", csv("编号,状态", "A1,待发货"), now)
    assert run.profile == "generic"
    preview = imports.preview(run)
    assert preview.headers == ("编号", "状态")
    assert preview.error.startswith(("The column Order number is missing", "缺少「订单号」列"))
    imports.choose(run, "generic", {"number": "编号", "status": "状态"})
    run.refresh_from_db()
    assert run.mapping == {"number": "编号", "status": "状态"}
    assert [order.number for order in imports.preview(run).orders] == ["A1"]


def test_what_is_no_table_is_not_kept(shop, seller, now) -> None:
    with pytest.raises(UnusableFile):
        imports.upload(shop, seller, "x.png", b"\x89PNG\r\n\x1a\n\x00", now)
    assert not OrderImport.objects.exists()


def test_a_preview_shows_what_would_be_read_and_refused(shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(PDD, GOOD.format(1), BAD), now)
    preview = imports.preview(run)
    assert [order.number for order in preview.orders] == ["260922-1"]
    assert (preview.rows, preview.rows_read, preview.refused, preview.error) == (2, 2, 1, "")
    assert preview.mapping["number"] == "订单号"
    assert [issue.code for issue in preview.issues] == ["scientific-number"]


def test_only_choices_that_differ_from_the_profiles_guess_are_kept(shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", csv(PDD, GOOD.format(1)), now)
    guess = imports.preview(run).mapping
    imports.choose(run, "pdd", guess)
    assert run.mapping == {}
    imports.choose(run, "pdd", guess | {"title": ""})
    assert run.mapping == {"title": ""}
    imports.choose(run, "generic", guess)
    assert (run.profile, run.mapping) == ("generic", {})


def test_previews_nobody_committed_are_forgotten_after_a_day(shop, seller, now) -> None:
    old = imports.upload(shop, seller, "old.csv", csv(PDD, GOOD.format(1)), now - timedelta(days=2))
    done = queued(shop, seller, now - timedelta(days=2), GOOD.format(2))
    imports.upload(shop, seller, "new.csv", csv(PDD, GOOD.format(1)), now)
    assert not OrderImport.objects.filter(pk=old.pk).exists()
    assert OrderImport.objects.filter(pk=done.pk).exists()


def test_a_run_brings_orders_in_and_reports(shop, seller, now, small_batches) -> None:
    run = queued(shop, seller, now, GOOD.format(1), GOOD.format(2), BAD, GOOD.format(3))
    assert tasks.run_imports() == 1
    run.refresh_from_db()
    assert (run.state, run.error, bytes(run.content), run.lease_until) == (State.DONE, "", b"", None)
    assert (run.rows_total, run.rows_done, run.rows_refused) == (4, 4, 1)
    assert (run.orders_created, run.orders_updated, run.orders_unchanged) == (3, 0, 0)
    issue = run.issues.get()
    assert (issue.row, issue.field, issue.code, issue.value, issue.refused) == (
        4,
        "订单号",
        "scientific-number",
        "6.9E+18",
        True,
    )
    assert Order.objects.count() == 3
    assert tasks.run_imports() == 0


def test_the_same_file_again_changes_nothing(shop, seller, now) -> None:
    for _ in range(2):
        run = queued(shop, seller, now, GOOD.format(1), GOOD.format(2))
        tasks.run_imports()
    run.refresh_from_db()
    assert (run.orders_created, run.orders_updated, run.orders_unchanged) == (0, 0, 2)


def test_a_claimed_run_is_left_alone_until_its_lease_is_over(shop, seller, now) -> None:
    queued(shop, seller, now, GOOD.format(1))
    first = imports.claim(now)
    assert first is not None
    assert imports.claim(now) is None
    assert imports.claim(now + imports.LEASE + timedelta(seconds=1)) == first


def test_a_dead_workers_run_goes_on_where_it_stopped(shop, seller, now, small_batches) -> None:
    run = queued(shop, seller, now, *(GOOD.format(i) for i in range(5)), BAD)
    dead = imports.claim(now)
    batches = imports._batches(imports.opened(dead).readings())
    imports._take(dead, next(batches), now)
    heir = imports.claim(now + timedelta(minutes=2))
    imports.work(heir, lambda: now + timedelta(minutes=2))
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.orders_created, run.orders_unchanged, run.rows_refused) == (
        State.DONE,
        6,
        5,
        0,
        1,
    )


def test_a_worker_that_lost_its_lease_leaves_nothing_half_done(shop, seller, now, small_batches) -> None:
    run = queued(shop, seller, now, *(GOOD.format(i) for i in range(2)))
    slow = imports.claim(now)
    heir = imports.claim(now + timedelta(minutes=2))
    batch = next(imports._batches(imports.opened(slow).readings()))
    with pytest.raises(LeaseLost):
        imports._take(slow, batch, now)
    assert not Order.objects.exists()
    imports.work(slow, lambda: now)
    run.refresh_from_db()
    assert (run.state, run.rows_done) == (State.RUNNING, 0)
    imports.work(heir, lambda: now)
    run.refresh_from_db()
    assert (run.state, run.orders_created) == (State.DONE, 2)


def test_a_file_that_breaks_off_keeps_what_was_good_and_says_why(shop, seller, now, small_batches) -> None:
    content = csv(PDD, *(GOOD.format(i) for i in range(4))) + b'\n"260922-9,' + b"x" * 200_000
    run = OrderImport.objects.create(
        shop=shop, by=seller, profile="pdd", filename="a.csv", content=content, created_at=now, state=State.QUEUED
    )
    tasks.run_imports()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error.startswith("A cell is larger than 131,072 characters")
    assert bytes(run.content) == content


def test_a_failure_is_told_in_chinese_to_whom_reads_as_their_browser_does(shop, seller, now) -> None:
    seller.language = ""
    seller.save()
    run = OrderImport.objects.create(
        shop=shop, by=seller, profile="pdd", filename="a.csv", content=b"", created_at=now, state=State.QUEUED
    )
    tasks.run_imports()
    run.refresh_from_db()
    assert (run.state, run.error) == (State.FAILED, "文件是空的。请重新导出。")


def test_issues_are_kept_up_to_a_limit_and_counted_beyond(shop, seller, now, monkeypatch) -> None:
    monkeypatch.setattr(imports, "MOST_ISSUES", 2)
    run = queued(shop, seller, now, BAD, BAD, BAD)
    tasks.run_imports()
    run.refresh_from_db()
    assert (ImportIssue.objects.count(), run.rows_refused) == (2, 3)


def test_a_batch_of_a_run_takes_the_same_queries_whatever_its_size(shop, seller, now) -> None:
    def queries(start: int, count: int) -> int:
        queued(shop, seller, now, *(GOOD.format(i) for i in range(start, start + count)))
        run = imports.claim(now)
        with CaptureQueriesContext(connection) as captured:
            imports.work(run, lambda: now)
        return len(captured)

    assert queries(0, 1) == queries(1, 300)


def test_of_a_failed_run_that_brought_rows_in_the_file_is_thrown_away_and_the_report_stays(shop, seller, now) -> None:
    run = queued(shop, seller, now, GOOD.format(1))
    OrderImport.objects.update(state="failed", rows_done=1, error="?")
    assert not imports.discard(run)
    run.refresh_from_db()
    assert (bytes(run.content), run.rows_done, run.state) == (b"", 1, "failed")


def test_a_failed_run_that_brought_nothing_in_is_thrown_away_whole(shop, seller, now) -> None:
    run = queued(shop, seller, now, GOOD.format(1))
    OrderImport.objects.update(state="failed", error="?")
    assert imports.discard(run)
    assert not OrderImport.objects.exists()


def test_a_committed_run_cannot_be_thrown_away_or_committed_again(shop, seller, now) -> None:
    run = queued(shop, seller, now, GOOD.format(1))
    assert not imports.discard(run)
    assert not imports.commit(run)


def test_amounts_whose_sum_cannot_be_stored_are_told_and_cost_no_other_order(shop, seller, now) -> None:
    line = "{},{},杯子,1,9999999999.99,待发货,,,,"
    file = csv(DOUYIN, line.format("D1", "1"), line.format("D1", "2"), "D2,3,杯子,1,12.50,待发货,,,,")
    run = imports.upload(shop, seller, "orders.csv", file, now)
    assert imports.commit(run)
    tasks.run_imports()
    run.refresh_from_db()
    assert (run.state, run.orders_created) == (State.DONE, 2)
    assert [(issue.row, issue.code, issue.refused) for issue in run.issues.all()] == [(3, "money-too-large", False)]
    assert dict(Order.objects.values_list("number", "amount")) == {"D1": Decimal(0), "D2": Decimal("12.50")}


def test_a_doubtful_cell_with_a_nul_in_it_can_be_reported(shop, seller, now) -> None:
    run = imports.upload(shop, seller, "orders.csv", "订单编号,下单时间\nA1,1999-01-01\x00".encode("utf-16"), now)
    imports.choose(run, "generic", {"number": "订单编号", "placed_at": "下单时间"})
    assert imports.commit(run)
    tasks.run_imports()
    run.refresh_from_db()
    assert (run.state, [issue.value for issue in run.issues.all()]) == (State.DONE, ["1999-01-01"])
