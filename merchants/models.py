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
    OTHER = "other", _("Other platform")


class Shop(models.Model):
    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="shops")
    code = models.SlugField()
    name = models.CharField(max_length=80)
    platform = models.CharField(max_length=12, choices=Platform.choices)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai", validators=[known_zone])
    currency = models.CharField(max_length=3, default="CNY")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="shop_code_once_a_merchant"),
        ]

    def __str__(self) -> str:
        return self.name

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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "merchant"], name="membership_once_a_merchant"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.merchant} · {self.role}"
