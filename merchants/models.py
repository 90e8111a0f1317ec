"""Who may see what: people, merchants (the tenant), their shops, and who holds which role."""

import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def known_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone"), params={"name": name})


class User(AbstractUser):
    """A person. What they may see hangs on their memberships, never on Django's own permissions."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    # Blank = what the browser asks for.
    language = models.CharField(max_length=10, blank=True, choices=[("zh-hans", "中文"), ("en", "English")])
    theme = models.CharField(max_length=5, blank=True, choices=Theme.choices)
    shortcuts = models.BooleanField(default=True)

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Family name first where it is Chinese, as Chinese names are written."""
        if self.last_name and not self.last_name.isascii():
            return f"{self.last_name}{self.first_name}"
        return super().get_full_name()


class Merchant(models.Model):
    """The tenant: nobody sees another merchant's data."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Platform(models.TextChoices):
    PDD = "pdd", _("Pinduoduo")
    DOUYIN = "douyin", _("Douyin")
    TAOBAO = "taobao", _("Taobao")
    TMALL = "tmall", _("Tmall")
    ALI1688 = "1688", _("1688")
    KUAISHOU = "kuaishou", _("Kuaishou")
    JD = "jd", _("JD.com")
    XIAOHONGSHU = "xiaohongshu", _("Xiaohongshu")
    WECHAT = "wechat", _("WeChat shop")
    OTHER = "other", _("Other platform")


PLATFORMS = dict(Platform.choices)


class Shop(models.Model):
    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="shops")
    code = models.SlugField()
    name = models.CharField(max_length=80)
    platform = models.CharField(max_length=12, choices=Platform.choices)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai", validators=[known_zone])
    currency = models.CharField(max_length=3, default="CNY")
    # Where it ships from, as addresses write it (浙江省, 金华市): some limits differ by lane. Blank = read from the track.
    province = models.CharField(max_length=40, blank=True, default="", db_default="")
    city = models.CharField(max_length=40, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="shop_code_once_a_merchant"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_platform_display(self) -> str:  # type: ignore[no-redef]
        """The platform in words; Django's own looks through all choices, 20 µs a shop on pages that list hundreds."""
        return str(PLATFORMS.get(self.platform, self.platform))

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


class Role(models.TextChoices):
    """What a member may do; `merchants.access.ALLOWED` says what each role allows."""

    ADMIN = "admin", _("Admin")
    SELLER = "seller", _("Seller")
    SUPPORT = "support", _("Support")


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)
    # Empty = every shop of the merchant, those opened later included.
    shops = models.ManyToManyField(Shop, blank=True)
    # Columns and density of their desk where a link names none, as its query string; blank = as it comes.
    desk_look = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "merchant"], name="membership_once_a_merchant"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.merchant} · {self.role}"


class AuditEntry(models.Model):
    """Who changed how the merchant's desk works, and what it was before. Append-only; no secrets, no buyer data."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="audit")
    at = models.DateTimeField()
    # Null = shipops itself.
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # What was done, as a code: rules.publish, rules.rollback, filing.accept, …
    action = models.CharField(max_length=40)
    # What it was done to, as a person names it: "PDD-SHIP-48", "version 4".
    subject = models.CharField(max_length=120)
    # {"before": …, "after": …} or what else explains it.
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["merchant", "-at", "-id"], name="audit_by_merchant")]  # the audit page

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
