"""The hands behind the scenes: faults, time, single parcels, and a look at the truth. For callers on this machine only."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator import instants
from simulator.bending import BENDABLE
from simulator.catalogue import CARRIER_BY_CODE, CARRIERS
from simulator.crises import CRISES
from simulator.faults import RATES, SECONDS
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import Answer, Scene, json_answer, providers
from simulator.scenarios import INTERCEPTED, SCENARIOS
from simulator.texts import wording

if TYPE_CHECKING:
    from simulator.server import Simulator

_MOST_LISTED = 200


def answer(simulator: "Simulator", method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
    """The answer of /control/<path>."""
    scene = simulator.scene
    if path == "state" and method == "GET":
        return json_answer(state(simulator))
    if path == "choices" and method == "GET":
        return json_answer(choices())
    if path == "faults":
        return faults(scene, method, body)
    if path == "callbacks":
        return callbacks(scene, method, body)
    if path == "hubs":
        return hubs(scene, method, body)
    if path == "crises":
        return crises_of(scene, method, body)
    if path == "time" and method == "POST":
        return time(scene, body)
    if path == "parcels" and method == "GET":
        return parcels(scene, query)
    if path.startswith("parcels/"):
        number = path.removeprefix("parcels/")
        return parcel(scene, number) if method == "GET" else bend(scene, number, body)
    return json_answer({"error": f"nothing at {method} /control/{path}"}, 404)


def state(simulator: "Simulator") -> dict[str, Any]:
    """GET /control/state: the world in numbers."""
    scene, now = simulator.scene, simulator.scene.clock.now()
    scenarios, following = scene.world.scenario_counts(now), scene.register.active_by()
    return {
        "now": instants.iso(now),
        "speed": scene.clock.speed,
        "start": instants.iso(scene.world.anchor),
        "seed": scene.world.seed,
        "public_url": simulator.public_url,
        "orders": sum(scenarios.values()),
        "scenarios": scenarios,
        "served": dict(simulator.served),
        "providers": {
            code: {
                "served": simulator.meter.total(code),
                "per_second": simulator.meter.rate(code),
                "following": following.get(code, 0),
                "pushes": dict(scene.register.pushes_by.get(code, {})),
            }
            for code in providers()
        },
        "subscriptions": scene.register.counts(),
        "due": scene.register.due(now),
        "pushes": dict(scene.register.pushes),
        "callbacks": {code: url for code, (url, _) in scene.register.callbacks().items()},
        "faults": scene.faults.values(),
    }


def choices() -> dict[str, Any]:
    """GET /control/choices: what there is to choose from."""
    return {
        "providers": list(providers()),
        "carriers": [{"code": one.code, "name": one.name} for one in CARRIERS],
        "scenarios": [*SCENARIOS, INTERCEPTED],
        "bends": list(BENDABLE),
        "cities": [city.name for city in CITIES],
        "crises": list(CRISES),
        "rates": list(RATES),
        "seconds": list(SECONDS),
    }


def callbacks(scene: Scene, method: str, body: bytes) -> Answer:
    """GET or POST /control/callbacks {provider: address}: where accounts are pushed to, after the change; blank = nowhere."""
    if method == "POST":
        try:
            wanted = {code: str(url or "") for code, url in mapping(body).items()}
            for code, url in wanted.items():
                check_callback(code, url)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        for code, url in wanted.items():
            scene.register.call_back(code, url, scene.clock.now())
    return json_answer({code: url for code, (url, _) in scene.register.callbacks().items()})


def check_callback(code: str, url: str) -> None:
    """Raises ValueError if there is no such provider, or the address is none."""
    if code not in providers():
        raise ValueError(f"no provider {code!r}; there are {', '.join(providers())}")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"{url!r} is no address to push to")


def hubs(scene: Scene, method: str, body: bytes) -> Answer:
    """GET or POST /control/hubs {"city", "hours"}: which hubs stand still; a POST lets one, and says how many parcels wait."""
    told: dict[str, Any] = {}
    if method == "POST":
        try:
            wanted = mapping(body)
            told["waiting"] = scene.hold(str(wanted.get("city", "")), float(wanted.get("hours", 0)))
        except KeyError as error:
            return json_answer({"error": error.args[0]}, 404)
        except (ValueError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)
    now = scene.clock.now()
    still = [
        {"city": CITIES[one.city].name, "until": instants.iso(one.since + one.seconds)}
        for one in scene.world.holds()
        if one.since + one.seconds > now
    ]
    return json_answer({**told, "still": still, "cities": [city.name for city in CITIES]})


def crises_of(scene: Scene, method: str, body: bytes) -> Answer:
    """GET or POST /control/crises {"crisis"}: what there is; a POST lets one begin, and says how many parcels wait."""
    told: dict[str, Any] = {}
    if method == "POST":
        try:
            told["waiting"] = scene.strike(str(mapping(body).get("crisis", "")))
        except KeyError as error:
            return json_answer({"error": error.args[0]}, 404)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
    return json_answer({**told, "crises": list(CRISES), "began_with": list(scene.world.begins_with)})


def bend(scene: Scene, number: str, body: bytes) -> Answer:
    """POST /control/parcels/<number> {"scenario"}: the parcel, after the change."""
    try:
        scene.bend(number, str(mapping(body).get("scenario", "")))
    except KeyError as error:
        return json_answer({"error": error.args[0]}, 404)
    except ValueError as error:
        return json_answer({"error": str(error)}, 409)
    return parcel(scene, number)


def faults(scene: Scene, method: str, body: bytes) -> Answer:
    """GET or POST /control/faults: the switches, after the change."""
    if method == "POST":
        try:
            scene.faults.change(mapping(body))
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
    return json_answer(scene.faults.values())


def time(scene: Scene, body: bytes) -> Answer:
    """POST /control/time {"speed", "advance_hours", "now"}: the clock, after the change."""
    try:
        wanted = mapping(body)
        unknown = set(wanted) - {"speed", "advance_hours", "now"}
        if unknown:
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        scene.clock.change(
            speed=float(wanted["speed"]) if "speed" in wanted else None,
            advance=float(wanted.get("advance_hours", 0)) * instants.HOUR,
            now=instants.parse(str(wanted["now"])) if "now" in wanted else None,
        )
    except (ValueError, TypeError) as error:
        return json_answer({"error": str(error)}, 400)
    return json_answer({"now": instants.iso(scene.clock.now()), "speed": scene.clock.speed})


def parcel(scene: Scene, number: str) -> Answer:
    """GET /control/parcels/<number>: the truth about one parcel, its future included."""
    now = scene.clock.now()
    found = scene.world.parcel(number, now)
    if found is None:
        return json_answer({"error": f"no parcel {number}"}, 404)
    scans = [
        {"at": instants.iso(step.at), "kind": step.kind, "text": wording(found.order, step), "known": step.at <= now}
        for step in found.steps
    ]
    return json_answer({**summary(found.order), "returning": found.returning, "scans": scans})


def parcels(scene: Scene, query: dict[str, str]) -> Answer:
    """GET /control/parcels?scenario=&carrier=&search=&limit=: some orders to look at; `search` is a part of a number."""
    limit = min(int(query["limit"]), _MOST_LISTED) if query.get("limit", "").isdigit() else 20
    scenario, carrier = query.get("scenario"), CARRIER_BY_CODE.get(query.get("carrier", ""))
    search = query.get("search", "").strip()
    found = [
        order
        for order in scene.world.orders(scene.clock.now())
        if (not scenario or order.scenario == scenario)
        and (carrier is None or order.actual is carrier)
        and (not search or search in order.waybill or search in order.number or search == order.return_waybill)
    ]
    return json_answer({"count": len(found), "parcels": [summary(order) for order in found[:limit]]})


def summary(order: Order) -> dict[str, Any]:
    """One order in a few words."""
    return {
        "order": order.number,
        "shop": order.shop,
        "scenario": order.scenario,
        "waybill": order.waybill,
        "carrier": order.carrier.code,
        "actual_carrier": order.actual.code,
        "phone_tail": order.phone_tail,
        "created_at": instants.iso(order.created_at),
        "promise_at": instants.iso(order.promise_at),
        "ship_at": instants.iso(order.ship_at) if order.ship_at is not None else None,
        "ended_at": instants.iso(order.ended_at) if order.ended_at is not None else None,
    }


def mapping(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises ValueError."""
    value = json.loads(body or b"{}")
    if not isinstance(value, dict):
        raise ValueError("send a JSON object")
    return value
