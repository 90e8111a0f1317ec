"""What was sold, as the platform says it: facts only, never a verdict."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from merchants.models import Shop, User
from shipops.kit.bigrams import Bigrams
from shipops.kit.sealed import SealedJSONField


class OrderStatus(models.TextChoices):
    """Where the platform says the order stands."""

    UNPAID = "unpaid", _("Unpaid")
    TO_DISPATCH = "to_dispatch", _("To dispatch")
    DISPATCHED = "dispatched", _("Dispatched")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


class Goods(models.TextChoices):
    """What kind of goods an order holds, where platforms give each its own limits; blank = ordinary goods."""

    PRESALE = "presale", _("Presale")
    VIRTUAL = "virtual", _("Virtual goods")
    DIRECT_MAIL = "direct_mail", _("Direct mail from abroad")
    BONDED = "bonded", _("Bonded goods")
    CUSTOM = "custom", _("Made to order")
    FRESH = "fresh", _("Fresh goods")
    LARGE = "large", _("Large goods")


# Digits of a number's end that people read out, by which the indexes below are made.
ORDER_TAIL = 5
WAYBILL_TAIL = 4


class Order(models.Model):
    # `order_by_shop_placed` begins with it: an index of its own would only cost each write.
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="orders", db_index=False)
    number = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=OrderStatus.choices)
    goods = models.CharField(max_length=12, choices=Goods.choices, blank=True, default="", db_default="")

    # Instants the platform reports; null = has not happened, or the source does not say.
    placed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    promised_dispatch_at = models.DateTimeField(null=True)
    promised_delivery_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="CNY")

    province = models.CharField(max_length=40, blank=True)
    city = models.CharField(max_length=40, blank=True)
    district = models.CharField(max_length=40, blank=True)
    # {"name", "phone", "address", "note"}: what identifies a person is sealed; the tail is what support searches by.
    buyer = SealedJSONField(null=True)
    phone_tail = models.CharField(max_length=4, blank=True)
    # Blind keys of the buyer's name (orders.names): the whole name, and each word of a name in letters; null = none told.
    name_key = models.BigIntegerField(null=True)
    name_words = ArrayField(models.BigIntegerField(), null=True)

    # Hash over all the source said: an import that brings nothing new touches nothing.
    content_hash = models.BinaryField(max_length=16)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Wake me at: the sweep judges orders whose time has come; null = nothing new to judge.
    review_at = models.DateTimeField(null=True)
    review_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            # The number leads, compared sign by sign: so it is also orders.search's look-up by number and its beginning,
            # and intake's, over any shops.
            models.UniqueConstraint(
                fields=["number", "shop"],
                name="order_number_once_a_shop",
                opclasses=["varchar_pattern_ops", "int8_ops"],
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="order_amount_not_negative"),
            models.CheckConstraint(condition=models.Q(refunded__gte=0), name="order_refunded_not_negative"),
        ]
        indexes = [
            # exceptions.sweep: orders to judge.
            models.Index(fields=["review_at"], name="order_review", condition=models.Q(review_at__isnull=False)),
            # orders.views: the list, newest first.
            models.Index(fields=["shop", "-placed_at", "-id"], name="order_by_shop_placed"),
            # orders.search: support finds an order by the buyer's phone tail.
            models.Index(fields=["phone_tail"], name="order_phone_tail", condition=~models.Q(phone_tail="")),
            # orders.search: the end of an order number, as people read it out.
            models.Index(Right("number", ORDER_TAIL), name="order_number_tail"),
            # orders.search: a buyer's name, newest order first.
            models.Index(fields=["name_key", "id"], name="order_name", condition=models.Q(name_key__isnull=False)),
            # orders.search: a word of a name in letters.
            GinIndex(fields=["name_words"], name="order_name_words", condition=models.Q(name_words__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number


class Product(models.Model):
    """Goods as the orders of a shop name them, each name once: what orders.search reads words and SKUs in. Derived.

    Orders are many and names are few: an index over the words of every line would cost each import ten times as much.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="products", db_index=False)
    sku = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "sku", "title"], name="product_once_a_shop")]
        indexes = [
            # orders.search: any two signs and more of a title.
            GinIndex(Bigrams("title"), name="product_title", condition=~models.Q(title="")),
            # orders.search: an SKU or its beginning.
            models.Index(
                fields=["sku"], name="product_sku", opclasses=["varchar_pattern_ops"], condition=~models.Q(sku="")
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.sku


class OrderLine(models.Model):
    # `line_number_once_an_order` begins with it.
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    # The platform's sub-order number where it has one, else the position in the order.
    number = models.CharField(max_length=64)
    title = models.CharField(max_length=200, blank=True)
    spec = models.CharField(max_length=120, blank=True)
    sku = models.CharField(max_length=64, blank=True)
    # As the platform or the seller names it (女装/连衣裙): rules may differ by it.
    category = models.CharField(max_length=60, blank=True, default="", db_default="")
    quantity = models.PositiveIntegerField(default=1)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    # Where the platform promises by sub-order; null = the order's promise holds.
    promised_dispatch_at = models.DateTimeField(null=True)
    # The shop's name for it; null = it has none, or intake did not write it. Not checked by the database: an import
    # would pay for it with every line.
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, related_name="lines", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="line_number_once_an_order"),
        ]
        indexes = [
            # orders.search: the newest orders of a product.
            models.Index(
                fields=["product", "order"], name="line_of_product", condition=models.Q(product__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.number


class Dispatch(models.Model):
    """The platform was told: this order left with this carrier's waybill number."""

    class Refusal(models.TextChoices):
        """Why a number cannot be followed; see shipments.booking."""

        UNKNOWN_CARRIER = (
            "unknown_carrier",
            _("We do not know this carrier. Correct its name on the platform, then import the order again."),
        )
        MALFORMED_NUMBER = (
            "malformed_number",
            _("This is no waybill number. Correct it on the platform, then import the order again."),
        )

    # `dispatch_number_once_an_order` begins with it.
    order = models.ForeignKey(Order, models.CASCADE, related_name="dispatches", db_index=False)
    # The company as the source wrote it (圆通速递, yuantong, YTO): booking finds the carrier.
    carrier_name = models.CharField(max_length=60)
    number = models.CharField(max_length=40)
    # Uploading the number starts the pickup clock.
    uploaded_at = models.DateTimeField(null=True)
    # Wake me at: shipments.booking turns it into a parcel; null = done, or given up with the error said.
    book_at = models.DateTimeField(null=True)
    book_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "dispatches"
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="dispatch_number_once_an_order"),
        ]
        indexes = [
            # shipments.booking: dispatches to book.
            models.Index(fields=["book_at"], name="dispatch_book", condition=models.Q(book_at__isnull=False)),
            # orders.search: support finds an order by its waybill number, or by how that begins.
            models.Index(fields=["number"], name="dispatch_number", opclasses=["varchar_pattern_ops"]),
            # orders.search: the end of a waybill number, as people read it out.
            models.Index(Right("number", WAYBILL_TAIL), name="dispatch_number_tail"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier_name} {self.number}"

    @property
    def refusal(self) -> str:
        """Why this number is not followed and what to do, in the reader's language; blank = it is, or will be."""
        return str(dict(self.Refusal.choices).get(self.book_error, self.book_error))


class Ticket(models.Model):
    """Something about an order that somebody has to answer by a time: 售后单, 举证通知, 违规通知, 拦截, 快递工单."""

    class Kind(models.TextChoices):
        REFUND_UNSHIPPED = "refund_unshipped", _("Refund request before dispatch")
        REFUND = "refund", _("Refund request after dispatch")
        RETURN = "return", _("Return")
        INQUIRY = "inquiry", _("Buyer’s question")
        COMPLAINT = "complaint", _("Complaint")
        EVIDENCE = "evidence", _("Evidence asked for by the platform")
        VIOLATION = "violation", _("Violation notice")
        RULING = "ruling", _("Ruling of a dispute")
        RESHIP = "reship", _("Order to ship again")
        INTERCEPTION = "interception", _("Interception")
        WORK_ORDER = "work_order", _("Carrier work order")
        CLAIM = "claim", _("Claim against the carrier")
        REGULATOR = "regulator", _("Appeal to the postal regulator")
        HUB_RETURN = "hub_return", _("Return held at a transit warehouse")

    order = models.ForeignKey(Order, models.CASCADE, related_name="tickets")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # The other side's number; blank = none is known, and the order has one of this kind at most.
    number = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()
    # The limit printed on it, which holds before any rule; null = none is.
    due_at = models.DateTimeField(null=True)
    # Whatever is asked for, in the order's currency.
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "number"], name="ticket_number_once_an_order_and_kind"),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True) | models.Q(closed_at__gte=models.F("opened_at")),
                name="ticket_closed_after_it_opened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}".strip()


