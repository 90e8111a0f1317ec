"""17TRACK v2.4: registration, track info, quota, and the webhook signed over its bytes.

It follows the simulated parcels under whatever carrier's key they are registered with: the world has no carriers abroad.
"""

import hashlib
from typing import Any

from simulator.instants import MINUTE
from simulator.providers import (
    Answer,
    Call,
    Push,
    Pushes,
    Route,
    Scene,
    Subscription,
    compact,
    json_answer,
    json_post,
    whole_list,
)
from simulator.providers._track17 import framed, item, refused, track_info
from simulator.tracks import Step
from simulator.wire import Post
from simulator.world import Parcel

KEY = "DEMO-17TOKEN"
PROVIDER = "track17"
MOST_NUMBERS = 40
QUOTA = 100_000
# Three more tries after a push that was not answered with 200; from memory, the document at hand does not say.
RETRIES = (10 * MINUTE, 30 * MINUTE, 60 * MINUTE)
_MESSAGES = {
    -18010002: "Invalid security key.",
    -18010012: "The format of '{number}' is invalid.",
    -18010013: "Invalid submitted data.",
    -18010014: "The maximum number of tracking numbers is 40.",
    -18019901: "Tracking number {number} is already registered.",
    -18019902: "Tracking number {number} is not registered.",
    -18019903: "The carrier of {number} can not be detected.",
    -18019909: "No tracking information of {number} at present.",
}


def sign(body: bytes, key: str) -> str:
    """Hex SHA-256 over the body, a slash and the key."""
    return hashlib.sha256(body + f"/{key}".encode()).hexdigest()


def register(scene: Scene, call: Call) -> Answer:
    """POST /track/v2.4/register. One number may be registered once, whatever its carrier."""
    wanted = _wanted(scene, call)
    if isinstance(wanted, Answer):
        return wanted
    accepted: list[dict[str, Any]] = []
    rejected: list[tuple[str, int, int]] = []
    for number, key in wanted:
        if not 5 <= len(number) <= 50:
            rejected.append((number, key, -18010012))
        elif not key:
            rejected.append((number, key, -18019903))
        elif not scene.subscribe(number, carrier=str(key)):
            rejected.append((number, key, -18019901))
        else:
            accepted.append({"origin": 1, "number": number, "carrier": key, "email": None, "lang": None, "tag": None})
    return framed(accepted, rejected, _MESSAGES)


def track(scene: Scene, call: Call) -> Answer:
    """POST /track/v2.4/gettrackinfo."""
    wanted = _wanted(scene, call)
    if isinstance(wanted, Answer):
        return wanted
    now = scene.clock.now()
    accepted: list[dict[str, Any]] = []
    rejected: list[tuple[str, int, int]] = []
    for number, key in wanted:
        parcel = scene.parcel(number, now)
        if not scene.register.follows(PROVIDER, "", number):
            rejected.append((number, key, -18019902))
        elif parcel is None or not parcel.known(now):
            rejected.append((number, key, -18019909))
        else:
            accepted.append(item(number, key, track_info=track_info(scene, parcel, now, key)))
    return framed(accepted, rejected, _MESSAGES)


def quota(scene: Scene, call: Call) -> Answer:
    """POST /track/v2.4/getquota."""
    if call.headers.get("17token") != KEY:
        return refused(-18010002, _MESSAGES[-18010002], 401)
    used = sum(scene.register.counts().values())
    left = {"quota_total": QUOTA, "quota_used": used, "quota_remain": QUOTA - used, "today_used": used}
    return json_answer({"code": 0, "data": left})


def _wanted(scene: Scene, call: Call) -> list[tuple[str, int]] | Answer:
    """The numbers of a call and the carriers' keys it gives (0 = none), or why it is not heard."""
    if call.headers.get("17token") != KEY:
        return refused(-18010002, _MESSAGES[-18010002], 401)
    if scene.throttled():
        return json_answer({"code": 429, "data": {}}, 429)
    rows = call.json
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return refused(-18010013, _MESSAGES[-18010013])
    if len(rows) > MOST_NUMBERS:
        return refused(-18010014, _MESSAGES[-18010014])
    return [(str(row.get("number", "")).strip(), int(row.get("carrier") or 0)) for row in rows]


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """The full track again at every new scan."""

    def make(parcel: Parcel, steps: tuple[Step, ...]) -> Post:
        key = int(subscription.data["carrier"])
        told = item(parcel.number, key, track_info=track_info(scene, parcel, now, key))
        value = {"event": "TRACKING_UPDATED", "data": told}
        return json_post(value, {"sign": sign(compact(value).encode(), scene.secret(KEY))})

    return whole_list(scene, subscription, now, make)


ROUTES = (
    Route("POST", "/track/v2.4/register", register),
    Route("POST", "/track/v2.4/gettrackinfo", track),
    Route("POST", "/track/v2.4/getquota", quota),
)
# Any 200 is an acknowledgement.
PUSHES = Pushes(compose, lambda reply, subscription: True, retries=RETRIES)
