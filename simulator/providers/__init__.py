"""One module per wire protocol. A handler gets the form it was sent and answers (status, content type, body)."""

import json
from dataclasses import dataclass
from typing import Any

from simulator.clock import VirtualClock
from simulator.faults import Faults
from simulator.world import World


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Scene:
    """What every handler works with."""

    world: World
    clock: VirtualClock
    faults: Faults


def json_answer(value: Any, status: int = 200) -> Answer:
    """Compact JSON with Chinese left readable, as the real services write it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, "application/json;charset=UTF-8", body)


def struck(scene: Scene) -> Answer | None:
    """What a failing provider answers instead, if one of the transport faults strikes."""
    if scene.faults.strikes("http_5xx"):
        return Answer(
            502,
            "text/html",
            b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>",
        )
    if scene.faults.strikes("garbage"):
        return Answer(
            200,
            "text/html;charset=UTF-8",
            '<!DOCTYPE html><html><body>系统繁忙，请稍后再试 {"message":"ok","data":['.encode(),
        )
    return None
