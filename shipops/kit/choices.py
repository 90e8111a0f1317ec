"""Enums that carry value, label and tone in one place, so that no template asks `if status == …`."""

from enum import Enum
from typing import Any, Self


class Choice(Enum):
    """A member is declared `NAME = value, label` or `NAME = value, label, tone`.

    Tones are the five of a promise: calm, soon, broken, grave, kept.
    """

    _value_: Any
    label: Any
    tone: str

    # The label's default is for the type checker alone, who takes `State("open")`, a look-up, for a call of this.
    def __new__(cls, value: Any, label: Any = "", tone: str = "calm") -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        member.tone = tone
        return member

    # Members are looked up in tables and sets for every scan that is read; Enum's own hash is a call into Python.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def choices(cls) -> list[tuple[Any, Any]]:
        """Pairs for a form field, in order of declaration."""
        return [(member.value, member.label) for member in cls]
