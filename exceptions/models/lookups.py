"""Whom support has looked up lately."""

from django.db import models

from merchants.models import User
from orders.models import Order


class Lookup(models.Model):
    """A person looked at an order in the support view, and when last; what was typed is not kept."""

    by = models.ForeignKey(User, models.CASCADE, related_name="lookups", db_index=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lookups")
    at = models.DateTimeField()
    # The buyer's name, phone and address were shown in full, last then; the audit trail has every time.
    revealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "order"], name="lookup_once_a_person")]
        indexes = [
            models.Index(fields=["by", "-at"], name="lookup_by_person")
        ]  # exceptions.support: what I looked up last

    def __str__(self) -> str:
        return f"{self.by_id} → {self.order_id}"
