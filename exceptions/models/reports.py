"""What people and other systems say went wrong."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.troubles import TOLD_BY_PEOPLE
from merchants.models import User
from orders.models import Order
from shipments.models import Waybill
from shipops.kit.sealed import SealedJSONField


class Report(models.Model):
    """Somebody says that something went wrong with an order or one of its parcels; open until it is seen to.

    A fact: it is judged like any other (exceptions.deadlines.troubles), so that it lights a case of its kind and goes quiet
    once it is closed or the track answers it.
    """

    class Source(models.TextChoices):
        """Who said it; values of Case.Source."""

        BUYER = "buyer", _("The buyer")
        HAND = "hand", _("By hand")
        API = "api", _("Another system")
        PASTE = "paste", _("A pasted list")

    order = models.ForeignKey(Order, models.CASCADE, related_name="reports")
    # Null = the order as a whole.
    waybill = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="reports")
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=8, choices=Source.choices)
    # Sealed: people write names, phones and addresses into it.
    text = SealedJSONField(null=True)
    said_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    # Null = nobody who logs in.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Also what exceptions.deadlines.reading asks for; one that is told twice is one.
            models.UniqueConstraint(
                fields=["order", "waybill", "kind"],
                name="report_open_once",
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in TOLD_BY_PEOPLE]), name="report_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("said_at")), name="report_closed_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.said_at:%Y-%m-%d %H:%M}"

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)