class TicketStep(models.Model):
    """One dated step of a ticket; clocks start and stop at them."""

    class Name(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        AGREED = "agreed", _("Agreed")
        REJECTED = "rejected", _("Rejected")
        RETURN_UPLOADED = "return_uploaded", _("Buyer uploaded the return waybill")
        RETURN_SIGNED = "return_signed", _("Return signed for")
        RETURN_CONFIRMED = "return_confirmed", _("Return confirmed")
        SUBMITTED = "submitted", _("Submitted")
        EVIDENCE_CLOSED = "evidence_closed", _("Evidence closed")
        RESHIP_UPLOADED = "reship_uploaded", _("New number uploaded")
        RESHIP_PICKED_UP = "reship_picked_up", _("New parcel picked up")
        RESULT = "result", _("Result told")
        ARRANGED = "arranged", _("Arranged")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20, choices=Name.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "name"], name="step_once_a_ticket")]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"


class OrderImport(models.Model):
    """One uploaded export file on its way in: preview → commit → report."""

    class State(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="imports")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    profile = models.CharField(max_length=40)
    filename = models.CharField(max_length=200)
    # In the database and not on a disk: the worker may run on another machine. Emptied once the import is done.
    content = models.BinaryField()
    # {"our field": "column header"} as the person chose it in the preview, over the profile's own.
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    orders_created = models.PositiveIntegerField(default=0)
    orders_updated = models.PositiveIntegerField(default=0)
    orders_unchanged = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            # orders.tasks: imports to run or to take over from a dead worker.
            models.Index(fields=["state"], name="import_open", condition=models.Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return self.filename


class ImportIssue(models.Model):
    """A row that did not go in, or went in with a doubt: where, why, and what to do."""

    run = models.ForeignKey(OrderImport, models.CASCADE, related_name="issues")
    row = models.PositiveIntegerField()
    field = models.CharField(max_length=60, blank=True)
    # A stable code; `orders.sources.issues` holds the sentence for it, in the reader's language.
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=200, blank=True)
    refused = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["run", "row"], name="issue_by_row")]  # the import's report

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"
