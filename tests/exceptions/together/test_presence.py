"""Who is at a case now."""

from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings

from exceptions.together import presence
from exceptions.together.presence import EDITS, VIEWS, Present, at, gone, here
from merchants.models import User

pytestmark = pytest.mark.django_db
# No case of any test has these numbers.
ONE, TWO = 900_000_001, 900_000_002


@pytest.fixture(autouse=True)
def nobody_here() -> None:
    redis.Redis.from_url(settings.REDIS_URL).delete(*(presence._key(case) for case in (ONE, TWO)))


def test_who_looks_and_who_writes_is_seen_by_the_others(admin: User, seller: User, now: datetime) -> None:
    here(admin, ONE, EDITS, now)
    here(seller, ONE, VIEWS, now)
    here(seller, TWO, VIEWS, now)
    assert at([ONE, TWO, 3], seller, now) == {ONE: [Present(admin.pk, "linxiao", True)]}
    assert at([ONE, TWO], admin, now) == {
        ONE: [Present(seller.pk, "chenmo", False)],
        TWO: [Present(seller.pk, "chenmo", False)],
    }


def test_who_writes_comes_first(admin: User, seller: User, support: User, now: datetime) -> None:
    here(seller, ONE, VIEWS, now)
    here(admin, ONE, EDITS, now)
    assert [one.name for one in at([ONE], support, now)[ONE]] == ["linxiao", "chenmo"]


def test_who_is_silent_for_half_a_minute_is_gone(admin: User, seller: User, now: datetime) -> None:
    here(admin, ONE, VIEWS, now)
    assert at([ONE], seller, now + timedelta(seconds=30))
    assert at([ONE], seller, now + timedelta(seconds=31)) == {}


def test_who_leaves_is_gone_at_once(admin: User, seller: User, now: datetime) -> None:
    here(admin, ONE, VIEWS, now)
    gone(admin, ONE)
    assert at([ONE], seller, now) == {}


def test_without_redis_nobody_is_seen_and_nobody_waits(admin: User, seller: User, now: datetime, monkeypatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    here(admin, ONE, VIEWS, now)
    gone(admin, ONE)
    assert at([ONE], seller, now) == {}
    assert presence.at([], seller, now) == {}
