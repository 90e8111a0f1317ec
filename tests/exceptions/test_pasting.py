"""Pasted lines as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.deadlines.kinds import Kind
from exceptions.pasting import EXAMPLES, MOST, Problem, read


def one(line: str, otherwise: Kind | None = None) -> tuple[tuple[str, ...], Kind | None, str, Problem | None]:
    (found,) = read(line, otherwise).lines
    return found.names, found.kind, found.text, found.problem


@pytest.mark.parametrize(
    ("line", "names", "kind", "text"),
    [
        ("YT8834201944712 破损", ("YT8834201944712",), Kind.DAMAGE, ""),
        ("YT8834201944712破损", ("YT8834201944712",), Kind.DAMAGE, ""),
        ("SF1234567890123 退回", ("SF1234567890123",), Kind.REFUSED, ""),
        ("SF1234567890123，拒收，买家不要了", ("SF1234567890123",), Kind.REFUSED, "买家不要了"),
        ("76391234567890123\t丢件\t外箱破损", ("76391234567890123",), Kind.LOSS, "外箱破损"),
        ("231122-123456789012345　虚假签收　买家说没收到", ("231122-123456789012345",), Kind.FALSE_DELIVERY, "买家说没收到"),
        ("ＹＴ８８３４２０１９４４７１２　丢失", ("YT8834201944712",), Kind.LOSS, ""),
        ('="231122-123456789012345",="YT8834201944712",错派', ("231122-123456789012345", "YT8834201944712"), Kind.MISDELIVERY, ""),
        ("单号：78901234567890；派送失败；电话无人接听", ("78901234567890",), Kind.FAILED_DELIVERY, "单号 电话无人接听"),
        ("2026-11-20 YT8834201944712 丢件", ("YT8834201944712",), Kind.LOSS, "2026-11-20"),
        ("YT8834201944712 联系不上", ("YT8834201944712",), Kind.FAILED_DELIVERY, ""),
        ("YT8834201944712 单号错误", ("YT8834201944712",), Kind.WRONG_NUMBER, ""),
        ("YT8834201944712 not received", ("YT8834201944712",), Kind.FALSE_DELIVERY, ""),
        ("yt8834201944712, Damaged box", ("yt8834201944712",), Kind.DAMAGE, "box"),
    ],
)  # fmt: skip
def test_a_line_is_its_number_what_went_wrong_and_the_rest(
    line: str, names: tuple[str, ...], kind: Kind, text: str
) -> None:
    assert one(line) == (names, kind, text, None)


@pytest.mark.parametrize("word", ["拦截", "更址", "改址", "更改地址", "追回", "intercept"])
def test_what_we_ask_of_the_carrier_is_an_interception(word: str) -> None:
    names, kind, text, problem = one(f"YT8834201944712 {word} 张三 13800138000 浙江省杭州市西湖区文三路 1 号")
    assert (names, kind, problem) == (("YT8834201944712",), Kind.INTERCEPTION_DUE, None)
    assert text == "张三 13800138000 浙江省杭州市西湖区文三路 1 号"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("外箱破损，请处理", Problem.NO_NUMBER),
        ("张三 13800138000 破损", Problem.NO_NUMBER),
        ("6.93E+17 丢件", Problem.CUT_NUMBER),
        ("YT8834201944712", Problem.NO_KIND),
        ("YT8834201944712 请尽快看一下", Problem.NO_KIND),
        ("YT8834201944712 破损" + "。" * 1000, Problem.TOO_LONG),
    ],
)
def test_what_cannot_be_read_says_why(line: str, problem: Problem) -> None:
    assert one(line)[3] is problem


@pytest.mark.parametrize(("kind", "words"), EXAMPLES)
def test_what_is_shown_as_an_example_is_read(kind: Kind, words: tuple[str, ...]) -> None:
    assert {one(f"YT8834201944712 {word}")[1] for word in words} == {kind}


def test_where_a_line_does_not_say_what_went_wrong_the_list_may() -> None:
    assert one("YT8834201944712", Kind.LOSS) == (("YT8834201944712",), Kind.LOSS, "", None)
    assert one("YT8834201944712 破损", Kind.LOSS)[1] is Kind.DAMAGE


def test_lines_keep_their_place_and_those_beyond_the_most_are_kept() -> None:
    pasted = read("\n\nYT8834201944712 破损\n\n" + "\n".join(f"SF{n:013d} 退回" for n in range(MOST)))
    assert [line.number for line in pasted.lines[:2]] == [3, 5]
    assert len(pasted.lines) == MOST
    assert pasted.rest == f"SF{MOST - 1:013d} 退回"


@given(st.text(max_size=300))
def test_whatever_is_pasted_nothing_of_it_is_lost(text: str) -> None:
    pasted = read(text)
    kept = [line.raw for line in pasted.lines]
    assert kept == [row.strip() for row in text.splitlines() if row.strip()]
    assert all(line.problem or (line.kind and line.names) for line in pasted.lines)
