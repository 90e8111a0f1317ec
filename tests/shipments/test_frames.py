"""Tracks are found in whatever frame they come: lists, numbers as keys, XML, pages, forms, and what is left of broken ones."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import NotAnAnswer
from shipments.carriers import _frames, _refusals, _tracks

ROW = {"time": "2026-11-21 10:00:00", "context": "已收件"}


def found(value: object) -> list[tuple[str, int]]:
    return [(track.number, len(track.rows)) for track in _tracks.tracks(value)]


class TestTracks:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ([ROW], [("", 1)]),
            ({"nu": "YT8834201944712", "data": [ROW, ROW]}, [("YT8834201944712", 2)]),
            ({"data": {"content": [ROW], "shipping_name": "申通快递"}, "status": {"succeed": 1}}, [("", 1)]),
            ({"deliver_no": 889937122258663903, "deliver_list": [ROW]}, [("889937122258663903", 1)]),
            ({"data": {"773000000000001": [ROW], "773000000000002": []}}, [("773000000000001", 1), ("773000000000002", 0)]),
            ({"map": {"YT2600205450611": []}, "code": "1001"}, [("YT2600205450611", 0)]),
            ([ROW | {"waybill_No": "YT1111111111111"}, ROW | {"waybillNo": "YT2222222222222"}],
             [("YT1111111111111", 1), ("YT2222222222222", 1)]),
            ({"result": json.dumps({"mailNo": "YT1111111111111", "traces": [ROW]})}, [("YT1111111111111", 1)]),
            ({"waybillNo": "773000000000001", "trace": {"opTime": "2026-11-21", "scanType": "派件"}}, [("773000000000001", 1)]),
            ({"time": "2026-11-21 10:00:00", "msg": "获取成功", "status": 0}, []),
            ({"order": {"time": "2026-11-21", "remark": "送礼"}, "data": [ROW]}, [("", 1)]),
            ({"no": "12", "data": [ROW]}, [("", 1)]),
            ({}, []),
            ({"data": [["2019.06.27 09:52", "已签收"], ["2019.06.26 20:34", "派件中"]]}, [("", 2)]),
            ({"traces": ["2019-06-27 09:52:00 已签收", "2019-06-26 20:34:00 派件中"]}, [("", 2)]),
            ({"rows": [{"riqi": "2019-06-27 09:52:00", "neirong": "客户 签收人: 宁某 已签收"}]}, [("", 1)]),
            ({"goods": [{"name": "T恤", "made": "2019-06-01 10:00:00"}]}, []),
        ],
    )  # fmt: skip
    def test_a_list_of_scans_is_found_with_its_number(self, value: object, expected: list[tuple[str, int]]) -> None:
        assert found(value) == expected

    def test_what_is_no_object_stays_in_its_place_to_be_counted(self) -> None:
        (track,) = _tracks.tracks([ROW | {"mailNo": "YT1111111111111"}, "x", None])
        assert (track.number, track.rows[1:]) == ("YT1111111111111", ["x", None])

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ({"uploadtime": "2015-12-1 0:09:23"}, "2015-12-1 0:09:23"),
            ({"day": "2019.06.27", "time": "09:52"}, "2019.06.27 09:52"),
            ({"time": "gestern"}, "gestern"),
            ({"time": "", "optime": "1574000000000"}, "1574000000000"),
            ({}, ""),
        ],
    )
    def test_a_time_is_told_in_one_value_or_in_two(self, row: dict[str, str], told: str) -> None:
        assert _tracks.when(row) == told

    def test_the_number_in_the_words_is_the_parcels_and_not_the_bags(self) -> None:
        assert _tracks.number_in(["已收件", "已做装袋扫描，袋号： 900168437681，单号：768089232106"]) == "768089232106"
        assert _tracks.number_in(["袋号【900494925359】单号【3313162005775】"]) == "3313162005775"
        assert _tracks.number_in(["袋号： 900168437681", "快件已退回，新单号：773000000000009"]) == ""

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("圆通速递", "yuantong"),
            ("YTO", "yuantong"),
            ("申通快递", "shentong"),
            ("EMS经济快递", "ems"),
            ("天天优品", ""),
            ("XX速递", ""),
            ("", ""),
        ],
    )
    def test_a_carrier_is_known_by_its_names(self, name: str, code: str) -> None:
        assert _tracks.carrier_named(name) == code


PAGE = """<!DOCTYPE html><html><head><script>var a = "2019.06.27 09:52 nothing";</script></head><body>
<table><tr class="last"><td><span class="day">2019.06.27</span><span class="time">09:52</span>&nbsp;<span>星期四</span></td>
  <td>&nbsp;<div class="col2"><span></span></div></td>
  <td>客户 签收人: 宁某
      已签收</td></tr>
