"""AfterShip's protocol: trackings made and read, webhook, tags and subtags, and what its bodies may look like."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import _aftership as scans
from shipments.carriers import aftership
from shipments.status import Cause, Stage, word
from shipops.kit.wire import Response

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"api_key": "asat_demo", "webhook_secret": "demo-secret"}, "http://127.0.0.1:9", "http://we/push/")
NUMBER = "9405511202575421535949"


def checkpoint(at: str | None, text: str, sub: str = "", **more: object) -> dict[str, Any]:
    return {"checkpoint_time": at, "message": text, "tag": sub.split("_")[0], "subtag": sub} | more


def tracking(*checkpoints: object, sub: str = "InTransit_001", **more: object) -> dict[str, Any]:
    return {
        "id": "a1",
        "tracking_number": NUMBER,
        "slug": "usps",
        "tag": sub.split("_")[0],
        "subtag": sub,
        "checkpoints": list(checkpoints),
    } | more


def read(value: object) -> Answer:
    (answer,) = aftership.read(json.dumps(value, ensure_ascii=False).encode())
    return answer


def failed(code: int, message: str = "…", **data: object) -> bytes:
    return json.dumps({"meta": {"code": code, "message": message, "type": "…"}, "data": data}).encode()


class TestSigning:
    def test_the_webhook_is_signed_as_the_vector_says(self, shared: Path) -> None:
        vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
        one = next(one for one in vectors if one["name"] == "aftership_webhook")
        body, contract = one["input"]["body"].encode(), Contract({"webhook_secret": one["input"]["secret"]})
        assert aftership.sign(body, one["input"]["secret"]) == one["expected"]
        for name in ("aftership-hmac-sha256", "Aftership-Hmac-Sha256"):
            assert aftership.verify(contract, {name: one["expected"]}, body)
        assert not aftership.verify(contract, {"aftership-hmac-sha256": one["expected"]}, body + b" ")
        assert not aftership.verify(Contract({"webhook_secret": "x"}), {"aftership-hmac-sha256": one["expected"]}, body)
        assert not aftership.verify(contract, {}, body)

    def test_an_account_without_a_secret_takes_no_push(self) -> None:
        assert not aftership.verify(Contract(), {"aftership-hmac-sha256": aftership.sign(b"{}", "")}, b"{}")

    def test_any_2xx_is_an_acknowledgement(self) -> None:
        assert aftership.acknowledge(b"{}").status == 200

    def test_the_query_filters_by_numbers(self) -> None:
        request = aftership.encode([Ask(NUMBER, "usps"), Ask("1Z 9", "ups")], CONTRACT, NOW)
        assert request.method == "GET"
        assert request.url == f"http://127.0.0.1:9/tracking/2025-07/trackings?tracking_numbers={NUMBER},1Z+9&limit=200"
        assert request.headers["as-api-key"] == "asat_demo"
        assert request.body == b""
        assert aftership.encode([Ask("1", "")], Contract(), NOW).url.startswith("https://api.aftership.com/tracking/")

    def test_a_tracking_is_made_with_the_carriers_slug_where_there_is_one(self) -> None:
        request = aftership.encode_subscription(Ask(NUMBER, "brazilposten"), CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/tracking/2025-07/trackings")
        assert request.body == b'{"tracking_number":"9405511202575421535949","slug":"brazil-correios"}'
        assert aftership.encode_subscription(Ask("A", "nobody"), CONTRACT, NOW).body == b'{"tracking_number":"A"}'


def read_by(code: str) -> str:
    """The rule of a code beside words that say nothing; one that says nothing itself has read nothing."""
    return f"code:{code}" if scans.STATUS[code] != (Stage.UNKNOWN, None) else ""


class TestReading:
    @pytest.mark.parametrize("code", sorted(scans.STATUS))
    def test_every_tag_and_subtag_is_read_as_its_table_says_where_no_word_adds(self, code: str) -> None:
        stage, cause = scans.STATUS[code]
        (one,) = read(tracking(checkpoint("2026-06-09T00:00:00Z", "·", code), sub="Unheard_001")).events
        assert (one.stage, one.cause, one.code, one.rule) == (stage, cause, code, read_by(code))

    @pytest.mark.parametrize(
        ("sub", "status"),
        [
            ("InfoReceived_001", "info_received"),
            ("InTransit_002", "picked_up"),
            ("InTransit_006", "customs"),
            ("InTransit_007", "in_transit"),
            ("OutForDelivery_001", "out_for_delivery"),
            ("AttemptFail_002", "attempt_failed"),
            ("AvailableForPickup_001", "available_for_pickup"),
            ("Delivered_003", "delivered"),
            ("Exception_003", "refused"),
            ("Exception_004", "customs"),
            ("Exception_005", "delayed"),
            ("Exception_007", "address_problem"),
            ("Exception_008", "exception_other"),
            ("Exception_010", "returning"),
            ("Exception_011", "returned"),
            ("Exception_012", "damaged"),
            ("Exception_013", "lost"),
            ("Exception_017", "delayed"),
            ("Expired_001", "delayed"),
        ],
    )  # fmt: skip
    def test_a_subtag_is_one_word(self, sub: str, status: str) -> None:
        assert word(*scans.STATUS[sub]) == status

    def test_an_unknown_subtag_is_as_coarse_as_its_tag(self) -> None:
        (one,) = read(tracking(checkpoint("2026-06-09T00:00:00Z", "Parcel was damaged", "Exception_099"))).events
        assert (one.stage, one.cause, one.rule) == (Stage.IN_TRANSIT, Cause.DAMAGED, "code:Exception+text:en_damaged")

    def test_a_missing_tag_leaves_it_to_the_words_and_those_to_nobody(self) -> None:
        known, unknown = (
            checkpoint("2026-06-08T00:00:00Z", "Out for delivery"),
            checkpoint("2026-06-09T00:00:00Z", "Warp"),
        )
        answer = read(tracking(known, unknown, sub=""))
        assert [(event.stage, event.rule) for event in answer.events] == [
            (Stage.OUT_FOR_DELIVERY, "text:en_out_for_delivery"),
            (Stage.UNKNOWN, ""),
        ]
        assert "Warp" in answer.warnings[0]

    @pytest.mark.parametrize(
        ("at", "place", "instant"),
        [
            ("2026-06-09T10:33:00-04:00", {}, "2026-06-09T14:33:00Z"),
            ("2026-06-09T10:33:00", {"country_iso3": "USA", "state": "CA"}, "2026-06-09T17:33:00Z"),
            ("2026-06-09T10:33:00", {"country_iso3": "GBR"}, "2026-06-09T09:33:00Z"),
            ("2026-06-09T10:33:00", {"country_region": "DEU"}, "2026-06-09T08:33:00Z"),
            ("2026-06-09", {"country_iso3": "JPN"}, "2026-06-08T15:00:00Z"),
            ("2026-06-09T10:33:00", {}, "2026-06-09T02:33:00Z"),
        ],
    )
    def test_a_checkpoint_without_a_zone_is_of_the_clock_of_its_place(self, at: str, place: dict, instant: str) -> None:
        answer = read(tracking(checkpoint(at, "·", "InTransit_007", **place)))
        assert answer.events[0].occurred_at == datetime.fromisoformat(instant)
        assert bool(answer.warnings) is (place == {} and "-04" not in at)

    def test_the_tag_of_the_whole_settles_what_the_checkpoints_leave_open(self) -> None:
        told = checkpoint("2026-06-09T00:00:00Z", "Shipment information sent", "InfoReceived_001")
        assert read(tracking(told, sub="Delivered_001")).status == "delivered"
        assert read(tracking(told, sub="InTransit_001")).status == "info_received"

    def test_what_went_back_to_the_sender_is_not_delivered(self) -> None:
        out = checkpoint("2026-06-08T00:00:00Z", "·", "OutForDelivery_001")
        back = checkpoint("2026-06-09T00:00:00Z", "·", "Exception_010")
        signed = checkpoint("2026-06-12T00:00:00Z", "·", "Delivered_001")
        assert read(tracking(out, back, signed, sub="Delivered_001")).status == "returned"
        assert read(tracking(out, back, sub="Delivered_001")).status == "returned"
        assert read(tracking(out, signed, sub="Delivered_001", return_to_sender=True)).status == "returned"
        assert read(tracking(out, sub="InTransit_001", return_to_sender=True)).status == "returning"
        assert read(tracking(out, signed, sub="Delivered_001", return_to_sender=False)).status == "delivered"

    def test_pending_is_no_data_and_no_statement_about_the_parcel(self) -> None:
        answer = read({"meta": {"code": 200}, "data": tracking(sub="Pending_001")})
        assert answer.failure and answer.failure.trouble is Trouble.NO_DATA
        assert answer.status == "unknown"

    def test_expired_without_a_checkpoint_has_no_record_and_ends(self) -> None:
        answer = read(tracking(sub="Expired_001"))
        assert (answer.remark, answer.ended, answer.failure) == (Cause.NO_RECORD, True, None)

    def test_a_courier_nobody_knows_here_is_blank_with_a_warning_and_its_events_stay(self) -> None:
        answer = read(tracking(checkpoint("2026-06-09T00:00:00Z", "·", "InTransit_007"), slug="moon-post"))
        assert (answer.carrier, len(answer.events)) == ("", 1)
        assert "moon-post" in answer.warnings[0]

    def test_the_place_is_put_together_where_none_is_told_whole(self) -> None:
        told = checkpoint("2026-06-09T00:00:00Z", "·", "InTransit_007", city="Memphis", state="TN", country_name="USA")
        assert read(tracking(told)).events[0].place == "Memphis, TN, USA"

    def test_a_malformed_checkpoint_is_a_warning_and_its_neighbours_stay(self) -> None:
        good = checkpoint("2026-06-09T00:00:00Z", "good", "InTransit_007")
        answer = read(tracking("text", None, checkpoint("yesterday", "bad"), good))
        assert [event.text for event in answer.events] == ["good"]
        assert sum(warning.startswith("Event") for warning in answer.warnings) == 3

    def test_every_frame_of_every_version_is_read(self) -> None:
        one = tracking(checkpoint("2026-06-09T00:00:00Z", "·", "OutForDelivery_001"))
        frames = [
            {"meta": {"code": 200}, "data": {"tracking": one}},
            {"meta": {"code": 200}, "data": one},
            {"meta": {"code": 200}, "data": {"trackings": [one], "page": 1}},
            {"meta": {"code": "200"}, "data": json.dumps({"trackings": [one]})},
            {"data": {"pagination": {}, "trackings": one}},
            {"tracking": one},
            {"code": 0, "data": {"meta": {"code": 200}, "data": {"tracking": one}}},
            {"data": {"event": "tracking_update", "msg": one}},
            [one],
            one,
            {**one, "checkpoints": None, "checkpoint": one["checkpoints"][0]},
            {**one, "checkpoints": json.dumps(one["checkpoints"])},
        ]
        for frame in frames:
            answer = read(frame)
            assert (answer.number, answer.carrier, answer.status) == (NUMBER, "usps", "out_for_delivery")

    def test_a_page_is_an_answer_each(self) -> None:
        two = [tracking(), tracking() | {"tracking_number": "B2", "slug": "ups"}]
        told = aftership.read(json.dumps({"meta": {"code": 200}, "data": {"trackings": two}}).encode())
        assert [(answer.number, answer.carrier) for answer in told] == [(NUMBER, "usps"), ("B2", "ups")]

    def test_a_page_of_nothing_is_no_data(self) -> None:
        answer = read({"meta": {"code": 200}, "data": {"trackings": []}})
        assert answer.failure and answer.failure.trouble is Trouble.NO_DATA

    @pytest.mark.parametrize(
        "value",
        [
            {"tracking_number": "A", "slug": "ups"},
            {"tracking": {"tracking_number": "A"}},
            {"a": 1},
            [],
            [1],
            "text",
            12,
        ],
    )
    def test_requests_and_foreign_documents_are_no_answers(self, value: object) -> None:
        with pytest.raises(NotAnAnswer):
            aftership.read(json.dumps(value).encode())


class TestPush:
    def push(self, event: str, message: object) -> Answer:
        return read({"ts": 1700000000, "event": event, "event_id": "e1", "is_tracking_first_tag": True, "msg": message})

    def test_an_update_brings_the_whole_tracking(self) -> None:
        one = tracking(checkpoint("2026-06-09T00:00:00Z", "·", "Delivered_001"), sub="Delivered_001")
        for message in (one, json.dumps(one)):
            answer = self.push("tracking_update", message)
            assert (answer.kind, answer.number, answer.status) == (Kind.PUSH, NUMBER, "delivered")

    def test_another_event_of_a_tracking_is_read_the_same(self) -> None:
        assert self.push("edd_revise", tracking()).number == NUMBER

    def test_a_push_of_something_else_or_of_no_number_is_no_answer(self) -> None:
        for event, message in (("order_update", {"id": 1}), ("tracking_update", {"id": "demo", "tag": "InTransit"})):
            with pytest.raises(NotAnAnswer):
                self.push(event, message)


@pytest.mark.parametrize(
    ("code", "trouble", "after", "account_wide"),
    [
        (400, Trouble.CONFIG, None, False),
        (401, Trouble.AUTH, None, True),
        (402, Trouble.QUOTA, None, True),
        (403, Trouble.AUTH, None, True),
        (404, Trouble.NO_DATA, None, False),
        (429, Trouble.THROTTLE, timedelta(minutes=1), True),
        (4001, Trouble.CONFIG, None, False),
        (4004, Trouble.NO_DATA, None, False),
        (4005, Trouble.CONFIG, None, False),
        (4012, Trouble.CONFIG, None, False),
        (500, Trouble.TRANSIENT, None, False),
        (502, Trouble.TRANSIENT, None, False),
    ],
)
def test_a_meta_code_says_what_helps_whatever_the_http_status(
    code: int, trouble: Trouble, after: timedelta | None, account_wide: bool
) -> None:
    for status in (200, code if code < 600 else 400):
        response = Response(status, {}, failed(code))
        (answer,) = aftership.decode(response)
        assert answer.failure is not None
        assert (answer.failure.trouble, answer.failure.after) == (trouble, after)
        assert answer.failure.account_wide is account_wide
        subscribed = aftership.decode_subscription(response)
        assert subscribed is not None
        assert subscribed.trouble is trouble


def test_what_is_made_or_was_there_already_stands() -> None:
    made = {"meta": {"code": 201}, "data": {"tracking": tracking(sub="Pending_001")}}
    assert aftership.decode_subscription(Response(201, {}, json.dumps(made).encode())) is None
    already = failed(4003, "Tracking already exists.", tracking={"tracking_number": NUMBER, "slug": "usps"})
    assert aftership.decode_subscription(Response(400, {}, already)) is None
    (answer,) = aftership.read(already)
    assert (answer.kind, answer.number, answer.failure) == (Kind.SUBSCRIPTION, NUMBER, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | st.sampled_from(["2026-06-09T00:00:00Z", "Delivered_001", "[{"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["meta", "code", "message", "data", "tracking", "trackings", "tracking_number", "slug", "tag", "subtag", "checkpoints", "checkpoint", "checkpoint_time", "country_iso3",
             "state", "msg", "event", "return_to_sender"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=14,
)  # fmt: skip


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    body = json.dumps(value).encode()
    try:
        for answer in aftership.read(body):
            assert answer.status
    except NotAnAnswer:
        pass
    assert aftership.decode(Response(200, {}, body))
    aftership.decode_subscription(Response(200, {}, body))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert aftership.decode(Response(200, {}, body))
    assert aftership.verify(CONTRACT, {"aftership-hmac-sha256": "é"}, body) is False
    assert aftership.decode_subscription(Response(200, {}, body)) is not None


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_cut_or_flipped_reply_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(
        json.dumps(
            {"meta": {"code": 200}, "data": tracking(checkpoint("2026-06-09T00:00:00Z", "·", "Delivered_001"))}
        ).encode()
    )
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NotAnAnswer):
        aftership.read(bytes(body[: data.draw(st.integers(0, len(body)))]))
