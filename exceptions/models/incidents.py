"""Many parcels stuck at one place: one incident, one action for all."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchants.models import Merchant, User
from shipments.models import Carrier


class Incident(models.Model):
    """Parcels of one carrier stuck at the same outlet, hub or leg within a window; its cases are its children."""

    class Where(models.TextChoices):
        OUTLET = "outlet", _("Outlet")
        HUB = "hub", _("Hub")
        LEG = "leg", _("Leg")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="incidents")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+")
    where = models.CharField(max_length=6, choices=Where.choices)
    # As the scans write it; of a leg where it begins, and where it ends.
    place = models.CharField(max_length=120)
    to_place = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField()
    # Null = detected.
    opened_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
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

    def __str__(self) -> str:
        return f"I-{self.pk}"
