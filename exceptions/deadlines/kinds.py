"""The kinds of exception and the levels of a deadline: value, label, tone. Pure."""

from django.utils.translation import gettext_lazy as _

from shipops.kit.choices import Choice


class Kind(Choice):
    """What went wrong. One open case per parcel and kind."""

    LATE_DISPATCH = "late_dispatch", _("Late dispatch")
    LATE_PICKUP = "late_pickup", _("Late pickup")
    NO_MOVEMENT = "no_movement", _("No movement after pickup")
    TRANSIT_STALL = "transit_stall", _("Transit stall")
    DELIVERY_OVERDUE = "delivery_overdue", _("Delivery overdue")


class Level(Choice):
    """How far a deadline has come. Calm clocks raise no case."""

    CALM = 0, _("In time"), "calm"
    SOON = 1, _("About to break"), "soon"
    BROKEN = 2, _("Broken"), "broken"
    GRAVE = 3, _("Seriously broken"), "grave"
