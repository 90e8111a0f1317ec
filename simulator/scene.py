"""What the handlers of one provider work with: the world at its clock, seen through that provider's faults."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from simulator.bending import INTERCEPTED
from simulator.catalogue import CARRIERS, SHOP_BY_CODE
from simulator.clock import VirtualClock
from simulator.faults import Faults
from simulator.gate import Gate
from simulator.journal import Journal
from simulator.orders import Order
from simulator.subscriptions import Register
from simulator.tracks import Step
from simulator.wire import NO_ANSWER, Answer
from simulator.world import Parcel, World

T = TypeVar("T")

_PROXY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
)
_GARBAGE = '<!DOCTYPE html><html><body>系统繁忙，请稍后再试 {"message":"ok","data":['


@dataclass(frozen=True)
class Scene:
    """World, clock and switches as one provider has them. `provider` is its code; blank = nobody's in particular."""

    world: World
    clock: VirtualClock
    faults: Faults
    journal: Journal
    register: Register
    gate: Gate = field(default_factory=Gate)
    # Virtual seconds from a subscription to its first push.
    push_delay: int = 0
    provider: str = ""

    def of(self, provider: str) -> "Scene":
        """The same scene as the provider has it, with the faults that are switched on for it."""
        return replace(self, provider=provider, faults=self.faults.of(provider))

    def struck(self) -> Answer | None:
        """What a failing provider answers instead, if one of the transport faults strikes."""
        if self.faults.strikes("outage"):
            return NO_ANSWER
        if self.faults.strikes("http_5xx"):
            return Answer(502, "text/html", _PROXY_PAGE)
        if self.faults.strikes("garbage"):
            return Answer(200, "text/html;charset=UTF-8", _GARBAGE.encode())
        return None

    def throttled(self) -> bool:
        """Whether this answer is to be 'too often', in the provider's words; whatever was asked for."""
        return self.faults.strikes("throttle")

    def too_soon(self, key: str, most_a_day: int = 0) -> bool:
        """Whether a number was asked for less than `min_interval` ago or too often today; for providers that count."""
        interval = self.faults.seconds("min_interval")
        return self.gate.refuses(f"{self.provider}:{key}", self.clock.now(), interval, most_a_day)

    def parcel(self, number: str, now: int, *carriers: str) -> Parcel | None:
        """The parcel with this waybill number, if it is carried by one of `carriers` (none given = by anybody)."""
        found = self.world.parcel(number, now)
        if found is None or found.number != number or (carriers and found.order.actual.code not in carriers):
            return None
        return found

    def known(self, parcel: Parcel, now: int) -> tuple[Step, ...]:
        """The scans made by `now`, oldest first, each at the time that this provider tells for it."""
        if not self.faults.seconds("clock_skew"):
            return parcel.known(now)
        return tuple(sorted((self.told(step) for step in parcel.known(now)), key=lambda step: step.at))

    def told(self, step: Step) -> Step:
        """The scan at the time that this provider tells: where a hub's clock is wrong, another than the true one."""
        skew = int(self.faults.seconds("clock_skew"))
        return replace(step, at=step.at + skew) if skew and step.hub and step.place[0] % 3 == 0 else step

    def rows(self, rows: list[T], key: str) -> list[T]:
        """The rows of an answer, repeated or shuffled where a fault strikes."""
        return self.faults.disturbed(rows, key)

    def carrier(self, parcel: Parcel) -> str:
        """The code of the carrier that this provider takes the parcel to be of: under `wrong_carrier` at times another."""
        right = parcel.order.actual.code
        share = self.faults.rate("wrong_carrier")
        rng = Random(f"carrier:{self.provider}:{parcel.number}")
        if not share or rng.random() >= share:
            return right
        return rng.choice([one.code for one in CARRIERS if one.code != right])

    def secret(self, secret: str) -> str:
        """What to sign a push with: the secret, or something else where `bad_push_sign` strikes."""
        return secret + "?" if self.faults.strikes("bad_push_sign") else secret

    def subscribe(self, number: str, company: str = "", **data: str | bool) -> bool:
        """Follow a number from now on; False if it is followed already. `data` is the provider's own, text and flags."""
        return self.register.add(self.provider, company, number, data, self.clock.now(), self.push_delay)

    def intercept(self, number: str, *carriers: str) -> str:
        """Turn a parcel back to its sender: '' = taken, else why not: unknown, early (not picked up), late, again.

        Taken is not yet turned back: the scan that says so comes within the hour.
        """
        now = self.clock.now()
        found = self.parcel(number, now, *carriers)
        if found is None or found.returning:
            return "unknown"
        if found.order.scenario == INTERCEPTED:
            return "again"
        known = found.known(now)
        if not any(step.kind == "picked" for step in known):
            return "early"
        try:
            self.bend(number, INTERCEPTED)
        except ValueError:
            return "late"
        return ""

    def bend(self, number: str, scenario: str) -> None:
        """Let a parcel meet `scenario` from now on. Raises KeyError (unknown number or scenario), ValueError (too late)."""
        now = self.clock.now()
        self.world.bend(number, scenario, now)
        self.journal.write(kind="bend", number=number, scenario=scenario, at=now)
        self.register.wake(number, now)

    def hold(self, city: str, hours: float) -> int:
        """Let a city's hub stand still from now on; how many parcels wait there. Raises KeyError (no such city), ValueError."""
        now = self.clock.now()
        waiting = self.world.hold(city, hours, now)
        self.journal.write(kind="hold", city=city, hours=hours, at=now)
        return waiting

    def strike(self, crisis: str) -> int:
        """Let a crisis begin now; how many parcels wait. Raises KeyError (no such crisis)."""
        now = self.clock.now()
        waiting = self.world.strike(crisis, now)
        self.journal.write(kind="crisis", name=crisis, at=now)
        return waiting


def phone_fits(order: Order, phone: str) -> bool:
    """The last four digits (after the dash of a virtual number) are the buyer's or the shop's."""
    tail = phone.strip()[-4:]
    return tail in (order.phone_tail, SHOP_BY_CODE[order.shop].sender_phone[-4:])
