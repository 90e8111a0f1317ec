"""What is done about a kind of exception, as a merchant has it, and how far each case has come with it."""

from django.db import models
from django.db.models import Q

from exceptions.deadlines.kinds import Kind
from exceptions.models.cases import Case, CaseEntry
from exceptions.models.values import values
from exceptions.playbooks.steps import ASKABLE, CODE, NAME_LENGTH, TEXT_LENGTH, After, When
from merchants.models import Merchant, User


class Playbook(models.Model):
    """A merchant's own steps for one kind, in place of those shipped."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="playbooks")
    kind = models.CharField(max_length=20)
    # Counts the changes: who saves over another's change is told.
    number = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind"], name="playbook_once_a_kind"),
            models.CheckConstraint(condition=Q(kind__in=values(Kind)), name="playbook_kind_known"),
        ]

    def __str__(self) -> str:
        return self.kind


class PlaybookStep(models.Model):
    """One step of it; exceptions.playbooks.steps.Step is the same without a row."""

    playbook = models.ForeignKey(Playbook, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    # What a case remembers it by: a step keeps it when it is renamed or moved.
    code = models.CharField(max_length=30)
    name_zh = models.CharField(max_length=NAME_LENGTH)
    name_en = models.CharField(max_length=NAME_LENGTH)
    do_zh = models.CharField(max_length=TEXT_LENGTH, blank=True)
    do_en = models.CharField(max_length=TEXT_LENGTH, blank=True)
    # Blank = ticked by hand.
    verb = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=8)
    hours = models.DecimalField(max_digits=4, decimal_places=1)
    worktime = models.BooleanField(default=False)
    when = models.CharField(max_length=13, default=When.ALWAYS.value)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["playbook", "code"], name="step_code_once_a_playbook"),
            models.UniqueConstraint(fields=["playbook", "position"], name="step_position_once_a_playbook"),
            models.CheckConstraint(condition=Q(code__regex=f"^{CODE.pattern}$"), name="step_code_plain"),
            models.CheckConstraint(
                condition=Q(verb="") | Q(verb__in=[verb.value for verb in ASKABLE]), name="step_verb_known"
            ),
            models.CheckConstraint(condition=Q(after__in=values(After)), name="step_after_known"),
            models.CheckConstraint(condition=Q(when__in=values(When)), name="step_when_known"),
            models.CheckConstraint(condition=Q(hours__gte=0), name="step_hours_not_below_zero"),
        ]

    def __str__(self) -> str:
        return self.code


class CaseStep(models.Model):
    """A step of a case that was done or skipped. Never deleted: one taken back says so, and the step is open again."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="steps")
    # Which time the case was open: 0, and one more each time it came back. A new round starts the playbook anew.
    round = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=30)
    # As it was called then: the playbook may know it no more.
    name_zh = models.CharField(max_length=NAME_LENGTH)
    name_en = models.CharField(max_length=NAME_LENGTH)
    done_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # The act that did it; null = ticked by hand.
    entry = models.ForeignKey(CaseEntry, models.SET_NULL, null=True, related_name="steps")
    skipped = models.BooleanField(default=False)
    # Why it was skipped.
    reason = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            # Two people who tick at once tick once; also what the case page and the queue read by.
            models.UniqueConstraint(
                fields=["case", "round", "code"], name="case_step_once_a_round", condition=Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(condition=Q(skipped=False) | ~Q(reason=""), name="case_step_skipped_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"C-{self.case_id} {self.code}"
