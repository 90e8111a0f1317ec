"""Who is looking at a case now, and who is writing in it: told by their browsers every few seconds, kept in Redis alone.

A hash for each case, a field for each person; whoever is silent for SECONDS is gone. Without Redis nobody is seen, and
nothing else changes.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

import redis
from django.conf import settings

from merchants.models import User

SECONDS: Final = 30
# A browser tells so often that one lost message makes nobody disappear.
BEAT: Final = 10
# Redis answers within a millisecond or is not there; nobody waits for it.
PATIENCE: Final = 0.25
VIEWS, EDITS = "view", "edit"
MODES: Final = (VIEWS, EDITS)

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody at a case, other than who asks."""

    user: int
    name: str
    edits: bool

    @property
    def initial(self) -> str:
        return self.name[:1].upper()


@cache
def _client(url: str) -> Any:
    return redis.Redis.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, decode_responses=True, retry=None
    )


def _asked(question: Callable[[Any], T], otherwise: T) -> T:
    """What Redis answers, or `otherwise` where it does not."""
    try:
        return question(_client(settings.REDIS_URL))
    except (redis.RedisError, OSError):
        log.debug("nobody is seen: Redis does not answer", exc_info=True)
        return otherwise


def _key(case_id: int) -> str:
    return f"shipops:at:{case_id}"


def here(user: User, case_id: int, mode: str, now: datetime) -> None:
    """Note that somebody is at a case, looking or writing."""

    def tell(client: Any) -> None:
        line = client.pipeline(transaction=False)
        line.hset(_key(case_id), str(user.pk), f"{mode} {now.timestamp():.0f} {user.display_name}")
        line.expire(_key(case_id), 2 * SECONDS)
        line.execute()

    _asked(tell, None)


def gone(user: User, case_id: int) -> None:
    """Note that somebody has left a case."""
    _asked(lambda client: client.hdel(_key(case_id), str(user.pk)), None)


def at(case_ids: Sequence[int], but: User, now: datetime) -> dict[int, list[Present]]:
    """Who is at each of these cases, without `but`: those who write first, then by name. One round trip."""
    if not case_ids:
        return {}

    def ask(client: Any) -> list[dict[str, str]]:
        line = client.pipeline(transaction=False)
        for case_id in case_ids:
            line.hgetall(_key(case_id))
        return list(line.execute())

    nothing: list[dict[str, str]] = []
    answers = _asked(ask, nothing)
    found = {
        case_id: sorted(_present(fields, but, now), key=lambda one: (not one.edits, one.name))
        for case_id, fields in zip(case_ids, answers, strict=False)
    }
    return {case_id: people for case_id, people in found.items() if people}


def _present(fields: dict[str, str], but: User, now: datetime) -> Iterable[Present]:
    for pk, told in fields.items():
        mode, at_, name = told.split(" ", 2)
        if int(pk) != but.pk and 0 <= now.timestamp() - int(at_) + 1 <= SECONDS + 1:
            yield Present(int(pk), name, mode == EDITS)
