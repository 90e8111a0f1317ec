"""How a provider follows a number by pushes: what it says when, and two ways of saying it, for those that need no other."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.instants import DAY, HOUR
from simulator.scene import Scene
from simulator.subscriptions import Subscription
from simulator.tracks import RETURNED, SIGNED, Step
from simulator.wire import Post, Reply
from simulator.world import Parcel

# A number without a scan is looked at again that often, and forgotten after that long.
_LOOK_AGAIN = 4 * HOUR
_FORGET_AFTER = 30 * DAY
# A parcel that moves no more is let go after so long.
NO_CHANGE_AFTER = 60 * DAY


@dataclass(frozen=True, slots=True)
class Push:
    """What to tell a subscriber now, and how the following goes on.

    `post` None = nothing to tell; `due` = the virtual instant to look again, None = it ends here; `company` = followed
    under that one from now on; `told` = how many scans have been told with this one; `onward` = a number to follow beside.
    """

    post: Post | None
    due: int | None
    company: str | None = None
    told: int | None = None
    onward: str = ""


@dataclass(frozen=True, slots=True)
class Pushes:
    """How a provider pushes."""

    # (its scene, the subscription, virtual now) → what to tell.
    compose: Callable[[Scene, Subscription, int], Push]
    # Whether the reply (its status is 200) is what the provider takes for received.
    acknowledged: Callable[[Reply, Subscription], bool]
    # Virtual seconds from each refused push to the next try; after the last the push is dropped.
    retries: tuple[int, ...]
    # Carriers whose every parcel is told without being subscribed, once an account-level callback is registered.
    contract: frozenset[str] = frozenset()


def whole_list(
    scene: Scene,
    subscription: Subscription,
    now: int,
    compose: Callable[[Parcel, tuple[Step, ...]], Post],
    *carriers: str,
) -> Push:
    """At every new scan the full list again; `compose` gets all scans so far, oldest first."""
    parcel = scene.parcel(subscription.number, now, *carriers)
    made = len(parcel.known(now)) if parcel is not None else 0
    if parcel is None or made <= subscription.told:
        return Push(None, _again(parcel, subscription, now))
    return Push(compose(parcel, scene.known(parcel, now)), _after(parcel, now), told=made, onward=_onward(parcel, now))


def one_by_one(
    scene: Scene,
    subscription: Subscription,
    now: int,
    compose: Callable[[Parcel, Step], Post | None],
    *carriers: str,
) -> Push:
    """One push per scan since the last that was told; `compose` says None to a scan that the provider does not tell."""
    parcel = scene.parcel(subscription.number, now, *carriers)
    if parcel is None:
        return Push(None, _again(parcel, subscription, now))
    known = parcel.known(now)
    for position in range(subscription.told, len(known)):
        post = compose(parcel, scene.told(known[position]))
        if post is not None:
            more = position + 1 < len(known)
            due = now if more else _after(parcel, now)
            return Push(post, due, told=position + 1, onward="" if more else _onward(parcel, now))
    return Push(None, _again(parcel, subscription, now))


def _again(parcel: Parcel | None, subscription: Subscription, now: int) -> int | None:
    """When to look again at a number of which there is nothing new to tell."""
    coming = parcel.next_scan(now) if parcel is not None else None
    if coming is not None:
        return coming
    if parcel is not None and parcel.known(now):
        return _after(parcel, now)
    return now + _LOOK_AGAIN if now - subscription.asked_at < _FORGET_AFTER else None


def _after(parcel: Parcel, now: int) -> int | None:
    """When the next scan comes; a parcel that lies still is kept in sight for a while, one that has arrived is not."""
    coming = parcel.next_scan(now)
    newest = parcel.known(now)[-1]
    if coming is not None or newest.kind in SIGNED or newest.kind == RETURNED or _onward(parcel, now):
        return coming
    let_go = newest.at + NO_CHANGE_AFTER
    return let_go if let_go > now else None


def _onward(parcel: Parcel, now: int) -> str:
    """The new number that the parcel goes back on, once it is told."""
    known = parcel.known(now)
    return parcel.onward if parcel.onward and known and known[-1].kind == "returning" else ""
