"""Enumerations as the database checks them."""

from enum import Enum
from typing import Any


def values(enum: type[Enum]) -> list[Any]:
    return [member.value for member in enum]
