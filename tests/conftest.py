"""People, shops and material that tests share.

林晓 is the admin of 棉田, 陈默 sells in all its shops, 赵敏 is support in one of them; 外人 works for another merchant.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.cache import caches
from django.utils import translation

from merchants.models import Membership, Merchant, Role, Shop, User

SHARED = Path(__file__).resolve().parents[2] / "shared"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def shared() -> Path:
    """The folder of real samples and data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real samples (../shared) is not here")
    return SHARED


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def merchant(db: None) -> Merchant:
    return Merchant.objects.create(code="miantian", name="棉田")


@pytest.fixture
def shop(merchant: Merchant) -> Shop:
    return Shop.objects.create(merchant=merchant, code="MT-PDD", name="棉田优选", platform="pdd")


@pytest.fixture
def other_shop(merchant: Merchant) -> Shop:
    return Shop.objects.create(merchant=merchant, code="MT-DY", name="棉田家居", platform="douyin")


@pytest.fixture
def stranger_shop(db: None) -> Shop:
    elsewhere = Merchant.objects.create(code="elsewhere", name="别家")
    return Shop.objects.create(merchant=elsewhere, code="BJ-PDD", name="别家店", platform="pdd")


def person(username: str, merchant: Merchant, role: str, *shops: Shop) -> User:
    user = User.objects.create_user(username, password="correct horse battery", language="en")
    membership = Membership.objects.create(user=user, merchant=merchant, role=role)
    membership.shops.set(shops)
    return user


@pytest.fixture
def admin(shop: Shop) -> User:
    return person("linxiao", shop.merchant, Role.ADMIN)


@pytest.fixture
def seller(shop: Shop) -> User:
    return person("chenmo", shop.merchant, Role.SELLER)


@pytest.fixture
def support(shop: Shop) -> User:
    return person("zhaomin", shop.merchant, Role.SUPPORT, shop)


@pytest.fixture
def stranger(stranger_shop: Shop) -> User:
    return person("wairen", stranger_shop.merchant, Role.ADMIN)


@pytest.fixture(autouse=True)
def light_settings(settings) -> None:  # type: ignore[no-untyped-def]
    """What would only cost time: hashed static names need a collectstatic, Argon2 takes 100 ms a person on purpose."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_language_left_over() -> Iterator[None]:
    """A request leaves its person's language active in the thread; the next test starts with the installation's own."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Counts are kept for seconds in the process; no test sees another's."""
    caches["local"].clear()
