"""Command line: `python -m simulator --port 9100`."""

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from simulator import instants
from simulator.clock import VirtualClock
from simulator.control import check_callback
from simulator.crises import CRISES
from simulator.faults import RATES, SECONDS, Faults, parse_switch
from simulator.journal import Journal
from simulator.providers import Scene, providers
from simulator.pushing import DEFAULT_RATE, Pusher
from simulator.server import Server, Simulator
from simulator.subscriptions import Register, restored
from simulator.world import ARRIVAL_SECONDS, PAST_ORDERS, World


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The parsed command line."""
    parser = argparse.ArgumentParser(
        prog="simulator", description="Carriers, an aggregator and three marketplaces over HTTP."
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds per real second; 0 freezes time")
    parser.add_argument(
        "--start",
        help="ISO instant the world is arranged around; default: that of the state file, else now",
    )
    parser.add_argument(
        "--now",
        help="ISO instant the virtual clock starts at; default: what --start and --speed make of the wall clock",
    )
    parser.add_argument("--orders", type=int, default=PAST_ORDERS, help="orders in the ten days before the start")
    parser.add_argument("--arrivals", type=float, default=ARRIVAL_SECONDS, help="virtual seconds between new orders")
    parser.add_argument("--state", type=Path, help="file that keeps the start, subscriptions and bent parcels")
    parser.add_argument(
        "--crisis",
        action="append",
        default=[],
        choices=CRISES,
        help="what the world begins with; a state file of another start keeps its own",
    )
    parser.add_argument("--push-rate", type=float, default=DEFAULT_RATE, help="most pushes begun in one real second")
    parser.add_argument(
        "--push-delay", type=int, default=0, help="virtual seconds from a subscription to its first push"
    )
    parser.add_argument(
        "--callback",
        action="append",
        default=[],
        metavar="PROVIDER=URL",
        help="where an account is pushed to by contract, or where its subscriptions name no address",
    )
    parser.add_argument("--public-url", default="", help="how others reach this server, if not by host and port")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="[PROVIDER.]NAME[=VALUE]",
        help=f"rates: {', '.join(RATES)}; seconds: {', '.join(SECONDS)}",
    )
    return parser.parse_args(words)


def simulator(options: argparse.Namespace) -> Simulator:
    """The simulator that the command line describes, with what its state file remembers. Raises ValueError."""
    if options.arrivals <= 0 or options.orders < 0 or options.speed < 0:
        raise ValueError("--arrivals must be positive, --orders and --speed not negative")
    journal = Journal(options.state)
    entries = journal.entries()
    wall = int(time.time())
    anchor = _anchor(options, entries, wall)
    now = instants.parse(options.now) if options.now else int(anchor + (wall - anchor) * options.speed)
    openings = [entry["at"] for entry in entries if entry["kind"] == "opened"] + [now]
    known = next((entry for entry in entries if entry["kind"] == "world"), None)
    begins_with = options.crisis if known is None else known.get("crises", [])
    world = World(
        options.seed, anchor, options.orders, options.arrivals, openings if options.state else (), begins_with
    )
    faults = Faults(options.seed, dict(map(parse_switch, options.fault)), providers())
    clock = VirtualClock(now, options.speed)
    scene = Scene(world, clock, faults, journal, Register(journal), push_delay=options.push_delay)
    made = Simulator(scene, public_url=options.public_url)
    identity = _identity(options, anchor) | ({"crises": list(begins_with)} if begins_with else {})
    kept: list[dict[str, Any]] = [{"kind": "world", **identity}]
    kept += [{"kind": "opened", "at": at} for at in openings]
    kept += restore(made, entries)
    journal.rewrite(kept)
    for word in options.callback:
        code, _, url = word.partition("=")
        check_callback(code, url)
        if scene.register.callbacks().get(code, ("", 0))[0] != url:
            scene.register.call_back(code, url, now)
    return made


def restore(made: Simulator, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take back bent parcels, slowed hubs, callbacks and subscriptions; the entries that say the same without their history."""
    bends = []
    callbacks: dict[str, dict[str, Any]] = {}
    subscriptions: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["kind"] == "bend":
            made.scene.world.bend(entry["number"], entry["scenario"], entry["at"])
            bends.append(entry)
        elif entry["kind"] == "hold":
            made.scene.world.hold(entry["city"], entry["hours"], entry["at"])
            bends.append(entry)
        elif entry["kind"] == "crisis":
            made.scene.world.strike(entry["name"], entry["at"])
            bends.append(entry)
        elif entry["kind"] == "subscription":
            subscriptions[restored(entry).key] = entry
        elif entry["kind"] == "callback":
            callbacks[entry["provider"]] = entry
        elif entry["kind"] == "moved":
            key = entry["key"]  # those of older journals do not name the provider
            subscriptions.pop(key if key.count(":") > 1 else f"kuaidi100:{key}", None)
    for entry in callbacks.values():
        made.register.call_back(entry["provider"], entry["url"], entry["at"])
    for entry in subscriptions.values():
        made.register.restore(entry)
    return [*bends, *callbacks.values(), *made.register.stored()]


def _identity(options: argparse.Namespace, anchor: int) -> dict[str, Any]:
    return {"start": anchor, "seed": options.seed, "orders": options.orders, "arrivals": options.arrivals}


def _anchor(options: argparse.Namespace, entries: list[dict[str, Any]], wall: int) -> int:
    """The start: as asked, else as the state file has it, else now. Raises ValueError if the file is of another world."""
    known = next((entry for entry in entries if entry["kind"] == "world"), None)
    anchor = instants.parse(options.start) if options.start else known["start"] if known else wall
    if known is not None and {**known, **_identity(options, anchor)} != known:
        raise ValueError(f"{options.state} belongs to another world: start, seed, orders or arrivals differ")
    return int(anchor)


def main(words: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = arguments(words)
    try:
        server = Server((options.host, options.port), simulator(options))
        pusher = Pusher(server.simulator.scene, server.simulator.register, options.push_rate)
    except (ValueError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    world, clock = server.simulator.scene.world, server.simulator.scene.clock
    world.orders(clock.now())  # the first request must not wait for the whole past
    reached = options.public_url or f"http://{options.host}:{server.server_address[1]}"
    print(f"simulator: {reached} start={instants.iso(world.anchor)} now={instants.iso(clock.now())}", flush=True)
    pusher.start()
    server.serve_forever(poll_interval=0.2)
    pusher.stop()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
