"""Order exports as each marketplace's back office writes them: header, encoding, quirks of the cells.

A row shows its order as of `until`; nothing that comes later shines through.
"""

import csv
import io
from collections.abc import Iterable

from simulator.catalogue import SHOP_BY_CODE, Shop
from simulator.headers import DOUYIN_HEADER, PDD_HEADER, SHEET_HEADER, TAOBAO_HEADER
from simulator.instants import local_text
from simulator.orders import Line, Order
from simulator.places import CITIES

_STREETS = ("人民路", "建设路", "解放大道", "中山路", "和平街", "文化路", "长江路", "幸福小区")

_PDD_LEVELS = ("商品一级类目", "商品二级类目", "商品三级类目", "商品四级类目")


def export(shop: Shop, orders: Iterable[Order], since: int, until: int) -> bytes:
    """The shop's export file of orders made or changed from `since` to `until` (both included)."""
    chosen = sorted(
        (order for order in orders if order.shop == shop.code and _touched(order, since, until)),
        key=lambda one: (one.created_at, one.number),
    )
    header, rows, encoding = _FORMS.get(shop.platform, (SHEET_HEADER, _sheet_rows, "utf-8"))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for order in chosen:
        for cells in rows(order, until):
            writer.writerow([cells.get(name, "") for name in header])
    return text.getvalue().encode(encoding)


def changes(order: Order) -> list[int]:
    """Every instant at which the marketplace changes the order."""
    moments = (
        order.created_at,
        order.paid_at,
        order.ship_at,
        order.cancelled_at,
        order.refunded_at,
        order.confirmed_at,
    )
    return sorted(moment for moment in moments if moment is not None)


def shop_of(code: str) -> Shop | None:
    """The shop with this code."""
    return SHOP_BY_CODE.get(code)


def _touched(order: Order, since: int, until: int) -> bool:
    return any(since <= moment <= until for moment in changes(order))


def _seen(moment: int | None, until: int, blank: str = "") -> str:
    return local_text(moment) if moment is not None and moment <= until else blank


def _by(moment: int | None, until: int) -> bool:
    return moment is not None and moment <= until


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def _address(order: Order) -> tuple[str, str, str, str]:
    city = CITIES[order.dest[0]]
    return city.province, city.name, city.districts[order.dest[1]][0], f"{_STREETS[order.index % len(_STREETS)]}***号"


def _pdd_status(order: Order, until: int) -> str:
    if _by(order.refunded_at, until):
        return "已发货，退款成功" if _by(order.ship_at, until) else "未发货，退款成功"
    if _by(order.cancelled_at, until):
        return "已取消"
    if _by(order.confirmed_at, until):
        return "已收货"
    if _by(order.ship_at, until):
        return "已发货，待收货"
    return "待发货" if _by(order.paid_at, until) else "待支付"


def _pdd_row(order: Order, until: int) -> list[dict[str, str]]:
    line, paid, shipped = order.lines[0], _by(order.paid_at, until), _by(order.ship_at, until)
    province, city, district, street = _address(order)
    return [
        {
            **_pdd_money(order),
            "商品": line.goods.title,
            "订单号": order.number,
            "订单状态": _pdd_status(order, until),
            "商品数量(件)": f"{line.quantity}\t",
            "是否审核中": "否",
            "支付时间": _seen(order.paid_at, until),
            "承诺发货时间": local_text(order.promise_at) if paid else "",
            "承诺送达时间": local_text(order.deliver_by) if paid else "",
            "发货时间": _seen(order.ship_at, until),
            "确认收货时间": _seen(order.confirmed_at, until),
            "商品id": f"{line.goods.goods_id}\t",
            "商品规格": line.goods.specs[line.spec][0],
            "样式ID": f"{line.goods.goods_id}{line.spec}\t",
            **dict(zip(_PDD_LEVELS, line.goods.category, strict=False)),
            "商家编码-规格维度": f"{line.goods.sku}-{line.spec + 1}",
            "商家编码-商品维度": line.goods.sku,
            "售后状态": "退款成功" if _by(order.refunded_at, until) else "无售后或售后取消",
            # The deal is made when the buyer has paid and the group is full: an unpaid order has none.
            "订单成交时间": _seen(order.paid_at, until),
            "快递单号": f"{order.waybill}\t" if shipped else "",
            "快递公司": order.carrier_name if shipped else "",
            "省": province,
            "市": city,
            "区": district,
            "街道/镇": street,
            "用户购买手机号": order.phone,
            "是否抽奖或0元试用": "否",
            "是否顺丰加价": "否",
            "是否门店自提": "否",
            "是否直播间成交": "否",
            "是否分期": "否",
        }
    ]


