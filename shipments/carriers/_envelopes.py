"""Find what a carrier's module knows by its own keys, through the lists, wrappings and JSON texts of gateways and relays. Pure.

Where a body may have any keys at all, shipments.carriers._tracks knows them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shipments import bodies
from shipments.carriers._shapes import Keyed, key, plain

# Relays wrap an answer once or twice; what lies deeper is not a track.
_DEEPEST = 8


def found(value: Any, wanted: Callable[[Keyed], bool], depth: int = _DEEPEST) -> Iterator[Keyed]:
    """Return the objects that `wanted` knows, wherever they lie: in lists, in wrappings, in JSON texts.

    One that is found is not searched any further.
    """
    if depth == 0:
        return
    if isinstance(value, str):
        if value.lstrip()[:1] in ("[", "{"):
            try:
                value = bodies.json_value(value)
            except ValueError:
                return
            yield from found(value, wanted, depth - 1)
    elif isinstance(value, Mapping):
        row = plain(value)
        if wanted(row):
            yield row
        else:
            for inner in value.values():
                yield from found(inner, wanted, depth - 1)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from found(inner, wanted, depth - 1)


def framed(
    value: Any,
    is_row: Callable[[Any], bool],
    rows_of: Callable[[Keyed], list[Any] | None],
    names: Sequence[str],
    above: Keyed | None = None,
    depth: int = _DEEPEST,
) -> Iterator[tuple[Keyed, list[Any]]]:
    """Return the rows of each track in a value, with what is told around them, through the envelopes of relays.

    A list that holds an `is_row` is a track; an object is one where `rows_of` returns its rows, not None. Of the objects
    further out, those fields hold that are called `names`.
    """
    above = above or {}
    if depth == 0:
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = bodies.json_value(value)
        except ValueError:
            return
    if isinstance(value, list):
        if any(is_row(row) for row in value):
            yield above, value
        else:
            for one in value:
                yield from framed(one, is_row, rows_of, names, above, depth - 1)
    elif isinstance(value, dict):
        head = plain(value)
        told = above | {name: head[name] for name in names if isinstance(head.get(name), str | int) and head[name]}
        rows = rows_of(head | told)
        if rows is not None:
            yield head | told, rows
        else:
            for one in value.values():
                yield from framed(one, is_row, rows_of, names, told, depth - 1)


def spelt(value: Any, names: tuple[str, ...]) -> Any:
    """Return a value whose objects' keys are spelt as in `names`, whatever a relay made of them; other keys stay."""
    if isinstance(value, list):
        return [spelt(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for name, one in value.items():
        proper = _proper(name, names)
        told[name if proper in value else proper] = spelt(one, names) if isinstance(one, dict | list) else one
    return told


@lru_cache(maxsize=4_096)
def _proper(name: str, names: tuple[str, ...]) -> str:
    return next((one for one in names if key(one) == key(name)), name)


def unwrapped(value: Any, wanted: Callable[[Keyed], bool], names: tuple[str, ...]) -> list[Any]:
    """Return the objects that `wanted` knows by their plain keys, out of relays' envelopes, spelt(); else the value itself."""
    value = spelt(value, names)
    if isinstance(value, Mapping) and wanted(plain(value)):
        return [value]
    return [spelt(one, names) for one in found(value, wanted)] or [value]
