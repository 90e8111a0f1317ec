"""Where a scan was made, by its words: the hub or outlet it names, and the province that lies in. Pure.

Carriers name a site by province, city or town and what it is (浙江义乌分拨中心), or by the city alone (深圳中心, 南宁中转).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from shipments._provinces import PROVINCES, TOWNS

_OF_CITY: Final = {name: province.name for province in PROVINCES.values() for name in (province.name, *province.cities)}
_OF_NAME: Final = _OF_CITY | TOWNS
_LONGEST: Final = max(map(len, _OF_NAME))
# A district, a street, a person or a firm may be called so too (北京朝阳区, 中山路, 阿里巴巴).
_AMBIGUOUS: Final = frozenset({
    "朝阳", "中山", "安顺", "白银", "天门", "山南", "大理", "保山", "白山", "海西", "海东", "阿里", "来宾", "文山",
})  # fmt: skip
# Nobody can tell 北京朝阳 from 辽宁朝阳 by its hub.
_NEVER_ALONE: Final = frozenset({"朝阳", "阿里"})
_SURE: Final = re.compile(r"省|市(?![场政民])|地区|盟|自治|州|特别行政区|壮族|回族|维吾尔|[\u4e00-\u9fff]{1,4}族自治")
# 南京东路, 广安门, 北京时间, 兰州拉面 are not where they are called after, 资阳区 is in Hunan and 河北区 in Tianjin.
_CALLED_AFTER: Final = re.compile(
    r"[东西南北中一二三四]{0,2}(?:路(?![南北]区)|街|道(?![里外])|大道|大街|巷|胡同)|(?:国际)?(?:大厦|广场|花园|小区|商城)|门(?!店)|时间|"
    r"拉面|小面|火锅|小吃|菜馆|医院|[镇乡村]"
)
_DISTRICT: Final = re.compile(r"区(?!域)")
# What stands before the name of a place: 【, ZTO, 中国邮政, 【中通】.
_BEFORE: Final = re.compile(
    r"[^\u4e00-\u9fff]*(?:中国|邮政|中通|圆通|申通|韵达|顺丰|极兔|京东|德邦|百世|天天|菜鸟|丹鸟|(?:快递|速递|速运|物流|快运)|[^\u4e00-\u9fff])*"
)
_WITHIN: Final = re.compile(r"省|市(?![场政民])|自治[区州]|地区|盟")

_HUB: Final = (
    r"(?:(?:转运|分拨|集散|分拣|处理|集包|直跑)中心|中转[部站场]|中轉場|转运站|航空[部组]|枢纽|集散|中转|分拨(?!分部))"
)
_HUB_WORD: Final = re.compile(_HUB)
# In a sentence: 等待中转 and 安排转运 are no names.
_IN_WORDS: Final = re.compile(
    rf"((?!.{{0,8}}(?:等待|待|安排|正在|已|被|在|转)(?={_HUB}))[\u4e00-\u9fffA-Za-z0-9]{{2,40}}?{_HUB}{{1,2}}"
    r"(?:公司|航空[部组]|点|[\u4e00-\u9fff]{1,4}分拨点)?)"
)
UNNAMED: Final = frozenset({"处理中心", "转运中心", "分拨中心", "分拣中心", "集散中心"})
_BARE: Final = re.compile(rf"(?:^|到达|抵达|离开|在)({'|'.join(sorted(UNNAMED))})")
# A space that only parts the name from what it is: 到达 呼和浩特市 处理中心.
_PARTED: Final = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=处理中心)")

# From here on a sentence speaks of the next station or the last one.
_ELSEWHERE: Final = re.compile(
    r"(?:已准备|准备|[已正将]|即将)?(?:发往|送往|寄往|运往|转往|退往|前往)|下一站|上一站|上级站点|本次转运|目的地[：:]|"
    r"已发至|来自"
)
# From here on it speaks of people.
_PEOPLE: Final = re.compile(
    r"(?:扫描|收件|派件|派送)员|[派取]件人|签收人|揽投员|投递员|快递员|配送员|业务员|电话|电联|如[有需]|请联系"
)
_DEPARTING: Final = re.compile(r"(?<!未)(?:发往(?![：:]?\s*$)|发出|离开|下一站|送往|运往|退往|发车|装车|入车|起飞)")
_ARRIVING: Final = re.compile(r"(?<!即将)(?<!预计)(?<!尚未)(?:到达|抵达|抵達|已到|收入|到件|到车|卸车|下车)")
_BRACKETED: Final = re.compile(r"[【\[〔]\s*([^】\]〕]*?)\s*[】\]〕]")
_PARTS: Final = re.compile(r"[\s,，。;；:：/\-—、()（）!！]+")
_LEAD: Final = re.compile(
    r"(?:您的)?(?:快件|货物|包裹|邮件|快递)?(?:已经|已|正)?(?:完成分拣)?(?:在?离开|到达|抵达|抵達|由|在|从|被)?"
)
_TAGS: Final = frozenset({"到件", "发件", "收件", "派件", "装袋", "签收", "疑难件", "问题件", "自提柜"})
_OUTLET: Final = re.compile(
    r"(?:公司|网点|营业[点部厅所]|分部|揽投部|营投部|服务部|投递[局部]|驿站|站|分点|[一二三四五六七八九十]部)$"
)


@lru_cache(maxsize=20_000)
def province_of(text: str) -> str | None:
    """Return the province, in short form (浙江, 内蒙古, 北京), of a place as carriers write it; None where it is not sure.

    The longest name at the beginning counts (海南州 is in 青海), else the first one further on that says what it is
    (…公司北京市…). Names that others bear too count only with 市 or 州 behind them, or as a hub's.
    """
    begins = _BEFORE.match(text)
    start = begins.end() if begins else 0
    for length in range(_LONGEST, 1, -1):
        name = text[start : start + length]
        if len(name) == length and name in _OF_NAME:
            return _OF_NAME[name] if _meant(name, text[start + length :]) else None
    for found in _WITHIN.finditer(text, start):
        for length in range(_LONGEST, 1, -1):
            name = text[max(start, found.start() - length) : found.start()]
            if name in _OF_CITY:
                return _OF_CITY[name]
    return None


def _meant(name: str, tail: str) -> bool:
    """Whether a name with this behind it is the place's own."""
    if _SURE.match(tail):
        return True
    if _CALLED_AFTER.match(tail) or (name in _OF_CITY and _DISTRICT.match(tail)):
        return False
    if name in _AMBIGUOUS:
        return name not in _NEVER_ALONE and _HUB_WORD.match(tail) is not None
    return True


