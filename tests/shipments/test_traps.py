"""Each trap that real bodies have shown, by its sample where it is here: the table in docs/reading.md names the tests."""

import json
import re
from pathlib import Path

import pytest

from shipments import carriers, onward, reading
from shipments.answers import Answer, NotAnAnswer, Trouble
from shipments.status import Cause, Stage
from tests.shipments.golden import SAMPLES

pytestmark = pytest.mark.usefixtures("shared")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "reading.md"


def sample(file: str, provider: str = "") -> Answer:
    (answer,) = carriers.provider(provider or file.split("/")[0]).read((SAMPLES / file).read_bytes())
    return answer


def track(rows: list[tuple[str, str]], carrier: str, **head: str) -> dict[str, object]:
    """What Kuaidi100 answers of these scans."""
    data = [{"time": time, "context": text} for time, text in rows]
    whole: dict[str, object] = {"message": "ok", "status": "200", "nu": "JDX000033078715", "com": carrier, "state": "0"}
    return {**whole, "data": data, **head}


def kuaidi100(value: object) -> Answer:
    (answer,) = carriers.provider("kuaidi100").read(json.dumps(value).encode())
    return answer


def test_a_push_that_says_polling_may_be_of_a_signed_parcel() -> None:
    signed = track([("2026-11-21 10:00:00", "快件已签收，签收人：本人")], "yunda", state="3", ischeck="1")
    answer = kuaidi100({"status": "polling", "billstatus": "check", "lastResult": signed})
    assert (answer.status, answer.ended) == ("delivered", False)


def test_an_abort_with_state_0_is_no_record_and_no_transit() -> None:
    answer = sample("kuaidi100/push_abort_3days_norecord_yunda.form.txt")
    assert (answer.status, answer.remark, answer.ended) == ("exception_other", Cause.NO_RECORD, True)


def test_signed_with_state_4_is_back_at_the_shop() -> None:
    rows = [("2026-11-20 10:00:00", "快件正在退回途中"), ("2026-11-21 10:00:00", "快件已签收")]
    assert kuaidi100(track(rows, "yuantong", state="4", ischeck="1")).stage is Stage.RETURNED


def test_a_failed_signature_is_an_attempt() -> None:
    answer = sample("yto/relay_two_failed_attempts_locker_signed.json")
    failed = [event for event in answer.events if "失败签收" in event.text]
    assert len(failed) == 2
    assert all(event.stage is not Stage.DELIVERED and event.cause for event in failed)
    assert (answer.status, answer.cause) == ("delivered", None)


def test_signed_then_at_the_station_then_signed_ends_signed() -> None:
    answer = sample("kdniao/query8001_sto_signed_then_station.json")
    stages = [event.stage for event in answer.events]
    waits = len(stages) - 1 - stages[::-1].index(Stage.AVAILABLE_FOR_PICKUP)
    assert Stage.DELIVERED in stages[:waits]
    assert answer.stage is stages[-1]


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("快件已签收，签收人：丰巢快递柜", Stage.AVAILABLE_FOR_PICKUP),
        ("快件已签收，签收人：代理点代收", Stage.AVAILABLE_FOR_PICKUP),
        ("快件已签收，签收人：草签", Stage.DELIVERED),
        ("快件已签收，签收人：本人，请勿电话", Stage.DELIVERED),
    ],
)
def test_who_signed_decides_what_a_signature_is(text: str, stage: Stage) -> None:
    assert reading.worded(text).stage is stage


def test_out_for_delivery_after_the_locker_is_under_way_again() -> None:
    stages = [event.stage for event in sample("yto/relay_two_failed_attempts_locker_signed.json").events]
    assert Stage.OUT_FOR_DELIVERY in stages[stages.index(Stage.AVAILABLE_FOR_PICKUP) :]


def test_jds_first_title_of_a_signature_is_the_pick_up() -> None:
    rows = json.loads((SAMPLES / "jd/trace_get_ope_fields.json").read_text("utf-8"))["d"]
    answer = kuaidi100(track([(row["ope_time"], f"{row['ope_title']} {row['ope_remark']}") for row in rows], "jd"))
    assert answer.events[0].stage is Stage.PICKED_UP
    assert answer.status == "delivered"


