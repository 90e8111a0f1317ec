"""The support view holds no English for who reads Chinese."""

import pytest

from exceptions.models import Case
from tests.test_translations import Opener, desk, english, open_in_chinese  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("query", [{}, {"q": "YT8"}, {"q": "0"}])
def test_the_box(open_in_chinese: Opener, desk: dict[str, Case], query: dict[str, str]) -> None:  # noqa: F811
    assert english(open_in_chinese("support", **query)) == []


def test_an_order(open_in_chinese: Opener, desk: dict[str, Case]) -> None:  # noqa: F811
    for case in desk.values():
        assert english(open_in_chinese("support-order", case.order_id)) == []
    assert english(open_in_chinese("support-order", desk["stall"].order_id, only="money")) == []
