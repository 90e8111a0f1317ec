"""The demo's merchant: five shops on five platforms, people in all three roles, two tracking accounts.

Safe to run again: what exists is left as it is, people's own settings included.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from merchants.models import Membership, Merchant, Platform, Role, Shop, User
from shipments.models import CarrierAccount

# Known to everybody who reads this: the demo listens on the loopback address only.
PASSWORD = "shipops-demo"

# Each ships from the town most of its goods leave in the simulator.
SHOPS = (
    ("MT-PDD", "棉田优选", Platform.PDD, "江苏省", "南通市"),
    ("MT-DY", "棉田家居", Platform.DOUYIN, "江西省", "景德镇市"),
    ("MT-TB", "棉田旗舰", Platform.TAOBAO, "江苏省", "南通市"),
    ("MT-KS", "棉田快手店", Platform.KUAISHOU, "江苏省", "南通市"),
    ("MT-WX", "棉田微信小店", Platform.WECHAT, "江苏省", "南通市"),
)
PEOPLE = (
    ("linxiao", "林", "晓", Role.ADMIN),
    ("chenmo", "陈", "默", Role.SELLER),
    ("zhaomin", "赵", "敏", Role.SUPPORT),
)
# The simulator's own constants (docs/simulator.md): worth nothing anywhere else.
ACCOUNTS = (
    ("kuaidi100", "快递100", {"customer": "DEMO-CUSTOMER", "key": "DEMO-KEY-100", "secret": "DEMO-SECRET-100"}),
    ("sf", "顺丰丰桥", {"partner_id": "DEMO-SF", "checkword": "demo-checkword-sf"}),
)


class Command(BaseCommand):
    help = "Make the demo's merchant, shops, people and tracking accounts, and print the log-ins."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        merchant, _ = Merchant.objects.get_or_create(code="miantian", defaults={"name": "棉田"})
        for code, name, platform, province, city in SHOPS:
            facts = {"name": name, "platform": platform, "province": province, "city": city}
            Shop.objects.get_or_create(merchant=merchant, code=code, defaults=facts)
        for username, family, given, role in PEOPLE:
            self._person(merchant, username, family, given, role)
        for provider, name, credentials in ACCOUNTS:
            # The simulator's port may be another at each start; everything else is kept.
            CarrierAccount.objects.update_or_create(
                merchant=merchant,
                provider=provider,
                name=name,
                defaults={"base_url": settings.SIMULATOR_URL},
                create_defaults={"base_url": settings.SIMULATOR_URL, "credentials": credentials},
            )

    def _person(self, merchant: Merchant, username: str, family: str, given: str, role: Role) -> None:
        user, made = User.objects.get_or_create(username=username, defaults={"last_name": family, "first_name": given})
        if made:
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
        Membership.objects.get_or_create(user=user, merchant=merchant, defaults={"role": role})
        self.stdout.write(f"{username} / {PASSWORD}   {role.value}")
