"""Pushes: whatever a provider says to its subscribers, delivered, acknowledged or tried again in virtual time.

One thread finds what is due, a few deliver. What is said, how the acknowledgement must look and when it is tried again is
the provider's own (`simulator.providers`).
"""

import http.client
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from simulator.following import Push, Pushes
from simulator.instants import DAY, HOUR, MINUTE
from simulator.providers import Scene, providers, pushes
from simulator.subscriptions import Held, Register, Subscription
from simulator.wire import Post, Reply

DEFAULT_RATE = 20.0
_WORKERS = 4
_PAUSE = 0.2
_PATIENCE = 10.0
_LONGEST_ACKNOWLEDGEMENT = 65_536
# Virtual seconds: how long a provider that is down, or has no address to push to, waits before it tries again.
_OUTAGE = 5 * MINUTE
_NO_ADDRESS = 10 * MINUTE
# Long enough for the next push to overtake one that a fault keeps back.
_OVERTAKEN = 6 * HOUR
_STILL = 60 * DAY


def deliver(callback: str, post: Post) -> Reply | None:
    """POST it; None if nobody answers."""
    url = urlsplit(callback)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=_PATIENCE)
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, post.body, {"Content-Type": post.content_type, **post.headers})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(_LONGEST_ACKNOWLEDGEMENT))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


class Pusher:
    """The background threads; `rate` bounds the pushes begun in one real second."""

    def __init__(self, scene: Scene, register: Register, rate: float = DEFAULT_RATE) -> None:
        self._scenes = {code: scene.of(code) for code in providers()}
        self._scene, self._register, self._rate = scene, register, rate
        self._seen: dict[str, int] = {}
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="push")
        self._thread = threading.Thread(target=self._run, name="pusher", daemon=True)

    def start(self) -> None:
        """Begin to push."""
        self._thread.start()

    def stop(self) -> None:
        """End the threads; what is on its way is finished first."""
        self._stop.set()
        self._thread.join(_PATIENCE)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def tell(self, subscription: Subscription) -> None:
        """One push with its consequences."""
        scene, how = self._scenes[subscription.provider], pushes(subscription.provider)
        now = scene.clock.now()
        if how is None:
            self._register.settle(subscription, due=None)
            return
        if scene.faults.strikes("outage"):
            self._register.settle(subscription, due=now + _OUTAGE)
            return
        callback = self._register.callback(subscription)
        if not callback:
            self._register.settle(subscription, due=now + _NO_ADDRESS)
            return
        push = how.compose(scene, subscription, now)
        if push.post is not None and not self._arrived(scene, how, subscription, callback, push.post, now):
            self._register.count(subscription.provider, "refused")
            if subscription.tries < len(how.retries):
                subscription.tries += 1
                self._register.settle(subscription, due=now + how.retries[subscription.tries - 1])
                return
            self._register.count(subscription.provider, "dropped")
        self._go_on(subscription, push, now)

    def release(self) -> None:
        """Deliver what was kept back and has been overtaken; once, whatever the answer."""
        for held in self._register.released(self._scene.clock.now()):
            self._pool.submit(self._send_held, held)

    def enrol(self) -> None:
        """Follow every parcel of a carrier that tells by contract, once the account has said where to."""
        for code, (_, since) in self._register.callbacks().items():
            how = pushes(code)
            if how is None or not how.contract:
                continue
            fresh = self._scene.world.added(self._seen.get(code, 0), self._scene.clock.now())
            self._seen[code] = self._seen.get(code, 0) + len(fresh)
            for order in fresh:
                if order.actual.code in how.contract and order.ship_at is not None:
                    self._follow(code, order.waybill, since)

    def _follow(self, code: str, number: str, since: int) -> None:
        """Tell of a number what comes after `since`."""
        if self._register.follows(code, "", number):
            return
        parcel = self._scene.world.parcel(number, max(since, self._scene.clock.now() + DAY))
        if parcel is None:
            return
        told = len(parcel.known(since))
        if told and told == len(parcel.steps) and parcel.steps[-1].at < since - _STILL:
            return
        coming = parcel.next_scan(since)
        due = coming if coming is not None else since + _STILL
        self._register.add(code, "", number, {}, since, due - since, told)

    def _arrived(
        self, scene: Scene, how: Pushes, subscription: Subscription, callback: str, post: Post, now: int
    ) -> bool:
        """Send a push; True if the provider may take it for received. Faults lose it, delay it or send it twice."""
        if scene.faults.strikes("drop_push"):
            self._register.count(subscription.provider, "lost")
            return True
        if scene.faults.strikes("reorder_push"):
            self._register.hold(Held(subscription.provider, callback, post), now + _OVERTAKEN)
            self._register.count(subscription.provider, "held_back")
            return True
        reply = deliver(callback, post)
        if scene.faults.strikes("duplicate_push"):
            deliver(callback, post)
            self._register.count(subscription.provider, "doubled")
        if reply is None or reply.status != 200 or not how.acknowledged(reply, subscription):
            return False
        self._register.count(subscription.provider, "acknowledged")
        return True

    def _go_on(self, subscription: Subscription, push: Push, now: int) -> None:
        subscription.tries = 0
        if push.told is not None:
            subscription.told = push.told
        self._register.settle(subscription, due=push.due, company=push.company)
        if push.onward:
            self._register.add(subscription.provider, subscription.company, push.onward, subscription.data, now, 0)

    def _run(self) -> None:
        allowance = 0.0
        before = time.monotonic()
        while not self._stop.wait(_PAUSE):
            now = time.monotonic()
            allowance = min(allowance + (now - before) * self._rate, self._rate)
            before = now
            self.enrol()
            self.release()
            due = self._register.take_due(self._scene.clock.now(), int(allowance))
            allowance -= len(due)
            for subscription in due:
                self._pool.submit(self._tell_safely, subscription)

    def _tell_safely(self, subscription: Subscription) -> None:
        try:
            self.tell(subscription)
        except Exception as error:  # one broken number must not end the pushes of all
            print(f"simulator: push of {subscription.number}: {error!r}", file=sys.stderr)

    def _send_held(self, held: Held) -> None:
        reply = deliver(held.callback, held.post)
        self._register.count(held.provider, "refused" if reply is None or reply.status != 200 else "acknowledged")
