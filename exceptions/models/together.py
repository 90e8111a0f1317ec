"""Working together: who takes what, who watches what, what people are told, and what a shift hands over."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.models.cases import Case, CaseEntry
from exceptions.models.values import values
from merchants.models import Membership, Merchant, Shop, User
from shipments.models import Carrier

CLAIM_MINUTES = 60
# A longer claim is none: whoever leaves it lying for a day has left it.
LONGEST_CLAIM = 24 * 60
CASES_EACH = 20
MOST_EACH = 500


class DeskRules(models.Model):
    """How a merchant's desk shares its work; a merchant without a row has the defaults."""

    class Sharing(models.TextChoices):
        NOBODY = "nobody", _("To nobody: people assign cases to themselves")
        TURNS = "turns", _("In turn")
        LOAD = "load", _("To whoever has least to do")
        SKILL = "skill", _("To whoever knows it best")

    merchant = models.OneToOneField(Merchant, models.CASCADE, related_name="desk_rules")
    sharing = models.CharField(max_length=8, choices=Sharing.choices, default=Sharing.NOBODY)
    # Minutes on the clock, working time or not: at night a case is free for whoever is there. 0 = no claim ends by itself.
    claim_minutes = models.PositiveSmallIntegerField(default=CLAIM_MINUTES)
    # Nobody is given more while they have so many open cases.
    cases_each = models.PositiveSmallIntegerField(default=CASES_EACH)

    class Meta:
        verbose_name_plural = "desk rules"
        constraints = [
            models.CheckConstraint(condition=Q(sharing__in=["nobody", "turns", "load", "skill"]), name="sharing_known"),
            models.CheckConstraint(condition=Q(claim_minutes__lte=LONGEST_CLAIM), name="claim_within_a_day"),
            models.CheckConstraint(condition=Q(cases_each__range=(1, MOST_EACH)), name="cases_each_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant}: {self.sharing}"


class Duty(models.Model):
    """Whether somebody takes cases now; without a row they do not."""

    membership = models.OneToOneField(Membership, models.CASCADE, related_name="duty")
    on = models.BooleanField(default=False)
    since = models.DateTimeField()
    # When they were last given a case: whose turn it is.
    given_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return f"{self.membership}: {'on' if self.on else 'off'}"


class Skill(models.Model):
    """One thing somebody takes: a kind, a carrier, or a shop. No row of a sort = they take all of that sort."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="skills")
    kind = models.CharField(max_length=20, blank=True)
    carrier = models.ForeignKey(Carrier, models.CASCADE, null=True, related_name="+")
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "kind", "carrier", "shop"], name="skill_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(kind__in=values(Kind), carrier=None, shop=None)
                | Q(kind="", carrier__isnull=False, shop=None)
                | Q(kind="", carrier=None, shop__isnull=False),
                name="skill_is_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.kind or self.carrier or self.shop}"


class Watch(models.Model):
    """Somebody who wants to hear of a case without being in charge of it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="watches")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user} · C-{self.case_id}"


class Handover(models.Model):
    """What one shift gives the next: several cases, to one person or back to everybody, and a note for all of them."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="handovers")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Null = back to everybody.
    to = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["merchant", "by", "-at"], name="handover_by_person")]  # when a shift began

    def __str__(self) -> str:
        return f"{self.by} → {self.to or '–'} {self.at:%Y-%m-%d %H:%M}"


class HandoverItem(models.Model):
    handover = models.ForeignKey(Handover, models.CASCADE, related_name="items")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "case"], name="handover_case_once")]

    def __str__(self) -> str:
        return f"C-{self.case_id}"


class Notice(models.Model):
    """Something a person is told once, and may have read."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("You were mentioned")
        ASSIGNED = "assigned", _("Put in your charge")
        HANDED_OVER = "handed_over", _("Handed over to you")
        ACCEPTED = "accepted", pgettext_lazy("notice", "Hand-over accepted")
        EXPIRED = "expired", _("Your assignment has run out")
        NOTED = "noted", _("New note")
        WORSE = "worse", _("Got worse")
        RELAPSED = "relapsed", _("Came back")
        RESOLVED = "resolved", pgettext_lazy("notice", "Resolved by somebody else")

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    entry = models.ForeignKey(CaseEntry, models.CASCADE, null=True, related_name="+")
    handover = models.ForeignKey(Handover, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # One line of a log is told to somebody once, by the first of its reasons.
            models.UniqueConstraint(fields=["user", "entry"], name="notice_once_an_entry"),
            models.UniqueConstraint(fields=["user", "handover", "kind"], name="notice_once_a_handover"),
            models.CheckConstraint(
                condition=Q(entry__isnull=False, handover=None) | Q(entry=None, handover__isnull=False),
                name="notice_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "merchant", "-at", "-id"], name="notice_inbox"),  # exceptions.together.inbox
            # The count in the bar of every page.
            models.Index(fields=["user", "merchant"], name="notice_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Told(models.Model):
    """How far the log has been told: one row (exceptions.together.telling)."""

    # No line up to here can come any more.
    entry = models.BigIntegerField(default=0)
    # The newest line last seen, and the transaction that was the next to begin then.
    seen = models.BigIntegerField(default=0)
    seen_before = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "told"

    def __str__(self) -> str:
        return str(self.entry)
