"""What can be made to go wrong beside the transport: hubs that stand still, wrong clocks, wrong carriers, one provider alone."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.tracks import SIGNED
from tests.simulator.conftest import Client, Serve
from tests.simulator.test_sf import routes


def scans(client: Client, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/control/parcels/{number}")["scans"]
    return found


def moving(client: Client) -> dict[str, list[dict[str, Any]]]:
    """Every parcel that still has scans to come, with all of them."""
    tracks = {one["waybill"]: scans(client, one["waybill"]) for one in client.parcels("normal") if one["ship_at"]}
    return {number: track for number, track in tracks.items() if track and not track[-1]["known"]}


class TestHubs:
    def test_what_would_leave_the_hub_waits_and_everything_else_goes_on(self, client: Client) -> None:
        before = moving(client)
        answer = client.control("hubs", city="南通市", hours=24)
        assert answer["still"] == [{"city": "南通市", "until": "2026-11-23T04:00:00+00:00"}]
        after = {number: scans(client, number) for number in before}
        waits = {number for number, track in before.items() if after[number] != track}
        assert 0 < len(waits) <= answer["waiting"]
        for number in waits:
            changed = [i for i, scan in enumerate(before[number]) if after[number][i] != scan]
            assert changed == list(range(changed[0], len(before[number])))
            assert before[number][changed[0]]["kind"] == "left"
            assert not before[number][changed[0]]["known"]
            assert "南通" in before[number][changed[0]]["text"]

    def test_the_buyer_confirms_and_the_desk_is_told_after_the_late_end_only(self, client: Client) -> None:
        ends = {one["waybill"]: one["ended_at"] for one in client.parcels("normal")}
        client.control("hubs", city="南通市", hours=48)
        late = {
            one["waybill"]: one["ended_at"]
            for one in client.parcels("normal")
            if one["ended_at"] != ends[one["waybill"]]
        }
        assert late
        for number, end in late.items():
            assert end == next(scan["at"] for scan in reversed(scans(client, number)) if scan["kind"] in SIGNED)

    def test_parcels_of_orders_yet_to_come_wait_too_and_a_restart_forgets_nothing(
        self, serve: Serve, tmp_path: Path
    ) -> None:
        words = ("--orders", "300", "--arrivals", "300", "--state", str(tmp_path / "state.jsonl"))
        client = serve(*words)
        client.control("hubs", city="南京市", hours=120)
        number = next(iter(moving(client)))
        client.control(f"parcels/{number}", scenario="refused")
        client.control("hubs", city="上海市", hours=30)
        again = serve(*words)
        for one in (client, again):
            one.control("time", advance_hours=24 * 4)
        listed = client.parcels()
        assert listed == again.parcels()
        for one in listed[:60]:
            assert scans(client, one["waybill"]) == scans(again, one["waybill"])
        assert again.get("/control/hubs")["still"] == client.get("/control/hubs")["still"] != []

    @pytest.mark.parametrize(
        "wrong", [{"city": "Atlantis", "hours": 3}, {"city": "南通市"}, {"city": "南通市", "hours": "x"}]
    )
    def test_a_hub_that_is_none_or_a_time_that_is_none_is_refused(self, client: Client, wrong: dict[str, Any]) -> None:
        assert "error" in client.control("hubs", **wrong)


class TestOneProviderAlone:
    def test_a_provider_that_is_down_answers_nothing_and_the_others_go_on(self, serve: Serve) -> None:
        client = serve("--orders", "1200", "--fault", "kuaidi100.outage")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            client.query("yunda", "4300000000000")
        assert routes(client, "SF1000000000000") == [{"mailNo": "SF1000000000000", "routes": []}]
        client.control("faults", **{"kuaidi100.outage": None})
        assert client.query("yunda", "4300000000000")["returnCode"] == "500"

    def test_the_switch_of_a_provider_counts_for_it_in_place_of_the_general_one(self, client: Client) -> None:
        client.control("faults", http_5xx=1, **{"sf.http_5xx": 0})
        assert client.raw("POST", "/poll/query.do", "x=1")[0] == 502
        assert client.raw("POST", "/std/service", "x=1")[0] == 200
        assert client.control("faults", **{"sf.http_5xx": None})["http_5xx"] == 1.0
        assert client.raw("POST", "/std/service", "x=1")[0] == 502

    @pytest.mark.parametrize("wrong", [{"nobody.outage": 1}, {"sf.gremlins": 1}, {"sf.throttle": 2}])
    def test_a_switch_that_is_none_is_refused(self, client: Client, wrong: dict[str, Any]) -> None:
        before = client.get("/control/faults")
        assert "error" in client.control("faults", **wrong)
        assert client.get("/control/faults") == before


def test_a_hub_whose_clock_is_wrong_tells_another_time_and_only_at_the_provider_meant(client: Client) -> None:
    parcel = next(
        one for one in client.parcels("normal", "yuantong") if one["ended_at"] and one["ended_at"] < "2026-11-21"
    )
    true = client.query("yuantong", parcel["waybill"])["data"]
    client.control("faults", **{"kuaidi100.clock_skew": 7200})
    skewed = client.query("yuantong", parcel["waybill"])["data"]
    shifts = {
        row["context"]: int(row["time"][11:13]) - int(other["time"][11:13])
        for row in skewed
        for other in true
        if row["context"] == other["context"] and row["time"] != other["time"]
    }
    assert {shift % 24 for shift in shifts.values()} <= {2}
    assert [row["time"] for row in skewed] == sorted((row["time"] for row in skewed), reverse=True)
    client.control("faults", **{"kuaidi100.clock_skew": None, "sf.clock_skew": -3600})
    assert client.query("yuantong", parcel["waybill"])["data"] == true


def test_some_hub_is_wrong_for_about_every_third_parcel(client: Client) -> None:
    parcels = [one for one in client.parcels("normal", "yunda") if one["ended_at"] and one["ended_at"] < "2026-11-21"]
    true = {one["waybill"]: client.query("yunda", one["waybill"]) for one in parcels}
    client.control("faults", clock_skew=600)
    wrong = sum(client.query("yunda", number) != answer for number, answer in true.items())
    assert 0 < wrong < len(parcels)


def test_a_number_can_be_taken_for_another_carriers_and_always_for_the_same(client: Client) -> None:
    parcels = [one for one in client.parcels("normal", "yunda") if one["ended_at"] and one["ended_at"] < "2026-11-21"]
    client.control("faults", wrong_carrier=0.5)
    told = [client.query("yunda", one["waybill"]).get("returnCode") for one in parcels]
    assert {"500", None} == set(told)
    assert told == [client.query("yunda", one["waybill"]).get("returnCode") for one in parcels]
    lost = parcels[told.index("500")]["waybill"]
    asked = client.raw("GET", f"/autonumber/auto?num={lost}&key=DEMO-KEY-100")[1]
    other = json.loads(asked)[0]["comCode"]
    assert other != "yunda"
    assert client.query(other, lost, phone=parcels[told.index("500")]["phone_tail"])["com"] == other


def test_a_lost_parcel_is_one_bent_to_lost(client: Client) -> None:
    number = next(iter(moving(client)))
    lost = client.control(f"parcels/{number}", scenario="lost")
    assert all(scan["known"] for scan in lost["scans"])