def test_a_problem_piece_with_a_harmless_reason_is_none() -> None:
    answer = sample("zto/query_problem_piece_self_pickup.json")
    assert (answer.stage, answer.cause) == (Stage.AVAILABLE_FOR_PICKUP, None)


def test_a_long_stall_leaves_nothing_once_the_parcel_moves_on() -> None:
    rows = json.loads((SAMPLES / "juhe/jd_list_status1_68h_gap.json").read_text("utf-8"))["list"]
    answer = kuaidi100(track([(row["datetime"], row["remark"]) for row in rows], "jd"))
    gaps = [
        after.occurred_at - before.occurred_at for before, after in zip(answer.events, answer.events[1:], strict=False)
    ]
    assert max(gap.total_seconds() for gap in gaps) > 60 * 3600
    assert (answer.status, answer.cause) == ("delivered", None)


def test_rows_unsorted_told_twice_and_with_bad_times_cost_nothing_but_themselves() -> None:
    files = [path for path in sorted((SAMPLES / "kdniao").iterdir())
             if re.search("shuffled|duplicate_events|bad_times", path.name)]  # fmt: skip
    assert len(files) == 3
    for path in files:
        answer = sample(f"kdniao/{path.name}")
        instants = [event.occurred_at for event in answer.events]
        assert instants
        assert instants == sorted(instants)


def test_one_number_of_many_parcels_is_a_contradiction() -> None:
    answer = sample("kdniao/query1002_yto_placeholder_number_mixed_parcels.json")
    assert answer.cause is Cause.CONTRADICTION
    assert answer.doubts


def test_json_in_json_is_read() -> None:
    assert sample("sf/search_routes_sandbox_2023.json").number == "SF7444471039325"


def test_a_form_escaped_for_html_is_read() -> None:
    (path,) = (SAMPLES / "kuaidi100").glob("push_htmlescaped_sf_redirect*")
    assert sample(f"kuaidi100/{path.name}").events


def test_words_in_the_wrong_charset_are_no_events_and_break_nothing() -> None:
    body = (SAMPLES / "4px/error_gbk_mojibake.json").read_bytes()
    for code in carriers.codes():
        try:
            answers = carriers.provider(code).read(body)
        except NotAnAnswer:
            continue
        assert all(answer.failure and not answer.events for answer in answers)
    refused = b'{"code":"145003030","msg":"%s"}' % "绯荤粺澶勭悊澶辫触".encode()
    (answer,) = carriers.provider("jtexpress").read(refused)
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.AUTH


def test_a_body_of_null_is_no_data_or_no_answer() -> None:
    body = (SAMPLES / "ems/traces_null_body.json").read_bytes()
    for code in carriers.codes():
        try:
            answers = carriers.provider(code).read(body)
        except NotAnAnswer:
            continue
        assert [answer.failure.trouble for answer in answers if answer.failure] == [Trouble.NO_DATA]


def test_an_object_where_a_list_was_due_is_the_error_it_tells() -> None:
    answer = sample("kuaidi100/autonumber_api_error_601.json")
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.account_wide) == (Trouble.QUOTA, True)


def test_a_return_on_a_new_number_is_followed_there() -> None:
    rows = [("2026-11-20 10:00:00", "客户拒收"), ("2026-11-21 10:00:00", "快件已退回/转寄,新单号为: SF1390227448801")]
    (told,) = onward.told(kuaidi100(track(rows, "shunfeng")).events, "SF1")
    assert (told.number, told.homeward) == ("SF1390227448801", True)


def test_a_return_requested_is_not_returning_and_no_trace_is_not_a_missed_pick_up() -> None:
    requested = reading.worded("收件人要求退回，等待发件人确认！")
    assert (requested.stage, requested.cause) == (Stage.UNKNOWN, Cause.OTHER)
    no_trace, missed = reading.worded("暂无物流信息"), reading.worded("揽收失败，寄件人不在")
    assert (no_trace.stage, no_trace.cause) == (Stage.INFO_RECEIVED, None)
    assert (missed.stage, missed.cause) == (Stage.INFO_RECEIVED, Cause.OTHER)


def test_the_documents_name_every_test_of_a_trap() -> None:
    tests = {name for name in globals() if name.startswith("test_")} - {"test_the_documents_name_every_test_of_a_trap"}
    assert tests == set(re.findall(r"`(test_\w+)`", DOCS.read_text("utf-8").partition("## Traps")[2]))
