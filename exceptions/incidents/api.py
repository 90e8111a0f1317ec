"""Incidents over REST: the same services and rights as their pages."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.api import Conflict
from exceptions.errors import Incomplete, NotAllowed
from exceptions.incidents import handling, listing, tuning
from exceptions.incidents.doing import ACTS, Given
from exceptions.incidents.forms import RuleForm
from exceptions.incidents.page import Story, story
from exceptions.models import Incident
from merchants import access
from merchants.access import Right
from shipments.models import Carrier


class IncidentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="incident.pk")
    number = serializers.CharField(source="incident.__str__")
    carrier = serializers.CharField(source="incident.carrier.code")
    where = serializers.CharField(source="incident.where", help_text=", ".join(Incident.Where.values))
    place = serializers.CharField(source="incident.place")
    to_place = serializers.CharField(source="incident.to_place", help_text="Where a leg ends; else empty.")
    began_at = serializers.DateTimeField(source="incident.began_at")
    opened_at = serializers.DateTimeField(source="incident.opened_at")
    closed_at = serializers.DateTimeField(source="incident.closed_at")
    reopenings = serializers.IntegerField(source="incident.reopenings")
    assignee = serializers.CharField(source="incident.assignee.username", default=None)
    cases = serializers.IntegerField(source="figures.cases", help_text="Open, in your shops.")
    parcels = serializers.IntegerField(source="figures.parcels")
    moved = serializers.IntegerField(source="figures.moved", help_text="Parcels that have moved on.")
    shops = serializers.IntegerField(source="figures.shops")
    broken = serializers.IntegerField(source="figures.broken")
    at_stake = serializers.DecimalField(14, 2, source="figures.stake")
    breaks_at = serializers.DateTimeField(source="figures.breaks_at", help_text="The next limit that breaks.")
    breaking = serializers.IntegerField(source="figures.breaking", help_text="Parcels that break within an hour of it.")


class ListSerializer(serializers.Serializer[Any]):
    open = IncidentSerializer(many=True)
    closed = IncidentSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username", default=None)
    action = serializers.CharField()
    note = serializers.CharField()
    detail = serializers.JSONField()


class StorySerializer(IncidentSerializer):
    log = LineSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="What opening an incident there takes as `place`.")
    carrier = serializers.CharField(source="carrier.code")
    where = serializers.CharField(source="site.where")
    place = serializers.CharField(source="site.place")
    to_place = serializers.CharField(source="site.to_place")
    parcels = serializers.IntegerField()
    since = serializers.DateTimeField(source="began_at")


class OpenSerializer(serializers.Serializer[Any]):
    place = serializers.CharField()
    note = serializers.CharField(required=False, allow_blank=True)


class ActSerializer(serializers.Serializer[Any]):
    assignee = serializers.IntegerField(required=False, allow_null=True, help_text="assign: a person's id, or null.")
    note = serializers.CharField(required=False, allow_blank=True, help_text="note, notice")
    verb = serializers.CharField(required=False, allow_blank=True, help_text="notice: a verb of cases, or `filed`.")
    cases = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="add, remove, split")
    name = serializers.CharField(required=False, allow_blank=True, help_text="split: the name of the new one.")


class RuleSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(
        source="carrier.code", default=None, help_text="null = all without one of their own"
    )
    threshold = serializers.IntegerField()
    window_hours = serializers.IntegerField()
    close_below = serializers.IntegerField()
    close_hours = serializers.IntegerField()


class WriteRuleSerializer(serializers.Serializer[Any]):
    carrier = serializers.SlugRelatedField("code", queryset=Carrier.objects.all(), required=False, allow_null=True)
    threshold = serializers.IntegerField()
    window_hours = serializers.IntegerField()
    close_below = serializers.IntegerField()
    close_hours = serializers.IntegerField()


def _told(told: Story) -> dict[str, Any]:
    return {**IncidentSerializer(told.seen).data, "log": LineSerializer(told.entries, many=True).data}


class Incidents(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("carrier", OpenApiTypes.INT),
            OpenApiParameter("where", OpenApiTypes.STR, enum=Incident.Where.values),
            OpenApiParameter("q", OpenApiTypes.STR, description="part of a place, or a number"),
        ],
        responses=ListSerializer,
        operation_id="incidents_list",
    )
    def get(self, request: Request) -> Response:
        """Open incidents, the dearest first, and those closed last; counted over your shops."""
        member = access.member(request._request, Right.VIEW)
        filters = listing.Filters.from_query(request.query_params)
        found = {"open": listing.standing(member, filters), "closed": listing.over(member, filters)}
        return Response(ListSerializer(found).data)

    @extend_schema(request=OpenSerializer, responses=StorySerializer, operation_id="incidents_open")
    def post(self, request: Request) -> Response:
        """Open one by hand at one of the places; 409 where one is open there."""
        member = access.member(request._request, Right.TRIAGE)
        given = OpenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            opened = handling.open_by_hand(
                member, given.validated_data["place"], now, given.validated_data.get("note", "")
            )
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return Response(_told(story(member, opened.pk, now)))


class Places(APIView):
    @extend_schema(responses=PlaceSerializer(many=True), operation_id="incident_places_list")
    def get(self, request: Request) -> Response:
        """Where parcels stand still outside any incident, most first."""
        member = access.member(request._request, Right.TRIAGE)
        return Response(PlaceSerializer(handling.places(member), many=True).data)


class OneIncident(APIView):
    @extend_schema(responses=StorySerializer, operation_id="incidents_read")
    def get(self, request: Request, pk: int) -> Response:
        """One incident with its log. Its cases: `/api/cases/?incident=`."""
        member = access.member(request._request, Right.VIEW)
        return Response(_told(story(member, pk, timezone.now())))


class ActOnIncident(APIView):
    @extend_schema(
        request=ActSerializer,
        responses=StorySerializer,
        operation_id="incidents_act",
        parameters=[OpenApiParameter("action", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(ACTS))],
    )
    def post(self, request: Request, pk: int, action: str) -> Response:
        """Do something to an incident; `split` returns the new one. 409 where its state forbids it."""
        member = access.member(request._request, Right.TRIAGE)
        if action not in ACTS:
            raise Http404
        given = ActSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            made = ACTS[action](member, listing.get(member, pk), Given(**given.validated_data), now)
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return Response(_told(story(member, int(str(made)) if action == "split" else pk, now)))


class RulesOf(APIView):
    @extend_schema(responses=RuleSerializer(many=True), operation_id="incident_rules_list")
    def get(self, request: Request) -> Response:
        """From how many parcels on it is an incident: the general numbers first, then those of carriers."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(RuleSerializer(tuning.written(member.merchant), many=True).data)

    @extend_schema(
        request=WriteRuleSerializer, responses=RuleSerializer(many=True), operation_id="incident_rules_write"
    )
    def put(self, request: Request) -> Response:
        """Write the numbers for one carrier, or for all that have none of their own."""
        member = access.member(request._request, Right.ADMINISTER)
        given = WriteRuleSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        carrier = given.validated_data.get("carrier")
        form = RuleForm(
            given.validated_data | {"carrier": carrier.pk if carrier else ""}, carriers=Carrier.objects.all()
        )
        if not form.is_valid():
            raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})
        tuning.save(member, carrier, form.rule, timezone.now())
        return Response(RuleSerializer(tuning.written(member.merchant), many=True).data)
