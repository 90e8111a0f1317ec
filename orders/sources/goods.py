"""What kind of goods a cell names, and what category. Pure: the words platforms and sellers write, each in one place."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from orders.sources.cells import Cell, clean, folded

# A word → a value of orders.models.Goods, "" = ordinary goods. Types of order and of trade come in the same columns.
WORDS: Final = {
    word: kind
    for kind, words in {
        "presale": "预售 全款预售 定金预售 阶段预售 阶梯预售 预定 预购 预售单 presale",
        "virtual": "虚拟 普通虚拟 虚拟物品 卡券 虚拟卡券 电子卡券 电子券 充值 点卡 virtual",
        "direct_mail": "直邮 海外直邮 跨境直邮 境外直邮 直邮进口 direct_mail directmail",
        "bonded": "保税 直供 保税直供 保税备货 保税进口 跨境保税 保税仓 保税区 保税直发 bonded",
        "custom": "定制 普通定制 定制类 个性定制 custom",
        "fresh": "生鲜 鲜活 鲜活易腐 fresh",
        "large": "大件 大件物流 large",
        "": "普通 一般 实物 现货 常规 国内 内贸 一般贸易 国内贸易 非预售 非定制 非跨境 补发 换货 拼团 单独购买 ordinary normal",
    }.items()
    for word in words.split()
}
YES: Final = frozenset({"是", "有", "true", "yes", "y", "1", "√"})
NO: Final = frozenset({"否", "无", "不是", "false", "no", "n", "0", "×"})
# What is written around the word: 预售订单, 虚拟商品, 全款预售(新).
TAIL: Final = re.compile(r"(?:\([^)]*\)|订单|商品|类型|交易)*$")
# A cell may hold a novel; a word or a path does not.
LONGEST_WORD: Final = 40
LONGEST_PATH: Final = 200
PARTED: Final = re.compile(r"\s*(?:-?[>＞》/／\\|]+)\s*")


def words_of(header: str) -> Mapping[str, str]:
    """Return what the cells below a header may say: a header that asks (是否预售) is answered with yes or no as well."""
    asks = folded(header)
    asked = next((kind for word, kind in WORDS.items() if kind and not word.isascii() and word in asks), None)
    if asked is None:
        return WORDS
    return WORDS | dict.fromkeys(YES, asked) | dict.fromkeys(NO, "")


def kind_of(word: str, words: Mapping[str, str]) -> str | None:
    """Return the kind of goods a word names, "" for ordinary goods; None where the word is not known."""
    told = folded(word[:LONGEST_WORD])
    kind = words.get(told)
    return words.get(TAIL.sub("", told)) if kind is None else kind


def category_of(written: Sequence[Cell], longest: int) -> str:
    """Return the category told by one column or by one a level, as 女装/连衣裙; of a path too long its last levels go."""
    levels: list[str] = []
    for cell in written:
        levels += [level for level in PARTED.split(clean(cell)[:LONGEST_PATH]) if level and level not in levels]
    while len(levels) > 1 and len("/".join(levels)) > longest:
        levels.pop()
    return "/".join(levels)[:longest]
