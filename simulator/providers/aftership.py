"""AfterShip: trackings made and read by number, and the webhook signed over its bytes.

It follows the simulated parcels under whatever slug they are made with: the world has no carriers abroad.
"""

import base64
import hashlib
import hmac
from typing import Any

from simulator.instants import iso, local_text
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import (
    Answer,
    Call,
    Post,
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
from simulator.texts import wording
from simulator.tracks import Step
from simulator.wire import mapping
from simulator.world import Parcel

API_KEY = "asat_demo_aftership"
SECRET = "demo-aftership-secret"
PROVIDER = "aftership"
MOST_NUMBERS = 50
# Fourteen attempts in all, twice as far apart each time; from memory.
RETRIES = tuple(30 * 2**attempt for attempt in range(13))
# Kind of scan → subtag.
SUBTAG = {
    "waiting": "InfoReceived_001",
    "picked": "InTransit_002",
    "left": "InTransit_007",
    "arrived": "InTransit_003",
    "reached": "InTransit_003",
    "outlet": "InTransit_003",
    "held": "Exception_005",
    "weather": "Exception_017",
    "out": "OutForDelivery_001",
    "stored": "AvailableForPickup_001",
    "collected": "Delivered_002",
    "signed": "Delivered_003",
    "signed_by": "Delivered_003",
    "signed_after": "Delivered_003",
    "unreachable": "AttemptFail_001",
    "absent": "AttemptFail_002",
    "refused": "Exception_003",
    "damaged": "Exception_012",
    "uncollected": "Exception_008",
    "intercepted": "Exception_010",
    "returning": "Exception_010",
    "return_arrived": "Exception_010",
    "return_left": "Exception_010",
    "return_signed": "Exception_011",
}
_TYPES = {400: "BadRequest", 401: "Unauthorized", 404: "NotFound", 429: "TooManyRequests", 4003: "BadRequest"}


def sign(body: bytes, secret: str) -> str:
    """Base64 of the raw HMAC-SHA256 over the body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def answer(scene: Scene, call: Call) -> Answer:
    """GET or POST /tracking/<version>/trackings."""
    if call.headers.get("as-api-key") != API_KEY:
        return _failed(401, "The API key is invalid.")
    if scene.throttled():
        return _failed(429, "You have exceeded the API call rate limit.")
    if not call.path.endswith("/trackings"):
        return _failed(404, "The URI requested is invalid.")
    return _made(scene, call) if call.method == "POST" else _page(scene, call)


def _made(scene: Scene, call: Call) -> Answer:
    wanted = mapping(call.body)
    number, slug = str(wanted.get("tracking_number", "")).strip(), str(wanted.get("slug") or "")
    if not number:
        return _failed(400, "tracking_number is required.")
    told = {"tracking_number": number, "slug": slug or "yunexpress"}
    if not scene.subscribe(number, slug=told["slug"]):
        return _failed(4003, "Tracking already exists.", told)
    return json_answer({"meta": {"code": 201}, "data": _tracking(told["slug"], number, "Pending_001", [])}, 201)


def _page(scene: Scene, call: Call) -> Answer:
    """The trackings of the numbers asked for; those that were never made are left out."""
    numbers = [one.strip() for one in call.query.get("tracking_numbers", "").split(",") if one.strip()]
    if len(numbers) > MOST_NUMBERS:
        return _failed(400, "tracking_numbers may hold 50 at most.")
    now = scene.clock.now()
    found = [_told(scene, number, now) for number in numbers if scene.register.follows(PROVIDER, "", number)]
    pagination = {"total": len(found), "has_next_page": False}
    return json_answer({"meta": {"code": 200}, "data": {"pagination": pagination, "trackings": found}})


def _told(scene: Scene, number: str, now: int, slug: str = "yunexpress") -> dict[str, Any]:
    parcel = scene.parcel(number, now)
    steps = scene.known(parcel, now) if parcel is not None else ()
    if parcel is None or not steps:
        return _tracking(slug, number, "Pending_001", [])
    rows = scene.rows([_checkpoint(parcel.order, step, slug) for step in steps], number)
    return _tracking(slug, number, subtag(steps[-1].kind), rows, back=any(step.kind == "returning" for step in steps))


def _tracking(slug: str, number: str, sub: str, rows: list[dict[str, Any]], *, back: bool = False) -> dict[str, Any]:
    return {
        "id": hashlib.md5(number.encode()).hexdigest()[:24],
        "tracking_number": number,
        "slug": slug,
        "active": not sub.startswith("Delivered"),
        "tag": sub.split("_")[0],
        "subtag": sub,
        "return_to_sender": back,
        "checkpoints": rows,
    }


def subtag(kind: str) -> str:
    """The subtag of a kind of scan; of one that AfterShip has no word for, that it moves."""
    return SUBTAG.get(kind, "InTransit_001")


def _checkpoint(order: Order, step: Step, slug: str) -> dict[str, Any]:
    sub, city = subtag(step.kind), CITIES[step.place[0]]
    at = local_text(step.at).replace(" ", "T")
    return {
        "slug": slug,
        "created_at": iso(step.at + 60),
        # What a carrier's hub scans comes without an offset: it is the clock of the hub.
        "checkpoint_time": at if step.hub else f"{at}+08:00",
        "message": wording(order, step),
        "location": city.name,
        "city": city.name,
        "state": None,
        "country_iso3": "CHN",
        "country_name": "China",
        "tag": sub.split("_")[0],
        "subtag": sub,
        "subtag_message": sub.split("_")[0],
    }


def _failed(code: int, message: str, tracking: dict[str, Any] | None = None) -> Answer:
    meta = {"code": code, "message": message, "type": _TYPES[code]}
    return json_answer({"meta": meta, "data": {"tracking": tracking} if tracking else {}}, code if code < 600 else 400)


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """The whole tracking again at every new checkpoint."""

    def make(parcel: Parcel, steps: tuple[Step, ...]) -> Post:
        told = _told(scene, parcel.number, now, str(subscription.data["slug"]))
        value = {
            "ts": now,
            "event": "tracking_update",
            "event_id": hashlib.md5(f"{parcel.number}:{len(steps)}".encode()).hexdigest(),
            "is_tracking_first_tag": len(steps) == 1,
            "msg": told,
        }
        signature = sign(compact(value).encode(), scene.secret(SECRET))
        return json_post(value, {"aftership-hmac-sha256": signature, "as-webhook-version": "2025-07"})

    return whole_list(scene, subscription, now, make)


ROUTES = (
    Route("GET", "/tracking/", answer, prefix=True),
    Route("POST", "/tracking/", answer, prefix=True),
)
# Any 2xx is an acknowledgement; only replies with 200 are asked about.
PUSHES = Pushes(compose, lambda reply, subscription: True, retries=RETRIES)
