"""What carriers of the mainland write, whoever they are: 失败签收录入 before 签收, 等待揽收 before 揽收. Pure."""

from shipments.status import Cause, Stage
from shipments.wording import UNKNOWN, compiled

# What takes in parcels for others.
_PLACE = (
    r"(?:快递柜|包裹柜|智能柜|自提柜|自助柜|储物柜|丰巢|蜂巢|菜鸟|驿站|兔喜|快递超市|邻里|近邻宝|蜜罐|妈妈店|代收点|代理点|代办点|自提点|自取点|便民点|服务站|"
    r"顺丰店|店/站)"
)
# Who takes a parcel for the buyer: people of the buyer's own, and desks at the buyer's own place. What such a desk signs
# for has been handed over; what it merely takes in (物业代收) waits there.
_PEOPLE = r"(?:家人|家属|亲属|亲友|朋友|邻居|同事|同学|他人)"
_DESK = r"(?:前台|门卫|保安|物业|收发室|单位)"
# What asks the buyer to come.
_COME = r"请.{0,8}(?:领取|取件|自提|取走)"
# How a signature is undone, refused or merely asked for; none of these is one.
_NOT_SIGNED = r"(?<!未)(?<!待)(?<!请)(?<!无人)(?<!以便)(?<!拿单)(?<!理赔)(?<!拒绝)"
_NOT_PICKED_UP = r"(?:取消|终止|停止|推迟|暂缓|无法|未能|不能|拒绝|未|删除)"

