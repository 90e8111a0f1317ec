"""What scans of one wording have in common, and what of them may be kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipments.phrases import LONGEST, LONGEST_EXAMPLE, masked, phrase


@pytest.mark.parametrize(
    ("text", "common"),
    [
        ("[深圳市]快件已发往【上海浦东转运中心】", "…快件已发往…"),
        ("快件离开广东深圳公司 发往 江苏南京转运中心", "快件离开… 发往 …"),
        ("[东莞市]【广东东莞大郎营业部】(0769-0000000)的陈某(13800138000)已揽收", "…的…已揽收"),
        ("【南京】您的极兔小哥 test1040 已取件。", "…您的… # 已取件。"),
        (
            "【九江市】 【九江星子】 的 某某 已进行【问题件】上报，原因：自提件",
            "… 的 某某 已进行【问题件】上报，原因：自提件",
        ),
        ("快件派送不成功(因无法联系到收方客户),正在处理中", "快件派送不成功(因无法联系到收方客户),正在处理中"),
        ("星际跃迁 2026-11-22 10:00 完成", "星际跃迁 # # 完成"),
        ("Delivered at 10:09, left with JOHN SMITH", "Delivered at #, left with …"),
        ("  a \t b  ", "a b"),
        ("", ""),
    ],
)
def test_a_phrase_is_what_scans_of_one_wording_share(text: str, common: str) -> None:
    assert phrase(text) == common


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("【上海】快件星际跃迁到【火星一号站】", "【广州】快件星际跃迁到【木星站】"),
        ("编号SF1390227448801已进仓", "编号YT8834201944712已进仓"),
        ("签收人：王五", "签收人：赵六六"),
        ("快递员张三正在星际跃迁", "快递员李四四正在星际跃迁"),
    ],
)
def test_scans_that_differ_in_place_number_or_person_share_a_phrase(one: str, other: str) -> None:
    assert phrase(one) == phrase(other)


def test_scans_that_say_different_things_do_not() -> None:
    assert phrase("快件派送不成功(因地址不详)") != phrase("快件派送不成功(因客户拒收)")
    assert phrase("已签收") != phrase("未签收")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("客户 签收人: 王小明 已签收", "王小明"),
        ("快件已由【王小明】签收", "王小明"),
        ("货物已由王小明签收", "王小明"),
        ("已签收,签收人是（徐13800138000）先生/女士", "138"),
        ("徐小明先生已取走", "徐小明"),
        ("快件交给王小明，正在派送途中（联系电话：138****8000）", "8000"),
        ("快件交给王小明，正在派送途中", "王小明"),
        ("扫描员是王小明", "王小明"),
        ("快件被快递员孙小明取出", "孙小明"),
        ("收货人：王小明，电话 0769-1234567转88", "1234567"),
        ("Signed for by JOHN SMITH", "JOHN"),
        ("Received by: John Smith", "Smith"),
    ],
)
def test_nobodys_name_and_no_phone_is_kept(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert secret not in phrase(text)


def test_an_example_keeps_its_places() -> None:
    assert masked("快件已到达【广州太和中心】，电话13800138000") == "快件已到达【广州太和中心】，电话#"


@given(st.text(max_size=400))
def test_any_text_has_a_phrase_of_bounded_length_without_digits_in_a_row(text: str) -> None:
    assert len(phrase(text)) <= LONGEST
    assert len(masked(text)) <= LONGEST_EXAMPLE
    assert not any(char in "0123456789" for char in masked(text))
