"""What goes wrong: clocks (derived from facts and terms) and cases (what people do about them)."""

from enum import Enum
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.workflow import Action, State
from merchants.models import Merchant, Shop, User
from orders.models import Order, OrderLine, Ticket
from shipments.models import Waybill


def values(enum: type[Enum]) -> list[Any]:
    return [member.value for member in enum]


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


class Policy(models.Model):
    """What a merchant changes about the packs' rules: one whole document a version, never edited once it is published.

    An order is judged by the highest number in force (`effective_from`) when it was paid. At most one draft is in the making.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        # A draft on trial: compared with what is live, and opening no case.
        SHADOW = "shadow", _("On trial")
        PUBLISHED = "published", _("Published")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="policies")
    # Null until it is published.
    number = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # See exceptions.deadlines.policy for its form.
    document = models.JSONField(default=dict)
    # The version it was drafted from; null = the packs as shipped.
    base = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    shadow_since = models.DateTimeField(null=True)
    effective_from = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # The last order told that it is in force (exceptions.rulemaking.spreading), and when all were.
    woken_to = models.BigIntegerField(default=0, db_default=0)
    woken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "number"], name="policy_number_once_a_merchant"),
            models.UniqueConstraint(
                fields=["merchant"], name="policy_one_draft_a_merchant", condition=Q(number__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(state="published", number__isnull=False, effective_from__isnull=False)
                | Q(state__in=["draft", "shadow"], number__isnull=True),
                name="policy_published_with_number_and_date",
            ),
        ]
        indexes = [
            # exceptions.rulemaking.spreading: versions that not all orders were told of.
            models.Index(fields=["id"], name="policy_to_spread", condition=Q(state="published", woken_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} #{self.number or '–'}"


class Release(models.Model):
    """The packs as once shipped to this installation: new ones reach the open orders as a merchant's version does."""

    # Of the packs and the calendar (exceptions.deadlines.terms.digest).
    digest = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField()
    # How far the orders have been woken (exceptions.rulemaking.spreading); null woken_at = not all of them.
    woken_to = models.BigIntegerField(default=0)
    woken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # exceptions.rulemaking.spreading: releases the orders have not all been told of.
            models.Index(fields=["woken_at"], name="release_spreading", condition=Q(woken_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class Filing(models.Model):
    """Force majeure or a delay told to the platform (报备): once accepted, the limit is the one it grants."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for the platform")
        ACCEPTED = "accepted", pgettext_lazy("filing", "Accepted")
        REFUSED = "refused", pgettext_lazy("filing", "Refused")

    order = models.ForeignKey(Order, models.CASCADE, related_name="filings")
    # What it is about: all limits of this kind.
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reference = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # Null = the kind does not apply at all any more.
    new_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=values(Kind)), name="filing_kind_known"),
            models.CheckConstraint(
                condition=Q(state="pending", answered_at__isnull=True) | Q(answered_at__isnull=False),
                name="filing_answered_when_settled",
            ),
            models.UniqueConstraint(
                fields=["order", "kind"], name="filing_one_pending_a_kind", condition=Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


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


class BackTest(models.Model):
    """A draft tried on the stored facts of past days: what it would have flagged beside what is live."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", pgettext_lazy("back-test", "Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="backtests")
    # Copies: drafts change while it runs. `before` is null where the packs as shipped are live.
    before = models.JSONField(null=True)
    after = models.JSONField()
    # Of a draft on trial: made anew from time to time, and only the newest that is done is kept.
    trial = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    # The last order done: a worker that takes over goes on behind it.
    after_order = models.BigIntegerField(default=0)
    orders_total = models.PositiveIntegerField(default=0)
    orders_done = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "trial"],
                name="backtest_one_open_a_merchant",
                condition=Q(state__in=["queued", "running"]),
            ),
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="backtest_since_before_until"),
        ]
        indexes = [
            # exceptions.tasks: tests to run, or to take over from a dead worker.
            models.Index(fields=["state"], name="backtest_open", condition=Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.since:%Y-%m-%d}–{self.until:%Y-%m-%d}"


class BackTestLine(models.Model):
    """What a draft changes on one day in one shop for one kind: what is flagged by both, by one of the two, and money.

    Counted as cases are: once a parcel, or once an order for what concerns it as a whole.
    """

    test = models.ForeignKey(BackTest, models.CASCADE, related_name="lines")
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+")
    # The day in the shop's time zone on which the limit broke.
    day = models.DateField()
    kind = models.CharField(max_length=20)
    new = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    money_before = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    money_after = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test", "shop", "day", "kind"], name="backtest_line_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} +{self.new} -{self.gone}"


class BackTestSample(models.Model):
    """One order a draft would judge otherwise, to look at."""

    test = models.ForeignKey(BackTest, models.CASCADE, related_name="samples")
    order = models.ForeignKey(Order, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    # Null = not broken under those rules.
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)
    # What it costs under those rules under which it is broken.
    penalty = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"
