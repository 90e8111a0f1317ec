"""Bodies of YTO: pushes and their digest, requests and foreign documents, relays' frames, and broken ones."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import yto
from shipops.kit.wire import Response
from tests.shipments.test_yto import CONTRACT, EMPTY, NUMBER, SIGNED, form, pushed, scan, update


class TestPush:
    def test_a_push_is_one_scan(self) -> None:
        answer = pushed(update("SENT_SCAN"))
        assert (answer.number, answer.carrier, answer.kind, answer.status) == (
            NUMBER,
            "yuantong",
            Kind.PUSH,
            "out_for_delivery",
        )
        (event,) = answer.events
        assert (event.text, event.place) == ("【义乌公司】 派件中", "金华市 义乌市")
        assert event.occurred_at == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("xml", "text"),
        [
            (update("SIGNED", name="本人"), "【义乌公司】 签收成功 签收人: 本人"),
            (update("FAILED", "失败签收录入 某某某"), "【义乌公司】 失败签收录入 某某某"),
            (update("ARRIVAL", "【义乌转运中心】 已收入"), "【义乌转运中心】 已收入"),
            (update("FAILED", "电话无人接听"), "【义乌公司】 签收失败 电话无人接听"),
        ],
    )
    def test_a_push_without_a_sentence_is_told_in_the_platforms_words(self, xml: str, text: str) -> None:
        assert pushed(xml).events[0].text == text

    def test_a_reason_in_the_remark_counts(self) -> None:
        assert pushed(update("FAILED", "电话无人接听")).status == "unreachable_recipient"
        assert pushed(update("SIGNED", name="丰巢快递柜")).status == "available_for_pickup"

    @pytest.mark.parametrize(
        "body",
        [
            form(update("GOT", "A&B")),
            update("GOT", "A&B").encode(),
            b"\xef\xbb\xbf" + update("GOT", "A&B").encode(),
            f"logistics_interface={update('GOT', 'A&B')}&data_digest=x&type=online".encode(),
            f"logistics_interface={quote(update('GOT', 'A&B').encode('gb18030'))}".encode(),
            ('<?xml version="1.0" encoding="GBK"?>' + update("GOT", "A&B 已揽收 张三李四")).encode("gb18030"),
            form(update("GOT", "A&B").replace("<", "&lt;").replace(">", "&gt;")),
            form(update("GOT", "A&B").replace("&amp;", "&")),
            json.dumps({"logistics_interface": update("GOT", "A&B"), "clientId": "K1"}).encode(),
            form("<UpdateInfos>" + update("GOT", "A&B") + "</UpdateInfos>"),
        ],
    )
    def test_whatever_way_it_is_packed_it_is_the_same_push(self, body: bytes) -> None:
        (answer,) = yto.read(body)
        assert (answer.number, answer.status, answer.kind) == (NUMBER, "picked_up", Kind.PUSH)
        assert "A&B" in answer.events[0].text

    def test_a_cut_push_keeps_what_it_tells(self) -> None:
        (answer,) = yto.read(update("GOT")[:-25].encode())
        assert (answer.number, answer.status, len(answer.warnings)) == (NUMBER, "picked_up", 1)

    def test_a_full_track_may_be_pushed_too(self) -> None:
        rows = json.dumps([scan("GOT", "已揽收"), scan("SIGNED", "已签收", "2026-11-22 10:00:00")])
        (answer,) = yto.read(form(rows))
        assert (answer.status, len(answer.events), answer.kind) == ("delivered", 2, Kind.PUSH)

    def test_an_instruction_about_an_order_is_no_scan(self) -> None:
        with pytest.raises(NotAnAnswer, match="instruction"):
            yto.read(form(update("WITHDRAW", infoType="INSTRUCTION")))

    def test_without_a_secret_of_pushes_the_address_protects(self) -> None:
        assert yto.SIGNED is False
        assert yto.verify(CONTRACT, {}, form(update()))

    def test_with_a_secret_of_pushes_the_digest_must_fit_the_bytes(self) -> None:
        for raw in (update("GOT", "签收").encode(), update("GOT", "签收").encode("gb18030")):
            given = base64.b64encode(hashlib.md5(raw + b"push-secret", usedforsecurity=False).digest()).decode()
            body = f"logistics_interface={quote(raw)}&data_digest={quote(given)}".encode()
            assert yto.verify(SIGNED, {}, body)
            assert yto.verify(SIGNED, {}, f"logistics_interface={quote(raw)}&data_digest={given}".encode())
            assert not yto.verify(SIGNED, {}, body.replace(b"GOT", b"SIGNED"))
            assert not yto.verify(Contract({"push_secret": "other"}), {}, body)
        assert not yto.verify(SIGNED, {}, form(update()))
        assert not yto.verify(SIGNED, {}, b"")

    def test_a_push_is_acknowledged_with_its_order_number(self) -> None:
        for body in (form(update()), update().encode(), form(update()[:-25])):
            response = yto.acknowledge(body)
            assert (response.status, response.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
            assert response.body.startswith(b"<Response><logisticProviderID>YTO</logisticProviderID>")
            assert response.body.endswith(b"<success>true</success></Response>")
        assert yto.acknowledge(form(update())).body == (
            b"<Response><logisticProviderID>YTO</logisticProviderID><txLogisticID>LP&amp;07</txLogisticID>"
            b"<success>true</success></Response>"
        )

    def test_a_push_in_json_is_acknowledged_in_json(self) -> None:
        response = yto.acknowledge(form(json.dumps([scan("GOT", "已揽收") | {"txLogisticID": "LP1"}])))
        assert json.loads(response.body) == {"logisticProviderID": "YTO", "txLogisticID": "LP1", "success": True}


class TestWhatIsNoAnswer:
    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b"", "empty"),
            (b"\x00\xff garbage", "neither JSON nor XML"),
            (b"<html>502", "web page"),
            (b"17", "int"),
            (b'{"apiResultCode":"A1000"}', "nothing that YTO answers"),
            ({"timestamp": "1", "param": "{}", "sign": "x", "format": "JSON"}, "request"),
            ({"NUMBER": NUMBER}, "request"),
            ([{"Number": NUMBER}], "request"),
            ({"waybillNo": NUMBER, "wantedDesc": "退回"}, "request"),
            (b"sign=x&app_key=y&format=JSON&method=yto.Marketing.WaybillTrace&param=%5B%5D", "request"),
            (b"<ufinterface><Result><WaybillCode><Number>YT1</Number></WaybillCode></Result></ufinterface>", "request"),
            (form("<RequestOrder><clientID>K1</clientID></RequestOrder>"), "request"),
            ({"com": "zhongtong", "nu": "75450632975559", "data": [scan("", "已签收")]}, "another carrier"),
            ({"ShipperCode": "STO", "Traces": [{"AcceptTime": "2026-01-01", "AcceptStation": "x"}]}, "another carrier"),
        ],
    )  # fmt: skip
    def test_it_is_refused_with_one_sentence(self, body: object, sentence: str) -> None:
        with pytest.raises(NotAnAnswer, match=sentence):
            yto.read(body if isinstance(body, bytes) else json.dumps(body).encode())


class TestRelays:
    @pytest.mark.parametrize(
        "frame",
        [
            {"status": 0, "msg": "获取成功", "deliver_no": NUMBER, "deliver_name": "圆通速递", "deliver_list": "ROWS"},
            {"message": "ok", "nu": NUMBER, "com": "yuantong", "state": "3", "data": "ROWS"},
            {"code": 200, "data": {"mailNo": NUMBER, "expName": "圆通", "list": "ROWS"}},
            {"showapi_res_code": 0, "showapi_res_body": {"mailNo": NUMBER, "expTextName": "圆通速递", "data": "ROWS"}},
            {"resultcode": "200", "result": {"company": "圆通", "no": NUMBER, "status": "1", "list": "ROWS"}},
        ],
    )
    @pytest.mark.parametrize(("time", "words"), [("time", "context"), ("datetime", "remark"), ("time", "station")])
    def test_the_rows_are_found_in_a_shops_or_an_aggregators_frame(
        self, frame: dict[str, object], time: str, words: str
    ) -> None:
        rows = [
            {time: "2026-11-22 19:23:56", words: "客户 签收人: 本人 已签收"},
            {time: "2026-11-21 08:31:41", words: "【厦门市文屏分部公司】 失败签收录入 某某某"},
        ]
        text = json.dumps(frame).replace('"ROWS"', json.dumps(rows))
        (answer,) = yto.read(text.encode())
        assert (answer.number, answer.carrier, answer.status, len(answer.events)) == (
            NUMBER,
            "yuantong",
            "delivered",
            2,
        )


keys = st.sampled_from(["waybill_No", "upload_Time", "infoContent", "processInfo", "map", "code", "success", "message", "reason", "deliver_no", "deliver_list", "station", "time", "com", "data", "logistics_interface", "UpdateInfo"])  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [
            "GOT",
            "SIGNED",
            NUMBER,
            "2026-11-21 10:00:00",
            "{}",
            "[]",
            "[{",
            "<a/>",
            "【a公司】 已发出 下一站 【b】",
            "true",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    text = json.dumps(value)
    for body in (text.encode(), form(text)):
        try:
            for answer in yto.read(body):
                assert answer.status
        except NotAnAnswer:
            pass
        assert yto.acknowledge(body).status == 200
        assert yto.decode_interception(Response(200, {}, body))


SEEDS = [
    form(update("FAILED", "失败签收录入")),
    json.dumps([scan("GOT", "【a公司】 已揽收"), scan("SIGNED", "已签收")], ensure_ascii=False).encode(),
    json.dumps(EMPTY, ensure_ascii=False).encode(),
    b"<table><tr><td>2019.06.27</td><td>09:52</td><td>x</td></tr></table>",
]


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=400, deadline=None)
def test_no_mutated_body_breaks_the_reader(seed: bytes, data: st.DataObject) -> None:
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    assert yto.decode(Response(200, {}, bytes(body)))
    assert yto.acknowledge(bytes(body)).status == 200
    assert yto.verify(SIGNED, {}, bytes(body)) in (True, False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"logisticProviderID":"YTO","success":true,"clientID":"K"}',
        b"<Response><logisticProviderID>YTO</logisticProviderID><txLogisticID>LP1</txLogisticID><success>true</success></Response>",
    ],
)
def test_a_plain_yes_is_the_word_on_a_subscription_and_no_empty_track(body: bytes) -> None:
    (answer,) = yto.read(body)
    assert answer.failure is None
    assert answer.kind is Kind.SUBSCRIPTION


def test_too_much_traffic_is_a_throttle_and_no_empty_track() -> None:
    (answer,) = yto.read('{"statusCode":500,"statusMessage":"超过流量限制，请稍后再试"}'.encode())
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.THROTTLE
