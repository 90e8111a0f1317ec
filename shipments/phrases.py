"""A scan's words with what varies taken out, so that the same wording is counted once, and nobody's name or phone. Pure."""

import re
from functools import lru_cache

LONGEST: int = 120
LONGEST_KEYWORD: int = 12
LONGEST_EXAMPLE: int = 160

# Digits, with what carriers write into numbers, dates and hidden phones: 138****0000, 0769-0000000, 2018-09-30, SF139…
_NUMBER = re.compile(r"[A-Za-z]{0,6}\d[A-Za-z0-9*+.:/_-]*(?:\s*转\s*\d+)?|\*{2,}\d*")
_BRACKETED = re.compile(r"【[^】]*】|\[[^\]]*\]|（[^）]*）|\([^)]*\)|《[^》]*》|「[^」]*」|“[^”]*”|\"[^\"]*\"")
# Words that are what the scan says, and so stay where they stand in brackets: 已进行【问题件】上报.
_SAYS = re.compile("[件收派退揽拦签]|自提|超区|破损|丢失|滞留|清关|海关|地址|联系|原因|延|错|失败|异常")
_REASON = re.compile("[因应由]")
_ROLE = (
    "(?:签收人|代收人|收件人|收货人|取件人|派件人|寄件人|联系人|经手人|操作员|派件员|派送员|配送员|投递员|揽投员|揽件员|揽收员|快递员|业务员|"
    "小件员|收派员|收件员|扫描员|骑手|司机|师傅|小哥|姓名)"
)
_HAN = "[\u3400-\u9fff]"
# 签收人：王五; the colon says that a name (or a place) follows, whatever it looks like.
_NAMED = re.compile(rf"({_ROLE}\s*(?:姓名)?\s*[:：是为]\s*)(?!…)[^\s,，。;；!！(（【\[]{{1,20}}")
# 快递员张三正在: without a colon only what stands before a verb is a name.
_UNMARKED = re.compile(
    rf"({_ROLE}\s*)(?!已|正|将|开|取|送|派|上|联|电|无|未|不|要|拒|因|与|在|会|可|签|凭){_HAN}{{1,3}}?"
    r"(?=正在|已|将|开始|为您|取出|\s*…|\s*[(（【\[,，:：#]|\s*电话|$)"
)
# 交给潘某某, 指定：李某
_HANDED = re.compile(rf"(交给|指定[:：])\s*{_HAN}{{2,4}}(?=[,，\s(（。]|$)")
# 徐先生; 的陈某(#)已揽收
_TITLED = re.compile(rf"{_HAN}{{1,3}}(?=(?:先生|女士|小姐|老师|师傅)(?!员))")
_BEFORE_PHONE = re.compile(rf"(?<=[的员])\s*{_HAN}{{1,4}}(?=\s*[(（]?\s*#)")
# 由【王五】签收: two to four characters in brackets that name no place of business.
_PERSON = re.compile(rf"([由被]\s*[【\[(（]?)\s*{_HAN}{{2,4}}?(?=[】\])）]?\s*(?:代?签?收|取走|领取))")
_ENGLISH_NAME = re.compile(
    r"\b((?:signed(?: for)? by|received by|delivered to|left with|signature)\b\s*:?)\s+(?!the\b|a\b|an\b|your\b)[^,.;]+",
    re.IGNORECASE,
)
# Where something is, ending in what carriers call their places; verbs end it to the left (到达广东深圳中心 → 到达…中心).
_PLACE_CHAR = "[^\\W\\d_已到达发往离开由在被至从件的送下交向自请您站收]"
_PLACE = re.compile(
    rf"{_PLACE_CHAR}{{1,24}}?(?:自治区|特别行政区|集散中心|转运中心|分拨中心|处理中心|分拣中心|中转部|营业部|营业点|营业厅|服务部|分公司|公司|网点|分部|支局|"
    r"中心|大厦|小区|街道|超市|门店|省|市|区|县|镇|乡|村)"
)
_RUN = re.compile(r"…(?:[\s\-—,，、/]*…)+")
_GAP = re.compile(r"\s+")


@lru_cache(maxsize=5_000)
def masked(text: str) -> str:
    """Return `text` without phones, numbers and names of people: what may be kept and shown as an example."""
    text = _GAP.sub(" ", text).strip()
    text = _NUMBER.sub("#", text)
    text = _PERSON.sub(r"\1…", text)
    text = _BEFORE_PHONE.sub("…", text)
    text = _NAMED.sub(r"\1…", text)
    text = _UNMARKED.sub(r"\1…", text)
    text = _HANDED.sub(r"\1…", text)
    text = _TITLED.sub("…", text)
    text = _ENGLISH_NAME.sub(r"\1 …", text)
    return text[:LONGEST_EXAMPLE]


@lru_cache(maxsize=5_000)
def phrase(text: str) -> str:
    """Return what the scans of one wording have in common: `masked`, and without places and what stands in brackets."""
    text = _BRACKETED.sub(_kept, masked(text))
    text = _PLACE.sub("…", text)
    text = _RUN.sub("…", text)
    return _GAP.sub(" ", text).strip()[:LONGEST]


def _kept(found: re.Match[str]) -> str:
    inside = found.group()[1:-1]
    says = _REASON.match(inside) or (_SAYS.search(inside) and len(inside) <= LONGEST_KEYWORD)
    return found.group() if says and "#" not in inside else "…"
