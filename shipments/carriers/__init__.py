"""The registry of tracking providers. The core never lists them: it asks here, and here they are found.

A provider is one pure module (see docs/carriers.md). Those in this package are declared just as another package
declares its own: as an entry point of the group `shipops.carriers`, named by the provider's code.
"""

import logging
import pkgutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from shipments.answers import Answer, Ask, Contract, Failure, Field, Interception, Taken, Wish
from shipops.kit.wire import Request, Response

log = logging.getLogger(__name__)

GROUP = "shipops.carriers"
# Providers whose code no Python module may be called.
_SPELT = {"seventeentrack": "17track"}


class Provider(Protocol):
    """What a provider's module holds. Functions of a capability it does not declare may be missing."""

    LABEL: object  # a gettext string
    FIELDS: Sequence[Field]
    # Carrier codes it can be asked about; None = any.
    CARRIERS: frozenset[str] | None
    # How many waybills one question may hold.
    BATCH: int
    # The least time between two questions about one number.
    SPACING: timedelta
    # Most questions about one number in 24 hours; 0 = as many as SPACING allows.
    DAILY: int
    # Most questions a second of one account, over all workers; 0 = no such limit.
    RATE: float
    # Whether numbers are subscribed one by one (encode_subscription); else pushes come by contract, or not at all.
    SUBSCRIBES: bool
    # Whether pushes are signed; the news of an unsigned one is confirmed by a query.
    SIGNED: bool
    # What an interception may ask for; empty = it takes none over the wire.
    INTERCEPTS: frozenset[Wish]
    # Whether it can say which carrier a number is of (encode_recognition).
    RECOGNISES: bool
    # The provider's code → (stage, cause).
    STATUS: Mapping[str, object]

    def encode(self, asks: Sequence[Ask], contract: Contract, now: datetime) -> Request:
        """Return the question about `asks` (at most BATCH)."""

    def decode_subscription(self, response: Response) -> Failure | None:
        """Return why a subscription was not taken; None = it stands."""

    def encode_subscription(self, ask: Ask, contract: Contract, now: datetime) -> Request:
        """Return the wish to be pushed what happens to `ask`."""

    def decode(self, response: Response) -> tuple[Answer, ...]:
        """Return what an HTTP answer says; never raises for what a provider may send."""

    def read(self, body: bytes) -> tuple[Answer, ...]:
        """Return what any stored body of this provider says. Raises NotAnAnswer."""

    def verify(self, contract: Contract, headers: Mapping[str, str], body: bytes) -> bool:
        """Return whether a push was signed by whom we subscribed with, over the bytes as they came."""

    def encode_interception(self, wanted: Interception, contract: Contract, now: datetime) -> Request:
        """Return the call that asks for `wanted`, whose wish is one of INTERCEPTS."""

    def decode_interception(self, response: Response) -> Taken | Failure:
        """Return that the wish was taken, or why it was not. Taken is not yet intercepted."""

    def encode_recognition(self, number: str, contract: Contract, now: datetime) -> Request:
        """Return the question which carrier `number` is of; only with RECOGNISES."""

    def decode_recognition(self, response: Response) -> tuple[str, ...] | Failure:
        """Return Carrier.codes, the likeliest first; or why none is told."""

    def acknowledge(self, body: bytes) -> Response:
        """Return exactly what the provider wants to hear for a push."""


def _declared() -> list[EntryPoint]:
    built_in = [
        EntryPoint(name=_SPELT.get(module.name, module.name), value=f"{__name__}.{module.name}", group=GROUP)
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    return [*built_in, *entry_points(group=GROUP)]


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of all providers there are, in alphabetical order."""
    return tuple(sorted({point.name for point in _declared()}))


@cache
def provider(code: str) -> Provider:
    """Return the module of the provider `code`. Raises LookupError, also for one that cannot be loaded."""
    for point in _declared():
        if point.name == code:
            try:
                return cast(Provider, point.load())
            except Exception as error:  # another package's fault must not stop those that work
                log.exception("The provider %s cannot be loaded", code)
                raise LookupError(f"The provider {code!r} cannot be loaded: {error}") from error
    raise LookupError(f"There is no provider {code!r}; there are: {', '.join(codes())}")
