"""Kuaidi100's pushes: the full list at every new scan, a few words at the end, and what it says when it gives up."""

from typing import Any

from simulator.following import NO_CHANGE_AFTER
from simulator.instants import DAY, MINUTE
from simulator.providers import Post, Push, Pushes, Reply, Scene, Subscription, compact, form_post, phone_fits
from simulator.providers._kuaidi100 import PHONE_REQUIRED, empty_result, push_sign, result
from simulator.texts import CODES
from simulator.world import Parcel

ACKNOWLEDGEMENT = {"result": True, "returnCode": "200", "message": "成功"}
RETRY_AFTER = 35 * MINUTE
MOST_RETRIES = 3
NO_RECORD_AFTER = 3 * DAY
_OLD_STATUS = {
    "picked": "got",
    "out": "sending",
    "signed": "check",
    "signed_by": "check",
    "signed_after": "check",
    "collected": "check",
}


def compose(scene: Scene, subscription: Subscription, now: int) -> Push:
    """What Kuaidi100 says about a number at an instant."""
    parcel = scene.parcel(subscription.number, now)
    if parcel is not None and not _accessible(parcel, subscription):
        parcel = None
    if parcel is None or not parcel.known(now):
        return _nothing_known(scene, parcel, subscription, now)
    actual = scene.carrier(parcel)
    if actual != subscription.company and subscription.company:
        return _other_company(scene, subscription, actual, now)
    known = parcel.known(now)
    finished = CODES[known[-1].kind].state in ("3", "4")
    let_go = known[-1].at + NO_CHANGE_AFTER
    if not finished and now >= let_go:
        nothing = empty_result(actual, subscription.number)
        return Push(_post(scene, subscription, _content("abort", "60天无变化时", nothing)), None)
    due = None if finished else parcel.next_scan(now) or let_go
    if len(known) <= subscription.told:
        return Push(None, due, actual)
    version = str(subscription.data.get("version", "0"))
    status = "shutdown" if finished else "polling"
    content = _content(status, "", result(scene, parcel, actual, now, version))
    content["billstatus"] = _OLD_STATUS.get(known[-1].kind, "change")
    return Push(_post(scene, subscription, content), due, actual, told=len(known))


def acknowledged(reply: Reply, subscription: Subscription) -> bool:
    """Kuaidi100 takes one answer for received and no other."""
    return bool(reply.json == ACKNOWLEDGEMENT)


PUSHES = Pushes(compose, acknowledged, retries=(RETRY_AFTER,) * MOST_RETRIES)


def _post(scene: Scene, subscription: Subscription, content: dict[str, Any]) -> Post:
    """The form of a push; signed only if the subscriber gave a salt."""
    param, salt = compact(content), str(subscription.data.get("salt", ""))
    return form_post({"sign": push_sign(param, scene.secret(salt)), "param": param} if salt else {"param": param})


def _accessible(parcel: Parcel, subscription: Subscription) -> bool:
    phone = str(subscription.data.get("phone", ""))
    return parcel.order.actual.code not in PHONE_REQUIRED or phone_fits(parcel.order, phone)


def _nothing_known(scene: Scene, parcel: Parcel | None, subscription: Subscription, now: int) -> Push:
    given_up = subscription.asked_at + NO_RECORD_AFTER
    if now >= given_up:
        nothing = empty_result(subscription.company, subscription.number)
        return Push(_post(scene, subscription, _content("abort", "3天查询无记录", nothing)), None)
    first = parcel.next_scan(now) if parcel is not None else None
    return Push(None, min(first, given_up) if first is not None else given_up)


def _other_company(scene: Scene, subscription: Subscription, actual: str, now: int) -> Push:
    """The number belongs to another company: say so and, if asked to recognise it, go on under that one."""
    content = _content("abort", "快递公司识别错误", empty_result(subscription.company, subscription.number))
    auto = bool(subscription.data.get("auto"))
    content.update(autoCheck="1" if auto else "0", comOld=subscription.company, comNew=actual)
    post = _post(scene, subscription, content)
    return Push(post, now + MINUTE, actual) if auto else Push(post, None)


def _content(status: str, message: str, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": status,
        "billstatus": "",
        "message": message,
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
        "lastResult": result,
    }
