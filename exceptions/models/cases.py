"""What people act on: cases, and their log."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.workflow import Action, State
from exceptions.models.incidents import Incident
from exceptions.models.values import values
from merchants.models import Merchant, Shop, User
from orders.models import Order
from shipments.models import Carrier, Waybill
from shipops.kit.bigrams import Bigrams


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
        MERGED = "merged", _("Merged into another case")

    class Source(models.TextChoices):
        """Who or what opened it."""

        RULE = "rule", _("A rule")
        TRACKING = "tracking", _("The track")
        BUYER = "buyer", _("The buyer")
        HAND = "hand", _("By hand")
        API = "api", _("Another system")
        PASTE = "paste", _("A pasted list")

    class Wakes(models.TextChoices):
        """What ends a snooze, `snoozed_until` at the latest."""

        TIME = "time", _("At a time")
        SCAN = "scan", _("At the next scan")
        DUE = "due", _("Before it breaks")
        INCIDENT = "incident", _("When the incident closes")

    # Merchant and assignee are found by the partial indexes below: one of all cases would only be written.
    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="cases", db_index=False)
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="cases")
    order = models.ForeignKey(Order, models.CASCADE, related_name="cases")
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="cases")
    # The waybill's, which never changes it: numbers by carrier join no million of waybills (exceptions.desk.tally).
    carrier = models.ForeignKey(Carrier, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.RULE, db_default=Source.RULE)
    state = models.CharField(max_length=12, default=State.OPEN)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="cases", db_index=False)
    # A claim that nothing follows ends then, and the case is anybody's again; null = it does not end by itself.
    claimed_until = models.DateTimeField(null=True)
    snoozed_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    wakes_on = models.CharField(max_length=8, choices=Wakes.choices, blank=True, default="", db_default="")
    # Hours before `due_at`, where it wakes by that.
    wakes_before = models.PositiveSmallIntegerField(null=True)
    # Set on the one that is given up in favour of another case of the same order.
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="merged")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="cases")

    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, choices=Outcome.choices)
    # How often it came back after it was resolved, and when last.
    relapses = models.PositiveSmallIntegerField(default=0, db_default=0)
    relapsed_at = models.DateTimeField(null=True)
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
                condition=Q(waybill__isnull=True, carrier__isnull=True)
                | Q(waybill__isnull=False, carrier__isnull=False),
                name="case_carrier_of_its_waybill",
            ),
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
            # exceptions.desk.settle: those of an order that wait for its next scan; empty but for a few.
            models.Index(
                fields=["order"], name="case_wakes_on_scan", condition=Q(state=State.SNOOZED, wakes_on="scan")
            ),
            # exceptions.desk.queue, tally: what one person is in charge of. Assigning writes it; a case of nobody is not in it.
            models.Index(
                fields=["assignee", "-rank", "-id"],
                name="case_of_assignee",
                condition=~Q(state=State.RESOLVED) & Q(assignee__isnull=False),
            ),
            # exceptions.desk.queue: the seriously broken, which stand deep in the merchant's rank order (20 ms to find
            # fifty). A sweep writes it once a case, when it becomes serious.
            models.Index(
                fields=["merchant", "-rank", "-id"],
                name="case_queue_grave",
                condition=Q(state=State.OPEN, level=Level.GRAVE.value),
            ),
            # exceptions.desk.queue: by limit, by money, by opening (which alone holds the resolved too), by resolution.
            models.Index(fields=["merchant", "due_at", "id"], name="case_by_due", condition=~Q(state=State.RESOLVED)),
            models.Index(
                fields=["merchant", "-at_stake", "-id"], name="case_by_stake", condition=~Q(state=State.RESOLVED)
            ),
            models.Index(fields=["merchant", "-opened_at", "-id"], name="case_by_opening"),
            models.Index(
                fields=["merchant", "-resolved_at", "-id"],
                name="case_by_resolution",
                condition=Q(state=State.RESOLVED),
            ),
            # exceptions.tasks.wake: snoozed cases whose time has come.
            models.Index(fields=["snoozed_until"], name="case_snoozed", condition=Q(state=State.SNOOZED)),
            # exceptions.together.claims: claims whose time has come.
            models.Index(
                fields=["claimed_until"],
                name="case_claimed",
                condition=~Q(state=State.RESOLVED) & Q(assignee__isnull=False),
            ),
            # exceptions.together.giving, exceptions.together.shifts: what each person has in charge.
            models.Index(fields=["assignee", "state"], name="case_in_charge", condition=~Q(state=State.RESOLVED)),
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
    # The command that did it; null = the sweep did.
    command = models.ForeignKey("Command", models.SET_NULL, null=True, related_name="entries")

    class Meta:
        verbose_name_plural = "case entries"
        constraints = [
            models.CheckConstraint(condition=Q(action__in=values(Action)), name="entry_action_known"),
        ]
        indexes = [
            # The case page's log.
            models.Index(fields=["case", "at", "id"], name="entry_of_case"),
            # exceptions.desk.finding: any two signs and more of a note.
            GinIndex(Bigrams("note"), name="entry_note", condition=~Q(note="")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
