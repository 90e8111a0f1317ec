"""Where cases are stuck, which incident they were part of from when to when, and an incident's log."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.models.cases import Case
from exceptions.models.incidents import Incident
from exceptions.models.values import values
from merchants.models import User
from shipments.models import Carrier


class CaseSite(models.Model):
    """Where the parcel of an open case is stuck, as its last scans tell. Derived: read anew once there is another scan."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="site")
    carrier = models.ForeignKey(Carrier, models.CASCADE, related_name="+")
    # A value of Incident.Where; blank = its scans do not say.
    where = models.CharField(max_length=6, blank=True)
    place = models.CharField(max_length=120, blank=True)
    to_place = models.CharField(max_length=120, blank=True)
    # When it came to a stand: the scan it was read from, or the upload of a number that has none.
    since = models.DateTimeField()
    # The waybill's last scan when this was read; null = it had none.
    scan_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.where} {self.place} {self.to_place}".strip()


class IncidentChild(models.Model):
    """That a case is, or was, part of an incident. Case.incident says of which one it is now."""

    class Left(models.TextChoices):
        """Why it is no longer."""

        HEALED = "healed", pgettext_lazy("child of an incident", "Healed")
        MOVED = "moved", _("Moved on")
        REMOVED = "removed", pgettext_lazy("child of an incident", "Taken out")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="children", db_index=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    # Null = it was gathered. What a person put in leaves when its case is over, wherever its parcel goes.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_hand = models.BooleanField(default=False)
    left_at = models.DateTimeField(null=True)
    left_why = models.CharField(max_length=8, choices=Left.choices, blank=True)

    class Meta:
        verbose_name_plural = "incident children"
        constraints = [
            models.UniqueConstraint(fields=["incident", "case"], name="child_once_an_incident"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, left_why="") | Q(left_at__isnull=False) & ~Q(left_why=""),
                name="child_left_for_a_reason",
            ),
        ]
        indexes = [
            # exceptions.incidents.healing: children that have not left, of which some may have healed.
            models.Index(fields=["incident"], name="child_inside", condition=Q(left_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"C-{self.case_id} in I-{self.incident_id}"


class IncidentAction(models.TextChoices):
    """What happened to an incident, or was done to it; who joined and left when, its children tell."""

    OPEN = "open", _("Opened")
    CLOSE = "close", pgettext_lazy("incident", "Closed")
    REOPEN = "reopen", pgettext_lazy("incident", "Came to a stand again")
    ASSIGN = "assign", _("In charge")
    NOTE = "note", _("Note")
    # What was done for all of it at once; children that join later count it as done.
    NOTICE = "notice", _("Done for all of it")
    ADD = "add", pgettext_lazy("incident", "Cases added")
    REMOVE = "remove", pgettext_lazy("incident", "Cases taken out")
    SPLIT = "split", _("Split off")


class IncidentEntry(models.Model):
    """One line of an incident's log. Append-only."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    # Null = shipops itself.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=8, choices=IncidentAction.choices)
    note = models.TextField(blank=True)
    # {"n": 12} cases, {"assignee": id}, {"verb": "urge"}, {"other": id of an incident}.
    detail = models.JSONField(default=dict)
    # The command that did it to all open children.
    command = models.ForeignKey("Command", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "incident entries"
        constraints = [
            models.CheckConstraint(condition=Q(action__in=values(IncidentAction)), name="incident_action_known"),
        ]
        indexes = [models.Index(fields=["incident", "-at", "-id"], name="entry_of_incident")]  # its page's timeline

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
