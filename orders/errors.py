"""What can go wrong with orders on their way in."""

from collections.abc import Sequence

from orders.sources import issues
from orders.ticketing.drafts import Problem


class UnusableFile(Exception):
    """Nothing of the file can be read; trying again without another file cannot help.

    `str()` is one sentence with the remedy, in the language of the moment.
    """

    def __init__(self, code: str, value: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.value = value
        self.params = params

    def __str__(self) -> str:
        return issues.sentence(self.code, self.value, **self.params)


class LeaseLost(Exception):
    """Another worker has taken this import over: what this one did since its last batch is rolled back."""


class Unfit(Exception):
    """What was told of a ticket cannot be: `problems` names each field with a sentence. Answered with 422, or 400 over REST."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.sentence}" for one in problems))
        self.problems = tuple(problems)
