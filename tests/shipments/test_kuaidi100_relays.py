"""Kuaidi100's answers as shops and resellers hand them on, and its answers to calls."""

import json
from collections.abc import Callable

import pytest

from shipments.answers import Kind, Trouble
from shipments.carriers import kuaidi100


class TestRelays:
    """Shops and resellers hand Kuaidi100's answer on inside their own."""

    QUERY = {
        "message": "ok",
        "nu": "YT7000000000001",
        "ischeck": "0",
        "com": "yuantong",
        "status": "200",
        "state": "5",
        "data": [
            {"time": "2023-03-04 08:01:00", "context": "正在派件", "statusCode": "5"},
            {"time": "2023-03-03 17:00:00", "context": "已揽收", "statusCode": "103"},
        ],
    }

    @pytest.mark.parametrize(
        "frame",
        [
            lambda query: {"code": 200, "msg": "success", "data": query},
            lambda query: {"returnCode": 1000, "message": "成功", "dataInfo": {"queryTrackMapResp": query}},
            lambda query: {"status": 1, "result": [{"invoice_no": "1", "list": query}]},
            lambda query: {"code": 0, "data": json.dumps(query)},
            lambda query: [query],
        ],
    )
    def test_a_query_is_found_in_the_frame_of_whoever_hands_it_on(self, frame: Callable[[object], object]) -> None:
        (answer,) = kuaidi100.read(json.dumps(frame(self.QUERY)).encode())
        assert (answer.number, answer.carrier) == ("YT7000000000001", "yuantong")
        assert answer.status == "out_for_delivery"
        assert len(answer.events) == 2

    def test_a_query_without_scans_keeps_its_reason_in_a_frame(self) -> None:
        empty = {**self.QUERY, "data": [], "message": "查询无结果", "status": "201"}
        (answer,) = kuaidi100.read(json.dumps({"code": 200, "data": empty}).encode())
        assert answer.failure is not None
        assert answer.failure.trouble is Trouble.NO_DATA
        assert answer.number == "YT7000000000001"

    def test_a_reseller_with_names_and_states_of_its_own_is_read_by_its_scans(self) -> None:
        told = {"mailNo": "3900000000001", "status": 4, "expSpellName": "yunda", "expTextName": "韵达快递"}
        rows = [{"time": "2016-08-20 18:06:39", "context": "[河南南阳公司]快件已被 本人 签收"}]
        (answer,) = kuaidi100.read(
            json.dumps({"showapi_res_code": 0, "showapi_res_body": {**told, "data": rows}}).encode()
        )
        assert (answer.number, answer.carrier, answer.status) == ("3900000000001", "yunda", "delivered")

    @pytest.mark.parametrize("company", ["韵达快递", "yunda", "YD"])
    def test_a_frame_may_name_the_company_in_words(self, company: str) -> None:
        rows = [{"ftime": "2022-01-02 03:04:05", "context": "已到达 上海分拨中心"}]
        told = {"expressNumber": "4312000000001", "company": company, "traces": rows}
        (answer,) = kuaidi100.read(json.dumps({"success": True, "info": told}).encode())
        assert (answer.number, answer.carrier, answer.status) == ("4312000000001", "yunda", "in_transit")

    def test_a_push_keeps_its_own_status_in_a_frame(self) -> None:
        pushed = {
            "status": "abort",
            "message": "3天查询无记录",
            "comNew": "yunda",
            "lastResult": {"nu": "1", "data": []},
        }
        (answer,) = kuaidi100.read(json.dumps({"code": 0, "body": pushed}).encode())
        assert answer.ended
        assert answer.instead == "yunda"

    def test_xml_is_read_as_json_is(self) -> None:
        rows = "<data><time>2015-04-28 15:46:48</time><context>已签收,签收人是本人</context></data>"
        body = f"<xml><message>ok</message><nu>668000000001</nu><com>shentong</com><state>3</state>{rows}</xml>"
        (answer,) = kuaidi100.read(body.encode())
        assert (answer.number, answer.carrier, answer.status) == ("668000000001", "shentong", "delivered")


@pytest.mark.parametrize(
    ("data", "kind"), [({"taskId": "A1", "orderId": "1"}, Kind.INTERCEPTION), (None, Kind.SUBSCRIPTION)]
)
def test_a_call_that_was_taken_is_no_empty_track(data: object, kind: Kind) -> None:
    body = {"result": True, "returnCode": "200", "message": "提交成功", "data": data}
    (answer,) = kuaidi100.read(json.dumps(body).encode())
    assert answer.kind is kind
    assert answer.failure is None
