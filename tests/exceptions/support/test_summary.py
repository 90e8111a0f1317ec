"""What a buyer is told: polite, true, and nothing of how the desk works."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.support.summary import (
    CHECK,
    CHECKED,
    CHECKING,
    LANGUAGES,
    MONTHS,
    NEXT,
    STANDS,
    Part,
    Situation,
    summary,
)

AT = datetime(2026, 11, 20, 10, 28, tzinfo=UTC)
BY = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
NUMBER = "261122-483920174459201"

# How the desk talks, what it pays, and whose fault it is: none of it for a buyer.
FORBIDDEN = re.compile(
    r"C-\d|罚|赔|扣|考核|超时|违规|异常|工单|索赔|申诉|责任|怪|客服|平台规则|虚假|时限|丢件|遗失|应该|可能|估计|亲们|大概|内部|"
    r"penalt|claim|compensat|fine\b|breach|violat|exception|\bcase\b|ticket|work order|fault|blame|liab|probabl|perhaps|maybe|"
    r"guess|platform|limit|overdue|internal",
    re.IGNORECASE,
)
MOMENTS = st.datetimes(timezones=st.just(UTC))
ANYTHING = st.text(max_size=40) | st.sampled_from(
    ["张小明 13900005521", "C-77 罚款 ¥50", "圆通速递", "深圳市", "YT8834201944712"]
)
PARTS = st.builds(
    Part,
    situation=st.sampled_from(list(Situation)),
    carrier=st.sampled_from(["圆通速递", "YTO", "SF Express", "", "王小明13900005521", "C-77"]),
    waybill=st.from_regex(r"[A-Z]{2}[0-9]{11}", fullmatch=True) | st.just(""),
    place=ANYTHING,
    since=st.none() | MOMENTS,
    by=st.none() | MOMENTS,
    asked=st.booleans(),
)


def dates(language: str) -> re.Pattern[str]:
    if language == "zh":
        return re.compile(r"\d{1,2}月\d{1,2}日 \d\d:\d\d")
    return re.compile(rf"\d{{1,2}} (?:{'|'.join(MONTHS)}), \d\d:\d\d")


@given(
    number=st.from_regex(r"[0-9A-Z-]{1,30}", fullmatch=True),
    parts=st.lists(PARTS, max_size=4),
    language=st.sampled_from(LANGUAGES),
)
def test_whatever_happened_no_word_or_number_that_is_not_the_buyers_gets_out(
    number: str, parts: list[Part], language: str
) -> None:
    text = summary(number, parts, language)
    told = dates(language).sub("", text)
    for part in parts:
        told = told.replace(part.waybill, "") if part.waybill else told
    tail = re.sub(r"[^A-Z0-9]", "", number)[-4:]
    assert re.sub(r"\D+", " ", told.replace(tail, "", 1) if tail else told).split() == []
    assert FORBIDDEN.search(told) is None
    assert "{" not in text and "小明" not in text
    # Nothing is promised but by an instant that was given.
    given_times = [at for part in parts for at in (part.since, part.by) if at]
    assert len(dates(language).findall(text)) <= len(given_times)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_situation_has_its_words(language: str) -> None:
    assert set(STANDS[language]) == set(Situation)
    assert set(NEXT[language]) == set(Situation) - CHECKED
    sentences = [text for pair in (*STANDS[language].values(), *NEXT[language].values()) for text in pair]
    for sentence in [*sentences, *CHECK[language], *CHECKING[language]]:
        assert FORBIDDEN.search(sentence) is None, sentence
        assert sentence.endswith("。" if language == "zh" else "."), sentence
        if language == "zh":
            assert re.search(r"[A-Za-z!！]", re.sub(r"\{\w+\}", "", sentence)) is None, sentence
        else:
            assert re.search(r"[\u4e00-\u9fff!]", sentence) is None, sentence


@pytest.mark.parametrize(
    ("part", "chinese", "english"),
    [
        (
            Part(Situation.STALLED, "圆通速递", "YT8834201944712", "长沙市", AT, None, asked=True),
            "您好，您尾号9201的订单（圆通速递 YT8834201944712）：包裹自11月20日 10:28（长沙市）之后暂时没有新的物流更新。"
            "我们已请圆通速递核实，有结果马上告诉您。\n如有其他问题，请随时联系我们。",
            "",
        ),
        (
            Part(Situation.NOT_DISPATCHED, since=AT, by=BY),
            "您好，您尾号9201的订单：您于11月20日 10:28付款的商品还没有发出。我们会在11月23日 18:00前发出。\n"
            "如有其他问题，请随时联系我们。",
            "Hello, this is about your order ending in 9201. The goods you paid for on 20 Nov, 10:28 have not left yet. "
            "They will leave by 23 Nov, 18:00.\nPlease write to us whenever you have a question.",
        ),
        (
            Part(Situation.AT_STATION, "YTO", "YT8834201944712", "", AT),
            "",
            "Hello, this is about your order ending in 9201 (YTO YT8834201944712). Your parcel has been at the pickup point since "
            "20 Nov, 10:28, ready to be collected. Please collect it soon with the code in your message.\n"
            "Please write to us whenever you have a question.",
        ),
        (
            Part(Situation.UNKNOWN),
            "您好，您尾号9201的订单：我们正在核实包裹的情况。我们会向快递公司核实，有结果马上告诉您。\n如有其他问题，请随时联系我们。",
            "",
        ),
    ],
)
def test_it_reads_like_this(part: Part, chinese: str, english: str) -> None:
    if chinese:
        assert summary(NUMBER, [part], "zh") == chinese
    if english:
        assert summary(NUMBER, [part], "en") == english


def test_several_parcels_are_told_one_a_line() -> None:
    parts = [
        Part(Situation.IN_TRANSIT, "圆通速递", "YT8834201944712"),
        Part(Situation.DELIVERED, "中通快递", "75812345678901"),
    ]
    assert summary(NUMBER, parts, "zh").splitlines() == [
        "您好，您尾号9201的订单：",
        "圆通速递 YT8834201944712：包裹正在运输途中。我们会继续跟进。",
        "中通快递 75812345678901：物流显示包裹已签收。如果没有收到，请告诉我们。",
        "如有其他问题，请随时联系我们。",
    ]


@pytest.mark.parametrize("place", ["派件员张三 13900005521", "菜鸟驿站", "C-77", "Shenzhen 518000", "圆通深圳分拨2部"])
def test_a_place_that_is_no_city_is_not_repeated(place: str) -> None:
    text = summary(NUMBER, [Part(Situation.IN_TRANSIT, "圆通速递", "YT8834201944712", place, AT)], "zh")
    assert "包裹正在运输途中，最近一次更新是11月20日 10:28。" in text
