"""What only one carrier says, or means otherwise than the others, by Carrier.code; tried before the general rules. Pure."""

from shipments.status import Cause, Stage
from shipments.wording import compiled

OF_CARRIERS = {
    # 快递签收 is JD's own title for taking the goods over from the seller; a delivery's title is 妥投 (WIRE: jd/trace_get_…).
    "jd": compiled((
        ("accepted", r"^\W*快递签收(?!.*(?:本人|签收人|妥投|完成配送))|已交付京东", (Stage.PICKED_UP, None)),
        ("delivered", r"已完成配送|完成妥投", (Stage.DELIVERED, None)),
    )),
    # The parcel goes on, or back, under another number: this one ends here.
    "shunfeng": compiled((
        ("new_number", r"新(?:运?单号|运单)(?:码)?(?:为|是)?\s*[:：]?\s*[A-Za-z]{0,4}\d", (Stage.RETURNING, Cause.FORWARDED)),
    )),
    # 已收入 is YTO's own word for "came in" at a hub; elsewhere it may be a courier's taking in.
    "yuantong": compiled((
        ("came_in", r"^\W*(?:【[^】]*】|\[[^\]]*\])?\W*已收入", (Stage.IN_TRANSIT, None)),
    )),
    # J&T's 入库扫描 is the station's shelf, not a warehouse: the buyer can fetch it.
    "jtexpress": compiled((
        ("shelved", r"入库扫描.{0,6}(?:驿站|代理|站点)|代理点收入", (Stage.AVAILABLE_FOR_PICKUP, None)),
        ("courier_out", r"出仓扫描", (Stage.OUT_FOR_DELIVERY, None)),
    )),
    # EMS: 投递结果反馈 and 转自提点 are of the last mile; 安排投递 is in the general rules.
    "ems": compiled((
        ("not_delivered", r"未妥投|投递(?:并)?未(?:成功|妥投)", None),
        ("at_a_place", r"转自提|投递至(?:自提|代投)", (Stage.AVAILABLE_FOR_PICKUP, None)),
    )),
}  # fmt: skip
OF_CARRIERS["youzhengguonei"] = OF_CARRIERS["ems"]
