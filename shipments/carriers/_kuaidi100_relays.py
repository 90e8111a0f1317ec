"""Kuaidi100's answers as shops, middle tiers and resellers hand them on: inside their own frames. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from shipments import bodies
from shipments.carriers import _envelopes, _tracks
from shipments.carriers._shapes import Keyed, first, plain

# What resellers call the number and the company's code, which here are nu and com.
_NUMBERS = ("nu", "codenumber", "mailno", "expressno", "expresstracknumber", "trackingno", "no", "number")
_COMPANIES = ("com", "companytype", "expspellname", "expresscompanycode")
# The company under its name, or under anybody's code.
_NAMES = ("company", "companyname", "expresscompany", "expresscompanyname", "expressname", "exptextname", "shippercode")


def tracks(value: Any) -> list[dict[str, Any]]:
    """Return the bodies of queries and pushes that lie in a value, each under Kuaidi100's own names."""
    return [_own(row) for row in _envelopes.found(value, _is_body)]


def _is_body(row: Keyed) -> bool:
    if "lastresult" in row or _scans(row):
        return True
    # No scan yet: an empty list beside what only a query answers.
    return "data" in row and "ischeck" in row and not isinstance(row["data"], Mapping)


def _scans(row: Keyed) -> Sequence[Any]:
    """The list of an object whose rows are scans; empty if it has none. Its own name for it comes first."""
    for value in (row.get("data"), *row.values()):
        rows = bodies.rows(value) if isinstance(value, list | dict | str) else []
        if any(isinstance(one, Mapping) and "context" in plain(one) for one in rows):
            return rows
    return ()


def _own(row: Keyed) -> dict[str, Any]:
    if "lastresult" in row:
        return {
            **row,
            "lastResult": row["lastresult"],
            "destResult": row.get("destresult"),
            "comNew": row.get("comnew"),
        }
    number = first(row, *_NUMBERS) or _tracks.number_of(row)
    # A reseller's own status is another list of numbers than state: the scans tell.
    company = first(row, *_COMPANIES) or _tracks.carrier_named(first(row, *_NAMES))
    return {**row, "nu": number, "com": company, "data": _scans(row) or row.get("data")}
