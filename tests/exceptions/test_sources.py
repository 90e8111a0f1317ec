"""Every number can be looked up where it was told."""

import pytest

from exceptions.deadlines.sources import sources
from exceptions.deadlines.terms import COMMON, GENERIC, Term, pack
from merchants.models import Platform

PACKS = (*(value for value in Platform.values if value != "other"), GENERIC, *COMMON)
TERMS = [pytest.param(term, id=term.code) for name in PACKS for term in pack(name)]


@pytest.mark.parametrize("term", TERMS)
def test_each_source_of_a_rule_is_a_page_or_our_own_default(term: Term) -> None:
    for source in sources(term.source):
        assert source.code == "house" or source.title or source.addresses
        assert all(address.startswith(("https://", "http://")) for address in source.addresses)


def test_a_source_names_the_page_it_was_read_on() -> None:
    (page,) = sources(("P11",))
    assert (page.code, page.title) == ("P11", "快递网点治理公告 2025-08-18")
