"""Where parcels are: carriers, waybills, tracking events, and every provider's answer as it came."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import Merchant, User
from orders.models import Dispatch
from shipops.kit.bilingual import in_language
from shipops.kit.sealed import SealedJSONField


def new_push_token() -> str:
    return secrets.token_urlsafe(24)


class Carrier(models.Model):
    """A company that carries parcels (圆通). Who we ask about them is a provider: `CarrierAccount.provider`."""

    # Kuaidi100's company code, the widest table in use: yuantong, shunfeng, …
    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The company in the reader's language."""
        return in_language(self, "name")


class CarrierAlias(models.Model):
    """Another way a platform or a sheet writes a carrier: 圆通速递, YTO, 圆通快递."""

    carrier = models.ForeignKey(Carrier, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class CarrierAccount(models.Model):
    """A merchant's contract with a tracking provider, and how it is doing."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="carrier_accounts")
    # The name of a module in the registry of shipments.carriers.
    provider = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    # Where the provider is; blank = its own public address.
    base_url = models.URLField(blank=True)
    credentials = SealedJSONField()
    # Part of the address a provider pushes to: an unguessable name for this account.
    push_token = models.CharField(max_length=40, unique=True, default=new_push_token)
    enabled = models.BooleanField(default=True)
    # The circuit breaker (shipments.breaker). Null paused_until = closed; ahead = open, nothing is asked; past = half-open,
    # one question at a time is let through, by whom `probe_until` is a lease.
    paused_until = models.DateTimeField(null=True)
    paused_reason = models.TextField(blank=True)
    paused_at = models.DateTimeField(null=True)
    # A value of shipments.answers.Trouble; blank = none.
    trouble = models.CharField(max_length=12, blank=True, default="", db_default="")
    # Questions in a row that brought no answer, and times in a row that it came to rest.
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    trips = models.PositiveSmallIntegerField(default=0, db_default=0)
    probe_until = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    refused_pushes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "provider", "name"], name="account_name_once_a_merchant"),
        ]

    def __str__(self) -> str:
        return self.name


class Waybill(models.Model):
    """One number of one carrier, and what its events fold to (shipments.status.fold): derived, never edited."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="waybills")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="waybills")
    number = models.CharField(max_length=40)
    # SF and ZTO answer only with the last four digits of the sender's or the buyer's phone.
    phone_tail = models.CharField(max_length=4, blank=True)
    created_at = models.DateTimeField()

    # Values of shipments.status.Stage and Cause.
    stage = models.CharField(max_length=24, default="unknown")
    cause = models.CharField(max_length=24, blank=True)
    first_trace_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    # First scan after pickup anywhere but at the pickup outlet's own hands: the parcel moved.
    moved_at = models.DateTimeField(null=True)
    out_for_delivery_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    last_text = models.CharField(max_length=300, blank=True)
    event_count = models.PositiveIntegerField(default=0)
    # What its scans contradict: values of shipments.doubts.Doubt.
    doubts = ArrayField(models.CharField(max_length=20), default=list)

    class Stop(models.TextChoices):
        """Why nothing is asked any more."""

        ARRIVED = "arrived", _("It has arrived, or is back with the sender.")
        DEAD = "dead", _("Nothing has been heard of it for too long.")
        REFUSED = "refused", _("The provider refuses to be asked about it as it is set up.")
        NOBODY = "nobody", _("No account can be asked about its carrier.")

    # The nearest instant at which a running limit of its orders breaks, or becomes serious; written by exceptions.sweep.
    deadline_at = models.DateTimeField(null=True)
    # Who is asked, and when next; null poll_at = no more, `stop` says why.
    account = models.ForeignKey(CarrierAccount, models.SET_NULL, null=True, related_name="waybills")
    poll_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    # Last question sent, and last one that brought an answer: how old the data is.
    asked_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    poll_failures = models.PositiveSmallIntegerField(default=0)
    poll_error = models.CharField(max_length=300, blank=True)
    stop = models.CharField(max_length=8, choices=Stop.choices, blank=True, default="", db_default="")
    # The provider's limits per number: not asked before free_at; the questions of the last day where it counts them.
    free_at = models.DateTimeField(null=True)
    asks = ArrayField(models.DateTimeField(), null=True)
    # Answers that brought nothing, at most one a day counted, and the last one counted: what makes a number dead.
    vain_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    vain_at = models.DateTimeField(null=True)
    subscribed_at = models.DateTimeField(null=True)
    # Not subscribed again before; and the instants of the last month at which it was.
    subscribe_at = models.DateTimeField(null=True)
    subscriptions = ArrayField(models.DateTimeField(), null=True)
    # Codes of carriers it was taken to be of before a provider corrected us: it never goes back to one of them.
    former_carriers = ArrayField(models.CharField(max_length=40), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "carrier", "number"], name="waybill_number_once"),
        ]
        indexes = [
            # shipments.polling: waybills to ask about.
            models.Index(fields=["poll_at"], name="waybill_poll", condition=models.Q(poll_at__isnull=False)),
            # shipments.polling: those near a deadline first.
            models.Index(
                fields=["deadline_at", "poll_at"],
                name="waybill_near",
                condition=models.Q(poll_at__isnull=False, deadline_at__isnull=False),
            ),
            # shipments.recording and search: find a number whatever its carrier.
            models.Index(fields=["number"], name="waybill_number"),
        ]

    def __str__(self) -> str:
        return self.number