def _pdd_money(order: Order) -> dict[str, str]:
    return {
        "商品总价(元)": _yuan(order.goods_total),
        "邮费(元)": _yuan(order.postage),
        "店铺优惠折扣(元)": _yuan(order.shop_discount),
        "平台优惠折扣(元)": _yuan(order.platform_discount),
        "多多支付立减金额(元)": "0.00",
        "用户实付金额(元)": _yuan(order.paid_total),
        "商家实收金额(元)": f"{_yuan(order.goods_total + order.postage - order.shop_discount)}\t",
    }


def _douyin_status(order: Order, until: int) -> tuple[str, str, str]:
    """(order status, after-sale status, reason of cancellation)."""
    if _by(order.refunded_at, until):
        return (
            ("已完成" if _by(order.ended_at, until) else "已关闭"),
            "退款成功",
            "" if _by(order.ship_at, until) else "买家申请退款",
        )
    if _by(order.cancelled_at, until):
        return "已关闭", "-", "超时未支付"
    if _by(order.confirmed_at, until):
        return "已完成", "-", ""
    if _by(order.ship_at, until):
        return "已发货", "-", ""
    return ("待发货" if _by(order.paid_at, until) else "待支付"), "-", ""


def _douyin_rows(order: Order, until: int) -> list[dict[str, str]]:
    return [_douyin_row(order, line, until, first=position == 0) for position, line in enumerate(order.lines)]


def _douyin_row(order: Order, line: Line, until: int, *, first: bool) -> dict[str, str]:
    status, after_sale, reason = _douyin_status(order, until)
    paid, shipped = _by(order.paid_at, until), _by(order.ship_at, until)
    province, city, district, street = _address(order)
    number = order.number if len(order.lines) == 1 else line.number
    return {
        **_douyin_money(line, order.postage if first else 0),
        "主订单编号": f"\t{order.number}",
        "子订单编号": f"\t{number}",
        "选购商品": f"\t{line.goods.title}",
        "商品规格": f"\t{line.goods.specs[line.spec][0]}",
        "商品数量": str(line.quantity),
        "商品ID": f"\t{line.goods.goods_id}",
        "商家编码": f"\t{line.goods.sku}-{line.spec + 1}",
        "商品单价": _yuan(line.price),
        "支付方式": "抖音支付" if paid else "-",
        "收件人": order.buyer,
        "收件人手机号": order.phone,
        "省": province,
        "市": city,
        "区": district,
        "街道": "-",
        "详细地址": street,
        "是否修改过地址": "否",
        "买家留言": "-",
        "订单提交时间": local_text(order.created_at),
        "商家备注": "-",
        "订单完成时间": _seen(order.confirmed_at, until, "-"),
        "支付完成时间": _seen(order.paid_at, until, "-"),
        "APP渠道": "抖音",
        "流量来源": "商品卡",
        "订单状态": status,
        "承诺发货时间": local_text(order.promise_at) if paid else "-",
        "订单类型": "全款预售" if order.presale else "普通订单",
        "售后状态": after_sale,
        "取消原因": reason,
        "是否安心购": "否",
        "发货时间": _seen(order.ship_at, until, "-"),
        "预计送达时间": local_text(order.deliver_by) if paid else "-",
        "快递信息": f"{order.waybill}-{order.carrier_name}" if shipped else "",
    }


def _douyin_money(line: Line, postage: int) -> dict[str, str]:
    return {
        "订单应付金额": _yuan(line.total + postage - line.shop_discount - line.platform_discount),
        "运费": _yuan(postage),
        "优惠总金额": _yuan(line.shop_discount + line.platform_discount),
        "平台优惠": _yuan(line.platform_discount),
        "商家优惠": _yuan(line.shop_discount),
        "达人优惠": "0.00",
        "商家改价": "0.00",
        "支付优惠": "0.00",
        "红包抵扣": "0.00",
        "手续费": "0.00",
        "平台实际承担优惠金额": _yuan(line.platform_discount),
        "商家实际承担优惠金额": _yuan(line.shop_discount),
        "达人实际承担优惠金额": "0.00",
    }


