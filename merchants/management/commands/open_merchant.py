"""The first merchant of an installation, or a further one: its shops and its admin."""

import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from merchants.models import Membership, Merchant, Platform, Role, Shop, User


class Command(BaseCommand):
    help = "Make a merchant with its shops and an admin. The password is asked for, or taken from ADMIN_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="short name in addresses, for example miantian")
        parser.add_argument("name", help="the name people read")
        parser.add_argument("--admin", required=True, metavar="LOG-IN", help="an existing person, or a new one")
        platforms = "|".join(Platform.values)
        parser.add_argument("--shop", action="append", default=[], metavar=f"CODE:{platforms}:NAME", type=_shop)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Merchant.objects.filter(code=options["code"]).exists():
            raise CommandError(f"There is a merchant {options['code']} already.")
        merchant = Merchant(code=options["code"], name=options["name"])
        shops = [Shop(merchant=merchant, code=c, platform=p, name=n) for c, p, n in options["shop"]]
        try:
            merchant.full_clean()
            for shop in shops:
                shop.full_clean(exclude=["merchant"])
            merchant.save()
            Shop.objects.bulk_create(shops)
            admin = User.objects.filter(username=options["admin"]).first() or self._person(options["admin"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        Membership.objects.create(user=admin, merchant=merchant, role=Role.ADMIN)
        self.stdout.write(f"{merchant.name}: {len(shops)} shops, admin {admin.username}")

    def _person(self, username: str) -> User:
        user = User(username=username)
        password = os.environ.get("ADMIN_PASSWORD") or getpass.getpass(f"Password of {username}: ")
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user


def _shop(text: str) -> tuple[str, str, str]:
    code, platform, name = text.split(":", 2)
    if platform not in Platform.values:
        raise ValueError(platform)
    return code, platform, name
