"""What is typed into the box is taken apart before anything is looked up."""

import pytest

from orders.asked import MOST_NUMBERS, read


def test_blanks_hyphens_and_full_width_do_not_count() -> None:
    assert read(" ＹＴ 8834－2019 ").numbers == ("YT8834-2019", "YT88342019")
    assert read("139 0000 5521").digits == "13900005521"
    assert read("—").numbers == ()


@pytest.mark.parametrize(
    ("text", "phone", "tail"),
    [
        ("13900005521", "13900005521", "5521"),
        ("+86 139-0000-5521", "13900005521", "5521"),
        ("(86)13900005521", "13900005521", "5521"),
        ("18412345678-8821", "18412345678", "8821"),
        ("18412345678转8821", "18412345678", "8821"),
        ("5521", "", ""),
        ("75812345678901", "", ""),
    ],
)
def test_a_whole_phone_is_known_by_its_shape(text: str, phone: str, tail: str) -> None:
    assert (read(text).phone, read(text).phone_tail) == (phone, tail)


def test_several_numbers_are_several_only_where_each_could_be_one() -> None:
    assert read("YT8834201944712\n7581234567890；A1-00001").many == ("YT8834201944712", "7581234567890", "A1-00001")
    assert read("YT 8834 2019 44712").many == ()
    assert read("陶瓷餐具 75812345678901").many == ()
    assert len(read(" ".join(f"N{i:05}" for i in range(500))).many) == MOST_NUMBERS


def test_words_are_what_titles_and_notes_may_hold() -> None:
    assert read("陶瓷 餐具 A").words == ("陶瓷", "餐具")
    assert read("\0 ").words == ()
