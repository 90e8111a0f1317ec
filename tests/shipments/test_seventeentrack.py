"""17TRACK's protocol: registration, track info, webhook, and what its bodies may look like."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments import carriers
from shipments.answers import Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import seventeentrack
from shipops.kit.wire import Response
from tests.shipments.seventeentrack_bodies import NUMBER, event, item, leg, read, reply

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"key": "DEMOKEY"}, "http://127.0.0.1:9", "http://we/push/", "salt")


def test_people_call_it_17track_though_no_module_can_be_called_so() -> None:
    assert carriers.provider("17track") is seventeentrack
    with pytest.raises(LookupError):
        carriers.provider("seventeentrack")


class TestSigning:
    def test_the_webhook_is_signed_as_the_vector_says(self, shared: Path) -> None:
        vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
        one = next(one for one in vectors if one["name"] == "17track_webhook")
        body, key = one["input"]["body"].encode(), one["input"]["key"]
        assert seventeentrack.sign(body, key) == one["expected"]
        for name in ("sign", "Sign"):
            assert seventeentrack.verify(Contract({"key": key}), {name: one["expected"]}, body)
        assert not seventeentrack.verify(Contract({"key": key}), {"sign": one["expected"]}, body + b" ")
        assert not seventeentrack.verify(Contract({"key": "another"}), {"sign": one["expected"]}, body)
        assert not seventeentrack.verify(Contract({"key": key}), {}, body)

    def test_an_account_without_a_key_takes_no_push(self) -> None:
        assert not seventeentrack.verify(Contract(), {"sign": seventeentrack.sign(b"{}", "")}, b"{}")

    def test_any_200_is_an_acknowledgement(self) -> None:
        assert seventeentrack.acknowledge(b"{}").status == 200

    def test_the_query_is_a_list_of_numbers_with_their_carriers_keys(self) -> None:
        asks = [Ask(NUMBER, "chinapost"), Ask("YT2616912345678901", "yw56"), Ask("X1", "nobody")]
        request = seventeentrack.encode(asks, CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/track/v2.4/gettrackinfo")
        assert request.headers == {"Content-Type": "application/json", "17token": "DEMOKEY"}
        assert request.body == (
            b'[{"number":"RR123456785CN","carrier":3011},{"number":"YT2616912345678901","carrier":190012},{"number":"X1"}]'
        )
        assert seventeentrack.encode(asks, Contract({"key": "K"}), NOW).url.startswith("https://api.17track.net/track/")

    def test_the_registration_may_carry_the_end_of_a_telephone_number(self) -> None:
        request = seventeentrack.encode_subscription(Ask(NUMBER, "emsguoji", "0042"), CONTRACT, NOW)
        assert request.url == "http://127.0.0.1:9/track/v2.4/register"
        assert request.body == b'[{"number":"RR123456785CN","carrier":3013,"phone_number_last_4":"0042"}]'

    def test_a_wrong_carrier_is_changed_by_both_keys(self) -> None:
        request = seventeentrack.encode_carrier_change(Ask(NUMBER, "chinapost"), "emsguoji", CONTRACT, NOW)
        assert request.url.endswith("/changecarrier")
        assert json.loads(request.body) == [{"number": NUMBER, "carrier_old": 3011, "carrier_new": 3013}]
        assert seventeentrack.encode_quota(CONTRACT).url.endswith("/getquota")


class TestPush:
    def test_an_update_brings_the_whole_track(self) -> None:
        told = item(leg(event("2026-06-09T00:00:00Z", "·", "OutForDelivery_Other")))
        for data in (told, json.dumps(told), [told]):
            answer = read({"event": "TRACKING_UPDATED", "data": data})
            assert (answer.kind, answer.number, answer.status, answer.ended) == (
                Kind.PUSH,
                NUMBER,
                "out_for_delivery",
                False,
            )

    def test_a_stop_ends_the_following_and_says_nothing_of_the_parcel(self) -> None:
        answer = read(
            {"event": "TRACKING_STOPPED", "data": {"number": NUMBER, "carrier": 3011, "param": None, "tag": ""}}
        )
        assert (answer.kind, answer.number, answer.carrier, answer.ended) == (Kind.PUSH, NUMBER, "chinapost", True)
        assert (answer.failure, answer.remark, answer.events) == (None, None, ())


@pytest.mark.parametrize(
    ("code", "trouble", "account_wide"),
    [
        (-18010001, Trouble.AUTH, True),
        (-18010002, Trouble.AUTH, True),
        (-18010003, Trouble.TRANSIENT, False),
        (-18010005, Trouble.AUTH, True),
        (-18010012, Trouble.CONFIG, False),
        (-18010014, Trouble.CONFIG, False),
        (-18010019, Trouble.CONFIG, False),
        (-18010022, Trouble.CONFIG, False),
        (-18010203, Trouble.CONFIG, False),
        (-18019805, Trouble.CONFIG, False),
        (-18019808, Trouble.TRANSIENT, False),
        (-18019902, Trouble.NO_DATA, False),
        (-18019903, Trouble.CONFIG, False),
        (-18019907, Trouble.QUOTA, True),
        (-18019908, Trouble.QUOTA, True),
        (-18019909, Trouble.NO_DATA, False),
        (-18019910, Trouble.CONFIG, False),
        (-18019816, Trouble.TRANSIENT, False),
        (-1, Trouble.TRANSIENT, False),
    ],
)
def test_an_error_says_what_helps_of_a_number_and_of_the_whole(code: int, trouble: Trouble, account_wide: bool) -> None:
    of_one = reply(rejected=[{"number": NUMBER, "carrier": 3011, "error": {"code": code, "message": "…"}}])
    of_all = {"code": code, "data": {"errors": [{"code": code, "message": "…"}]}}
    for value, number in ((of_one, NUMBER), (of_all, ""), ({"code": code, "data": {}}, "")):
        response = Response(200, {}, json.dumps(value).encode())
        (answer,) = seventeentrack.decode(response)
        assert answer.failure is not None
        assert (answer.number, answer.failure.trouble, answer.failure.account_wide) == (number, trouble, account_wide)
        assert seventeentrack.decode_subscription(response) == answer.failure


def test_what_is_registered_or_was_already_stands() -> None:
    accepted = reply({"origin": 1, "number": NUMBER, "carrier": 3011})
    already = reply(rejected=[{"number": NUMBER, "carrier": 3011, "error": {"code": -18019901, "message": "…"}}])
    for value in (accepted, already):
        assert seventeentrack.decode_subscription(Response(200, {}, json.dumps(value).encode())) is None
        assert read(value).kind is Kind.SUBSCRIPTION


def test_what_is_refused_beside_a_registration_was_to_be_registered() -> None:
    error = {"code": -18010012, "message": "…"}
    told = reply({"origin": 1, "number": NUMBER, "carrier": 3011}, rejected=[{"number": "1234", "error": error}])
    kinds = [answer.kind for answer in seventeentrack.read(json.dumps(told).encode())]
    assert kinds == [Kind.SUBSCRIPTION, Kind.SUBSCRIPTION]


def test_a_refusal_that_explains_itself_is_heard_whatever_its_http_status() -> None:
    body = json.dumps({"code": -18010002, "data": {"errors": [{"code": -18010002, "message": "Invalid key"}]}}).encode()
    (answer,) = seventeentrack.decode(Response(401, {}, body))
    assert answer.failure and answer.failure.message == "-18010002 Invalid key"


def test_an_empty_quota_concerns_the_whole_account() -> None:
    answer = read({"code": 0, "data": {"quota_total": 100, "quota_remain": 0}})
    assert answer.failure and (answer.failure.trouble, answer.failure.account_wide) == (Trouble.QUOTA, True)
    assert read({"code": 0, "data": {"quota_total": 100, "quota_remain": 7}}).warnings == (
        "Registrations left: 7 of 100",
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | st.sampled_from(["2026-06-09T00:00:00Z", "Delivered_Other", "[{"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["code", "data", "accepted", "rejected", "errors", "error", "number", "carrier", "track_info", "tracking", "providers", "provider", "events", "time_utc", "time_raw", "date",
             "latest_status", "sub_status", "event", "dat", "track", "z0", "z1", "e", "a", "z", "shipments", "shipment", "misc_info", "quota_remain", "address", "country"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=14,
)  # fmt: skip


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    try:
        for answer in seventeentrack.read(json.dumps(value).encode()):
            assert answer.status
    except NotAnAnswer:
        pass
    assert seventeentrack.decode(Response(200, {}, json.dumps(value).encode()))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert seventeentrack.decode(Response(200, {}, body))
    assert seventeentrack.verify(CONTRACT, {"sign": "é"}, body) is False
    seventeentrack.decode_subscription(Response(200, {}, body))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_cut_or_flipped_reply_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(
        json.dumps(
            reply(item(leg(event("2026-06-09T00:00:00Z", "到达", "InTransit_Arrival")))), ensure_ascii=False
        ).encode()
    )
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NotAnAnswer):
        seventeentrack.read(bytes(body[: data.draw(st.integers(0, len(body)))]))


def test_too_many_requests_told_in_the_body_are_a_throttle() -> None:
    (answer,) = seventeentrack.read(b'{"code":429,"data":{}}')
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.THROTTLE
    assert answer.failure.account_wide