_FAILED = (
    (
        "failed_attempt",
        r"失败签收|签收失败|异常签收|未妥投|投递失败|(?:派送|派件|投递|配送|妥投)(?:不成功|失败|异常|未成功)|未能(?:派送|投递|妥投)",
        None,
    ),
    ("problem_piece", r"疑难件|问题件|问题扫描|异常件", None),
    ("signature_undone", r"签收(?:撤销|取消)|妥投(?:撤销|取消|未交接)|撤销(?:签收|妥投)", UNKNOWN),
    ("interception_failed", r"拦截(?:失败|取消|撤销)|取消拦截", UNKNOWN),
    ("intercepted", r"拦截成功|已拦截|被拦截|拦截退回", (Stage.RETURNING, Cause.INTERCEPTED)),
    # Asked for is not done, and tells nothing of where the parcel is.
    ("interception_asked", r"(?:发起|申请|要求)拦截|拦截中|拦截件", UNKNOWN),
    (
        "cancelled",
        r"已销单|运单作废|已作废|(?:订单|寄件|下单|运单)(?:已|被)?取消|取消(?:寄件|订单|下单)|撤单",
        (Stage.CANCELLED, None),
    ),
    (
        "pickup_failed",
        rf"(?:揽收|揽件|取件|收件|揽货)(?:失败|终止|异常)|{_NOT_PICKED_UP}(?:上门)?(?:揽收|揽件|揽货)",
        (Stage.INFO_RECEIVED, Cause.OTHER),
    ),
)
_HOMEWARD = (
    (
        "return_requested",
        r"(?:要求|申请)(?:退回|退件|退货).{0,20}(?:等待|确认|审核)",
        (Stage.UNKNOWN, Cause.OTHER),
    ),
    (
        "returned",
        r"(?:退回|退件|退货|退运).{0,30}(?:签收|妥投|上架|完成|成功)|已退回[^，,。]*签收|签收人.{0,6}(?:退回|退件|原寄)|(?:退回|退件|退货)(?:给|至)?(?:寄件人|寄件方|发件人|商家|客户)成功|"
        r"到达商家仓库|(?:寄件人|寄件方|发件人|发件方|商家|卖家)(?:本人)?(?:已)?签收|货件已退回|貨件已退回",
        (Stage.RETURNED, None),
    ),
    ("redirected", r"退回/转寄|转寄|改寄|按新地址|改址|改派", (Stage.RETURNING, Cause.FORWARDED)),
    ("returning", r"退回|退件|退运|退往|返回(?:发|寄)件|安排退|退货(?:中|途)", (Stage.RETURNING, None)),
    ("refused", r"拒收|拒签|拒绝签收", (Stage.REFUSED, Cause.REFUSED)),
)
_TROUBLE = (
    (
        "weather",
        r"(?:受|因|由于).{0,10}(?:天气|疫情|台风|暴雨|大雪|冰雪|洪水|地震|灾害)",
        (Stage.IN_TRANSIT, Cause.WEATHER),
    ),
    ("damaged", r"破损|损坏|渗漏", (Stage.IN_TRANSIT, Cause.DAMAGED)),
    ("lost", r"丢失|遗失|丢件", (Stage.IN_TRANSIT, Cause.LOST)),
    ("address", r"地址(?:不详|错误|有误|不清)|地址.{0,4}(?:无法|不存在)", (Stage.UNKNOWN, Cause.ADDRESS)),
    (
        "unreachable",
        r"(?:收件人|收方|客户|买家).{0,6}(?:联系不上|联系不到|无法联系)|(?:联系不上|联系不到|无法联系)到?(?:收件人|收方|客户|买家)|"
        r"(?:电话|手机)(?:号码?)?(?:错误|有误|空号|停机|关机|无人接听|无法接通)",
        (Stage.UNKNOWN, Cause.UNREACHABLE),
    ),
    ("out_of_area", r"超区|超出派送范围", (Stage.UNKNOWN, Cause.OUT_OF_AREA)),
    ("customs_held", r"海关(?:扣|查扣|扣留)|清关(?:异常|失败|延误)|扣件", (Stage.CUSTOMS, Cause.CUSTOMS_HELD)),
    (
        "uncollected",
        rf"(?:超时|逾期|超过).{{0,6}}未取|滞留.{{0,6}}{_PLACE}|{_PLACE}.{{0,6}}滞留",
        (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    ),
    ("waits_for_buyer", r"未取.{0,12}(?:请|尽快)|仍在.{0,60}未取", (Stage.AVAILABLE_FOR_PICKUP, None)),
    (
        "appointment",
        r"与(?:收方|收件)?(?:客户|人)?约定|約時間|约定新派送时间|改约时间|要求.{0,4}(?:改日|改期|延期|延迟|择日).{0,4}(?:派送|配送|投递)",
        (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ),
)
_PARKED = (
    # Taken out of the locker: by the buyer, or by the courier.
    (
        "collected",
        r"从.{0,20}(?:丰巢|柜|驿站).{0,6}取件成功|取件成功|签收人已?[在从].{0,60}领取|(?<!请)(?<!请您)(?<!及时)(?<!尽快)(?<!可)凭取[件货]码(?!.{0,2}(?:及时|尽快|前往|到)).{0,6}(?:签收|领取)|(?:取件|取货)码(?:本人)?\s*(?:已)?签收|驿站完成派件|驿站出库|"
        r"您已?在.{2,40}(?:完成取件|取件完成)|(?:客户|收件人|用户)(?:本人)?(?:已取件|完成取件)",
        (Stage.DELIVERED, None),
    ),
    (
        "taken_out",
        r"(?:快递员|派送员|小件员|业务员).{0,24}取出|快件取出|取出扫描",
        (Stage.OUT_FOR_DELIVERY, None),
    ),
    ("to_a_place", r"送往.{0,12}(?:合作点|顺丰店|店/站|驿站|代收点)", (Stage.OUT_FOR_DELIVERY, None)),
    # Somebody of the buyer's signed; a place of parcels that bears such a name (物业驿站) is none of them.
    (
        "signed_for_buyer",
        rf"^(?!.*{_COME})(?:.*签收.{{0,12}}(?:{_PEOPLE}|{_DESK})(?!.{{0,8}}{_PLACE})|"
        rf".*[由被].{{0,6}}{_PEOPLE}.{{0,3}}(?:代收|代签|签收)(?!.{{0,8}}{_PLACE}))",
        (Stage.DELIVERED, None),
    ),
    # A place holds it: not a person.
    (
        "signed_by_place",
        rf"签收人\s*[:：是为]?\s*[【\[]?\S{{0,12}}?{_PLACE}|被.{{0,60}}代签收|{_PLACE}.{{0,20}}代签收",
        (Stage.AVAILABLE_FOR_PICKUP, None),
    ),
    (
        "at_a_place",
        r"(?:已由|已被|由|被).{0,60}代收(?!货)|代收[，,。]|请.{0,8}(?:及时|尽快|凭.{0,8})(?:取件|领取|自提|取走|凭取)|及时取件|"
        r"暂存(?:至|于|在)|已暂存|存放(?:至|于|在|到)|已存放|"
        rf"(?:到达|抵达|进入|已放|放入|放至|放在|放置|投入|存入|投递[至到]?|派送至|派件至|送至|送达).{{0,60}}{_PLACE}|"
        r"已投递【.{0,30}(?:柜|驿站)|待取件|包裹待取|入柜|柜机代收|驿站代收|等待自提|自提件|"
        rf"{_PLACE}.{{0,4}}已接收|在.{{0,20}}{_PLACE}.{{0,4}}等您",
        (Stage.AVAILABLE_FOR_PICKUP, None),
    ),
)
_OUTWARD = (
    # Nobody has a trace: that says nothing about a courier who did not come.
    ("no_trace", r"无物流信息|无走件|暂无轨迹|暂无物流|查询无结果|查无(?:物流|轨迹|走件)", (Stage.INFO_RECEIVED, None)),
    (
        "awaiting_pickup",
        r"(?:等待|待|未|准备|预计|即将|安排|预约|尚未)(?:快递员|小哥|上门)?(?:上门)?(?:揽收|揽件|取件|收件)|揽收任务|通知.{0,12}(?:揽收|揽件|取件|收件)",
        (Stage.INFO_RECEIVED, None),
    ),
    (
        "ordered",
        r"(?:已|成功)下单|已接单|已约车|订单.{0,6}(?:处理|待配货|初始化)|商品已经下单|您的包裹已出库|电子面单|(?:准备|等待|待)出库|提交了订单|卖家发货$",
        (Stage.INFO_RECEIVED, None),
    ),
    (
        "out_for_delivery",
        r"准备签收|派送途中|正在(?:为您)?(?:第\d+次)?(?:派|送货|配送|投递)|派[件送]中|派件扫描|派送扫描|安排投递|开始(?:配送|派送|派件)|"
        r"指定[:：].{0,40}派送|已派件|带着包裹|外出派送|出仓派件",
        (Stage.OUT_FOR_DELIVERY, None),
    ),
    ("signed", rf"{_NOT_SIGNED}签收|妥投|收货人已收货|(?:客户|收件人|用户|本人).{{0,10}}取走", (Stage.DELIVERED, None)),
    ("delivery_done", r"已完成配送|(?:配送|派送|投递)(?:已)?完成|(?:派送|投递|配送)成功", (Stage.DELIVERED, None)),
    (
        "picked_up",
        r"揽收(?!任务|环节|交接终止)|揽件(?!再取)|已收件|已收取|上门收件|已收寄|已取件|客户交接(?!取消)|已交付京东|收件扫描|已被.{0,10}揽",
        (Stage.PICKED_UP, None),
    ),
    ("customs", r"清关|海关|报关|通关|关务|检疫|口岸", (Stage.CUSTOMS, None)),
    (
        "forwarded",
        r"转投|转单|转邮|转同行|转第三方|交由.{0,20}继续(?:派送|承运)|转由.{0,20}(?:派送|配送|承运)",
        (Stage.IN_TRANSIT, Cause.FORWARDED),
    ),
    ("delayed", r"滞留|延误|延迟|积压|爆仓", (Stage.IN_TRANSIT, Cause.DELAYED)),
    ("missorted", r"分错|错分|错发|误发", (Stage.IN_TRANSIT, Cause.OTHER)),
    (
        "moving",
        r"到达|抵达|抵達|已到|到件|发往|发出|发车|发件|离开|離開|發出|下一站|上一站|装车|卸车|装袋|装件|装包|打包|集包|拆包|封车|封发|下车扫描|入车扫描|"
        r"已收入|转运|转送|中转|运输中|运送中|送往|分拣|分貨|分货|理货|整理中|起飞|降落|落地|航班|航空|启运|离港|进港|称重|入库|出库|途经|干线|等待配送|运输至|运往|安检|交付给?.{0,8}承运商|"
        r"快件在.{0,20}(?:中心|部|站)|(?:中心|网点|分部|公司).{0,8}扫描",
        (Stage.IN_TRANSIT, None),
    ),
)

GENERAL = compiled((*_FAILED, *_HOMEWARD, *_TROUBLE, *_PARKED, *_OUTWARD))
