"""Every sample of our providers is read as its index says; the summary of a run counts real captures apart."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from shipments import carriers
from shipments.answers import NotAnAnswer, Trouble
from shipments.bodies import ZONE
from tests.shipments.golden import CHECKED, SAMPLES, Count, checked, counts, index, lines, named

TROUBLES = {
    "(no data yet)": {Trouble.NO_DATA},
    # 601 says both "not enabled" and "expired": the account pauses either way.
    "(config error)": {Trouble.CONFIG, Trouble.QUOTA},
}
# A tail of a push without its head: no body names the carrier.
HEADLESS = "kuaidi100/push_htmlescaped_sf_redirect.fragment.txt"
# Kdniao's ShipperCode → our Carrier.code
SHIPPERS = {"SF": "shunfeng", "YTO": "yuantong", "STO": "shentong", "YD": "yunda", "EMS": "ems", "ZTO": "zhongtong"}
PROVIDERS = ("kuaidi100", "sf", "kdniao", "zto", "yto", "sto", "yunda", "jtexpress")
ABROAD = ("17track", "aftership")
# 17TRACK's own keys, as the index writes them: 3013 is EMS.
KEYS = {"china-post(301/3013)": "emsguoji"}
# The index takes the newest time_utc. The newest event, the delivery, has its time in time_raw alone and without an offset;
# the page of gettracklist gives the very same event of the very same number as 2026-06-30T14:23:00-03:00.
CORRECTED = {"17track/v24_gettrackinfo_correios_2151.json": "2026-06-30T17:23:00Z"}
# Where the index says otherwise than a reader may: two rows without a date, which it says itself to reject or put aside.
UNDATED = "kdniao/custom_time_only_groups.json"
# A request the index gives no status, where it marks all others as such.
UNMARKED = "zto/subscribe_request.json"
# A problem piece whose reason is none: the buyer fetches it himself. The index names both readings.
BY_REASON = {"zto/query_problem_piece_self_pickup.json": "available_for_pickup"}


Record = Callable[[str, object], None]

ROWS = index(PROVIDERS)
REQUESTS = [row for row in ROWS if row["expect_status"] == "(request)" or row["file"] == UNMARKED]
ANSWERS = [row for row in ROWS if row not in REQUESTS and row["file"] != UNDATED]


def _carrier(row: dict[str, str]) -> str:
    """The index names Kdniao's carriers by Kdniao's own codes."""
    return SHIPPERS[row["expect_carrier"]] if row["provider"] == "kdniao" else row["expect_carrier"]


@pytest.mark.parametrize("row", named(ANSWERS))
def test_a_sample_is_read_as_its_index_says(row: dict[str, str], record_property: Record) -> None:
    record_property(CHECKED, checked(row))
    (answer,) = carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes())
    assert answer.number == row["expect_waybill"]
    assert answer.carrier == ("" if row["file"] == HEADLESS else _carrier(row))
    assert len(answer.events) == int(row["expect_events"] or 0)
    last = answer.progress.last_event_at
    assert (last.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S") if last else "") == row["expect_last_event"]
    expected = BY_REASON.get(row["file"], row["expect_status"])
    if expected in TROUBLES:
        assert answer.failure and answer.failure.trouble in TROUBLES[expected]
    elif expected:
        assert answer.failure is None
        assert answer.status == expected.split(" ")[0].split("/")[0].lower()


@pytest.mark.parametrize("row", named(REQUESTS))
def test_a_request_is_told_from_an_answer(row: dict[str, str], record_property: Record) -> None:
    record_property(CHECKED, checked(row))
    with pytest.raises(NotAnAnswer, match="request"):
        carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes())


def test_events_come_oldest_first_whatever_way_the_list_runs(shared: Path) -> None:
    for row in ANSWERS:
        (answer,) = carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes())
        instants = [event.occurred_at for event in answer.events]
        assert instants == sorted(instants)
        assert all(instant.tzinfo is UTC for instant in instants)


def test_rows_without_a_date_are_put_aside_with_a_warning_each(shared: Path, record_property: Record) -> None:
    record_property(CHECKED, checked(next(row for row in ROWS if row["file"] == UNDATED)))
    (answer,) = carriers.provider("kdniao").read((SAMPLES / UNDATED).read_bytes())
    assert answer.events == ()
    assert [warning[:30] for warning in answer.warnings] == [
        "Event 1 has no readable time: ",
        "Event 2 has no readable time: ",
    ]
    assert answer.failure is None


def test_the_same_second_keeps_the_order_of_the_source(shared: Path) -> None:
    body = (SAMPLES / "kuaidi100" / "query_2015_shentong_companytype.json").read_bytes()
    (answer,) = carriers.provider("kuaidi100").read(body)
    tied = [event.text for event in answer.events if event.occurred_at == answer.events[1].occurred_at]
    assert tied == ["广东深圳罗湖中转部 正在进行 装袋 扫描", "由广东深圳罗湖中转部 发往 广东广州中转部"]


def test_a_refusal_clears_when_the_parcel_is_signed_an_hour_later(shared: Path) -> None:
    body = (SAMPLES / "sf" / "route_query_refused_then_signed.xml").read_bytes()
    (answer,) = carriers.provider("sf").read(body)
    assert [event.stage.value for event in answer.events][-3:] == ["refused", "out_for_delivery", "delivered"]
    assert answer.cause is None


def _instant(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=ZONE)).astimezone(UTC)


@pytest.mark.parametrize("row", named(index(ABROAD)))
def test_a_sample_from_abroad_is_read_as_its_index_says(row: dict[str, str], record_property: Record) -> None:
    """A blank cell of the index says nothing here; one row may hold several numbers."""
    record_property(CHECKED, checked(row))
    answers = carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes())
    answer = answers[0]
    if row["expect_waybill"]:
        assert answer.number == row["expect_waybill"]
    if row["expect_carrier"]:
        assert answer.carrier == KEYS[row["expect_carrier"]]
    assert sum(len(one.events) for one in answers) == int(row["expect_events"] or 0)
    last = CORRECTED.get(row["file"], row["expect_last_event"])
    assert answer.progress.last_event_at == (_instant(last) if last else None)
    if row["expect_status"] == "(no data yet)":
        assert answer.failure and answer.failure.trouble is Trouble.NO_DATA
    elif row["expect_status"]:
        assert answer.failure is None
        assert answer.status == row["expect_status"].lower()


@pytest.mark.parametrize("row", named(index(ABROAD)))
def test_events_from_abroad_come_oldest_first_with_a_place_each(row: dict[str, str]) -> None:
    for answer in carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes()):
        keys = [(event.occurred_at, event.position) for event in answer.events]
        assert keys == sorted(set(keys))
        assert all(event.rule for event in answer.events)


def test_real_captures_are_counted_apart_and_a_row_that_fails_once_has_failed() -> None:
    told = counts(["sf\treal-capture\ta", "sf\treal-capture\ta", "sf\tmade\tb", "sf\tmade\tc"], ["sf\tmade\tb"])
    assert told == {("sf", True): Count(1, 0), ("sf", False): Count(1, 1)}
    assert [*lines(told)] == [
        "sf         real captures: 1 passed, 0 failed; fixtures and documents: 1 passed, 1 failed"
    ]


class TestReadAnswer:
    def test_it_prints_the_reading_as_json(self, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = SAMPLES / "sf" / "search_routes_sandbox_2023.json"
        call_command("read_answer", "--provider", "sf", str(file))
        said = json.loads(capsys.readouterr().out)
        assert said["waybill"] == "SF7444471039325"
        assert said["status"] == said["stage"] == "picked_up"
        assert said["last_event_at"] == "2023-09-15T15:46:15+08:00"
        assert said["events"] == [
            {
                "at": "2023-09-15T15:46:15+08:00",
                "stage": "picked_up",
                "cause": None,
                "text": "顺丰速运 已收取快件",
                "place": "深圳市",
                "code": "50",
                "rule": "code:50",
                "confidence": "code",
            }
        ]
        assert said["error"] is None

    def test_a_failure_says_its_kind_and_when_to_ask_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "throttled.json"
        file.write_text('{"result":false,"returnCode":"504","message":"请求过于频繁"}')
        call_command("read_answer", "--provider", "kuaidi100", str(file))
        error = json.loads(capsys.readouterr().out)["error"]
        assert (error["kind"], error["retry_after_minutes"], error["account_wide"]) == ("throttle", 30, False)

    @pytest.mark.parametrize(
        ("provider", "content", "sentence"),
        [
            ("nobody", b"{}", "There is no provider 'nobody'"),
            ("kuaidi100", b"", "The body is empty"),
            ("kuaidi100", b"\x00\xff\xfe garbage", "not JSON"),
            ("sf", b"<html><body>502", "The XML is broken"),
            ("sf", b'<!DOCTYPE a [<!ENTITY b "c">]><Response/>', "document type"),
            ("sf", b'{"trackingNumber":["SF1"],"trackingType":"1"}', "This is a request to SF"),
        ],
    )
    def test_what_cannot_be_read_ends_with_one_sentence_and_code_2(
        self, provider: str, content: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "body"
        file.write_bytes(content)
        with pytest.raises(SystemExit) as stopped:
            call_command("read_answer", "--provider", provider, str(file))
        assert stopped.value.code == 2
        said = capsys.readouterr().err
        assert sentence in said
        assert said.count("\n") == 1
