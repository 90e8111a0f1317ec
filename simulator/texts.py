"""How each carrier words a scan, and the codes the two providers give it. Wordings follow real tracking lines.

Courier names and telephone numbers are blanks that belong to nobody.
"""

from dataclasses import dataclass
from functools import cache

from simulator.catalogue import Carrier
from simulator.orders import Order, Place
from simulator.places import CITIES
from simulator.tracks import Step

COURIER = "某某某"
COURIER_PHONE = "13800138000"
OUTLET_PHONE = "0000-0000000"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of scan: Kuaidi100 basic state and name, advanced code and name, SF opCode ('' = SF has no such scan)."""

    state: str
    name: str
    code: str
    code_name: str
    op_code: str


CODES = {
    "waiting": Code("1", "揽收", "102", "待揽收", ""),
    "picked": Code("1", "揽收", "103", "已揽收", "50"),
    "left": Code("0", "在途", "1002", "干线", "30"),
    "arrived": Code("0", "在途", "1002", "干线", "31"),
    "reached": Code("0", "在途", "1001", "到达派件城市", "31"),
    "outlet": Code("0", "在途", "1001", "到达派件城市", "31"),
    "held": Code("2", "疑难", "208", "滞留", "66"),
    "weather": Code("2", "疑难", "2", "疑难", "66"),
    "out": Code("5", "派件", "5", "派件", "44"),
    "stored": Code("5", "派件", "501", "投柜或驿站", "678"),
    "collected": Code("3", "签收", "301", "本人签收", "679"),
    "signed": Code("3", "签收", "301", "本人签收", "80"),
    "signed_by": Code("3", "签收", "303", "代签", "80"),
    "signed_after": Code("3", "签收", "302", "派件异常后签收", "80"),
    "unreachable": Code("2", "疑难", "206", "无法联系", "70"),
    "absent": Code("2", "疑难", "204", "派件异常", "70"),
    "refused": Code("2", "疑难", "203", "拒收", "70"),
    "damaged": Code("2", "疑难", "209", "破损", "611"),
    "uncollected": Code("2", "疑难", "205", "柜或驿站超时未取", "33"),
    "intercepted": Code("6", "退回", "6", "退回", "99"),
    "returning": Code("6", "退回", "6", "退回", "648"),
    "return_arrived": Code("6", "退回", "6", "退回", "31"),
    "return_left": Code("6", "退回", "6", "退回", "30"),
    "return_signed": Code("4", "退签", "4", "退签", "80"),
}

# c city, o outlet, n where to next, h this hub; who, tel, desk = courier, courier's and outlet's telephone; new = return waybill.
_COMMON = {
    "waiting": "商家已下单，等待快递员上门揽收",
    "held": "【{c}】快件在【{h}】滞留，原因：运力不足，正在安排转运",
    "weather": "【{c}】受台风天气影响，快件在【{h}】暂停中转，恢复后将优先安排",
    "damaged": "【{c}】【{h}】已进行【问题件】上报，原因：外包装破损，内件待核实",
    "uncollected": "【{c}】快件存放于【{o}菜鸟驿站】已超过3天未取，请尽快凭取件码取件",
    "intercepted": "【{c}】快件在【{h}】已被拦截，应寄件方要求安排退回",
    "return_arrived": "【{c}】快件（退回件）已到达【{h}】",
    "return_left": "【{c}】快件（退回件）已离开【{h}】，发往【{n}】",
    "return_signed": "【{c}】退回件已由寄件方签收，签收网点：【{o}】",
}
_BY_CARRIER: dict[str, dict[str, str]] = {
    "yuantong": {
        "picked": "【{o}】 取件人: {who} 已收件",
        "left": "【{h}】 已发出 下一站 【{n}】",
        "arrived": "【{h}】 已收入",
        "reached": "【{h}】 已收入",
        "outlet": "【{o}】 已收入",
        "out": "【{o}】 派件人: {who} 派件中 派件员电话{tel}",
        "stored": "快件已由{o}菜鸟驿站代收，取件码已发送，请及时取件。",
        "collected": "客户 签收人: 凭取件码本人 已签收 感谢使用圆通速递，期待再次为您服务",
        "signed": "客户 签收人: 本人签收 已签收 感谢使用圆通速递，期待再次为您服务",
        "signed_by": "客户 签收人: 家人代收 已签收 感谢使用圆通速递，期待再次为您服务",
        "signed_after": "客户 签收人: 本人签收 已签收 感谢使用圆通速递，期待再次为您服务",
        "unreachable": "【{o}】 失败签收录入 {who} 原因: 电话无人接听，无法联系收件人",
        "absent": "【{o}】 失败签收录入 {who} 原因: 收件人不在指定地址，改日派送",
        "refused": "【{o}】 失败签收录入 {who} 原因: 收件人拒收",
        "returning": "【{o}】 已发出 下一站 【{n}】（退回件）",
    },
    "zhongtong": {
        "picked": "【{c}】 【{o}】（{desk}） 的 {who} （{tel}） 已揽收",
        "left": "【{c}】 快件离开 【{h}】 发往 【{n}】",
        "arrived": "【{c}】 快件到达 【{h}】",
        "reached": "【{c}】 快件到达 【{h}】",
        "outlet": "【{c}】 快件到达 【{o}】",
        "out": "【{c}】 【{o}】 的{who}（{tel}） 正在派件【95720为中通快递员外呼专属号码，请放心接听】",
        "stored": "【{c}】快件已被【{o}菜鸟驿站】代收，如有问题请电联 ({tel})，感谢使用中通快递，期待再次为您服务！",
        "collected": "【{c}】已签收，签收人凭取货码签收，如有疑问请电联：{tel}，您的快递已经妥投",
        "signed": "【{c}】快件已由【本人】签收，签收网点：【{o}】。如有疑问请电联：{tel}，感谢使用中通快递，期待再次为您服务！",
        "signed_by": "【{c}】快件已由【家人】代签收，签收网点：【{o}】。感谢使用中通快递，期待再次为您服务！",
        "signed_after": "【{c}】快件已由【本人】签收，签收网点：【{o}】。感谢使用中通快递，期待再次为您服务！",
        "unreachable": "【{c}】 【{o}】 的 {who} 已进行【问题件】上报，原因：电话无人接听，联系不上收件人",
        "absent": "【{c}】 【{o}】 的 {who} 已进行【问题件】上报，原因：收件人不在家，约定改日派送",
        "refused": "【{c}】 【{o}】 的 {who} 已进行【问题件】上报，原因：客户拒收",
        "returning": "【{c}】 快件已退回，离开 【{o}】 发往 【{n}】",
    },
    "shentong": {
        "picked": "[{c}]【{o}】({desk})的{who}({tel})已揽收",
        "left": "[{c}]快件已发往【{n}】",
        "arrived": "[{c}]快件已到达【{h}】",
        "reached": "[{c}]快件已到达【{h}】",
        "outlet": "[{c}]快件已到达【{o}】",
        "out": "[{c}]【{o}】的派件员【{who}】正在派件，电话{tel}",
        "stored": "[{c}]快件已存放至【{o}菜鸟驿站】，请凭取件码及时取件",
        "collected": "[{c}]已签收，签收人凭取件码领取",
        "signed": "[{c}]已签收,签收人是本人",
        "signed_by": "[{c}]已签收,签收人是家人",
        "signed_after": "[{c}]已签收,签收人是本人",
        "unreachable": "【{o}】已进行疑难件扫描，疑难件原因 送无人,电话联系不上明日送",
        "absent": "【{o}】已进行疑难件扫描，疑难件原因 收件人外出，约定改日派送",
        "refused": "【{o}】已进行疑难件扫描，疑难件原因 客户拒收",
        "returning": "[{c}]快件已做退回处理，发往【{n}】",
    },
    "yunda": {
        "picked": "[{o}]进行揽件扫描",
        "left": "[{h}]从站点发出，本次转运目的地：{n}",
        "arrived": "[{h}]在分拨中心进行卸车扫描",
        "reached": "[{h}]在分拨中心进行卸车扫描",
        "outlet": "[{o}]到达目的地网点，快件将很快进行派送",
        "out": "[{o}]进行派件扫描；派送业务员：{who}；联系电话：{tel}",
        "stored": "[{o}]快件已暂存至{o}菜鸟驿站，如有疑问请联系{tel}",
        "collected": "[{o}]快件已被 凭取件码 签收",
        "signed": "[{o}]快件已被 本人 签收",
        "signed_by": "[{o}]快件已被 家人 代签收",
        "signed_after": "[{o}]快件已被 本人 签收",
        "unreachable": "[{o}]进行异常签收扫描，原因：联系不上收件人，电话无人接听",
        "absent": "[{o}]进行异常签收扫描，原因：收件人不在，改日再派",
        "refused": "[{o}]进行拒收扫描，原因：收件人拒收",
        "returning": "[{o}]进行退件扫描，退回{n}",
    },
    "jtexpress": {
        "picked": "【{c}】【{o}】您的极兔小哥 {who} 已取件。如需联系网点，请拨打 {tel}",
        "left": "【{c}】快件离开【{h}】，已发往【{n}】",
        "arrived": "【{c}】快件已到达【{h}】",
        "reached": "【{c}】快件已到达【{h}】",
        "outlet": "【{c}】快件已到达【{o}】",
        "out": "【{c}】亲，有您的快递！【{o}】的极兔小哥 {who} ({tel}) 正带着包裹来见您",
        "stored": "【{c}】您的包裹已存放至【{o}兔喜生活】，请凭取件码及时领取",
        "collected": "【{c}】您的包裹已签收！签收人：凭取件码领取，如有疑问请联系{tel}",
        "signed": "【{c}】您的包裹已签收！签收人：本人，如有疑问请联系{tel}",
        "signed_by": "【{c}】您的包裹已签收！签收人：家人，如有疑问请联系{tel}",
        "signed_after": "【{c}】您的包裹已签收！签收人：本人，如有疑问请联系{tel}",
        "unreachable": "【{c}】【{o}】{who} 进行问题件扫描，原因：电话无人接听，联系不上收件人",
        "absent": "【{c}】【{o}】{who} 进行问题件扫描，原因：收件人不在家，更改派送时间",
        "refused": "【{c}】【{o}】{who} 进行问题件扫描，原因：客户拒收",
        "returning": "【{c}】快件已登记退件，离开【{o}】，退往【{n}】",
    },
    "shunfeng": {
        "picked": "顺丰速运 已收取快件",
        "left": "快件在【{h}】已装车,准备发往 【{n}】",
        "arrived": "快件到达 【{h}】",
        "reached": "快件到达 【{h}】",
        "outlet": "快件到达 【{o}】",
        "out": "快件交给{who}，正在派送途中（联系电话：{tel}）",
        "stored": "快件已放入【{o}驿站】，请凭取件码及时取件",
        "collected": "[{c}]已签收(凭取件码从驿站取件),感谢使用顺丰,期待再次为您服务",
        "signed": "[{c}]已签收,感谢使用顺丰,期待再次为您服务",
        "signed_by": "[{c}]已签收(家人代收),感谢使用顺丰,期待再次为您服务",
        "signed_after": "[{c}]已签收,感谢使用顺丰,期待再次为您服务",
        "unreachable": "[{c}]快件派送不成功(因电话无人接听/关机/无信号，暂无法联系到收方客户),正在处理中,待再次派送",
        "absent": "[{c}]快件派送不成功(因收方客户不在,已约定新派送时间),待再次派送",
        "refused": "[{c}]快件派送不成功(因收方客户拒收快件),待进一步处理",
        "intercepted": "[{c}]应寄方客户要求,快件正在转寄退回中",
        "returning": "[{c}]快件已退回/转寄,新单号为: {new}",
        "held": "快件在【{h}】滞留,等待中转",
        "weather": "因台风天气,快件在【{h}】滞留,等待中转",
        "damaged": "[{c}]快件在【{h}】发现外包装破损,待进一步处理",
    },
    "ems": {
        "picked": "{o}已收件，（揽投员姓名：{who};联系电话：{tel}）",
        "left": "离开【{h}】，下一站【{n}】",
        "arrived": "到达【{h}】（经转）",
        "reached": "到达【{h}】",
        "outlet": "到达【{o}】",
        "out": "【{o}】安排投递（投递员姓名：{who};联系电话：{tel}）",
        "stored": "【{o}】已投递至邮政驿站，请凭取件码及时取件",
        "collected": "已签收，凭取件码本人领取",
        "signed": "投递并签收，签收人：本人收",
        "signed_by": "投递并签收，签收人：他人收 家人",
        "signed_after": "投递并签收，签收人：本人收",
        "unreachable": "未妥投，原因：电话无人接听，收件人无法联系",
        "absent": "未妥投，原因：收件人不在指定地址，另约时间再投",
        "refused": "未妥投，原因：收件人拒收",
        "returning": "【{o}】已安排退回，下一站【{n}】",
    },
}
_OUTLET = {
    "yuantong": "{p}{c}{d}公司",
    "zhongtong": "{s}{d}",
    "shentong": "{ps}{s}{d}公司",
    "yunda": "{ps}{s}{d}公司",
    "jtexpress": "{s}{d}网点",
    "shunfeng": "{s}{d}营业点",
    "ems": "{c}{d}揽投部",
}
_HUB = {
    "yuantong": "{s}转运中心",
    "zhongtong": "{s}中转部",
    "shentong": "{ps}{s}转运中心",
    "yunda": "{ps}{s}分拨中心",
    "jtexpress": "{s}转运中心",
    "shunfeng": "{s}集散中心",
    "ems": "{c}处理中心",
}


def site(carrier: Carrier, place: Place, *, hub: bool) -> str:
    """The carrier's name for its outlet or hub at a place."""
    return _site(carrier.code, place, hub)


@cache
def _site(code: str, place: Place, hub: bool) -> str:
    city = CITIES[place[0]]
    pattern = (_HUB if hub else _OUTLET)[code]
    province = "" if city.province == city.name else city.province
    short = "" if city.province == city.name else city.province_short
    return pattern.format(p=province, ps=short, c=city.name, s=city.short, d=city.districts[place[1]][0])


def wording(order: Order, step: Step) -> str:
    """The line a buyer reads for one scan, in the words of the carrier that made it."""
    carrier = order.actual
    pattern = _BY_CARRIER[carrier.code].get(step.kind) or _COMMON[step.kind]
    return pattern.format(
        c=CITIES[step.place[0]].name,
        o=site(carrier, step.place, hub=False),
        h=site(carrier, step.place, hub=step.hub),
        n=site(carrier, step.to, hub=step.to_hub) if step.to else "",
        who=COURIER,
        tel=COURIER_PHONE,
        desk=OUTLET_PHONE,
        new=order.return_waybill,
    )