class Parcel(models.Model):
    """A dispatch, booked: this order travels (in whole or in part) under this waybill, now or from some point on."""

    class Role(models.TextChoices):
        """What the number is for the order; only the first two are numbers the platform judges."""

        ORIGINAL = "original", _("As uploaded")
        EXTRA = "extra", _("Extra parcel")  # 补寄: sent after, without effect on dispatch
        REPLACED = "replaced", _("Wrong number, replaced")  # no goods under it
        ONWARD = "onward", _("Travels on under this number")
        RETURN = "return", _("Comes back under this number")

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="parcels")
    waybill = models.ForeignKey(Waybill, models.CASCADE, related_name="parcels")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.ORIGINAL)
    # The waybill whose track told this number; null = the seller did.
    follows = models.ForeignKey(Waybill, models.CASCADE, null=True, related_name="followed_by")
    # Who gave the role, and when; null = booking did.
    role_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    role_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "waybill"], name="parcel_once_a_dispatch"),
            models.UniqueConstraint(
                fields=["dispatch"], name="parcel_uploaded_once", condition=models.Q(follows__isnull=True)
            ),
            models.CheckConstraint(
                condition=models.Q(follows__isnull=True, role__in=["original", "extra", "replaced"])
                | models.Q(follows__isnull=False, role__in=["onward", "return"]),
                name="parcel_role_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id} → {self.waybill_id}"


class RawAnswer(models.Model):
    """What a provider said, byte for byte, before anybody read it."""

    class Kind(models.TextChoices):
        QUERY = "query", _("Query")
        PUSH = "push", _("Push")

    account = models.ForeignKey(CarrierAccount, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    body = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    received_at = models.DateTimeField()
    # The same body again is counted, not stored again.
    seen_count = models.PositiveIntegerField(default=1)
    seen_at = models.DateTimeField()
    # Null = still to read; a body that cannot be read keeps its error and is not tried for ever.
    read_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "sha256"], name="answer_stored_once"),
        ]
        indexes = [
            # shipments.push: pushes to read.
            models.Index(fields=["id"], name="answer_unread", condition=models.Q(read_at__isnull=True)),
            # shipments.push: what came to an account lately.
            models.Index(fields=["account", "received_at"], name="answer_pushed", condition=models.Q(kind="push")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"


class Unclaimed(models.Model):
    """A push that tells of a number we do not follow: it is read again once the number is booked."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=40)
    answer = models.ForeignKey(RawAnswer, models.CASCADE, related_name="unclaimed", db_index=False)
    kept_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "unclaimed"
        constraints = [
            # Also the answer's own look at them, as it goes.
            models.UniqueConstraint(fields=["answer", "number"], name="unclaimed_once"),
        ]
        indexes = [
            # shipments.unclaimed: what a new waybill has been told of before.
            models.Index(fields=["merchant", "number"], name="unclaimed_number"),
            # shipments.unclaimed: those kept long enough.
            models.Index(fields=["kept_at"], name="unclaimed_kept"),
        ]

    def __str__(self) -> str:
        return self.number


class TrackingEvent(models.Model):
    """One scan as a provider told it. Append-only: a better reading changes stage, cause and rule, and is logged.

    The table is partitioned by month of `occurred_at` (shipments.partitions), so its key holds the instant.
    """

    # SHA-256 over instant and text, 16 bytes: the same scan told twice is one event. Also the track of one waybill.
    pk = models.CompositePrimaryKey("waybill", "occurred_at", "fingerprint")
    waybill = models.ForeignKey(Waybill, models.CASCADE, related_name="events", db_index=False)
    fingerprint = models.BinaryField(max_length=16)
    occurred_at = models.DateTimeField()
    # Rank among the scans of the same instant, as answers told them: the tie-break of the fold.
    position = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=24)
    cause = models.CharField(max_length=24, blank=True)
    # Which evidence read it (shipments.reading.Reading.rule); blank = nothing did.
    rule = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=500)
    place = models.CharField(max_length=80, blank=True)
    # The provider's own code for it, as it came.
    code = models.CharField(max_length=20, blank=True)
    recorded_at = models.DateTimeField()
    answer = models.ForeignKey(RawAnswer, models.SET_NULL, null=True, related_name="events", db_index=False)

    class Meta:
        indexes = [
            # Reading an answer anew finds its events.
            models.Index(fields=["answer"], name="event_answer"),
            # The inbox of wordings finds the waybills to read anew; the same condition as shipments.inbox.counting.IN_INBOX.
            models.Index(
                fields=["waybill"],
                name="event_inbox",
                condition=models.Q(rule="")
                | models.Q(rule__startswith="whole:")
                | models.Q(rule__startswith="admin:")
                | ~models.Q(rule__startswith="code:") & ~models.Q(code=""),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Wording(models.Model):
    """Scans of one wording that no code told, or no rule read at all; and what an admin said they mean.

    Counted by shipments.inbox as scans are recorded. `phrase` and `example` name nobody (shipments.phrases).
    """

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="wordings")
    provider = models.CharField(max_length=40, blank=True)
    # The provider's own code, which its table does not know; blank = it gave none.
    code = models.CharField(max_length=20, blank=True)
    phrase = models.CharField(max_length=120)
    count = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    # The latest scan of this wording, and the waybill it is of.
    example = models.CharField(max_length=160)
    waybill = models.ForeignKey(Waybill, models.SET_NULL, null=True, related_name="+")

    # What the rules make of it by themselves; a blank rule = nothing.
    read_stage = models.CharField(max_length=24, default="unknown")
    read_cause = models.CharField(max_length=24, blank=True)
    read_rule = models.CharField(max_length=80, blank=True)

    # What an admin said it means; null mapped_at = nobody did. Stage unknown without a cause = it says nothing.
    stage = models.CharField(max_length=24, blank=True)
    cause = models.CharField(max_length=24, blank=True)
    mapped_at = models.DateTimeField(null=True)
    mapped_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    # Its stored scans are to be read again: when (null = done), after which waybill, for whom, and how far it has come.
    reread_at = models.DateTimeField(null=True)
    reread_after = models.BigIntegerField(default=0)
    reread_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reread_waybills = models.PositiveIntegerField(default=0)
    reread_scans = models.PositiveIntegerField(default=0)
    reread_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "provider", "code", "phrase"], name="wording_once_a_merchant"),
        ]
        indexes = [
            # shipments.rereading: wordings whose scans are to be read again.
            models.Index(fields=["reread_at"], name="wording_reread", condition=models.Q(reread_at__isnull=False)),
            # The inbox, commonest first.
            models.Index(fields=["merchant", "-count", "-id"], name="wording_inbox"),
        ]

    def __str__(self) -> str:
        return f"[{self.code}] {self.phrase}" if self.code else self.phrase


class EventReading(models.Model):
    """That a stored scan was read anew, and what it was read as before. Append-only."""

    waybill = models.ForeignKey(Waybill, models.CASCADE, related_name="readings")
    occurred_at = models.DateTimeField()
    fingerprint = models.BinaryField(max_length=16)
    from_stage = models.CharField(max_length=24)
    from_cause = models.CharField(max_length=24, blank=True)
    from_rule = models.CharField(max_length=80, blank=True)
    to_stage = models.CharField(max_length=24)
    to_cause = models.CharField(max_length=24, blank=True)
    to_rule = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    # The admin who mapped or unmapped the wording; null = the rules themselves changed.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


class Hearsay(models.Model):
    """A scan that nobody but an unsigned push has told of; see shipments.hearsay."""

    waybill = models.ForeignKey(Waybill, models.CASCADE, related_name="hearsay", db_index=False)
    occurred_at = models.DateTimeField()
    fingerprint = models.BinaryField(max_length=16)
    told_at = models.DateTimeField()
    # When the provider was asked and did not know of it; it may yet.
    denied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "hearsay"
        constraints = [
            # Also how an answer about a waybill finds them.
            models.UniqueConstraint(fields=["waybill", "occurred_at", "fingerprint"], name="hearsay_once"),
        ]

    def __str__(self) -> str:
        return f"{self.waybill_id} {self.occurred_at:%Y-%m-%d %H:%M:%S}"
