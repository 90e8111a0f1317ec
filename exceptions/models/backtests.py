"""A draft of the rules tried on the past."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from merchants.models import Merchant, Shop, User
from orders.models import Order


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
