"""What a carrier's gateway means when it refuses: by its code where that is documented, else by its words; or by HTTP. Pure."""

import re
from collections.abc import Mapping
from datetime import timedelta

from shipments.answers import Failure, NotAnAnswer, Trouble
from shipments.carriers._shapes import header
from shipops.kit.wire import Response

# trouble, how long to wait, whether it is true of every number
Refusal = tuple[Trouble, timedelta | None, bool]

# The reason codes of the order interfaces that Chinese carriers copied from one another.
CODES: Mapping[str, Refusal] = {
    "S01": (Trouble.CONFIG, None, False),  # the document is broken
    "S02": (Trouble.AUTH, None, True),  # the signature is wrong
    "S03": (Trouble.AUTH, None, True),  # nobody of this name
    "S04": (Trouble.CONFIG, None, False),  # no such kind of message
    "S05": (Trouble.CONFIG, None, False),  # no such content
    "S07": (Trouble.TRANSIENT, None, False),  # theirs; try again
}
# What an answer that tells no time to wait asks for: their limits are per second.
_A_MINUTE = timedelta(minutes=1)
_LONGEST_WAIT = 24 * 3600
Words = tuple[tuple[re.Pattern[str], Refusal], ...]


def worded(*said: tuple[str, Refusal]) -> Words:
    """Return what sentences of refusal mean, by regular expressions that are tried in this order."""
    return tuple((re.compile(pattern, re.IGNORECASE), refusal) for pattern, refusal in said)


_WORDS = worded(
    (
        r"频|限流|流量限制|流控|请求过多|超过.{0,6}次|too (?:many|frequent)|rate ?limit",
        (Trouble.THROTTLE, timedelta(minutes=5), True),
    ),
    (r"余额|欠费|额度|配额|套餐|次数已?用完|quota|balance", (Trouble.QUOTA, None, True)),
    (
        r"签名|验签|密钥|秘钥|digest|signature|sign\b|白名单|授权|权限|鉴权|认证|app-?key|apiaccount|客户编码|"
        r"password|permission|unauthori|forbidden",
        (Trouble.AUTH, None, True),
    ),
    (
        r"暂无|未订阅|为空。|结果为空|无(?:数据|记录|轨迹|物流)|没有.{0,4}轨迹|查无|不存在|"
        r"(?:没有|未|无法|查询?不)(?:能)?(?:查|找)?(?:询)?到|no (?:order )?(?:data|result|record|trace)|not found",
        (Trouble.NO_DATA, None, False),
    ),
    (
        r"不能为空|必填|格式|不规范|不合法|非法|参数|不匹配|不一致|不正确|invalid|illegal|missing|parameter|不支持",
        (Trouble.CONFIG, None, False),
    ),
)


def failure(
    code: str,
    message: str,
    table: Mapping[str, Refusal],
    otherwise: Trouble = Trouble.TRANSIENT,
    words: Words = _WORDS,
) -> Failure:
    """Return the failure behind a refusal: `table` by code, then the message's words, then `otherwise`."""
    found = table.get(code) or CODES.get(code) or CODES.get(message)
    if found is None:
        found = next((refusal for pattern, refusal in words if pattern.search(message)), (otherwise, None, False))
    trouble, after, account_wide = found
    return Failure(trouble, f"{code} {message}".strip(), after, account_wide)


def unless_already(told: object, already: re.Pattern[str]) -> Failure | None:
    """Return why a subscription was not taken; None = it stands. It never stops the account: queries go on without it."""
    if not isinstance(told, Failure) or already.search(told.message):
        return None
    return Failure(told.trouble, told.message, told.after)


def request(name: str) -> NotAnAnswer:
    """Return what is raised for a document that goes to the carrier, not one that comes from it."""
    return NotAnAnswer(f"This is a request to {name}, not an answer")


def by_http(response: Response) -> Failure | None:
    """Return why an answer's HTTP status says that it is none; None for success."""
    status, said = response.status, f"HTTP {response.status}"
    if 200 <= status < 300:
        return None
    if status == 429:
        after = header(response.headers, "retry-after").strip()
        wait = min(int(after), _LONGEST_WAIT) if after.isascii() and after.isdigit() else 0
        return Failure(Trouble.THROTTLE, said, timedelta(seconds=wait) if wait else _A_MINUTE, account_wide=True)
    if status in (401, 403):
        return Failure(Trouble.AUTH, said, account_wide=True)
    if status == 402:
        return Failure(Trouble.QUOTA, said, account_wide=True)
    return Failure(Trouble.TRANSIENT, said)
