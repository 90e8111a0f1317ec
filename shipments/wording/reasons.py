"""Why a delivery did not work out, as the reason after 原因： or in brackets says it. Pure.

These words count only where something is known to have failed: 自提 is a reason here and an advertisement elsewhere.
"""

from shipments.status import Cause, Stage
from shipments.wording import compiled

REASONS = compiled((
    ("refused", r"拒收|拒签|拒绝签收|拒付|拒绝收货", (Stage.REFUSED, Cause.REFUSED)),
    ("redirected", r"转寄|改寄|新地址", (Stage.RETURNING, Cause.FORWARDED)),
    ("self_pickup", r"自提|自取|代收点|驿站|快递柜|丰巢", (Stage.AVAILABLE_FOR_PICKUP, None)),
    ("damaged", r"破损|变形|损坏|渗漏|污染", (Stage.UNKNOWN, Cause.DAMAGED)),
    ("lost", r"丢失|遗失|丢件|短少|缺件", (Stage.UNKNOWN, Cause.LOST)),
    # Nobody was there: the address itself is right.
    ("elsewhere", r"(?:收件人|收方|客户|本人|人)不在(?:指定|收货|收件)?地址", (Stage.UNKNOWN, Cause.ATTEMPT_FAILED)),
    ("address", r"地址|收件人信息|迁移|搬迁|查无此人", (Stage.UNKNOWN, Cause.ADDRESS)),
    ("out_of_area", r"超区|超范围|超出派送|不派送区域|超服务", (Stage.UNKNOWN, Cause.OUT_OF_AREA)),
    (
        "unreachable",
        r"联系不上|联系不到|无法联系|未联系上|联络不到|无人接|未接|关机|停机|空号|打不通|无法接通|送无人|电话.{0,4}错|号码.{0,4}错",
        (Stage.UNKNOWN, Cause.UNREACHABLE),
    ),
    ("weather", r"天气|疫情|台风|暴雨|冰雪|洪水|地震|自然灾害|不可抗力", (Stage.UNKNOWN, Cause.WEATHER)),
    ("delayed", r"节假日|节日|延迟|延误|滞留|积压|爆仓|车辆|晚点|次日派|运力不足", (Stage.UNKNOWN, Cause.DELAYED)),
    (
        "absent",
        r"不在|外出|无人|改日|改约|约定|另约|更改派送时间|等通知|休息|休假|放假|下班|不方便|未预约",
        (Stage.UNKNOWN, Cause.ATTEMPT_FAILED),
    ),
))  # fmt: skip
