"""What a merchant says about the rules: versions of its own, and delays told to a platform."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.models.values import values
from merchants.models import Merchant, User
from orders.models import Order


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
