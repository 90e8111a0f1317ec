"""Accounts over REST: the same service, the same right as their pages. A secret can be written, never read."""

from typing import Any

from django.db import transaction
from django.forms import Form
from django.http import Http404
from django.utils import timezone
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from merchants import access
from merchants.access import Member, Right
from shipments import accounts, carriers
from shipments.carriers import Provider
from shipments.models import CarrierAccount
from shipments.setting_up import book, trying
from shipments.setting_up.forms import GIVEN, AccountForm, TryForm
from shipments.status import Cause, Stage


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "changed_meanwhile"


class AccountSerializer(serializers.ModelSerializer[CarrierAccount]):
    credentials = serializers.SerializerMethodField(
        help_text="Open ones as they are; of secrets, whether they are set."
    )
    health = serializers.SerializerMethodField()
    push_address = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField(help_text="Send it back as `seen` with a change.")

    class Meta:
        model = CarrierAccount
        fields = [
            *("id", "provider", "name", "base_url", "enabled", "credentials", "health", "paused_until", "trouble"),
            *("answered_at", "refused_pushes", "push_address", "version"),
        ]

    @extend_schema_field(dict[str, str | bool])
    def get_credentials(self, account: CarrierAccount) -> dict[str, str | bool]:
        provider = accounts.provider_of(account)
        known = account.credentials or {}
        fields = provider.FIELDS if provider else ()
        return {one.name: bool(known.get(one.name)) if one.secret else known.get(one.name, "") for one in fields}

    def get_health(self, account: CarrierAccount) -> str:
        return str(accounts.health(account, timezone.now()).value)

    def get_push_address(self, account: CarrierAccount) -> str:
        return accounts.contract(account).callback_url

    def get_version(self, account: CarrierAccount) -> str:
        return book.version(account)


class NewSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    name = serializers.CharField(max_length=80)
    base_url = serializers.CharField(required=False, allow_blank=True, default="")
    credentials = serializers.DictField(child=serializers.CharField(allow_blank=True))


class ChangeSerializer(serializers.Serializer[Any]):
    seen = serializers.CharField(help_text="The `version` this change was made on; another one is a 409.")
    name = serializers.CharField(required=False)
    base_url = serializers.CharField(required=False, allow_blank=True)
    credentials = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, default=dict, help_text="Left out = kept."
    )
    enabled = serializers.BooleanField(required=False)


class AskSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    carrier = serializers.CharField(help_text="A carrier's code, for example yuantong.")
    phone_tail = serializers.CharField(required=False, allow_blank=True, default="")


class ScanSerializer(serializers.Serializer[Any]):
    occurred_at = serializers.DateTimeField()
    stage = serializers.ChoiceField([one.value for one in Stage])
    cause = serializers.ChoiceField(["", *(one.value for one in Cause)])
    text = serializers.CharField()
    rule = serializers.CharField()


class TriedSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    asked = serializers.BooleanField(help_text="False: a limit kept us from asking.")
    recorded = serializers.BooleanField(help_text="The number is yours; what came was stored.")
    stage = serializers.CharField()
    cause = serializers.CharField()
    why = serializers.CharField(help_text="What went wrong; blank = a track came.")
    advice = serializers.CharField()
    said = serializers.CharField(help_text="The provider's own words.")
    warnings = serializers.ListField(child=serializers.CharField())
    scans = ScanSerializer(many=True)


