"""What aggregators of carriers abroad have in common: cut bodies, a status of the whole, several carriers in one track. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shipments import bodies, texts
from shipments.answers import Answer, NotAnAnswer, Trouble, answered
from shipments.carriers._frames import json_value
from shipments.carriers._refusals import by_http
from shipments.carriers._whole import newest_as
from shipments.status import Cause, Event, Stage, fold
from shipops.kit.wire import Response

_ENDS = frozenset({Stage.DELIVERED, Stage.RETURNED, Stage.RETURNING, Stage.REFUSED, Stage.CANCELLED})
_S10 = re.compile(r"[A-Z]{2}(\d{8})(\d)[A-Z]{2}", re.ASCII)


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, also from its JSON text; empty for all else."""
    if isinstance(value, str):
        value = next(iter(bodies.rows(value)), None)
    return value if isinstance(value, dict) else {}


def mistyped(number: str) -> tuple[str, ...]:
    """Return a warning where a postal number of the S10 form (UPU) has a wrong check digit; it never decides anything."""
    found = _S10.fullmatch(number.upper())
    if not found:
        return ()
    total = sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), found[1], strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return () if check == int(found[2]) else (f"The check digit of {number} is wrong: it may be mistyped",)


def parsed(body: bytes) -> tuple[Any, tuple[str, ...]]:
    """Return the JSON value of a body and warnings; of a cut one, as much as stands whole. Raises NotAnAnswer.

    A relay may have made JSON a text in JSON again, or a field of a form.
    """
    text, warnings = bodies.decoded(body)
    if not text.strip():
        raise NotAnAnswer("The body is empty")
    try:
        return json_value(text), warnings
    except ValueError:
        pass
    for field in bodies.form(text).values() if "=" in text and text.lstrip()[:1] not in ("{", "[") else ():
        if field.strip()[:1] in ("{", "["):
            return parsed(field.encode("utf-8", "replace"))
    try:
        return json.loads(bodies.closed(text)), (
            *warnings,
            "The body is cut or broken; what stands whole in it was read",
        )
    except (ValueError, RecursionError):
        raise NotAnAnswer("The body is not JSON") from None


def heard(response: Response, read: Callable[[bytes], tuple[Answer, ...]]) -> tuple[Answer, ...]:
    """Return what `read` makes of a response; of a refusal, its own words where it has some, else what HTTP says."""
    refused = by_http(response)
    if refused is None:
        return answered(replace(response, status=200), read)
    if refused.trouble is not Trouble.THROTTLE:
        try:
            told = read(response.body)
        except NotAnAnswer:
            told = ()
        if told and all(answer.failure for answer in told):
            return told
    return (Answer(failure=refused),)


def settled(told: tuple[Event, ...], code: str, table: Mapping[str, texts.Verdict]) -> tuple[Event, ...]:
    """Return the events with the newest read anew where the status of the whole, `code`, says more than it did."""
    if not told or code not in table:
        return told
    stage, cause = table[code]
    newest, folded = told[-1], fold(told)
    if (stage, cause) in ((folded.stage, folded.cause), texts.UNKNOWN) or folded.stage is Stage.RETURNED:
        return told
    if code.startswith("Expired"):
        # Silent for weeks: where it is stays what the last scan said.
        late = folded.stage not in _ENDS and not folded.cause
        return newest_as(told, newest.stage, Cause.DELAYED, code, newest.rule) if late else told
    by_words = "text:" in newest.rule or "carrier:" in newest.rule
    if stage is Stage.DELIVERED and by_words and newest.stage in (Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED):
        return told
    if folded.stage is Stage.RETURNING and stage in (Stage.DELIVERED, Stage.REFUSED):
        # Who signs for what goes back is the sender; a refusal is why it goes.
        return newest_as(told, Stage.RETURNED, None, code) if stage is Stage.DELIVERED else told
    if stage in _ENDS and folded.stage is not stage:
        return newest_as(told, stage, cause, code)
    if newest.stage is Stage.UNKNOWN and not newest.cause:
        return newest_as(told, stage, cause, code)
    if cause and not folded.cause and folded.stage not in _ENDS:
        return newest_as(told, newest.stage, cause, code)
    return told


def merged(legs: list[tuple[Event, ...]]) -> tuple[Event, ...]:
    """Return the events of several carriers' lists as one, oldest first; in one second the earlier carrier's come first."""
    placed = [(event.occurred_at, leg, event.position, event) for leg, told in enumerate(legs) for event in told]
    ordered = sorted(placed, key=lambda one: one[:3])
    return tuple(event._replace(position=position) for position, (*_, event) in enumerate(ordered))
