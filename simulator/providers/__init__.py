"""The simulated providers: one module per wire protocol, found by being here. Its name is the provider's code.

Each is written from the protocol's facts with its own code for every signature; it may share with the other modules here,
never with the product. A module holds:

`ROUTES`, a sequence of `Route(method, path, handler, prefix=False)`. `path` is matched exactly, or with `prefix` as the
    beginning of what was asked for. The handler is called as `handler(scene, call)` and returns an `Answer` (status,
    content type, body, and headers of its own as pairs); `json_answer(value)` makes the usual one. `call` is a `Call`:
    `method path query headers body`, header names in lower case, the body as it came, and read `text form json` from it.

`PUSHES` (only if it pushes), one `Pushes`:
    `compose(scene, subscription, now)` returns a `Push`: the `Post` to send (body, content type, headers, signed; see
        `form_post` and `json_post`) or None, and when to look again. Nearly all say it with one of two helpers:
        `whole_list(scene, subscription, now, make, *carriers)`, where `make(parcel, steps)` returns the Post with the full
        list (kdniao, yto, 17track, aftership), or `one_by_one(…)`, where `make(parcel, step)` returns the Post with a
        single scan, or None for a scan the provider does not tell (zto, sf, sto, jtexpress, yunda).
    `acknowledged(reply, subscription)`: whether the reply's body is exactly what the provider takes for received. It is
        asked of replies with status 200 only.
    `retries`: virtual seconds from each refused push to the next try; after the last the push is dropped.
    `contract`: carriers whose every parcel is told without a subscription (sf).

What a handler gets from its `scene` (each provider has its own, so that a fault can be switched on for it alone):
    `scene.clock.now()`                     virtual now; read it once a call
    `scene.parcel(number, now, *carriers)`  the `Parcel`, None for a number that is nobody's or of another carrier
    `scene.known(parcel, now)`              its scans so far, oldest first; `step.kind place hub to to_hub at`
    `scene.rows(rows, key)`                 the rows of an answer; faults repeat or shuffle them
    `scene.throttled()`                     say "too often" now, in the provider's words
    `scene.too_soon(number, most_a_day)`    for providers that limit how often one number may be asked for
    `scene.secret(secret)`                  what to sign a push with; a fault spoils it
    `scene.carrier(parcel)`                 the code of the carrier to name; a fault makes it another
    `scene.subscribe(number, company, **data)`  follow a number; False if it is already followed. `data` is text or flags, read
                                            again as `subscription.data`; with `callback` in it pushes go there, else to the
                                            provider's account-level callback (`--callback`, `/control/callbacks`)
    `scene.intercept(number, *carriers)`    turn a parcel back: '' = taken, else 'unknown', 'early', 'late' or 'again'
Outages, proxy pages, garbage and slowness strike before the handler is called; dropped, doubled and re-ordered pushes after
`compose`. Neither is the module's business.

The kinds of scan, for which a module needs its own code each, are the keys of `simulator.texts.CODES`; the words of the carrier
are `wording(order, step)`, its outlet or hub `site(carrier, place, hub=…)`, the city `CITIES[step.place[0]]`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Protocol, cast

from simulator.following import Push, Pushes, one_by_one, whole_list
from simulator.scene import Scene, phone_fits
from simulator.subscriptions import Subscription
from simulator.wire import Answer, Call, Post, Reply, compact, form_post, json_answer, json_post, mapping

__all__ = [
    "Answer",
    "Call",
    "Post",
    "Push",
    "Pushes",
    "Reply",
    "Route",
    "Scene",
    "Subscription",
    "compact",
    "form_post",
    "json_answer",
    "json_post",
    "mapping",
    "one_by_one",
    "phone_fits",
    "whole_list",
]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a provider is reached, and who answers there."""

    method: str
    path: str
    handler: Callable[[Scene, Call], Answer]
    prefix: bool = False


class Provider(Protocol):
    """What a provider's module holds; PUSHES may be missing."""

    ROUTES: Sequence[Route]
    PUSHES: Pushes


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider there is, by its code."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    # A module name must not begin with a digit: `_17track` would be hidden, so it is `track17`.
    return MappingProxyType({name: cast(Provider, importlib.import_module(f"{__name__}.{name}")) for name in names})


def pushes(code: str) -> Pushes | None:
    """How a provider pushes; None if it does not."""
    return getattr(providers()[code], "PUSHES", None)
