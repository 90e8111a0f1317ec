"""These tests read English."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english(no_language_left_over: None) -> Iterator[None]:
    with translation.override("en"):
        yield
