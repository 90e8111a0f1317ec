"""The command log: what people did to cases, one or thousands at a time, and can take back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.desk.workflow import Action
from exceptions.models.cases import Case
from exceptions.models.values import values
from merchants.models import Merchant, User


class Command(models.Model):
    """One action on a fixed set of cases: previewed, carried out case by case, and undone as a whole."""

    class State(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", pgettext_lazy("command", "Running")
        DONE = "done", _("Done")
        UNDONE = "undone", _("Undone")

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="commands")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=12)
    # What the action carries, as its form told it.
    arguments = models.JSONField(default=dict)
    # The queue's query string where a whole filter was meant; blank = the cases were picked.
    query = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Whoever carries it out holds it so long; another worker takes over after that.
    lease_until = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(action__in=values(Action)), name="command_action_known"),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False) | ~Q(state="undone"),
                name="command_undone_some_time",
            ),
        ]
        indexes = [
            # exceptions.tasks: commands to carry out, or to take over from a dead worker.
            models.Index(fields=["state"], name="command_open", condition=Q(state__in=["queued", "running"])),
            # exceptions.incidents.notices: what was done for all of an incident.
            models.Index(fields=["query"], name="command_of_incident", condition=Q(query__startswith="incident=")),
            # the list of what one has done: newest first.
            models.Index(fields=["merchant", "by", "-created_at"], name="command_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.created_at:%Y-%m-%d %H:%M}"


class CommandItem(models.Model):
    """What became of one case of a command."""

    class Result(models.TextChoices):
        PENDING = "pending", pgettext_lazy("command item", "Pending")
        APPLIED = "applied", _("Applied")
        NO_OP = "no_op", _("Was so already")
        REJECTED = "rejected", pgettext_lazy("command item", "Not possible")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Undone")

    command = models.ForeignKey(Command, models.CASCADE, related_name="items")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.PENDING)
    # Why it was not, in a sentence.
    reason = models.CharField(max_length=200, blank=True)
    # Columns of the case it changed, as they were and as they became: an undo restores them where nobody changed them since.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["command", "case"], name="item_once_a_command")]

    def __str__(self) -> str:
        return f"C-{self.case_id} {self.result}"
