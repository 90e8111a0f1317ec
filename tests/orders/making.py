"""Files as exports make them, and drafts to take in."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl

from orders.drafts import Buyer, DispatchDraft, LineDraft, OrderDraft
from orders.sources.sheet import Reading, Sheet, open_sheets

SHANGHAI = ZoneInfo("Asia/Shanghai")
PDD = "订单号,订单状态,商品,商品数量(件),用户实付金额(元),订单成交时间,承诺发货时间,发货时间,快递单号,快递公司,售后状态,样式ID"
DOUYIN = "主订单编号,子订单编号,选购商品,商品数量,订单应付金额,订单状态,承诺发货时间,发货时间,售后状态,快递信息"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def xlsx(*rows: list) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(content: bytes, profile: str = "auto", chosen: dict[str, str] | None = None) -> Sheet:
    (sheet,) = open_sheets([("orders.csv", content)], profile, SHANGHAI, chosen)
    return sheet


def read(content: bytes, profile: str = "auto", chosen: dict[str, str] | None = None) -> list[Reading]:
    return list(opened(content, profile, chosen).readings())


def drafts(content: bytes, profile: str = "auto") -> list[OrderDraft]:
    return [reading.draft for reading in read(content, profile) if reading.draft]


def codes(readings: list[Reading]) -> list[tuple[int, str, bool]]:
    return [(issue.row, issue.code, issue.refused) for reading in readings for issue in reading.issues]


def draft(number: str = "A1", **facts: object) -> OrderDraft:
    told = {
        "status": "dispatched",
        "placed_at": utc("2026-11-20 01:00"),
        "paid_at": utc("2026-11-20 01:05"),
        "amount": Decimal("125.00"),
        "buyer": Buyer("王小明", "13900005521", "广东省深圳市南山区1号", "轻放"),
        "lines": (LineDraft("1", "陶瓷餐具", "6件套", "SKU-1", 2, Decimal("125.00")),),
        "dispatches": (DispatchDraft("圆通速递", f"YT-{number}", utc("2026-11-20 06:30")),),
    }
    return OrderDraft(number, **(told | facts))
