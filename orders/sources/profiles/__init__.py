"""The exports we know: one TOML file each, beside this module. Pure.

A profile names the columns of an export by our fields, with alternatives, and its status words. To add one, add a file.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.drafts import STATUS_RANK
from orders.errors import UnusableFile
from orders.sources.cells import folded
from orders.sources.fields import FIELDS

AUTO: Final = "auto"
GENERIC: Final = "generic"
TITLES: Final = {
    "pdd": _("Pinduoduo orders"),
    "douyin": _("Douyin orders"),
    "douyin_settlement": _("Douyin settlement report"),
    "tmall": _("Taobao and Tmall orders"),
    "olist": _("Olist orders"),
    "generic": _("shipops template"),
}


@dataclass(frozen=True, slots=True)
class Join:
    """A second file whose rows belong to the orders of the first; without fields it is known, and left unread."""

    name: str
    marks: frozenset[str]
    fields: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    title: Promise | str
    platform: str
    # True = one row is one order; False = one row is one sub-order.
    row_is_order: bool
    needs: tuple[str, ...]
    # Folded headers of which any one says that a file is this export.
    marks: frozenset[str]
    # Our field → folded headers, the best first.
    fields: dict[str, tuple[str, ...]]
    statuses: dict[str, str] = field(default_factory=dict)
    refunded_words: frozenset[str] = frozenset()
    # Fields whose values add up over the rows of an order; others are taken once.
    sums: frozenset[str] = frozenset()
    always_status: str | None = None
    zone: str = ""
    currency: str = ""
    number_holds_day: bool = False
    joins: tuple[Join, ...] = ()


def _read(name: str, told: dict[str, Any]) -> Profile:
    return Profile(
        name=name,
        title=TITLES.get(name, name),
        platform=told["platform"],
        row_is_order=told["rows"] == "order",
        needs=tuple(told["needs"]),
        marks=frozenset(map(folded, told["marks"])),
        fields=_headers(told["fields"]),
        statuses={folded(word): _known(status) for word, status in told.get("statuses", {}).items()},
        refunded_words=frozenset(map(folded, told.get("after_sale", {}).get("refunded", ()))),
        sums=frozenset(told.get("sums", ())),
        always_status=told.get("always", {}).get("status"),
        zone=told.get("zone", ""),
        currency=told.get("currency", ""),
        number_holds_day=told.get("number_holds_day", False),
        joins=tuple(
            Join(join, frozenset(map(folded, part["marks"])), _headers(part.get("fields", {})))
            for join, part in told.get("joins", {}).items()
        ),
    )


def _headers(fields: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    if unknown := fields.keys() - FIELDS.keys():
        raise ValueError(f"a profile fills fields we do not have: {sorted(unknown)}")
    return {name: tuple(map(folded, headers)) for name, headers in fields.items()}


def _known(status: str) -> str:
    if status not in STATUS_RANK:
        raise ValueError(f"a profile knows a status we do not have: {status}")
    return status


@cache
def every() -> dict[str, Profile]:
    """Return all profiles by name."""
    found = sorted(
        (file for file in files(__name__).iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return {
        name: _read(name, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in found
        for name in [file.name.removesuffix(".toml")]
    }


def named(name: str) -> Profile:
    """Return one profile. Raises UnusableFile where there is none of that name."""
    profile = every().get(name)
    if profile is None:
        raise UnusableFile("profile-unknown", name, known=", ".join([AUTO, *every()]))
    return profile


def detect(headers: Iterable[str]) -> Profile | None:
    """Return the profile whose marks the header bears, the one that knows most of its columns; None where none does."""
    present = set(map(folded, headers)) - {""}
    best, most = None, 0
    for profile in every().values():
        knows = sum(any(header in present for header in named) for named in profile.fields.values())
        has_needs = all(any(header in present for header in profile.fields[need]) for need in profile.needs)
        if has_needs and profile.marks & present and knows > most:
            best, most = profile, knows
    return best


@cache
def known_headers() -> frozenset[str]:
    """Return the folded headers of all profiles: a header row is told by them."""
    return frozenset(
        header
        for profile in every().values()
        for fields in [profile.fields, *(join.fields for join in profile.joins)]
        for named in fields.values()
        for header in named
    )
