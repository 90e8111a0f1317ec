"""Many parcels stuck at one place: one incident, one action for all."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchants.models import Merchant, User
from shipments.models import Carrier


class Incident(models.Model):
    """Parcels of one carrier stuck at the same outlet, hub or leg within a window; its cases are its children."""

    class Where(models.TextChoices):
        PICKUP = "pickup", _("Pickup outlet")
        OUTLET = "outlet", _("Outlet")
        HUB = "hub", _("Hub")
        LEG = "leg", _("Leg")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="incidents")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+")
    where = models.CharField(max_length=6, choices=Where.choices)
    # As exceptions.incidents.whereabouts reads it from the scans; of a leg where it begins, and where it ends.
    place = models.CharField(max_length=120)
    to_place = models.CharField(max_length=120, blank=True)
    # When the first of its parcels came to a stand: what stood still long before is not of it.
    began_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    # Null = detected.
    opened_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    # Null = it closed by itself, or is open.
    closed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Since when so few of its parcels stand still that it closes unless more come; null = there are enough.
    calm_since = models.DateTimeField(null=True)
    # How often the place came to a stand again soon after it was closed, and when last.
    reopenings = models.PositiveSmallIntegerField(default=0, db_default=0)
    reopened_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "carrier", "where", "place", "to_place"],
                name="incident_open_once_a_place",
                condition=Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(where="leg") & ~Q(to_place="") | ~Q(where="leg") & Q(to_place=""),
                name="incident_leg_has_two_ends",
            ),
        ]

        indexes = [
            # exceptions.incidents.listing: those that are over, the last one first.
            models.Index(fields=["merchant", "-closed_at"], name="incident_closed"),
        ]

    def __str__(self) -> str:
        return f"I-{self.pk}"

    @property
    def title(self) -> str:
        """The place as people say it: 杭州转运中心, or 杭州转运中心 → 苏州转运中心."""
        return f"{self.place} → {self.to_place}" if self.to_place else self.place


class GatheringRule(models.Model):
    """From how many parcels on a merchant calls it an incident; without a row the defaults hold (exceptions.incidents.tuning)."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="gathering_rules")
    # Null = every carrier that has no rule of its own.
    carrier = models.ForeignKey(Carrier, models.CASCADE, null=True, related_name="+")
    # So many parcels that came to a stand within so many hours.
    threshold = models.PositiveSmallIntegerField()
    window_hours = models.PositiveSmallIntegerField()
    # Fewer than these for so many hours, and it closes by itself; with none left it closes at once.
    close_below = models.PositiveSmallIntegerField()
    close_hours = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "carrier"], name="gathering_once_a_carrier", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(threshold__gte=2, window_hours__gte=1), name="gathering_of_several"),
        ]

    def __str__(self) -> str:
        return f"{self.threshold} / {self.window_hours} h"
