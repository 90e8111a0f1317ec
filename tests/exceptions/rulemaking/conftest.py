"""An admin of all shops who makes rules, and a language to read refusals in."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from merchants.access import Member
from merchants.models import Shop, User
from tests.exceptions.making import member_of


@pytest.fixture
def member(admin: User, other_shop: Shop) -> Member:
    return member_of(admin)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
