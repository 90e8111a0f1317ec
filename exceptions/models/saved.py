"""Views of the desk that somebody keeps: a name for a query string."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchants.models import Membership, Merchant, User


class View(models.Model):
    """A tab above the queue. Its query is canonical (exceptions.desk.filters), so two that are alike read alike."""

    class Scope(models.TextChoices):
        PRIVATE = "private", _("Only me")
        SHARED = "shared", _("Everybody, to choose")
        # By admins alone: on everybody's desk.
        PINNED = "pinned", _("Pinned for everybody")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="views")
    # Null = whoever made it is gone.
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.PRIVATE)
    # Among those of its scope, from the left.
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=["private", "shared", "pinned"]), name="view_scope_known"),
        ]
        indexes = [models.Index(fields=["merchant", "position"], name="view_of_merchant")]  # exceptions.desk.tabs

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """What a person's desk opens with."""

    membership = models.OneToOneField(Membership, models.CASCADE, related_name="default_view")
    view = models.ForeignKey(View, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.view_id)
