"""Command line: `python -m simulator --port 9100`."""

import argparse
import signal
import sys
import threading
import time

from simulator import instants
from simulator.clock import VirtualClock
from simulator.faults import RATES, SECONDS, Faults, parse_switch
from simulator.providers import Scene
from simulator.server import Server, Simulator
from simulator.world import ARRIVAL_SECONDS, PAST_ORDERS, World


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The parsed command line."""
    parser = argparse.ArgumentParser(prog="simulator", description="Carriers, an aggregator and three marketplaces over HTTP.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds per real second; 0 freezes time")
    parser.add_argument("--start", help="ISO instant the world is arranged around; default: now. The same start gives the same world")
    parser.add_argument("--now", help="ISO instant the virtual clock starts at; default: what --start and --speed make of the wall clock")
    parser.add_argument("--orders", type=int, default=PAST_ORDERS, help="orders in the ten days before the start")
    parser.add_argument("--arrivals", type=float, default=ARRIVAL_SECONDS, help="virtual seconds between new orders")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=VALUE]", help=f"rates: {', '.join(RATES)}; seconds: {', '.join(SECONDS)}"
    )
    return parser.parse_args(words)


def simulator(options: argparse.Namespace) -> Simulator:
    """The simulator that the command line describes. Raises ValueError."""
    wall = int(time.time())
    anchor = instants.parse(options.start) if options.start else wall
    now = instants.parse(options.now) if options.now else anchor + (wall - anchor) * options.speed
    if options.arrivals <= 0 or options.orders < 0 or options.speed < 0:
        raise ValueError("--arrivals must be positive, --orders and --speed not negative")
    world = World(options.seed, anchor, options.orders, options.arrivals)
    scene = Scene(world, VirtualClock(now, options.speed), Faults(options.seed, dict(map(parse_switch, options.fault))))
    return Simulator(scene)


def main(words: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = arguments(words)
    try:
        server = Server((options.host, options.port), simulator(options))
    except (ValueError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    world, clock = server.simulator.scene.world, server.simulator.scene.clock
    print(f"simulator: http://{options.host}:{server.server_address[1]} start={instants.iso(world.anchor)} now={instants.iso(clock.now())}", flush=True)
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
