"""What carriers' own gateways have in common: keys in any spelling, tracks in any wrapping, refusals in words. Pure."""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from shipments import bodies
from shipments.answers import Failure, NotAnAnswer, Trouble
from shipments.carriers._shapes import plain
from shipments.carriers._words import COLLECTED, PLACE

# An object under its keys in small letters without _ (_shapes.plain).
Keyed = dict[str, Any]
# Relays wrap an answer once or twice; what lies deeper is not a track.
_DEEPEST = 8
# A text value that must be the JSON it stands for; one may lie in another.
_JSON = re.compile(r"\s*[\[{]")
# The documents of one gateway show an object in one more pair of braces.
_TWICE_BRACED = re.compile(r"\{\s*(\{.*\})\s*\}", re.DOTALL)

# Asked for is not under way: a return that waits for somebody's word.
RETURN_ASKED_FOR = re.compile(
    r"(?:(?:申请|要求|登记)(?:退回|退件|退货)|退(?:回|件|货)(?:申请|登记)).{0,20}(?:等待|待).{0,12}(?:确认|审核|处理)"
)

# How gateways say in words what their codes say: tried in this order where the code is not known.
_WORDS: tuple[tuple[re.Pattern[str], Trouble, bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), trouble, wide)
    for pattern, trouble, wide in (
        (r"频繁|限流|流控|超过.{0,6}(?:频率|次数)|too (?:many|frequent)|rate limit", Trouble.THROTTLE, True),
        (r"余额|欠费|额度|套餐|quota|balance", Trouble.QUOTA, True),
        (
            r"签名|验签|密钥|秘钥|app-?key|apiaccount|digest|signature|鉴权|认证|授权|权限|password|permission|unauthori",
            Trouble.AUTH,
            True,
        ),
        (
            r"无数据|无物流|暂无|未订阅|无轨迹|无记录|不存在|(?:没有|未|无法|查询?不)(?:能)?(?:查|找)?(?:询)?到|"
            r"no (?:order )?(?:data|record|trace)|not found",
            Trouble.NO_DATA,
            False,
        ),
        (r"参数|格式|不合法|非法|不能为空|illegal|invalid|parameter", Trouble.CONFIG, False),
    )
)
Failures = Mapping[str, tuple[Trouble, timedelta | None, bool]]


def first(row: Keyed, *names: str) -> str:
    """Return the first value that says something, as text; "" if none does."""
    for name in names:
        value = row.get(name)
        if value is not None and not isinstance(value, (dict, list)) and str(value).strip():
            return str(value).strip()
    return ""


def held_by_a_place(text: str) -> bool:
    """Return whether a signature names a place that took the parcel in, and nobody who has fetched it there."""
    return bool(PLACE.search(text)) and not COLLECTED.search(text)


def line(text: str) -> str:
    """Return a sentence in one line, its HTML entities unescaped."""
    return " ".join((html.unescape(text) if "&" in text else text).split())


def json_value(text: str) -> Any:
    """Return the JSON value in a text, also HTML-escaped, or in one pair of braces too many. Raises ValueError."""
    try:
        return bodies.json_value(text)
    except ValueError:
        inner = _TWICE_BRACED.fullmatch(text.strip())
        if inner is None:
            raise
        return bodies.json_value(inner[1])


def found(value: Any, wanted: Callable[[Keyed], bool], depth: int = _DEEPEST) -> Iterator[Keyed]:
    """Return the objects that `wanted` knows, wherever they lie: in lists, in wrappings, in JSON texts.

    One that is found is not searched any further.
    """
    if depth == 0:
        return
    if isinstance(value, str):
        if _JSON.match(value):
            try:
                value = json_value(value)
            except ValueError:
                return
            yield from found(value, wanted, depth - 1)
    elif isinstance(value, Mapping):
        row = plain(value)
        if wanted(row):
            yield row
        else:
            for inner in value.values():
                yield from found(inner, wanted, depth - 1)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from found(inner, wanted, depth - 1)


def failure(code: str, message: str, table: Failures) -> Failure:
    """Return what a refusal means: by its code, else by its words, else a passing fault of theirs."""
    said = f"{code} {message}".strip()
    if code in table:
        trouble, after, account_wide = table[code]
        return Failure(trouble, said, after, account_wide)
    for words, trouble, account_wide in _WORDS:
        if words.search(message):
            return Failure(trouble, said, account_wide=account_wide)
    return Failure(Trouble.TRANSIENT, said)


def named(text: str, key: str) -> str:
    """Return the value of a key in a text that is JSON no more; "" if it is not there whole."""
    told = re.search(rf'"{key}"\s*:\s*(?:"([^"\\]*)"|(\d+)\b)', html.unescape(text), re.IGNORECASE)
    return (told[1] or told[2] or "").strip() if told else ""


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header, however it is capitalised; "" if there is none."""
    return next((value.strip() for key, value in headers.items() if key.lower() == name.lower()), "")


def refuse_request(name: str) -> NotAnAnswer:
    """Return what is raised for a document that goes to the carrier, not one that comes from it."""
    return NotAnAnswer(f"This is a request to {name}, not an answer")


def compact(value: object) -> str:
    """Return JSON as it is signed and sent: Chinese as it is, no blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
