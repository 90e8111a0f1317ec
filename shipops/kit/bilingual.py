"""Things that carry their texts in both languages, told in the reader's."""

from django.utils.translation import get_language


def language() -> str:
    """The ending of what is in the reader's language: en, or zh for everybody else."""
    return "en" if get_language() == "en" else "zh"


def in_language(of: object, name: str) -> str:
    """Return `name_en` or `name_zh` of a thing."""
    return str(getattr(of, f"{name}_{language()}"))
