"""What stands in a query string, read so that nothing in it breaks a page."""

from collections.abc import Iterable


def row_id(text: str) -> int:
    """The id of a row; 0, which no row has, where it is none, or beyond what the column holds."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def row_ids(texts: Iterable[str]) -> list[int]:
    """The ids among these, in their order; what is none is left out."""
    return [found for found in map(row_id, texts) if found]
