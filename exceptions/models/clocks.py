"""What the sweep derives from facts and terms: clocks, and what cannot be judged."""

from django.db import models
from django.db.models import F, Q

from exceptions.deadlines.kinds import Kind, Level
from exceptions.models.values import values
from orders.models import Order, OrderLine, Ticket
from shipments.models import Waybill


class Clock(models.Model):
    """One run of one term on one order, line or parcel. Derived: the sweep may rebuild it at any time."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="clocks")
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, related_name="clocks")
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="clocks")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="clocks")
    # Code of the term in its pack (PDD-FAKE-NOPICKUP), and the version that applied: the pack's, + the policy's number.
    term = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)

    started_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    grave_at = models.DateTimeField()
    # Null = still running. Kept if it stopped at or before due_at.
    stopped_at = models.DateTimeField(null=True)
    penalty = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    # Clocks of an order that name the same stack pay together: see `cap`; blank = it adds to the others.
    stack = models.CharField(max_length=40, blank=True, default="", db_default="")
    # Null = the stack pays once, the dearest; else its penalties add up, to this at most. Kept as money, on the clock:
    # a share of what was paid is settled when the clock is judged, and by the version that applied then, so that
    # sums over a million clocks ask no pack and no order.
    cap = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    level = models.PositiveSmallIntegerField(default=0)
    # Wake me at: the next of warn, due, grave; null = stopped, or nothing left to pass.
    wake_at = models.DateTimeField(null=True)
    case = models.ForeignKey("Case", models.SET_NULL, null=True, related_name="clocks")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "term", "waybill", "line", "ticket", "started_at"],
                name="clock_once_a_run",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(warn_at__lte=F("due_at"), due_at__lte=F("grave_at")), name="clock_levels_in_order"
            ),
            models.CheckConstraint(condition=Q(level__in=values(Level)), name="clock_level_known"),
            models.CheckConstraint(condition=Q(kind__in=values(Kind)), name="clock_kind_known"),
        ]
        indexes = [
            # exceptions.sweep.ring: clocks that pass a threshold.
            models.Index(fields=["wake_at"], name="clock_wake", condition=Q(wake_at__isnull=False)),
            # exceptions.desk.settle: the running clocks of a case.
            models.Index(fields=["case"], name="clock_of_case", condition=Q(case__isnull=False)),
            # insights.exposure: what broke on which day. Entered once a clock breaks, so a sweep pays little for it.
            models.Index(fields=["due_at"], name="clock_broken", condition=Q(level__gte=Level.BROKEN.value)),
        ]

    def __str__(self) -> str:
        return f"{self.term} {self.due_at:%Y-%m-%d %H:%M}"


class Blindspot(models.Model):
    """Something about an order that cannot be judged, and why. Derived: the sweep may rebuild it at any time."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="blindspots")
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="blindspots")
    # A value of exceptions.deadlines.blindness.Reason.
    reason = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "waybill", "reason"], name="blindspot_once", nulls_distinct=False),
        ]
        indexes = [models.Index(fields=["reason"], name="blindspot_reason")]  # exceptions.blindspots: counts by reason

    def __str__(self) -> str:
        return self.reason
