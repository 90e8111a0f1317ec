"""Token buckets shared by all processes, in Redis: how much may be done now so that nobody does it too fast together.

Nobody waits here: what gets no token is left for later by whom asks. Redis being away means no tokens at all, which is
the safe side: a limit of somebody else's is never passed because nobody counts.
"""

import logging
import threading
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import redis
from django.conf import settings

log = logging.getLogger(__name__)

# A local answer takes 0.2 ms; a broker that is gone must not hold up a batch.
SECONDS: Final = 0.5

# KEYS[i]: a hash of what is left and when it was counted, by the server's own clock in microseconds. ARGV: per key how
# many are wanted, how many come a second, how many fit. A key that has been full for a while is forgotten.
TAKE: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local given = {}
for i, key in ipairs(KEYS) do
  local wanted = tonumber(ARGV[3 * i - 2])
  local rate = tonumber(ARGV[3 * i - 1])
  local size = tonumber(ARGV[3 * i])
  local was = redis.call('HMGET', key, 'left', 'at')
  local left = size
  if was[1] then
    left = math.min(size, tonumber(was[1]) + math.max(0, now - tonumber(was[2])) * rate / 1000000)
  end
  local take = math.min(wanted, math.floor(left + 1e-9))
  if take > 0 then
    redis.call('HSET', key, 'left', string.format('%.9f', left - take), 'at', string.format('%.0f', now))
    redis.call('PEXPIRE', key, math.ceil(size / rate * 1000) + 1000)
  end
  given[i] = take
end
return given
"""


class Wanted(NamedTuple):
    """So many tokens of one bucket, which gets `rate` a second and lets through no more than that in any second."""

    key: str
    tokens: int
    rate: float

    @property
    def size(self) -> int:
        """What the bucket holds when full. What it holds and what comes within a second must not pass `rate` together."""
        return max(1, int(self.rate // 2))

    @property
    def refill(self) -> float:
        """Tokens a second; one that holds a single token keeps them apart and may have the full rate."""
        return self.rate if self.size == 1 else self.rate - self.size


def take(wanted: Sequence[Wanted]) -> list[int]:
    """Take from several buckets in one step; return how many each gave, zero for all where Redis does not answer."""
    if not wanted:
        return []
    numbers = [number for one in wanted for number in (one.tokens, one.refill, one.size)]
    try:
        return [int(given) for given in _script()(keys=[f"bucket:{one.key}" for one in wanted], args=numbers)]
    except redis.RedisError as error:
        log.warning("No tokens for %s: %s", ", ".join(one.key for one in wanted), error)
        return [0] * len(wanted)


_making = threading.Lock()


def _script() -> "redis.commands.core.Script":
    with _making:
        return _made(settings.REDIS_URL)


@cache
def _made(url: str) -> "redis.commands.core.Script":
    client = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=None)
    return client.register_script(TAKE)
