"""The inbox over REST: the same wordings, the same service, the same right as its pages."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from merchants import access
from merchants.access import Member, Right
from shipments import rereading, tasks
from shipments.inbox import wordings
from shipments.inbox.wordings import Filters, Show
from shipments.models import Wording
from shipments.status import CAUSES, STAGES, Stage


class WordingSerializer(serializers.ModelSerializer[Wording]):
    waybill = serializers.CharField(source="waybill.number", default=None)
    mapped_by = serializers.CharField(source="mapped_by.username", default=None)

    class Meta:
        model = Wording
        fields = [
            *("id", "provider", "code", "phrase", "example", "waybill", "count", "first_seen_at", "last_seen_at"),
            *("read_stage", "read_cause", "read_rule", "stage", "cause", "mapped_at", "mapped_by"),
            *("reread_at", "reread_waybills", "reread_scans", "reread_error"),
        ]


class CountsSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField()
    code = serializers.IntegerField()
    mapped = serializers.IntegerField()
    all = serializers.IntegerField()


class WordingPageSerializer(serializers.Serializer[Any]):
    wordings = WordingSerializer(many=True)
    counts = CountsSerializer()
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")


class PreviewSerializer(serializers.Serializer[Any]):
    scans = serializers.IntegerField()
    waybills = serializers.IntegerField()
    capped = serializers.BooleanField(help_text="There are at least so many.")


class WordingStorySerializer(WordingSerializer):
    preview = PreviewSerializer(help_text="What reading it again touches.")

    class Meta(WordingSerializer.Meta):
        fields = [*WordingSerializer.Meta.fields, "preview"]


class MapSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(
        choices=[stage.value for stage in Stage], help_text="`unknown`: the stage stays as it is."
    )
    cause = serializers.ChoiceField(
        choices=["", *(cause.value for cause in wordings.CAUSES_OF_SCANS)], required=False, default=""
    )


FILTERS = [
    OpenApiParameter("show", OpenApiTypes.STR, enum=[show.value for show in Show], description="without: unread"),
    OpenApiParameter("q", OpenApiTypes.STR, description="words of the phrase, or the whole code"),
    OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
]


class Wordings(APIView):
    @extend_schema(parameters=FILTERS, responses=WordingPageSerializer, operation_id="wordings_list")
    def get(self, request: Request) -> Response:
        """The inbox: 50 wordings a page, commonest first."""
        member = access.member(request._request, Right.ADMINISTER)
        page = wordings.page(member, Filters.from_query(request.query_params))
        body = {
            "wordings": WordingSerializer([row.wording for row in page.rows], many=True).data,
            "counts": CountsSerializer(wordings.counts(member)).data,
            "next": page.next or None,
        }
        return Response(body)


def _found(member: Member, pk: int) -> Wording:
    found = wordings.mine(member).select_related("waybill", "mapped_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class OneWording(APIView):
    @extend_schema(responses=WordingStorySerializer, operation_id="wordings_read")
    def get(self, request: Request, pk: int) -> Response:
        """One wording, and how many stored scans reading it again touches."""
        found = _found(access.member(request._request, Right.ADMINISTER), pk)
        preview = PreviewSerializer(rereading.preview(found)).data
        return Response({**WordingSerializer(found).data, "preview": preview})


class MapWording(APIView):
    @extend_schema(request=MapSerializer, responses=WordingSerializer, operation_id="wordings_map")
    def post(self, request: Request, pk: int) -> Response:
        """Say what it means, for new scans at once and for stored ones in the background (`reread_at` turns null)."""
        member = access.member(request._request, Right.ADMINISTER)
        found = _found(member, pk)
        given = MapSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        stage, cause = STAGES[given.validated_data["stage"]], CAUSES.get(given.validated_data["cause"])
        try:
            mapped = wordings.map_wording(member, found.pk, stage, cause, timezone.now())
        except wordings.CannotBe as error:
            raise ValidationError({"cause": [str(error)]}) from None
        transaction.on_commit(tasks.nudge_reread)
        return Response(WordingSerializer(mapped).data)


class UnmapWording(APIView):
    @extend_schema(request=None, responses=WordingSerializer, operation_id="wordings_unmap")
    def post(self, request: Request, pk: int) -> Response:
        """Take back what was said; its scans are read by the rules again, in the background."""
        member = access.member(request._request, Right.ADMINISTER)
        unmapped = wordings.unmap(member, _found(member, pk).pk, timezone.now())
        transaction.on_commit(tasks.nudge_reread)
        return Response(WordingSerializer(unmapped).data)
