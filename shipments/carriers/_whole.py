"""The state of a whole track, told beside its scans: what it adds, it adds to the newest of them. Pure.

When it adds something is each provider's own matter (`settled` of its module): one's state is late, another's is coarse.
"""

from shipments import reading
from shipments.status import Cause, Event, Stage


def newest_as(
    told: tuple[Event, ...], stage: Stage, cause: Cause | None, code: str, rule: str = ""
) -> tuple[Event, ...]:
    """Return the events with the newest read as the state `code` of the whole says; `rule` is what read that, else its code."""
    newest = told[-1]
    rule = reading.of_whole(code, rule or f"code:{code}", newest.rule)
    return (*told[:-1], newest._replace(stage=stage, cause=cause, rule=rule))
