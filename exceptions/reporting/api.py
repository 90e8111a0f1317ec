"""Reports over REST: told by other systems, by the same service and rights as the pages. Telling one twice is safe."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import reports, targets
from exceptions.errors import Incomplete
from exceptions.models import Report
from exceptions.reports import Said, Told
from exceptions.targets import Target
from merchants import access
from merchants.access import Member, Right
from shipops.kit.instant import InstantField

PAGE = 50
LARGEST_ID = 2**63 - 1


class ReportSerializer(serializers.ModelSerializer[Report]):
    shop = serializers.CharField(source="order.shop.code")
    order = serializers.CharField(source="order.number")
    waybill = serializers.CharField(source="waybill.number", default=None, help_text="null: the order as a whole.")
    text = serializers.CharField(allow_null=True)
    by = serializers.CharField(source="by.username", default=None)

    class Meta:
        model = Report
        fields = [
            "id",
            "shop",
            "order",
            "waybill",
            "kind",
            "source",
            "text",
            "said_at",
            "recorded_at",
            "by",
            "closed_at",
        ]


class NewReportSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=64, help_text="An order number or a waybill number.")
    shop = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="A shop's code; needed where several orders have the number.",
    )
    kind = serializers.ChoiceField(reports.KINDS)
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=reports.LONGEST)
    said_at = InstantField(required=False, allow_null=True, default=None, help_text="When it was said; now without it.")


class NewReportsSerializer(serializers.Serializer[Any]):
    reports = serializers.ListField(child=NewReportSerializer(), allow_empty=False, max_length=reports.BATCH)


class ToldSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    outcome = serializers.CharField(help_text="created, added (words to one that is open), unchanged, or refused.")
    id = serializers.IntegerField(allow_null=True)
    case = serializers.IntegerField(allow_null=True, help_text="The open case it is about, once there is one.")
    problem = serializers.CharField(help_text="Why it was refused, and what helps.")


class ToldAllSerializer(serializers.Serializer[Any]):
    results = ToldSerializer(many=True)


class ReportPageSerializer(serializers.Serializer[Any]):
    reports = ReportSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")


class ReportFilterSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(required=False)
    waybill = serializers.CharField(required=False)
    kind = serializers.ChoiceField(reports.KINDS, required=False)
    source = serializers.ChoiceField(Report.Source.values, required=False)  # type: ignore[assignment]
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    after = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)


FILTERS = [
    OpenApiParameter("order", OpenApiTypes.STR, description="an order's number, whole"),
    OpenApiParameter("waybill", OpenApiTypes.STR, description="a waybill's number, whole"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=[value for value, _label in reports.KINDS]),
    OpenApiParameter("source", OpenApiTypes.STR, enum=Report.Source.values),
    OpenApiParameter("open", OpenApiTypes.BOOL, description="only those still open, or only those closed"),
    OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
]
LOOKUPS = {
    "order": "order__number",
    "waybill": "waybill__number",
    "kind": "kind",
    "source": "source",
    "open": "closed_at__isnull",
    "after": "pk__lt",
}


class Reports(APIView):
    @extend_schema(parameters=FILTERS, responses=ReportPageSerializer, operation_id="reports_list")
    def get(self, request: Request) -> Response:
        """What was reported of all your shops, 50 a page, newest first."""
        member = access.member(request._request, Right.VIEW)
        asked = ReportFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = {LOOKUPS[name]: value for name, value in asked.validated_data.items() if value is not None}
        rows = list(reports.mine(member).filter(**given).order_by("-pk")[: PAGE + 1])
        after = rows[PAGE - 1].pk if len(rows) > PAGE else None
        return Response({"reports": ReportSerializer(rows[:PAGE], many=True).data, "next": after})

    @extend_schema(request=NewReportsSerializer, responses=ToldAllSerializer, operation_id="reports_create")
    def post(self, request: Request) -> Response:
        """Report up to 500 exceptions at once; each is told by itself, and one told already is not told again."""
        member = access.member(request._request, Right.TRIAGE)
        given = NewReportsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(ToldAllSerializer({"results": _tell(member, given.validated_data["reports"])}).data)


class CloseReport(APIView):
    @extend_schema(request=None, responses=ReportSerializer, operation_id="reports_close")
    def post(self, request: Request, pk: int) -> Response:
        """Close a report that is seen to, or was not so; one that is closed stays as it is."""
        member = access.member(request._request, Right.TRIAGE)
        return Response(ReportSerializer(reports.close(member, pk, now=timezone.now())).data)


def _tell(member: Member, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = targets.named(member, {row["number"] for row in rows})
    placed = [[one for one in found[row["number"]] if row["shop"] in ("", one.shop.code)] for row in rows]
    good = [(row, hits[0]) for row, hits in zip(rows, placed, strict=True) if len(hits) == 1]
    try:
        told = iter(reports.tell([_said(*one) for one in good], Report.Source.API, now=timezone.now(), by=member.user))
    except Incomplete as error:
        raise ValidationError({error.field: [error.sentence]}) from None
    results = [
        (row["number"], hits, next(told) if len(hits) == 1 else None) for row, hits in zip(rows, placed, strict=True)
    ]
    cases = reports.cases_for([one for *_rest, one in results if one])
    return [_result(number, hits, one, cases) for number, hits, one in results]


def _said(row: dict[str, Any], target: Target) -> Said:
    return Said(target.order_id, target.waybill_id, row["kind"], row["text"], row["said_at"])


def _result(number: str, hits: list[Target], told: Told | None, cases: Mapping[int, int]) -> dict[str, Any]:
    if told:
        pk = told.report.pk
        return {"number": number, "outcome": told.outcome.value, "id": pk, "case": cases.get(pk), "problem": ""}
    if hits:
        problem = _("Several of your orders have the number {number}. Say which shop it is.")
    else:
        problem = _("Your shops have no order or waybill {number}. Correct it, or import the order first.")
    return {"number": number, "outcome": "refused", "id": None, "case": None, "problem": problem.format(number=number)}
