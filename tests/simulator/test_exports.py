"""The shops' order exports: real headers, encodings and windows."""

import csv
import io
from pathlib import Path

import pytest

from simulator.headers import DOUYIN_HEADER, PDD_HEADER
from tests.simulator.conftest import Client

ENCODINGS = {"MT-PDD": "gb18030", "MT-DY": "utf-8-sig", "MT-TB": "utf-8", "MT-KS": "utf-8", "MT-WX": "utf-8"}


def export(client: Client, shop: str, window: str = "") -> list[dict[str, str]]:
    status, body = client.raw("GET", f"/exports/{shop}.csv{window}")
    assert status == 200
    return list(csv.DictReader(io.StringIO(body.decode(ENCODINGS[shop]), newline="")))


def first_line(path: Path) -> list[str]:
    return next(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_headers_are_the_real_ones(shared: Path) -> None:
    samples = shared / "wire" / "samples" / "export_headers"
    assert list(PDD_HEADER) == first_line(samples / "pdd_orders_full_2023.csv")
    assert list(DOUYIN_HEADER) == [*first_line(samples / "douyin_orders_full.csv"), "快递信息"]


def test_the_taobao_header_begins_with_that_of_the_tmall_report(client: Client, shared: Path) -> None:
    real = first_line(shared / "data" / "tmall_orders" / "tmall_order_report.csv")
    assert list(export(client, "MT-TB")[0])[: len(real)] == real


def test_every_paid_order_shows_its_promise_and_every_sent_one_its_number(client: Client) -> None:
    for row in export(client, "MT-PDD"):
        assert bool(row["承诺发货时间"]) == bool(row["支付时间"])
        assert bool(row["快递单号"].strip()) == bool(row["发货时间"]) == bool(row["快递公司"])
    douyin = export(client, "MT-DY")
    assert all(row["主订单编号"].startswith("\t") for row in douyin)
    assert all(("-" in row["快递信息"]) == (row["发货时间"] != "-") for row in douyin)


def test_statuses_are_those_of_the_platforms(client: Client) -> None:
    seen: dict[str, set[str]] = {"MT-PDD": set(), "MT-DY": set(), "MT-TB": set()}
    for hours in (0, *[2] * 12, 72):
        client.control("time", advance_hours=hours)
        for shop, statuses in seen.items():
            statuses.update(row["订单状态"] for row in export(client, shop))
    assert seen == {
        "MT-PDD": {"待支付", "待发货", "已发货，待收货", "已收货", "已取消", "未发货，退款成功", "已发货，退款成功"},
        "MT-DY": {"待支付", "待发货", "已发货", "已完成", "已关闭"},
        "MT-TB": {"等待买家付款", "买家已付款，等待卖家发货", "卖家已发货，等待买家确认", "交易成功", "交易关闭"},
    }


def test_pdd_amounts_add_up(client: Client) -> None:
    for row in export(client, "MT-PDD"):
        parts = [
            round(float(row[name]) * 100)
            for name in ("商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "用户实付金额(元)")
        ]
        assert parts[0] + parts[1] - parts[2] - parts[3] == parts[4] > 0


def test_douyin_sub_orders_of_one_order_stand_in_rows_of_their_own(client: Client) -> None:
    rows = export(client, "MT-DY")
    several = [row for row in rows if row["主订单编号"] != row["子订单编号"]]
    assert several
    assert len({row["子订单编号"] for row in rows}) == len(rows)


def test_pdd_names_the_category_by_its_levels(client: Client) -> None:
    told = {
        (row["商家编码-商品维度"], row["商品一级类目"], row["商品三级类目"], row["商品四级类目"])
        for row in export(client, "MT-PDD")
    }
    assert ("MT-TWL-03", "家纺", "毛巾", "") in told
    assert all(first and third for _, first, third, _ in told)


def test_some_douyin_orders_are_presales_with_all_their_sub_orders(client: Client) -> None:
    kinds: dict[str, set[str]] = {}
    for row in export(client, "MT-DY"):
        kinds.setdefault(row["主订单编号"], set()).add(row["订单类型"])
    assert all(len(told) == 1 for told in kinds.values())
    presales = sum(told == {"全款预售"} for told in kinds.values())
    assert 0 < presales < len(kinds) / 4


def test_a_few_parcels_travel_with_a_company_that_the_platform_does_not_list(client: Client) -> None:
    columns = {"MT-PDD": "快递公司", "MT-DY": "快递信息", "MT-TB": "物流公司"}
    sent = [row[column] for shop, column in columns.items() for row in export(client, shop)]
    unlisted = [name for name in sent if name.endswith("其他快递")]
    assert 0 < len(unlisted) < len(sent) / 20


def test_a_window_holds_what_was_made_or_changed_in_it_as_of_its_end(client: Client) -> None:
    client.control("time", advance_hours=48)
    earlier = {row["订单号"]: row for row in export(client, "MT-PDD", "?until=2026-11-22T04:00:00Z")}
    changed = {row["订单号"]: row for row in export(client, "MT-PDD", "?since=2026-11-22T04:00:00Z")}
    both = earlier.keys() & changed.keys()
    assert both
    assert all(earlier[number] != changed[number] for number in both)
    assert changed.keys() - earlier.keys()
    everything = {row["订单号"]: row for row in export(client, "MT-PDD")}
    assert everything == earlier | changed


def test_the_future_is_not_told(client: Client) -> None:
    assert export(client, "MT-TB", "?until=2030-01-01T00:00:00Z") == export(client, "MT-TB")


@pytest.mark.parametrize(
    ("target", "status"),
    [("/exports/NO-SHOP.csv", 404), ("/exports/MT-PDD.xlsx", 404), ("/exports/MT-PDD.csv?since=soon", 400)],
)
def test_a_wrong_address_or_window_is_told_apart(client: Client, target: str, status: int) -> None:
    assert client.raw("GET", target)[0] == status
