"""Kuaidi100's pushes: for every subscribed number the full list of scans whenever there is a new one.

One thread finds what is due, a few deliver; the acknowledgement must be exactly right, else the push is tried again three
times about 35 minutes apart, in virtual time.
"""

import http.client
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from simulator.instants import DAY, MINUTE
from simulator.providers import Scene, kuaidi100
from simulator.subscriptions import Register, Subscription
from simulator.texts import CODES
from simulator.world import Parcel

RETRY_AFTER = 35 * MINUTE
MOST_RETRIES = 3
NO_RECORD_AFTER = 3 * DAY
NO_CHANGE_AFTER = 60 * DAY
DEFAULT_RATE = 20.0
_WORKERS = 4
_PAUSE = 0.2
_PATIENCE = 10.0
_LONGEST_ACKNOWLEDGEMENT = 65_536
_OLD_STATUS = {
    "picked": "got",
    "out": "sending",
    "signed": "check",
    "signed_by": "check",
    "signed_after": "check",
    "collected": "check",
}


@dataclass(frozen=True, slots=True)
class Push:
    """What to tell a subscriber, and how the subscription goes on: `due` None = it ends, `company` = followed under that one."""

    content: dict[str, Any] | None
    due: int | None
    company: str | None = None


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """What Kuaidi100 says about a number at an instant."""
    parcel = scene.world.parcel(subscription.number, now)
    if parcel is not None and not _accessible(parcel, subscription):
        parcel = None
    if parcel is None or not parcel.known(now):
        return _nothing_known(parcel, subscription, now)
    actual = parcel.order.actual.code
    if actual != subscription.company and subscription.company:
        return _other_company(subscription, actual, now)
    newest = parcel.known(now)[-1]
    finished = CODES[newest.kind].state in ("3", "4")
    if not finished and now - newest.at >= NO_CHANGE_AFTER:
        return Push(
            _content(subscription, "abort", "60天无变化时", kuaidi100.empty_result(actual, subscription.number)), None
        )
    content = _content(
        subscription,
        "shutdown" if finished else "polling",
        "",
        kuaidi100.result(scene, parcel, actual, now, subscription.version),
    )
    content["billstatus"] = _OLD_STATUS.get(newest.kind, "change")
    due = None if finished else parcel.next_scan(now) or newest.at + NO_CHANGE_AFTER
    return Push(content, due, actual)


def deliver(callback: str, form: dict[str, str]) -> bool:
    """POST the form; True only if the acknowledgement is exactly right."""
    url = urlsplit(callback)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=_PATIENCE)
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request(
            "POST", target, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
        )
        answer = connection.getresponse()
        body = answer.read(_LONGEST_ACKNOWLEDGEMENT)
        return answer.status == 200 and json.loads(body) == kuaidi100.ACKNOWLEDGEMENT
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def form_of(content: dict[str, Any], salt: str, *, wrong: bool) -> dict[str, str]:
    """The form of a push; signed only if the subscriber gave a salt."""
    param = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if not salt:
        return {"param": param}
    return {"sign": kuaidi100.push_sign(param, salt + "?" if wrong else salt), "param": param}


class Pusher:
    """The background threads; `rate` bounds the pushes begun in one real second."""

    def __init__(self, scene: Scene, register: Register, rate: float = DEFAULT_RATE) -> None:
        self._scene, self._register, self._rate = scene, register, rate
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
        now = self._scene.clock.now()
        push = compose(self._scene, subscription, now)
        counts = self._register.pushes
        if push.content is not None:
            form = form_of(push.content, subscription.salt, wrong=self._scene.faults.strikes("bad_push_sign"))
            if not deliver(subscription.callback, form):
                counts["refused"] += 1
                if subscription.tries < MOST_RETRIES:
                    subscription.tries += 1
                    self._register.settle(subscription, due=now + RETRY_AFTER)
                    return
                counts["dropped"] += 1
            else:
                counts["acknowledged"] += 1
        subscription.tries = 0
        self._register.settle(subscription, due=push.due, company=push.company)

    def _run(self) -> None:
        allowance = 0.0
        before = time.monotonic()
        while not self._stop.wait(_PAUSE):
            now = time.monotonic()
            allowance = min(allowance + (now - before) * self._rate, self._rate)
            before = now
            due = self._register.take_due(self._scene.clock.now(), int(allowance))
            allowance -= len(due)
            for subscription in due:
                self._pool.submit(self._tell_safely, subscription)

    def _tell_safely(self, subscription: Subscription) -> None:
        try:
            self.tell(subscription)
        except Exception as error:  # one broken number must not end the pushes of all
            print(f"simulator: push of {subscription.number}: {error!r}", file=sys.stderr)


def _accessible(parcel: Parcel, subscription: Subscription) -> bool:
    if parcel.number != subscription.number:
        return False
    code = parcel.order.actual.code
    return code not in kuaidi100.PHONE_REQUIRED or kuaidi100.phone_fits(parcel.order, subscription.phone)


def _nothing_known(parcel: Parcel | None, subscription: Subscription, now: int) -> Push:
    given_up = subscription.asked_at + NO_RECORD_AFTER
    if now >= given_up:
        nothing = kuaidi100.empty_result(subscription.company, subscription.number)
        return Push(_content(subscription, "abort", "3天查询无记录", nothing), None)
    first = parcel.next_scan(now) if parcel is not None else None
    return Push(None, min(first, given_up) if first is not None else given_up)


def _other_company(subscription: Subscription, actual: str, now: int) -> Push:
    """The number belongs to another company: say so and, if asked to recognise it, go on under that one."""
    nothing = kuaidi100.empty_result(subscription.company, subscription.number)
    content = _content(subscription, "abort", "快递公司识别错误", nothing)
    content.update(autoCheck="1" if subscription.auto else "0", comOld=subscription.company, comNew=actual)
    return Push(content, now + MINUTE, actual) if subscription.auto else Push(content, None)


def _content(subscription: Subscription, status: str, message: str, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": status,
        "billstatus": "",
        "message": message,
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
        "lastResult": result,
    }
