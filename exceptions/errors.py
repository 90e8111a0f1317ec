"""What can go wrong at the desk, as the edges turn it into answers."""


class NotAllowed(Exception):
    """The state of the case or the rules does not allow this action, or somebody was faster. Answered with 409."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Incomplete(Exception):
    """The action lacks what it needs, or what it was given cannot be. Answered with 422, at the field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence
