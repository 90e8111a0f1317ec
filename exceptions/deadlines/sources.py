"""Where a rule's numbers come from: the pages behind the codes that packs name. Pure."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Source:
    """A page, or several copies of one; `title` is blank where only the address is known."""

    code: str
    title: str = ""
    addresses: tuple[str, ...] = ()


@cache
def _written() -> dict[str, Source]:
    text = (resources.files("exceptions.deadlines") / "sources.toml").read_text("utf-8")
    return {code: Source(code, page["title"], tuple(page["addresses"])) for code, page in tomllib.loads(text).items()}


def sources(codes: tuple[str, ...]) -> list[Source]:
    """Return the sources of these codes; one that is no page (our own defaults) by its code alone."""
    return [_written().get(code, Source(code)) for code in codes]
