"""An account with a tracking provider: made or changed from the shell, its secrets asked for and never printed."""

import getpass
import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from merchants.models import Merchant
from shipments import accounts, carriers
from shipments.answers import Field
from shipments.carriers import Provider
from shipments.models import CarrierAccount


class Command(BaseCommand):
    help = (
        "Follow a merchant's parcels with a provider's account. Credentials are asked for one by one, or read as a JSON "
        "object from standard input; what is left out stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help="code of the provider: " + ", ".join(carriers.codes()))
        parser.add_argument("--merchant", required=True, help="short name of the merchant, for example miantian")
        parser.add_argument("--name", default="", help="the name people read; left out: the provider's own")
        parser.add_argument("--base-url", help="where the provider is, if not at its public address")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(code=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"There is no merchant {options['merchant']}.")
        try:
            provider = carriers.provider(options["provider"])
        except LookupError as error:
            raise CommandError(f"{error.args[0]}.") from None
        account = self._account(merchant, options["provider"], options["name"] or str(provider.LABEL))
        account.credentials = self._credentials(provider, account.credentials or {})
        account.base_url = account.base_url if options["base_url"] is None else options["base_url"]
        try:
            account.clean_fields(exclude={field.name for field in account._meta.fields} - {"name", "base_url"})
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        account.save()
        waiting = accounts.follow_the_unfollowed(account, timezone.now())
        signed = "signed" if provider.SIGNED else "not signed: keep the address secret"
        self.stdout.write(f"{account.name}: {waiting} waybills are asked about from now on")
        self.stdout.write(f"Pushes ({signed}): {accounts.contract(account).callback_url}")

    def _account(self, merchant: Merchant, provider: str, name: str) -> CarrierAccount:
        known = CarrierAccount.objects.filter(merchant=merchant, provider=provider, name=name).first()
        return known or CarrierAccount(merchant=merchant, provider=provider, name=name)

    def _credentials(self, provider: Provider, known: Mapping[str, str]) -> dict[str, str]:
        fields = {field.name: field for field in provider.FIELDS}
        given = self._asked(provider, known) if sys.stdin.isatty() else self._read()
        strange = sorted(given.keys() - fields.keys())
        if strange:
            raise CommandError(f"{', '.join(strange)}: no such credential; there are {', '.join(fields)}.")
        credentials = {**known, **{name: value for name, value in given.items() if value}}
        missing = [name for name, field in fields.items() if field.required and not credentials.get(name)]
        if missing:
            raise CommandError(f"{', '.join(missing)}: needed, and not given.")
        return credentials

    def _read(self) -> dict[str, str]:
        try:
            given = json.loads(sys.stdin.read() or "{}")
        except ValueError:
            raise CommandError("Standard input holds no JSON object of credentials.") from None
        if not isinstance(given, dict):
            raise CommandError("Standard input holds no JSON object of credentials.")
        return {str(name): str(value) for name, value in given.items()}

    def _asked(self, provider: Provider, known: Mapping[str, str]) -> dict[str, str]:
        return {field.name: self._ask(field, field.name in known) for field in provider.FIELDS}

    def _ask(self, field: Field, kept: bool) -> str:
        hint = " (Enter keeps it)" if kept else "" if field.required else " (may be left out)"
        prompt = f"{field.label}{hint}: "
        return getpass.getpass(prompt) if field.secret else input(prompt)
