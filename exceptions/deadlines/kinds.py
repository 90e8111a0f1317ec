"""The kinds of exception and the levels of a deadline: value, label, tone. Pure."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shipops.kit.choices import Choice


class Kind(Choice):
    """What went wrong. One open case per parcel and kind."""

    LATE_DISPATCH = "late_dispatch", _("Late dispatch")
    LATE_PICKUP = "late_pickup", _("Late pickup")
    NO_MOVEMENT = "no_movement", _("No movement after pickup")
    TRANSIT_STALL = "transit_stall", _("Transit stall")
    DELIVERY_OVERDUE = "delivery_overdue", _("Delivery overdue")
    NOT_COLLECTED = "not_collected", _("Waiting at the station too long")
    NOT_RETRIED = "not_retried", _("Failed attempt not tried again")
    RETURN_OVERDUE = "return_overdue", _("Return overdue")
    ANSWER_DUE = "answer_due", _("Answer due")
    EVIDENCE_DUE = "evidence_due", _("Evidence due")
    APPEAL_DUE = "appeal_due", _("Appeal due")
    CLAIM_DUE = "claim_due", _("Claim due")
    # Our own recall of a parcel (拦截); what the carrier failed at is a failed delivery.
    INTERCEPTION_DUE = "interception_due", _("Interception")
    WORK_ORDER_DUE = "work_order_due", _("Carrier work order unanswered")
    # What scans tell, or a person.
    FAILED_DELIVERY = "failed_delivery", _("Failed delivery")
    REFUSED = "refused", _("Refused or sent back")
    DAMAGE = "damage", pgettext_lazy("kind of exception", "Damage")
    LOSS = "loss", pgettext_lazy("kind of exception", "Loss")
    MISDELIVERY = "misdelivery", _("Misdelivery")
    FALSE_DELIVERY = "false_delivery", _("False delivery scan")
    WRONG_NUMBER = "wrong_number", _("Wrong waybill number")
    CONTRADICTION = "contradiction", _("Contradictory track")


class Level(Choice):
    """How far a deadline has come. Calm clocks raise no case."""

    CALM = 0, _("In time"), "calm"
    SOON = 1, _("About to break"), "soon"
    BROKEN = 2, _("Broken"), "broken"
    GRAVE = 3, _("Seriously broken"), "grave"
