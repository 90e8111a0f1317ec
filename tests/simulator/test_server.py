"""The server's edges: faults, controls, oversized and foreign requests, the command line."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.__main__ import arguments, simulator
from simulator.clock import VirtualClock
from tests.simulator.conftest import START, Client, Serve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def signed(client: Client) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", "yunda") if one["ended_at"] < "2026-11-20")


def raw_query(client: Client) -> tuple[int, bytes]:
    return client.raw("POST", "/poll/query.do", "customer=x")


def test_throttling_is_told_inside_http_200(client: Client, signed: dict[str, Any]) -> None:
    client.control("faults", throttle=1)
    assert client.query("yunda", signed["waybill"])["returnCode"] == "504"


def test_a_proxy_page_replaces_the_answer_while_http_fails(client: Client) -> None:
    client.control("faults", http_5xx=1)
    assert raw_query(client)[0] == 502
    assert client.raw("POST", "/std/service", "x=1")[0] == 502
    assert client.raw("GET", "/exports/MT-PDD.csv")[0] == 200


def test_garbage_is_no_json(client: Client) -> None:
    client.control("faults", garbage=1)
    status, body = raw_query(client)
    assert status == 200
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(body)


def test_scans_can_be_repeated_and_shuffled(client: Client, signed: dict[str, Any]) -> None:
    true = client.query("yunda", signed["waybill"])["data"]
    client.control("faults", duplicate=1)
    doubled = client.query("yunda", signed["waybill"])["data"]
    assert len(doubled) > len(true)
    assert [row for position, row in enumerate(doubled) if row not in doubled[:position]] == true
    client.control("faults", duplicate=0, out_of_order=1)
    shuffled = client.query("yunda", signed["waybill"])["data"]
    assert shuffled != true
    assert sorted(shuffled, key=lambda row: row["time"]) == sorted(true, key=lambda row: row["time"])


def test_a_slow_answer_takes_its_time(client: Client) -> None:
    client.control("faults", slow=0.3)
    begun = time.monotonic()
    raw_query(client)
    assert time.monotonic() - begun >= 0.3


def test_a_fault_strikes_about_as_often_as_asked(client: Client) -> None:
    client.control("faults", http_5xx=0.3)
    struck = sum(raw_query(client)[0] == 502 for _ in range(300))
    assert 60 < struck < 120


def test_faults_are_shown_and_wrong_ones_are_refused_altogether(serve: Serve) -> None:
    client = serve("--orders", "0", "--fault", "throttle=0.25", "--fault", "http_5xx")
    before = client.get("/control/faults")
    assert (before["throttle"], before["http_5xx"]) == (0.25, 1.0)
    for wrong in ({"garbage": 1, "gremlins": 1}, {"garbage": 1, "throttle": 7}, {"garbage": "often"}):
        assert "error" in client.control("faults", **wrong)
    assert client.get("/control/faults") == before


def test_time_can_be_moved_and_its_speed_changed(client: Client) -> None:
    assert client.control("time", advance_hours=36) == {"now": "2026-11-23T16:00:00+00:00", "speed": 0.0}
    assert client.control("time", now="2026-11-25T00:00:00Z")["now"] == "2026-11-25T00:00:00+00:00"
    assert client.control("time", speed=3600)["speed"] == 3600.0
    for wrong in ({"speed": -1}, {"speed": "fast"}, {"now": "soon"}, {"hours": 1}):
        assert "error" in client.control("time", **wrong)


def test_virtual_time_runs_at_its_speed() -> None:
    clock = VirtualClock(1_000_000, speed=3600)
    begun, real = clock.now(), time.monotonic()
    while time.monotonic() - real < 0.05:
        pass
    assert 0.04 * 3600 < clock.now() - begun < 60 * 3600


def test_the_state_counts_scenarios_and_requests(client: Client) -> None:
    raw_query(client)
    client.raw("GET", "/exports/MT-PDD.csv")
    state = client.get("/control/state")
    assert state["now"] == START
    assert state["served"]["/poll/query.do"] == 1
    assert state["served"]["/exports"] == 1
    assert sum(state["scenarios"].values()) == state["orders"]
    assert all(state["scenarios"].values())


@pytest.mark.parametrize("scenario", ["refused", "three_attempts", "damaged", "uncollected"])
def test_a_parcel_can_be_bent_and_its_past_stays(client: Client, scenario: str) -> None:
    parcel = next(
        one for one in client.parcels("normal", "yuantong") if one["ended_at"] and one["ended_at"] > "2026-11-22T12"
    )
    path = f"parcels/{parcel['waybill']}"
    before = [scan for scan in client.get(f"/control/{path}")["scans"] if scan["known"]]
    bent = client.control(path, scenario=scenario)
    assert bent["scenario"] == scenario
    assert bent["scans"][: len(before)] == before
    times = [scan["at"] for scan in bent["scans"]]
    assert times == sorted(times)
    word = {"three_attempts": "unreachable"}.get(scenario, scenario)
    first = next(scan["at"] for scan in bent["scans"] if scan["kind"] == word)
    assert "2026-11-22T04" in first or scenario in ("uncollected", "three_attempts")


def test_a_parcel_bent_to_lost_is_not_scanned_again(client: Client) -> None:
    parcel = next(
        one for one in client.parcels("normal", "yuantong") if one["ended_at"] and one["ended_at"] > "2026-11-22T12"
    )
    bent = client.control(f"parcels/{parcel['waybill']}", scenario="lost")
    assert all(scan["known"] for scan in bent["scans"])
    assert bent["ended_at"] is None


def test_bending_tells_what_is_wrong(client: Client, signed: dict[str, Any]) -> None:
    def status(number: str, scenario: str) -> int:
        return client.raw("POST", f"/control/parcels/{number}", json.dumps({"scenario": scenario}))[0]

    assert status("YT8999999999999", "lost") == 404
    assert status(signed["waybill"], "eaten") == 404
    assert status(signed["waybill"], "lost") == 409


def test_controls_answer_this_machine_only(client: Client) -> None:
    answer = client.simulator.answer("GET", "/control/state", b"", loopback=False)
    assert answer.status == 403
    assert client.simulator.answer("GET", "/healthz", b"", loopback=False).status == 200


def test_an_oversized_body_is_refused_and_the_next_request_is_served(client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    connection.putrequest("POST", "/poll/query.do")
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    assert connection.getresponse().status == 413
    assert client.raw("GET", "/healthz") == (200, b'{"ok":true}')


def test_one_connection_serves_many_requests_and_unknown_addresses_are_told(client: Client) -> None:
    assert client.raw("GET", "/nothing")[0] == 404
    assert client.raw("POST", "/exports/MT-PDD.csv")[0] == 404
    assert [raw_query(client)[0] for _ in range(20)] == [200] * 20


def test_the_command_line_starts_a_server_that_stops_when_told() -> None:
    words = [sys.executable, "-m", "simulator", "--port", "0", "--orders", "50", "--start", START, "--now", START]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(line.split("http://127.0.0.1:")[1].split()[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/control/state")
        assert json.loads(connection.getresponse().read())["start"] == START
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("words", [["--fault", "gremlins"], ["--arrivals", "0"], ["--start", "soon"]])
def test_a_wrong_command_line_ends_with_one_sentence(words: list[str]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "simulator", "--port", "0", *words], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert process.returncode == 2
    assert process.stderr.startswith("simulator: ")
    assert process.stderr.count("\n") == 1


def test_a_state_file_remembers_the_start_and_refuses_another_world(tmp_path: Path) -> None:
    state = tmp_path / "world.jsonl"
    first = simulator(arguments(["--port", "0", "--orders", "50", "--state", str(state)]))
    state.write_text(state.read_text("utf-8") + '{"kind":"subscr', "utf-8")
    second = simulator(arguments(["--port", "0", "--orders", "50", "--state", str(state)]))
    assert second.scene.world.anchor == first.scene.world.anchor
    assert second.scene.world.orders(first.scene.clock.now()) == first.scene.world.orders(first.scene.clock.now())
    with pytest.raises(ValueError, match="another world"):
        simulator(arguments(["--port", "0", "--orders", "50", "--state", str(state), "--start", START]))