class Seen(NamedTuple):
    """What a scan's words say of where it was made; blank and None = nothing."""

    # The hub it was made in, as written; one of UNNAMED where it has no name.
    hub: str = ""
    arriving: bool = False
    departing: bool = False
    # Where it was made, if in no hub: an outlet, or a city.
    site: str = ""
    province: str | None = None
    # What the sentence says of other stations.
    onward: str = ""


@lru_cache(maxsize=20_000)
def seen(text: str, place: str = "") -> Seen:
    """Return where a scan was made, by its words, else by the place it is said to be of.

    A place beside words that speak of another station may be that station's, and counts for its hub only.
    """
    text = _PARTED.sub("", text)
    others, people = _ELSEWHERE.search(text), _PEOPLE.search(text)
    here = text[: min(found.start() if found else len(text) for found in (others, people))]
    onward = text[others.start() :] if others else ""
    departing = _DEPARTING.search(text) is not None
    arriving = not departing and _ARRIVING.search(text) is not None
    bracketed = [name for name in _BRACKETED.findall(here) if name and name not in _TAGS]
    parts = [part for part in map(_stripped, _PARTS.split(_BRACKETED.sub(" ", here))) if part]
    hub = _hub(bracketed, parts, moving=arriving or departing)
    if not hub and _HUB_WORD.search(place) and place not in onward:
        hub = place
    if not hub and (bare := _BARE.search(here)):
        hub = f"{place}{bare[1]}" if place and not onward else bare[1]
    site = "" if hub else _site(bracketed, parts, moving=arriving or departing)
    named = {province for province in map(province_of, (hub, *bracketed, *parts)) if province}
    if not named and not onward:
        named = {province for province in (province_of(place),) if province}
    return Seen(hub, arriving, departing, site, named.pop() if len(named) == 1 else None, onward)


def _stripped(part: str) -> str:
    lead = _LEAD.match(part)
    return part[lead.end() :] if lead else part


def _hub(bracketed: list[str], parts: list[str], *, moving: bool) -> str:
    for name in bracketed:
        if name not in UNNAMED and (_HUB_WORD.search(name) or _centre(name)):
            return name
    for part in parts:
        found = _IN_WORDS.match(part)
        # A sentence that neither moves nor places it may speak of anything (客服处理中心).
        if found and (moving or province_of(found[1])):
            return found[1]
        if _centre(part):
            return part
    return ""


def _centre(name: str) -> bool:
    """深圳中心, ZTO's way to call its hub in a city; 服务中心 is none."""
    return name.endswith("中心") and name[:-2] in _OF_NAME


def _site(bracketed: list[str], parts: list[str], *, moving: bool) -> str:
    outlet = next((name for name in (*bracketed, *parts) if _OUTLET.search(name)), "")
    if outlet or not moving:
        return outlet
    return bracketed[-1] if bracketed else next(iter(parts), "")


def same_hub(one: str, other: str) -> bool:
    """Whether two names are of one hub: 浙江杭州转运中心 and 杭州转运中心公司 are."""
    if one == other:
        return True
    one, other = one.removesuffix("公司"), other.removesuffix("公司")
    return one.endswith(other) or other.endswith(one)
