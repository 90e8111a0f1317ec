"""What a seller sees at the end of a day owes nothing to luck: not to providers that err, nor to processes that die.

One day is lived twice from one seed: undisturbed, and with every fault of the simulated providers on while the worker, beat,
the broker and the database are killed in turn. What is derived must come out the same. Left out of the comparison, because
it tells of the run and not of the parcels: ids, when and by which answer a scan was told and its place in that answer, when
a case was opened, and cases that were opened for a while because news came late, and are resolved again.
"""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.day import Day
from tests.ops.conftest import home, own_servers, until

__all__ = ["home", "own_servers", "until"]
pytestmark = pytest.mark.usefixtures("own_servers")
Until = Callable[..., None]

START = datetime(2026, 11, 22, 4, tzinfo=UTC)
# Hours of the day at which one process dies, in the midst of its work.
DEATHS = {0: "worker", 8: "beat", 16: "valkey", 24: "postgres"}
# Faultless again.
CALM = 36
# No new orders any more, and so late that every parcel under way is asked about once more: of what came last, chance decides
# whether it is asked about before or after its carrier is put right, and then not again within the half hour. Twice, as an
# account that a busy machine kept waiting may rest at the first of these instants.
ENDS = (48, 60)
# All but three. Wrong clocks change what is told, so both runs have them (SKEW). A telling that is lost for good, and a wrong
# recognition of the carrier, may never be put right by a provider whose word is all there is.
FAULTS = {
    "outage": 0.05,
    "throttle": 0.1,
    "http_5xx": 0.1,
    "garbage": 0.1,
    "duplicate": 0.3,
    "out_of_order": 0.3,
    # A telling refused four times in a row is dropped for good.
    "bad_push_sign": 0.1,
    # Real seconds, so that a worker dies with questions on their way.
    "slow": 0.02,
    "duplicate_push": 0.2,
    "reorder_push": 0.2,
}
SKEW = 1800  # virtual seconds
TRUTHS = {
    "waybills": """
        select w.number, c.code, w.phone_tail, stage, cause, first_trace_at, picked_up_at, moved_at, out_for_delivery_at,
               delivered_at, returned_at, last_event_at, last_text, event_count
        from shipments_waybill w join shipments_carrier c on c.id = w.carrier_id""",
    "events": """
        select w.number, occurred_at, e.text, encode(fingerprint, 'hex'), e.stage, e.cause, rule, place, e.code
        from shipments_trackingevent e join shipments_waybill w on w.id = e.waybill_id""",
    "clocks": """
        select o.number, w.number, l.number, term, version, c.kind, started_at, warn_at, due_at, grave_at, stopped_at, penalty,
               level, wake_at
        from exceptions_clock c join orders_order o on o.id = c.order_id left join shipments_waybill w on w.id = c.waybill_id
        left join orders_orderline l on l.id = c.line_id""",
    "cases": """
        select o.number, w.number, c.kind, state, level, started_at, warn_at, due_at, grave_at, penalty, at_stake, rank, by_hand
        from exceptions_case c join orders_order o on o.id = c.order_id left join shipments_waybill w on w.id = c.waybill_id
        where state <> 'resolved'""",
}
Truth = dict[str, list[tuple[Any, ...]]]


def truth(day: Day) -> Truth:
    return {name: sorted(day.rows(statement), key=repr) for name, statement in TRUTHS.items()}


def undisturbed(day: Day) -> Truth:
    day.simulator("faults", clock_skew=SKEW)
    for hour in (*DEATHS, CALM):
        day.move_to(START + timedelta(hours=hour))
        day.settle()
    for hour in ENDS:
        day.move_to(START + timedelta(hours=hour), shops=False)
        day.settle()
    assert day.simulator("state")["pushes"].keys() == {"acknowledged"}
    return truth(day)


def disturbed(day: Day) -> Truth:
    day.simulator("faults", clock_skew=SKEW, **FAULTS)
    for hour, victim in DEATHS.items():
        day.move_to(START + timedelta(hours=hour))
        day.await_work()
        day.kill(victim)
        day.settle(orphans=True)
    suffered = day.simulator("state")
    assert suffered["pushes"]["refused"] > 0
    assert day.rows("select sum(refused_pushes) from shipments_carrieraccount")[0][0] > 0
    assert day.rows("select count(*) from shipments_rawanswer where error <> ''")[0][0] > 0
    day.simulator("faults", **dict.fromkeys(FAULTS, 0))
    day.move_to(START + timedelta(hours=CALM))
    day.settle()
    for hour in ENDS:
        day.move_to(START + timedelta(hours=hour), shops=False)
        day.settle(by_beat_alone=True)
    return truth(day)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def test_a_day_of_faults_and_deaths_ends_as_an_undisturbed_one(home: Path, until: Until) -> None:
    with Day(home / "calm", free_ports(), START, until) as day:
        wanted = undisturbed(day)
    with Day(home / "storm", free_ports(), START, until) as day:
        found = disturbed(day)

    assert {name: len(rows) > 100 for name, rows in wanted.items()} == dict.fromkeys(wanted, True)
    for name, rows in wanted.items():
        missing, extra = set(rows) - set(found[name]), set(found[name]) - set(rows)
        assert not missing | extra, (
            f"{name}: {len(missing)} missing, {len(extra)} extra, such as {[*missing][:2]}, {[*extra][:2]}"
        )
        assert len(rows) == len(found[name])