class Accounts(APIView):
    @extend_schema(responses=AccountSerializer(many=True), operation_id="accounts_list")
    def get(self, request: Request) -> Response:
        """All accounts of the merchant, without their secrets."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(AccountSerializer(book.mine(member).order_by("name", "pk"), many=True).data)

    @extend_schema(request=NewSerializer, responses={201: AccountSerializer}, operation_id="accounts_create")
    def post(self, request: Request) -> Response:
        """Make an account; it is asked from now on, also about the waybills nobody follows."""
        member = access.member(request._request, Right.ADMINISTER)
        given = NewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        code = given.validated_data["provider"]
        try:
            provider = carriers.provider(code)
        except LookupError as error:
            raise ValidationError({"provider": [str(error.args[0])]}) from None
        form = _checked(given.validated_data, provider)
        try:
            made = book.create(member, code, form.said, timezone.now())
        except book.NamedTwice as error:
            raise ValidationError({"name": [str(error)]}) from None
        return Response(AccountSerializer(made).data, status=status.HTTP_201_CREATED)


class OneAccount(APIView):
    @extend_schema(responses=AccountSerializer, operation_id="accounts_read")
    def get(self, request: Request, pk: int) -> Response:
        """One account, without its secrets."""
        return Response(AccountSerializer(_found(access.member(request._request, Right.ADMINISTER), pk)).data)

    @extend_schema(request=ChangeSerializer, responses=AccountSerializer, operation_id="accounts_change")
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is given; a new address needs the secrets again."""
        member = access.member(request._request, Right.ADMINISTER)
        found = _found(member, pk)
        given = ChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        form = _checked({"name": found.name, "base_url": found.base_url} | data, _provider(found), found)
        now = timezone.now()
        try:
            changed = book.change(member, pk, form.said, data["seen"], now)
        except book.ChangedMeanwhile as error:
            raise Conflict(str(error)) from None
        except book.NamedTwice as error:
            raise ValidationError({"name": [str(error)]}) from None
        # After it, in a transaction of its own: each locks waybills before the account.
        if "enabled" in data and data["enabled"] != changed.enabled:
            changed = book.switch(member, pk, data["enabled"], now)
        return Response(AccountSerializer(changed).data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class TryAccount(APIView):
    @extend_schema(request=AskSerializer, responses=TriedSerializer, operation_id="accounts_try")
    def post(self, request: Request, pk: int) -> Response:
        """Ask the provider about one number, once, and tell how its answer is read. Takes up to 25 s."""
        found = _found(access.member(request._request, Right.ADMINISTER), pk)
        form = TryForm(request.data, provider=_provider(found))
        if not form.is_valid():
            raise ValidationError(_told(form))
        asked = form.cleaned_data
        tried = trying.ask_about(found, asked["number"], asked["carrier"], asked["phone_tail"], timezone.now())
        progress = tried.answer.progress if tried.answer else None
        body = {
            "number": tried.number,
            "asked": tried.asked,
            "recorded": tried.recorded,
            "stage": (progress.stage if progress else Stage.UNKNOWN).value,
            "cause": progress.cause.value if progress and progress.cause else "",
            "why": tried.why,
            "advice": tried.advice,
            "said": tried.said,
            "warnings": list(tried.answer.warnings) if tried.answer else [],
            "scans": [
                {
                    "occurred_at": event.occurred_at,
                    "stage": event.stage.value,
                    "cause": event.cause.value if event.cause else "",
                    "text": event.text,
                    "rule": event.rule,
                }
                for event in (tried.answer.events if tried.answer else ())
            ],
        }
        return Response(TriedSerializer(body).data)


def _found(member: Member, pk: int) -> CarrierAccount:
    found = book.mine(member).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _provider(found: CarrierAccount) -> Provider:
    provider = accounts.provider_of(found)
    if provider is None:
        raise ValidationError(str(trying.NO_PROVIDER))
    return provider


def _checked(data: Any, provider: Provider, known: CarrierAccount | None = None) -> AccountForm:
    """Return the page's own form over what was given; credentials the provider does not have are refused by name."""
    given = data["credentials"]
    fields = {one.name: one for one in provider.FIELDS}
    strange = sorted(given.keys() - fields.keys())
    if strange:
        raise ValidationError({"credentials": [f"{', '.join(strange)}: there are {', '.join(fields)}"]})
    # Left out = kept, also of what is no secret, which the page would have sent along.
    open_ones = {name: value for name, value in ((known.credentials or {}) if known else {}).items() if name in fields}
    kept = {name: value for name, value in open_ones.items() if not fields[name].secret}
    filled = {GIVEN + name: value for name, value in (kept | given).items()}
    form = AccountForm({"name": data["name"], "base_url": data["base_url"], **filled}, provider=provider, account=known)
    if not form.is_valid():
        raise ValidationError(_told(form))
    return form


def _told(form: Form) -> dict[str, list[str]]:
    """Return a form's errors by field, as REST tells them."""
    return {name.removeprefix(GIVEN): [str(error) for error in errors] for name, errors in form.errors.items()}