<tr><td>2019年6月26日 20:34</td><td>【广南县公司】 失败签收录入 王某</td></tr></table></body></html>"""


class TestFrames:
    def test_a_pages_table_is_its_rows(self) -> None:
        value, _ = _frames.value_of(PAGE)
        assert value == [
            {"time": "2019.06.27 09:52", "context": "客户 签收人: 宁某 已签收"},
            {"time": "2019年6月26日 20:34", "context": "【广南县公司】 失败签收录入 王某"},
        ]

    def test_lines_of_text_are_rows_too(self) -> None:
        value, _ = _frames.value_of(
            "查询结果\n2019.06.27\t09:52\t星期四\t已签收\n2019-06-26 20:34:01 周口市公司 已收件"
        )
        assert value == [
            {"time": "2019.06.27 09:52", "context": "已签收"},
            {"time": "2019-06-26 20:34:01", "context": "周口市公司 已收件"},
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "| 2019.06.27 | 09:52 | 已签收 |",
            '"2019.06.27","09:52","星期四","已签收"',
            "2019.06.27 09:52, 已签收",
            "<li>已签收 <b>2019.06.27 09:52</b></li>",
            "<table><tr><td>已签收</td><td>2019.06.27 09:52</td></tr></table>",
        ],
    )
    def test_a_line_may_be_a_row_of_any_table(self, text: str) -> None:
        assert _frames.value_of(text)[0] == [{"time": "2019.06.27 09:52", "context": "已签收"}]

    def test_an_answer_to_a_script_and_a_document_a_line_are_read_too(self) -> None:
        assert _frames.value_of(f"jQuery12_3({json.dumps([ROW])});")[0] == [ROW]
        assert _frames.value_of(f"{json.dumps(ROW)}\n{json.dumps(ROW)}")[0] == [ROW, ROW]

    def test_xml_within_the_text_of_xml_is_read_as_what_it_is(self) -> None:
        soap = '<s:Body xmlns:s="x"><s:return><![CDATA[<r><b>x</b></r>]]></s:return><c>&lt;no xml</c></s:Body>'
        assert _frames.value_of(soap)[0] == {"Body": {"return": {"r": {"b": "x"}}, "c": "<no xml"}}

    def test_a_comma_too_many_loses_no_scan_and_no_number(self) -> None:
        value, warnings = _frames.value_of(
            '{"deliver_no":"YT1111111111111","list":[{"time":"2026-11-21","context":"x"},]}'
        )
        assert (found(value), len(warnings)) == ([("YT1111111111111", 1)], 1)

    def test_xml_is_read_as_json_would_say_it(self) -> None:
        value, _ = _frames.value_of('<?xml version="1.0" encoding="GBK"?><r a="1"><b>x</b><b>y</b><c><d/></c></r>')
        assert value == {"r": {"a": "1", "b": ["x", "y"], "c": {"d": ""}}}

    def test_escaped_xml_and_a_bare_ampersand_are_mended(self) -> None:
        assert _frames.value_of("&lt;r&gt;&lt;b&gt;x&lt;/b&gt;&lt;/r&gt;")[0] == {"r": {"b": "x"}}
        assert _frames.value_of("<r><b>A&B &amp; C</b></r>")[0] == {"r": {"b": "A&B & C"}}

    def test_the_whole_scans_of_a_cut_body_are_kept(self) -> None:
        cut = json.dumps({"waybill_No": "YT1111111111111", "data": [ROW, ROW]}, ensure_ascii=False)[:-20]
        value, warnings = _frames.value_of(cut)
        assert (found(value), len(warnings)) == ([("YT1111111111111", 1)], 1)
        value, warnings = _frames.value_of("<U><acceptTime>2026-11-21 10:00</acceptTime><remark>x</remark><mailNo>YT")
        assert (found(value), len(warnings)) == ([("", 1)], 1)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "empty"),
            ("\x00garbage", "neither JSON nor XML"),
            ("<html><body>502", "a web page without scans"),
            ("<r><b></r>", "The XML is broken"),
            ('<!DOCTYPE a [<!ENTITY b "c">]><r/>', "document type"),
            ("[" * 5000, "neither JSON nor XML"),
        ],
    )
    def test_what_holds_no_scan_is_told_in_one_sentence(self, text: str, sentence: str) -> None:
        with pytest.raises(NotAnAnswer, match=sentence):
            _frames.value_of(text)

    def test_json_in_a_json_text_is_unwrapped(self) -> None:
        assert _frames.value_of(json.dumps(json.dumps([ROW])))[0] == [ROW]


class TestFields:
    XML = "<U><remark>A&amp;B=C 已收件</remark></U>"

    def test_a_field_is_the_bytes_it_was_made_of(self) -> None:
        for encoding in ("utf-8", "gb18030"):
            raw = self.XML.encode(encoding)
            body = f"content={quote(raw)}&data_digest=a%2Bb%3D%3D".encode()
            assert _frames.fields(body, "content", "data_digest", "type") == {"content": raw, "data_digest": b"a+b=="}

    def test_a_field_that_was_not_encoded_survives(self) -> None:
        body = f"content={self.XML}&data_digest=a+b==&type=x".encode()
        fields = _frames.fields(body, "content", "data_digest", "type")
        assert fields["content"] == self.XML.encode()
        assert fields["data_digest"].replace(b" ", b"+") == b"a+b=="

    def test_what_is_no_form_has_no_fields(self) -> None:
        assert _frames.fields(json.dumps({"a": "&content=<b>"}).encode(), "content") == {}
        assert _frames.fields(urlencode({"param": "x"}).encode(), "content") == {}


@pytest.mark.parametrize(
    ("code", "message", "trouble", "account_wide"),
    [
        ("S02", "", "auth", True),
        ("", "签名错误", "auth", True),
        ("", "IP不在白名单内", "auth", True),
        ("", "访问频率超限", "throttle", True),
        ("", "余额不足", "quota", True),
        ("", "查询结果为空。", "no_data", False),
        ("", "waybillNo不能为空", "config", False),
        ("S07", "系统异常", "transient", False),
        ("9", "出错啦", "transient", False),
    ],
)
def test_a_refusal_is_read_by_its_code_then_by_its_words(
    code: str, message: str, trouble: str, account_wide: bool
) -> None:
    failure = _refusals.failure(code, message, {})
    assert (failure.trouble.value, failure.account_wide) == (trouble, account_wide)


@given(st.text(max_size=200) | st.text("<>/abtr&;=\"'[]{}:, 2019-01 10:0", max_size=200))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_the_frames(text: str) -> None:
    try:
        value, _ = _frames.value_of(text)
    except NotAnAnswer:
        return
    for track in _tracks.tracks(value):
        assert all(_tracks.when(row) is not None for row in track.rows if isinstance(row, dict))
    assert isinstance(_frames.fields(text.encode(), "content"), dict)
