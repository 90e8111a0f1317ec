"""The rules over REST: read by all members, made by admins in a draft and published as a version."""

import json
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.deadlines import policy
from exceptions.models import Policy
from exceptions.rulemaking import drafts, listing, publishing, spreading
from exceptions.rulemaking.refusals import Overtaken, Refused
from merchants import access
from merchants.access import Member, Right


class Unprocessable(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "overtaken"


class RuleSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    shops = serializers.ListField(child=serializers.CharField(), help_text="Codes of the shops where it is like this.")
    pack = serializers.CharField(help_text="A platform, law, house, causes, or own.")
    name = serializers.CharField()
    shape = serializers.CharField()
    whose = serializers.CharField()
    kind = serializers.CharField()
    length = serializers.CharField(help_text="In words; blank where none is known.")
    state = serializers.ChoiceField([state.value for state in listing.State])
    needs_review = serializers.BooleanField()
    source = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    grade = serializers.CharField()
    conflict = serializers.CharField()
    off = serializers.CharField(help_text="Why it ships switched off.")
    note = serializers.CharField()
    version = serializers.CharField()
    changed = serializers.BooleanField(help_text="The merchant changes it, for the shop or for some of its orders.")


class DifferenceSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    scope = serializers.JSONField()
    field = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


class VersionSerializer(serializers.ModelSerializer[Policy]):
    published_by = serializers.CharField(source="published_by.username", default=None)
    spread = serializers.SerializerMethodField(help_text="Percent of the orders that were told of it.")

    class Meta:
        model = Policy
        fields = ["number", "note", "effective_from", "published_at", "published_by", "spread"]

    def get_spread(self, version: Policy) -> int:
        return spreading.progress(version)


class DraftSerializer(serializers.ModelSerializer[Policy]):
    created_by = serializers.CharField(source="created_by.username", default=None)
    changes = serializers.SerializerMethodField()
    overtaking = serializers.SerializerMethodField(help_text="What others published since; rebase before you publish.")

    class Meta:
        model = Policy
        fields = ["state", "base", "created_at", "created_by", "shadow_since", "document", "changes", "overtaking"]

    @extend_schema_field(DifferenceSerializer(many=True))
    def get_changes(self, draft: Policy) -> Any:
        return DifferenceSerializer(drafts.changes(draft), many=True).data

    @extend_schema_field(DifferenceSerializer(many=True))
    def get_overtaking(self, draft: Policy) -> Any:
        return DifferenceSerializer(publishing.overtaking(draft), many=True).data


class ChangeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    scope = serializers.JSONField(required=False, default=dict)
    set = serializers.JSONField(help_text="Keys of a pack and their values; null takes one away. Empty = as shipped.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class RegionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=40)
    provinces = serializers.ListField(child=serializers.CharField(), help_text="Empty = without the region.")


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()


class PublishSerializer(serializers.Serializer[Any]):
    effective_from = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Orders paid from then on; null = from now on."
    )
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class RollbackSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(min_value=1, help_text="This version and all after it are undone.")


class TrialSerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class RulesView(APIView):
    """A refusal is told at its field: 422, or 409 where rebasing helps."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refused):
            answer = Conflict if isinstance(exc, Overtaken) else Unprocessable
            exc = answer({exc.field or "detail": [exc.sentence]})
        return super().handle_exception(exc)


WHICH = [
    OpenApiParameter("shop", OpenApiTypes.INT, many=True, description="without: all you may see"),
    OpenApiParameter("version", OpenApiTypes.INT, description="without: the one that judges orders paid now"),
]


def _rules(request: Request) -> list[dict[str, Any]]:
    member, now = access.member(request._request, Right.VIEW), timezone.now()
    wanted = {int(pk) for pk in request.query_params.getlist("shop") if pk.isdecimal()}
    shops = [shop for shop in member.shops if not wanted or shop.pk in wanted]
    version = _version(member, request.query_params.get("version", "")) or drafts.in_force(member.merchant, now)
    document, number = (version.document, version.number) if version else ({}, None)
    found = listing.over_shops(shops, document, number, now)
    return [{**_told(row), "shops": [shop.code for shop in here]} for row, here in found]


def _told(row: listing.Row) -> dict[str, Any]:
    plain = ("code", "pack", "name", "shape", "whose", "kind", "length", "needs_review", "source", "grade", "conflict")
    told = {name: getattr(row, name) for name in (*plain, "off", "note", "version", "changed")}
    return {**told, "state": row.state.value}


def _version(member: Member, number: str) -> Policy | None:
    """The version that is asked for. Raises Http404 where there is none."""
    if not number:
        return None
    published = Policy.objects.filter(merchant=member.merchant, number__isnull=False)
    found = published.filter(number=int(number)).first() if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise Http404
    return found


class Rules(RulesView):
    @extend_schema(parameters=WHICH, responses=RuleSerializer(many=True), operation_id="rules_list")
    def get(self, request: Request) -> Response:
        """Every rule, once with the shops where it is the same."""
        return Response(RuleSerializer(_rules(request), many=True).data)


class OneRule(RulesView):
    @extend_schema(parameters=WHICH, responses=RuleSerializer(many=True), operation_id="rules_read")
    def get(self, request: Request, code: str) -> Response:
        """One rule as it is in the shops: one answer for all where it is the same."""
        found = [rule for rule in _rules(request) if rule["code"] == code]
        if not found:
            raise Http404
        return Response(RuleSerializer(found, many=True).data)


class Versions(RulesView):
    @extend_schema(responses=VersionSerializer(many=True), operation_id="rules_versions")
    def get(self, request: Request) -> Response:
        """The published versions, newest first."""
        member = access.member(request._request, Right.VIEW)
        return Response(VersionSerializer(publishing.versions(member.merchant), many=True).data)


class Draft(RulesView):
    @extend_schema(responses=DraftSerializer, operation_id="rules_draft_read")
    def get(self, request: Request) -> Response:
        """The draft; 204 where there is none."""
        found = drafts.draft(access.member(request._request, Right.ADMINISTER).merchant)
        return Response(DraftSerializer(found).data) if found else Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=DraftSerializer, operation_id="rules_draft_open")
    def post(self, request: Request) -> Response:
        """Open a draft that begins as the newest version; where there is one, it is told."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(DraftSerializer(drafts.open_draft(member, timezone.now())).data)

    @extend_schema(responses={204: None}, operation_id="rules_draft_discard")
    def delete(self, request: Request) -> Response:
        """Throw the draft away."""
        publishing.discard(access.member(request._request, Right.ADMINISTER), timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


PART = OpenApiParameter("part", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(policy.PARTS))


def _given(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _item(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise Unprocessable({"detail": ["{…}"]})
    return {name: request.data[name] for name in request.data}


class DraftPart(RulesView):
    @extend_schema(
        parameters=[PART], request=OpenApiTypes.OBJECT, responses=DraftSerializer, operation_id="rules_draft_put"
    )
    def post(self, request: Request, part: str) -> Response:
        """Put one item into the draft, in place of the one that is the same; a draft is opened where there is none.

        changes: {code, scope, set, note} · own: a clock · windows and waivers: without key a new one · regions: {name,
        provinces} · week: the working hours · reviewed: {code}. See exceptions.deadlines.policy.
        """
        member, now = access.member(request._request, Right.ADMINISTER), timezone.now()
        return Response(DraftSerializer(self._put(member, part, request, now)).data)

    def _put(self, member: Member, part: str, request: Request, now: datetime) -> Policy:
        if part == "changes":
            given = _given(ChangeSerializer, request)
            return drafts.put_change(member, given["code"], given["scope"], given["set"], given["note"], now)
        if part == "regions":
            return drafts.put_region(member, now=now, **_given(RegionSerializer, request))
        if part == "reviewed":
            return drafts.confirm(member, _given(CodeSerializer, request)["code"], now)
        if part not in PUTS:
            raise Http404
        return PUTS[part](member, _item(request), now)


PUTS = {"own": drafts.put_own, "windows": drafts.put_window, "waivers": drafts.put_waiver, "week": drafts.put_week}


class DraftItem(RulesView):
    @extend_schema(
        parameters=[PART, OpenApiParameter("scope", OpenApiTypes.STR, description="of a change: its scope as JSON")],
        responses=DraftSerializer,
        operation_id="rules_draft_drop",
    )
    def delete(self, request: Request, part: str, key: str) -> Response:
        """Take one item out of the draft: a change or own clock by its code, a window or waiver by its key, a region by name."""
        member, now = access.member(request._request, Right.ADMINISTER), timezone.now()
        return Response(DraftSerializer(self._drop(member, part, key, request, now)).data)

    def _drop(self, member: Member, part: str, key: str, request: Request, now: datetime) -> Policy:
        if part == "changes":
            try:
                scope = json.loads(request.query_params.get("scope") or "{}")
            except ValueError:
                scope = ""
            return drafts.drop_change(member, key, scope, now)
        if part == "regions":
            return drafts.put_region(member, key, [], now)
        if part not in DROPS:
            raise Http404
        return DROPS[part](member, key, now)


DROPS = {
    "own": drafts.drop_own,
    "windows": drafts.drop_window,
    "waivers": drafts.drop_waiver,
    "reviewed": drafts.unconfirm,
}


class Publish(RulesView):
    @extend_schema(request=PublishSerializer, responses=VersionSerializer, operation_id="rules_publish")
    def post(self, request: Request) -> Response:
        """Make the draft the newest version; 409 where another one was published since it was opened."""
        member = access.member(request._request, Right.ADMINISTER)
        given = _given(PublishSerializer, request)
        made = publishing.publish(member, given["effective_from"], given["note"], timezone.now())
        return Response(VersionSerializer(made).data)


class Rebase(RulesView):
    @extend_schema(request=None, responses=DraftSerializer, operation_id="rules_rebase")
    def post(self, request: Request) -> Response:
        """Put what the draft changes on top of the newest version."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(DraftSerializer(publishing.rebase(member, timezone.now())).data)


class Rollback(RulesView):
    @extend_schema(request=RollbackSerializer, responses=VersionSerializer, operation_id="rules_rollback")
    def post(self, request: Request) -> Response:
        """Publish the rules as they were before a version, from when it took effect."""
        member = access.member(request._request, Right.ADMINISTER)
        number = _given(RollbackSerializer, request)["number"]
        return Response(VersionSerializer(publishing.rollback(member, number, timezone.now())).data)


class Trial(RulesView):
    @extend_schema(request=TrialSerializer, responses=DraftSerializer, operation_id="rules_trial")
    def post(self, request: Request) -> Response:
        """Put the draft on trial, or end its trial."""
        member = access.member(request._request, Right.ADMINISTER)
        found = publishing.trial(member, _given(TrialSerializer, request)["on"], timezone.now())
        return Response(DraftSerializer(found).data)


class Discard(RulesView):
    @extend_schema(request=None, responses={204: None}, operation_id="rules_discard")
    def post(self, request: Request) -> Response:
        """Throw the draft away, as DELETE on it does."""
        publishing.discard(access.member(request._request, Right.ADMINISTER), timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
