"""What in a pack or in a merchant's document cannot be read: at which field, in words that can be told in any language. Pure."""

from typing import Self

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# Marked for the catalogue; translated when they are told.
MISSING = _("%(name)s is missing.")
NONE_OF = _("“%(value)s” is none of: %(choices)s.")


class Unreadable(ValueError):
    """`sentence` is the English msgid, filled with `named`; `told` is the same in the language of the moment.

    `field` is the key of the pack or document it is about, blank = the whole. `item` names the clock, window or waiver.
    """

    def __init__(self, field: str, sentence: str, *, item: str = "", **named: object) -> None:
        super().__init__(f"{item}: {sentence % named}" if item else sentence % named)
        self.field, self.sentence, self.item, self.named = field, sentence, item, named

    @property
    def told(self) -> str:
        return gettext(self.sentence) % self.named

    def about(self, item: str) -> Self:
        """The same, saying in which clock, window or waiver it is."""
        return type(self)(self.field, self.sentence, item=item, **self.named)


def unreadable(error: Exception, item: str) -> Unreadable:
    """What Python says of a value, as what cannot be read of this item."""
    if isinstance(error, Unreadable):
        return error.about(item)
    if isinstance(error, KeyError):
        return Unreadable(str(error.args[0]), MISSING, item=item, name=error.args[0])
    return Unreadable("", "%(said)s", item=item, said=error)
