"""What was done, in a few words."""

from django.utils.translation import ngettext

from exceptions.desk.workflow import Action


def said(action: Action, n: int) -> str:
    """What was done to so many cases, in a few words."""
    sentences = {
        Action.ASSIGN: ngettext("{n} case assigned.", "{n} cases assigned.", n),
        Action.SNOOZE: ngettext("{n} case snoozed.", "{n} cases snoozed.", n),
        Action.RESOLVE: ngettext("{n} case resolved.", "{n} cases resolved.", n),
        Action.MERGE: ngettext("{n} case merged.", "{n} cases merged.", n),
    }
    other = ngettext("{action}: {n} case noted.", "{action}: {n} cases noted.", n)
    return sentences.get(action, other).format(n=n, action=action.label)
