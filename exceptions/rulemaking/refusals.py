"""Why a change of the rules is refused, in plain words at the field it is about. Answered with 422 (REST: 400)."""

from collections.abc import Iterator
from contextlib import contextmanager

from exceptions.deadlines.errors import Unreadable
from exceptions.deadlines.worktime import WeekError


class Refused(Exception):
    """`sentence` is in the language of the moment; `field` is a key of the rule or document, blank = the whole."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


class Overtaken(Refused):
    """Another version was published since the draft was opened; rebasing the draft on it helps. Answered with 409."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what a document cannot be into a refusal."""
    try:
        yield
    except Unreadable as error:
        sentence = f"{error.item}: {error.told}" if error.item else error.told
        raise Refused(error.field, sentence) from error
    except WeekError as error:
        raise Refused("week", str(error)) from error
