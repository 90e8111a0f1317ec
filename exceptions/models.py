"""What goes wrong: clocks (derived from facts and terms) and cases (what people do about them)."""

from enum import Enum
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.workflow import Action, State
from merchants.models import Merchant, Shop, User
from orders.models import Order, OrderLine
from shipments.models import Waybill


def values(enum: type[Enum]) -> list[Any]:
    return [member.value for member in enum]


class Clock(models.Model):
    """One run of one term on one order, line or parcel. Derived: the sweep may rebuild it at any time."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="clocks")
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, related_name="clocks")
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="clocks")
    # Code of the term in its pack (PDD-FAKE-NOPICKUP), and the pack's version that applied.
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

    level = models.PositiveSmallIntegerField(default=0)
    # Wake me at: the next of warn, due, grave; null = stopped, or nothing left to pass.
    wake_at = models.DateTimeField(null=True)
    case = models.ForeignKey("Case", models.SET_NULL, null=True, related_name="clocks")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "term", "waybill", "line", "started_at"],
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
        ]

    def __str__(self) -> str:
        return f"{self.term} {self.due_at:%Y-%m-%d %H:%M}"


class Case(models.Model):
    """One thing gone wrong with one order or parcel, until somebody or the facts settle it."""

    class Outcome(models.TextChoices):
        """How a case ended; the first two are the facts' own doing."""

        KEPT = "kept", _("Kept in time")
        HEALED = "healed", _("Happened late")
        VOID = "void", _("No longer applies")
        HANDLED = "handled", _("Handled")
        NO_ACTION = "no_action", _("No action needed")
        FALSE_ALARM = "false_alarm", _("False alarm")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="cases")
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="cases")
    order = models.ForeignKey(Order, models.CASCADE, related_name="cases")
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="cases")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=12, default=State.OPEN)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="cases")
    snoozed_until = models.DateTimeField(null=True)

    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, choices=Outcome.choices)
    # A person opened or reopened it while no clock ran: only a person closes it.
    by_hand = models.BooleanField(default=False)

    # From its running clocks (exceptions.desk.settle); kept as they were once resolved.
    level = models.PositiveSmallIntegerField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    grave_at = models.DateTimeField()
    started_at = models.DateTimeField()
    penalty = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    # Penalty plus what the order is worth: what may be lost if nobody acts.
    at_stake = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    # Where it stands in the queue, highest first (exceptions.desk.risk).
    rank = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "waybill", "kind"],
                name="case_open_once_a_parcel_and_kind",
                condition=~Q(state=State.RESOLVED),
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(state__in=values(State)), name="case_state_known"),
            models.CheckConstraint(condition=Q(kind__in=values(Kind)), name="case_kind_known"),
            models.CheckConstraint(
                condition=Q(state=State.SNOOZED, snoozed_until__isnull=False) | ~Q(state=State.SNOOZED),
                name="case_snoozed_until_some_time",
            ),
            models.CheckConstraint(
                condition=Q(state=State.RESOLVED, resolved_at__isnull=False) & ~Q(outcome="")
                | ~Q(state=State.RESOLVED),
                name="case_resolved_with_outcome",
            ),
        ]
        indexes = [
            # exceptions.desk.queue: the queue of a shop in rank order.
            models.Index(fields=["shop", "-rank", "-id"], name="case_queue", condition=~Q(state=State.RESOLVED)),
            # exceptions.desk.queue: the queue of the whole merchant.
            models.Index(
                fields=["merchant", "-rank", "-id"], name="case_queue_merchant", condition=~Q(state=State.RESOLVED)
            ),
            # exceptions.tasks.wake: snoozed cases whose time has come.
            models.Index(fields=["snoozed_until"], name="case_snoozed", condition=Q(state=State.SNOOZED)),
        ]

    def __str__(self) -> str:
        return f"C-{self.pk}"


class CaseEntry(models.Model):
    """One line of a case's log: who did what, when, from which state to which. Append-only."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    # Null = the sweep.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=12)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    note = models.TextField(blank=True)
    # What the action carried: {"assignee": id}, {"until": "…"}, {"level": 2}, {"outcome": "handled"}.
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "case entries"
        constraints = [
            models.CheckConstraint(condition=Q(action__in=values(Action)), name="entry_action_known"),
        ]
        indexes = [models.Index(fields=["case", "at", "id"], name="entry_of_case")]  # the case page's log

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
