"""Bodies of STO: pushes and their digest, requests and foreign documents, relays' frames, and broken ones."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Contract, Interception, Kind, NotAnAnswer, Wish
from shipments.carriers import sto
from shipments.status import Cause, Stage
from shipops.kit.wire import Response
from tests.shipments.test_sto import ASK, CONTRACT, NOW, NUMBER, PUSHED, PUSHED_XML, answer, form, push, scan, signed


class TestPush:
    @pytest.mark.parametrize(
        "body",
        [
            form(PUSHED),
            form(PUSHED_XML),
            form(PUSHED.encode("gb18030")),
            PUSHED.encode(),
            b"\xef\xbb\xbf" + PUSHED.encode(),
            f"content={PUSHED}&data_digest=x".encode(),
            form(PUSHED.replace('"', "&quot;")),
            json.dumps({"content": PUSHED, "data_digest": "x"}).encode(),
            form(json.dumps({"waybillNo": NUMBER, "trace": json.dumps(push()["trace"])})),
            form(json.dumps({"waybillNo": NUMBER, "trace": [push()["trace"]]})),
            json.dumps([push()]).encode(),
        ],
    )
    def test_whatever_way_it_is_packed_it_is_the_same_push(self, body: bytes) -> None:
        (told,) = sto.read(body)
        assert (told.number, told.carrier, told.status) == (NUMBER, "shentong", "out_for_delivery")
        assert len(told.events) == 1
        assert "正在派件" in told.events[0].text
        assert told.kind is Kind.PUSH

    def test_a_push_carries_the_digest_of_its_bytes(self) -> None:
        for content in (PUSHED.encode(), PUSHED.encode("gb18030"), PUSHED_XML.encode()):
            body = form(content)
            assert sto.verify(CONTRACT, {}, body)
            assert not sto.verify(Contract({"secret_key": "other"}), {}, body)
            assert not sto.verify(CONTRACT, {}, body.replace(b"773014136444784", b"773014136444785"))

    def test_a_digest_whose_plus_became_a_space_is_the_same_digest(self) -> None:
        contents = (json.dumps({"waybillNo": NUMBER, "n": n}).encode() for n in range(1000))
        content = next(content for content in contents if "+" in signed(content))
        assert sto.verify(
            CONTRACT, {}, b"content=" + quote(content).encode() + b"&data_digest=" + signed(content).encode()
        )

    def test_a_framework_may_have_escaped_what_was_signed(self) -> None:
        escaped = quote(PUSHED.replace('"', "&quot;"))
        assert sto.verify(CONTRACT, {}, f"content={escaped}&data_digest={quote(signed(PUSHED.encode()))}".encode())

    @pytest.mark.parametrize("body", [b"", PUSHED.encode(), f"content={quote(PUSHED)}".encode(), b"content=", b"{}"])
    def test_a_push_without_a_digest_is_refused(self, body: bytes) -> None:
        assert sto.SIGNED
        assert not sto.verify(CONTRACT, {}, body)

    def test_an_account_without_a_secret_takes_no_push(self) -> None:
        content = PUSHED.encode()
        body = f"content={quote(content)}&data_digest={quote(signed(content, b''))}".encode()
        assert not sto.verify(Contract(), {}, body)

    def test_a_push_is_acknowledged_exactly(self) -> None:
        response = sto.acknowledge(form(PUSHED))
        assert response.body == (
            b'{"success":"true","errorCode":"0","errorMsg":"","data":{"waybillNo":"773014136444784","needRetry":false}}'
        )
        assert response.headers["Content-Type"].startswith("application/json")

    def test_a_push_in_xml_is_acknowledged_in_xml(self) -> None:
        response = sto.acknowledge(form(PUSHED_XML))
        assert response.headers["Content-Type"].startswith("text/xml")
        assert response.body == (
            b"<response><success>true</success><errorCode>0</errorCode><errorMsg></errorMsg>"
            b"<data><waybillNo>773014136444784</waybillNo><needRetry>false</needRetry></data></response>"
        )

    def test_what_cannot_be_read_is_acknowledged_all_the_same(self) -> None:
        assert json.loads(sto.acknowledge(form("?")).body)["success"] == "true"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "empty"),
        (b"\x00\xff garbage", "neither JSON nor XML"),
        (b"<html>502", "web page"),
        (b"17", "int"),
        (b'{"apiResultCode":"A1000"}', "nothing that STO answers"),
        (sto.encode([ASK], CONTRACT, NOW).body, "request"),
        (sto.encode_subscription(ASK, CONTRACT, NOW).body, "request"),
        (sto.encode_interception(Interception(ASK, Wish.RETURN, "r", ""), CONTRACT, NOW).body, "request"),
        (b'{"order":"desc","waybillNoList":["770000000000001"]}', "request"),
        (
            b'{"com":"yuantong","nu":"75450632975559","data":[{"time":"2026-01-01 10:00","context":"x"}]}',
            "another carrier",
        ),
    ],
)
def test_what_is_no_answer_is_refused_with_one_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(NotAnAnswer, match=sentence):
        sto.read(body)


@pytest.mark.parametrize(
    "frame",
    [
        {"data": {"content": "ROWS", "shipping_name": "申通快递", "shipping_no": NUMBER}, "status": {"succeed": 1}},
        {"status": 0, "deliver_no": NUMBER, "deliver_name": "申通", "deliver_list": "ROWS"},
        {"message": "ok", "nu": NUMBER, "com": "shentong", "data": "ROWS"},
        {"code": 0, "result": {"number": NUMBER, "type": "sto", "list": "ROWS"}},
    ],
)
@pytest.mark.parametrize(("time", "words"), [("time", "context"), ("datetime", "remark"), ("time", "station")])
def test_the_rows_are_found_in_a_relays_frame(frame: dict[str, object], time: str, words: str) -> None:
    rows = [
        {time: "2014-01-19 18:24:00", words: "快件已【签收】,签收人是【草签】,签收网点【河北唐山公司】"},
        {
            time: "2014-01-18 18:25:55",
            words: "【河北唐山公司】 已进行疑难件扫描，,疑难件原因 送无人,电话联系不上明日送",
        },
    ]
    (told,) = sto.read(json.dumps(frame).replace('"ROWS"', json.dumps(rows)).encode())
    assert (told.number, told.carrier, told.status) == (NUMBER, "shentong", "delivered")
    assert [event.cause for event in told.events] == [Cause.UNREACHABLE, None]
    assert told.events[1].stage is Stage.DELIVERED


keys = st.sampled_from(["success", "errorCode", "errorMsg", "data", NUMBER, "waybillNo", "trace", "opTime", "scanType", "memo", "issueName", "content", "data_digest", "time", "context", "response"])  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["true", "签收", "问题件", NUMBER, "2026-11-21 10:00:00", "{}", "[]", "[{", "<a/>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    text = json.dumps(value)
    for body in (text.encode(), form(text)):
        try:
            for told in sto.read(body):
                assert told.status
        except NotAnAnswer:
            pass
        assert sto.acknowledge(body).status == 200
        assert sto.decode_interception(Response(200, {}, body))


@given(st.sampled_from([form(PUSHED), form(PUSHED_XML), answer(scan("收件"), scan("签收", "已签收"))]), st.data())
@settings(max_examples=400, deadline=None)
def test_no_mutated_body_breaks_the_reader(seed: bytes, data: st.DataObject) -> None:
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    assert sto.decode(Response(200, {}, bytes(body)))
    assert sto.acknowledge(bytes(body)).status == 200
    assert sto.verify(CONTRACT, {}, bytes(body)) in (True, False)


def test_the_same_bytes_in_a_form_are_the_same_content() -> None:
    assert sto.verify(CONTRACT, {}, urlencode({"content": PUSHED, "data_digest": signed(PUSHED.encode())}).encode())
