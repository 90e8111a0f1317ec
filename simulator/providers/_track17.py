"""How 17TRACK words a track in v2.4: statuses, events with their three kinds of time, the frame of every answer."""

from datetime import UTC, datetime
from typing import Any

from simulator.instants import local_text
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import Answer, Scene, json_answer
from simulator.texts import wording
from simulator.tracks import Step
from simulator.world import Parcel

# Kind of scan → sub-status; and the milestone, where the scan is one.
SUB_STATUS = {
    "waiting": "InfoReceived",
    "picked": "InTransit_PickedUp",
    "left": "InTransit_Departure",
    "arrived": "InTransit_Arrival",
    "reached": "InTransit_Arrival",
    "outlet": "InTransit_Arrival",
    "held": "Exception_Delayed",
    "weather": "Exception_Other",
    "out": "OutForDelivery_Other",
    "stored": "AvailableForPickup_Other",
    "collected": "Delivered_Other",
    "signed": "Delivered_Other",
    "signed_by": "Delivered_Other",
    "signed_after": "Delivered_Other",
    "unreachable": "DeliveryFailure_NoBody",
    "absent": "DeliveryFailure_Other",
    "refused": "DeliveryFailure_Rejected",
    "damaged": "Exception_Damage",
    "uncollected": "Exception_Other",
    "intercepted": "Exception_Returning",
    "returning": "Exception_Returning",
    "return_arrived": "Exception_Returning",
    "return_left": "Exception_Returning",
    "return_signed": "Exception_Returned",
}
MILESTONE = {
    "waiting": "InfoReceived",
    "picked": "PickedUp",
    "left": "Departure",
    "arrived": "Arrival",
    "out": "OutForDelivery",
    "stored": "AvailableForPickup",
    "collected": "Delivered",
    "signed": "Delivered",
    "signed_by": "Delivered",
    "signed_after": "Delivered",
    "returning": "Returning",
    "return_signed": "Returned",
}


def sub_status(kind: str) -> str:
    """The sub-status of a kind of scan; of one that 17TRACK has no word for, that it moves."""
    return SUB_STATUS.get(kind, "InTransit_Other")


def track_info(scene: Scene, parcel: Parcel, now: int, key: int) -> dict[str, Any]:
    """Everything known of a parcel: newest scan first, as 17TRACK lists them."""
    steps = scene.known(parcel, now)
    rows = [_event(parcel.order, step) for step in reversed(steps)]
    newest = sub_status(steps[-1].kind)
    provider = {"key": key, "name": parcel.order.actual.name, "alias": parcel.order.actual.name, "country": "CN"}
    leg = {
        "provider": provider,
        "service_type": None,
        "latest_sync_status": "Success",
        "latest_sync_time": _utc(now),
        "events": scene.rows(rows, parcel.number),
    }
    return {
        "shipping_info": {"shipper_address": {"country": "CN"}, "recipient_address": {"country": "CN"}},
        "latest_status": {"status": newest.split("_")[0], "sub_status": newest, "sub_status_descr": None},
        "latest_event": rows[0],
        "misc_info": {"local_number": parcel.number, "local_provider": parcel.order.actual.name, "local_key": key},
        "tracking": {"providers_hash": len(rows), "providers": [leg]},
    }


def item(number: str, key: int, **more: Any) -> dict[str, Any]:
    """One number of an answer or of a push."""
    return {"number": number, "carrier": key, "param": None, "tag": "", **more}


def framed(accepted: list[dict[str, Any]], rejected: list[tuple[str, int, int]], messages: dict[int, str]) -> Answer:
    """The frame around an answer; `rejected` are (number, carrier's key, error code)."""
    refused = [
        {"number": number, "carrier": key, "error": {"code": code, "message": messages[code].format(number=number)}}
        for number, key, code in rejected
    ]
    return json_answer({"code": 0, "data": {"accepted": accepted, "rejected": refused}})


def refused(code: int, message: str, status: int = 200) -> Answer:
    """An answer that concerns no single number."""
    return json_answer({"code": code, "data": {"errors": [{"code": code, "message": message}]}}, status)


def _event(order: Order, step: Step) -> dict[str, Any]:
    day, hour = local_text(step.at).split(" ")
    sub = sub_status(step.kind)
    # The true time of a delivery is in time_raw alone, without an offset.
    told = sub != "Delivered_Other"
    city = CITIES[step.place[0]]
    return {
        "time_iso": f"{day}T{hour}+08:00" if told else None,
        "time_utc": _utc(step.at) if told else None,
        "time_raw": {"date": day, "time": hour, "timezone": "+08:00" if told else None},
        "description": wording(order, step),
        "description_translation": None,
        "location": city.name,
        "stage": MILESTONE.get(step.kind),
        "sub_status": sub,
        "address": {"country": "CN", "state": city.province, "city": city.name, "street": None, "postal_code": None},
    }


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
