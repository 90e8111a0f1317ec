"""From what is known of an order to what its buyer is told of: the situation of each parcel, since when, and what is promised."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action
from exceptions.support.story import OrderStory
from exceptions.support.summary import LANGUAGES, Part, Situation, summary
from orders.models import OrderStatus, Ticket
from shipments.models import Parcel, Waybill
from shipments.status import CAUSES, STAGES, Cause, Stage

STALLS: Final = frozenset({Kind.NO_MOVEMENT.value, Kind.TRANSIT_STALL.value, Kind.DELIVERY_OVERDUE.value})
# An open case of these kinds says more than the stage does, the gravest first.
BY_CASE: Final = (
    (Kind.CONTRADICTION, Situation.UNKNOWN),
    (Kind.WRONG_NUMBER, Situation.UNKNOWN),
    (Kind.MISDELIVERY, Situation.DELIVERY_DOUBTED),
    (Kind.FALSE_DELIVERY, Situation.DELIVERY_DOUBTED),
    (Kind.LOSS, Situation.LOST),
    (Kind.DAMAGE, Situation.DAMAGED),
)
BY_CAUSE: Final = {
    Cause.CONTRADICTION: Situation.UNKNOWN,
    Cause.NO_RECORD: Situation.UNKNOWN,
    Cause.LOST: Situation.LOST,
    Cause.DAMAGED: Situation.DAMAGED,
    Cause.INTERCEPTED: Situation.INTERCEPTED,
}
NOT_REACHED: Final = frozenset({Cause.ATTEMPT_FAILED, Cause.UNREACHABLE, Cause.ADDRESS})
BY_STAGE: Final = {
    Stage.UNKNOWN: Situation.AWAITING_PICKUP,
    Stage.INFO_RECEIVED: Situation.AWAITING_PICKUP,
    Stage.PICKED_UP: Situation.IN_TRANSIT,
    Stage.IN_TRANSIT: Situation.IN_TRANSIT,
    Stage.CUSTOMS: Situation.IN_TRANSIT,
    Stage.OUT_FOR_DELIVERY: Situation.OUT_FOR_DELIVERY,
    Stage.AVAILABLE_FOR_PICKUP: Situation.AT_STATION,
    Stage.DELIVERED: Situation.DELIVERED,
    Stage.REFUSED: Situation.REFUSED,
    Stage.RETURNING: Situation.RETURNING,
    Stage.RETURNED: Situation.RETURNED,
    Stage.CANCELLED: Situation.UNKNOWN,
}
# Whose limit says until when the next thing happens.
LIMITS: Final = {
    Situation.NOT_DISPATCHED: (Kind.LATE_DISPATCH,),
    Situation.AWAITING_PICKUP: (Kind.LATE_PICKUP,),
    Situation.STALLED: (Kind.WORK_ORDER_DUE,),
    Situation.LOST: (Kind.WORK_ORDER_DUE, Kind.CLAIM_DUE),
    Situation.DAMAGED: (Kind.WORK_ORDER_DUE,),
    Situation.DELIVERY_DOUBTED: (Kind.WORK_ORDER_DUE,),
    Situation.UNKNOWN: (Kind.WORK_ORDER_DUE,),
    Situation.INTERCEPTED: (Kind.INTERCEPTION_DUE,),
    Situation.REFUND_ASKED: (Kind.ANSWER_DUE,),
}
REFUNDS: Final = frozenset({Ticket.Kind.REFUND.value, Ticket.Kind.REFUND_UNSHIPPED.value})
ASKED: Final = frozenset({Action.URGE.value, Action.WORK_ORDER.value})


def texts(story: OrderStory, now: datetime) -> dict[str, str]:
    """Return the text for the buyer in each language."""
    return {language: summary(story.order.number, parts(story, now, language), language) for language in LANGUAGES}


def parts(story: OrderStory, now: datetime, language: str) -> list[Part]:
    """Return what the order's parcels come to for the buyer; one part without a parcel where there is none, or it is paid back.

    Carriers are named in `language`, one of summary.LANGUAGES.
    """
    return [
        replace(part, carrier=getattr(waybill.carrier, f"name_{language}") if waybill else "")
        for waybill, part in _parts(story, now)
    ]


def _parts(story: OrderStory, now: datetime) -> list[tuple[Waybill | None, Part]]:
    order = story.order
    asked = next((ticket for ticket in story.tickets if ticket.kind in REFUNDS and not ticket.closed_at), None)
    if asked:
        by = [asked.due_at] if asked.due_at else []
        return [(None, _part(story, Situation.REFUND_ASKED, None, asked.opened_at, by, now))]
    if order.status == OrderStatus.CANCELLED.value or (order.refunded and order.refunded >= order.amount):
        refunded = Situation.REFUNDED if order.refunded else Situation.UNKNOWN
        return [(None, _part(story, refunded, None, None, [], now))]
    found = {parcel.waybill_id: parcel.waybill for parcel in _parcels(story)}
    if not found:
        return [(None, _undispatched(story, now))]
    return [(waybill, _of_parcel(story, waybill, now)) for waybill in found.values()]


def _parcels(story: OrderStory) -> Iterable[Parcel]:
    """The numbers goods travel under now: no number that was replaced, and of a chain the last."""
    parcels = [parcel for dispatch in story.dispatches for parcel in dispatch.parcels.all()]
    left = {parcel.follows_id for parcel in parcels if parcel.follows_id}
    return [one for one in parcels if one.role != Parcel.Role.REPLACED and one.waybill_id not in left]


def _undispatched(story: OrderStory, now: datetime) -> Part:
    order = story.order
    if story.dispatches:
        number = story.dispatches[0]
        return _part(story, Situation.AWAITING_PICKUP, None, number.uploaded_at, [], now)
    promised = [order.promised_dispatch_at] if order.promised_dispatch_at else []
    unpaid = order.status == OrderStatus.UNPAID.value
    return _part(story, Situation.UNKNOWN if unpaid else Situation.NOT_DISPATCHED, None, order.paid_at, promised, now)


def _of_parcel(story: OrderStory, waybill: Waybill, now: datetime) -> Part:
    kinds = {case.kind for case in story.open_cases if case.waybill_id in (None, waybill.pk)}
    stage, cause = STAGES.get(waybill.stage, Stage.UNKNOWN), CAUSES.get(waybill.cause)
    situation = _situation(kinds, stage, cause)
    promised = []
    if situation is Situation.IN_TRANSIT and story.order.promised_delivery_at:
        promised.append(story.order.promised_delivery_at)
    return _part(story, situation, waybill, _since(story, situation, waybill), promised, now)


def _situation(kinds: set[str], stage: Stage, cause: Cause | None) -> Situation:
    told = next((situation for kind, situation in BY_CASE if kind.value in kinds), None)
    if told:
        return told
    if cause in BY_CAUSE:
        return BY_CAUSE[cause]
    situation = BY_STAGE[stage]
    if situation is Situation.RETURNING and Kind.INTERCEPTION_DUE.value in kinds:
        return Situation.INTERCEPTED
    if cause in NOT_REACHED and situation in (Situation.OUT_FOR_DELIVERY, Situation.IN_TRANSIT):
        return Situation.NOT_REACHED
    if situation is Situation.IN_TRANSIT and Kind.INTERCEPTION_DUE.value in kinds:
        return Situation.INTERCEPTED
    if situation is Situation.IN_TRANSIT and (kinds & STALLS or cause is Cause.DELAYED):
        return Situation.STALLED
    return situation


def _since(story: OrderStory, situation: Situation, waybill: Waybill) -> datetime | None:
    told = {
        Situation.AWAITING_PICKUP: _uploaded(story, waybill),
        Situation.OUT_FOR_DELIVERY: waybill.out_for_delivery_at,
        Situation.DELIVERED: waybill.delivered_at,
        Situation.DELIVERY_DOUBTED: waybill.delivered_at,
        Situation.RETURNED: waybill.returned_at,
        Situation.UNKNOWN: None,
    }
    return told.get(situation, waybill.last_event_at)


def _uploaded(story: OrderStory, waybill: Waybill) -> datetime | None:
    return next(
        (
            one.uploaded_at
            for one in story.dispatches
            for parcel in one.parcels.all()
            if parcel.waybill_id == waybill.pk
        ),
        None,
    )


def _part(
    story: OrderStory,
    situation: Situation,
    waybill: Waybill | None,
    since: datetime | None,
    promised: Iterable[datetime],
    now: datetime,
) -> Part:
    zone = story.order.shop.zone
    kinds = {kind.value for kind in LIMITS.get(situation, ())}
    limits = [clock.due_at for clock in story.clocks if clock.kind in kinds and clock.stopped_at is None]
    # What has passed is no promise any more.
    by = min((at for at in (*promised, *limits) if at > now), default=None)
    about = (None, waybill.pk) if waybill else (None,)
    last = next((scan for scan in story.events if waybill and scan.waybill_id == waybill.pk), None)
    return Part(
        situation=situation,
        waybill=waybill.number if waybill else "",
        place=last.place if last else "",
        since=_local(since, zone),
        by=_local(by, zone),
        asked=any(line.action in ASKED and line.case.waybill_id in about for line in story.entries),
    )


def _local(at: datetime | None, zone: tzinfo) -> datetime | None:
    return timezone.localtime(at, zone) if at else None
