"""How an installation gets its first people."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from merchants.models import Membership, Merchant, Platform, Shop, User

pytestmark = pytest.mark.django_db
WORDS = ["miantian", "棉田", "--admin", "linxiao", "--shop", "MT-PDD:pdd:棉田优选", "--shop", "MT-DY:douyin:棉田:家居"]


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ADMIN_PASSWORD", "correct horse battery")
    return "correct horse battery"


def test_a_merchant_is_opened_with_its_shops_and_an_admin_who_can_log_in(password: str) -> None:
    call_command("open_merchant", *WORDS)

    assert list(Shop.objects.order_by("code").values_list("merchant__name", "code", "platform", "name")) == [
        ("棉田", "MT-DY", "douyin", "棉田:家居"),
        ("棉田", "MT-PDD", "pdd", "棉田优选"),
    ]
    membership = Membership.objects.get()
    assert (membership.role, membership.user.username) == ("admin", "linxiao")
    assert membership.user.check_password(password)


@pytest.mark.usefixtures("password")
def test_a_shop_may_be_on_any_platform_we_know() -> None:
    shops = [word for platform in Platform.values for word in ("--shop", f"S-{platform}:{platform}:店")]
    call_command("open_merchant", "miantian", "棉田", "--admin", "linxiao", *shops)
    assert sorted(Shop.objects.values_list("platform", flat=True)) == sorted(Platform.values)


@pytest.mark.usefixtures("password")
def test_the_same_merchant_is_not_opened_twice() -> None:
    call_command("open_merchant", *WORDS)
    with pytest.raises(CommandError, match=r"^There is a merchant miantian already\.$"):
        call_command("open_merchant", *WORDS)
    assert Merchant.objects.count() == 1


def test_a_weak_password_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "password")
    with translation.override("en"), pytest.raises(CommandError, match="too common"):
        call_command("open_merchant", *WORDS)
    assert not Merchant.objects.exists()
    assert not User.objects.exists()


@pytest.mark.usefixtures("password")
def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid _shop value: 'MT:amazon:x'"):
        call_command("open_merchant", "miantian", "棉田", "--admin", "linxiao", "--shop", "MT:amazon:x")