def _taobao_status(order: Order, until: int) -> str:
    if _by(order.refunded_at, until) or _by(order.cancelled_at, until):
        return "交易关闭"
    if _by(order.confirmed_at, until):
        return "交易成功"
    if _by(order.ship_at, until):
        return "卖家已发货，等待买家确认"
    return "买家已付款，等待卖家发货" if _by(order.paid_at, until) else "等待买家付款"


def _taobao_row(order: Order, until: int) -> list[dict[str, str]]:
    paid, shipped = _by(order.paid_at, until), _by(order.ship_at, until)
    province, city, district, street = _address(order)
    return [
        {
            "订单编号": order.number,
            "总金额": _yuan(order.goods_total + order.postage),
            "买家实际支付金额": _yuan(order.paid_total if paid else 0),
            "收货地址 ": f"{province} {city} {district} {street}",
            "订单创建时间": local_text(order.created_at),
            "订单付款时间 ": _seen(order.paid_at, until),
            "退款金额": _yuan(order.paid_total if _by(order.refunded_at, until) else 0),
            "订单状态": _taobao_status(order, until),
            "物流单号": order.waybill if shipped else "",
            "物流公司": order.carrier_name if shipped else "",
            "发货时间": _seen(order.ship_at, until),
            "承诺发货时间": local_text(order.promise_at) if paid else "",
            "确认收货时间": _seen(order.confirmed_at, until),
            "收货人姓名": order.buyer,
            "联系手机": order.phone,
            "宝贝标题": "，".join(line.goods.title for line in order.lines),
            "宝贝总数量": str(sum(line.quantity for line in order.lines)),
        }
    ]


def _sheet_status(order: Order, until: int) -> str:
    if _by(order.refunded_at, until) or _by(order.cancelled_at, until):
        return "已关闭"
    if _by(order.confirmed_at, until):
        return "已完成"
    if _by(order.ship_at, until):
        return "已发货"
    return "待发货" if _by(order.paid_at, until) else "待付款"


def _sheet_rows(order: Order, until: int) -> list[dict[str, str]]:
    """An order as the sheet of our own form tells it: a row a line of goods."""
    paid, shipped = _by(order.paid_at, until), _by(order.ship_at, until)
    province, city, district, street = _address(order)
    told = {
        "订单号": order.number,
        "订单状态": _sheet_status(order, until),
        "下单时间": local_text(order.created_at),
        "付款时间": _seen(order.paid_at, until),
        "承诺发货时间": local_text(order.promise_at) if paid else "",
        "承诺送达时间": local_text(order.deliver_by) if paid else "",
        "发货时间": _seen(order.ship_at, until),
        "完成时间": _seen(order.confirmed_at, until),
        "订单金额": _yuan(order.paid_total),
        "退款金额": _yuan(order.paid_total if paid and _by(order.refunded_at, until) else 0),
        "运单号": order.waybill if shipped else "",
        "快递公司": order.carrier_name if shipped else "",
        "收件人": order.buyer,
        "手机号": order.phone,
        "详细地址": street,
        "省": province,
        "市": city,
        "区": district,
    }
    return [told | _sheet_line(line) for line in order.lines]


def _sheet_line(line: Line) -> dict[str, str]:
    return {
        "子订单号": line.number,
        "商品名称": line.goods.title,
        "规格": line.goods.specs[line.spec][0],
        "商家编码": f"{line.goods.sku}-{line.spec + 1}",
        "商品类目": "/".join(line.goods.category),
        "商品数量": str(line.quantity),
        "商品金额": _yuan(line.total - line.shop_discount - line.platform_discount),
    }


# Orders of the other platforms come in the sheet of our own form.
_FORMS = {
    "pdd": (PDD_HEADER, _pdd_row, "gb18030"),
    "douyin": (DOUYIN_HEADER, _douyin_rows, "utf-8-sig"),
    "taobao": (TAOBAO_HEADER, _taobao_row, "utf-8"),
}
