"""What every simulated provider must keep to, whoever wrote it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.simulator import QUESTIONS
from shipments import carriers
from simulator.providers import providers, pushes

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs/simulator.md").read_text("utf-8")


def test_no_two_providers_are_reached_at_the_same_address() -> None:
    reached = Counter((route.method, route.path) for one in providers().values() for route in one.ROUTES)
    assert {address for address, count in reached.items() if count > 1} == set()
    prefixes = [route.path for one in providers().values() for route in one.ROUTES if route.prefix]
    assert [path for _, path in reached for prefix in prefixes if path.startswith(prefix) and path != prefix] == []


@pytest.mark.parametrize("code", providers())
class TestEach:
    def test_the_manual_names_its_addresses(self, code: str) -> None:
        calls = {re.split(r"[/.]", route.path.rstrip("/"))[-1] for route in providers()[code].ROUTES}
        assert {call for call in calls if call not in MANUAL} == set()

    def test_its_pushes_are_tried_again_for_a_while_and_not_for_ever(self, code: str) -> None:
        how = pushes(code)
        assert how is not None
        assert 1 <= len(how.retries) <= 20
        assert min(how.retries) > 0

    def test_the_product_speaks_its_protocol_and_its_speed_is_measured(self, code: str) -> None:
        product, credentials = QUESTIONS[code]
        adapter = carriers.provider(product)
        asked = {field.name for field in adapter.FIELDS}
        assert credentials.keys() <= asked
        assert {field.name for field in adapter.FIELDS if field.required} <= credentials.keys()
