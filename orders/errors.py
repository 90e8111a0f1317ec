"""What can go wrong with orders on their way in."""

from orders.sources import issues


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
