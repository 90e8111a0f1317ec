"""Bodies of 17TRACK v2.4, made up for tests."""

import json
from typing import Any

from shipments.answers import Answer
from shipments.carriers import seventeentrack

NUMBER = "RR123456785CN"


def event(at: str | None, text: str, sub: str | None = None, **more: object) -> dict[str, Any]:
    return {"time_iso": at, "time_utc": at, "description": text, "sub_status": sub, "location": "SHENZHEN"} | more


def leg(*events: object, key: int = 3011, country: str | None = "CN") -> dict[str, Any]:
    return {"provider": {"key": key, "name": "China Post", "country": country}, "events": list(events)}


def item(*legs: object, status: str = "InTransit", sub: str | None = None, **more: object) -> dict[str, Any]:
    latest = {"status": status, "sub_status": sub or f"{status}_Other"}
    info = {"latest_status": latest, "tracking": {"providers": list(legs)}} | more
    return {"number": NUMBER, "carrier": 3011, "track_info": info}


def reply(*accepted: object, rejected: object = (), code: int = 0, **more: object) -> dict[str, Any]:
    return {"code": code, "data": {"accepted": list(accepted), "rejected": list(rejected)} | more}


def read(value: object) -> Answer:
    (answer,) = seventeentrack.read(json.dumps(value, ensure_ascii=False).encode())
    return answer
