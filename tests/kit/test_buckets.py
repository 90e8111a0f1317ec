"""Token buckets on a real Valkey: what all processes take together stays within the rate, and without Redis is nothing."""

import threading
import time
import uuid

import pytest

from shipops.kit import buckets
from shipops.kit.buckets import Wanted, take


def fresh(rate: float, tokens: int = 1) -> Wanted:
    return Wanted(f"test:{uuid.uuid4()}", tokens, rate)


def test_a_full_bucket_gives_what_it_holds_and_then_nothing() -> None:
    wanted = fresh(0.01)
    assert (take([wanted]), take([wanted])) == ([1], [0])


def test_several_buckets_are_taken_from_in_one_step() -> None:
    assert take([fresh(10, 9), fresh(3, 9), fresh(0.01, 0)]) == [5, 1, 0]
    assert take([]) == []


def test_a_bucket_holds_and_refills_no_more_than_the_rate_within_a_second() -> None:
    for rate in (2, 3, 4, 10, 100):
        wanted = fresh(rate)
        assert wanted.size + wanted.refill <= rate or wanted.size == 1


def test_tokens_come_back_with_the_servers_time() -> None:
    wanted = fresh(50.0, 1000)
    full = take([wanted])[0]
    until = time.monotonic() + 10
    got = 0
    while not got and time.monotonic() < until:
        got = take([wanted])[0]
    assert full == 25 and got >= 1


def test_many_takers_at_once_take_no_more_than_there_is() -> None:
    wanted = fresh(20.0, 1)
    began = time.monotonic()
    taken: list[int] = []

    def grab() -> None:
        taken.extend(take([wanted])[0] for _ in range(50))

    threads = [threading.Thread(target=grab) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wanted.size <= sum(taken) <= wanted.size + wanted.refill * (time.monotonic() - began) + 1


def test_without_redis_there_are_no_tokens_and_nobody_waits(settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    began = time.monotonic()
    assert take([fresh(3), fresh(10)]) == [0, 0]
    assert time.monotonic() - began < 2 * buckets.SECONDS
    assert "No tokens" in caplog.text


def test_a_bucket_nobody_takes_from_is_forgotten(settings) -> None:
    wanted = fresh(3.0)
    take([wanted])
    client = buckets._script().registered_client
    assert 0 < client.pttl(f"bucket:{wanted.key}") <= 1400
