"""The support view over REST: the same search, stream, text and rights as its pages."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.api import CaseSerializer, Conflict
from exceptions.desk import finding
from exceptions.desk.cases import NOTE_LENGTH
from exceptions.errors import Incomplete, NotAllowed
from exceptions.support import lookups, situation, stream
from exceptions.support.forms import ONLY, Asked
from exceptions.support.story import MOST_SCANS, SCANS, story
from exceptions.support.summary import LANGUAGES
from merchants import access
from merchants.access import Right
from orders.asked import LONGEST
from orders.models import Order
from orders.search import REASONS


class HitSerializer(serializers.ModelSerializer[Order]):
    shop = serializers.CharField(source="shop.code")
    found_by = serializers.SerializerMethodField(help_text=f"Why: {', '.join(REASONS)}")

    class Meta:
        model = Order
        fields = ["id", "number", "shop", "status", "placed_at", "found_by"]

    def get_found_by(self, order: Order) -> list[str]:
        return list(self.context["by"].get(order.pk, ()))


class FoundSerializer(serializers.Serializer[Any]):
    orders = HitSerializer(many=True)
    more = serializers.BooleanField(help_text="More match than are told: ask for more of it.")


class MomentSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    group = serializers.ChoiceField(ONLY)
    lead = serializers.CharField()
    text = serializers.CharField()
    told_by = serializers.CharField(source="source", help_text="Who told it, and how late.")
    code = serializers.CharField(source="raw")
    note = serializers.CharField()
    waybill = serializers.IntegerField(allow_null=True, help_text="The parcel it is about, by id.")


class SupportOrderSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    shop = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    timeline = MomentSerializer(many=True)
    more_scans = serializers.BooleanField(help_text="There are earlier scans: ask with a larger `scans`.")
    cases = CaseSerializer(many=True, help_text="The open ones, most urgent first.")
    others = serializers.ListField(child=serializers.IntegerField(), help_text="Other orders of the same buyer.")


class SummarySerializer(serializers.Serializer[Any]):
    language = serializers.ChoiceField(LANGUAGES)
    text = serializers.CharField()


class BuyerSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    phone = serializers.CharField()
    address = serializers.CharField()
    note = serializers.CharField()


class ToldSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=NOTE_LENGTH)


class Find(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, description="as in the search box, or up to 200 numbers")],
        responses=FoundSerializer,
        operation_id="support_find",
    )
    def get(self, request: Request) -> Response:
        """Orders by number, waybill, phone, buyer's name, SKU, goods, case number or note, newest first, and why."""
        member = access.member(request._request, Right.VIEW)
        found = finding.find(member, request.query_params.get("q", "")[:LONGEST])
        orders = access.scoped(member, Order.objects.filter(pk__in=found.pks)).select_related("shop").defer("buyer")
        told = HitSerializer(orders.order_by("-pk"), many=True, context={"by": found.by})
        return Response({"orders": told.data, "more": found.cut})


class OneOrder(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("only", OpenApiTypes.STR, many=True, enum=list(ONLY), description="without: all"),
            OpenApiParameter("parcel", OpenApiTypes.INT, description="id of a waybill: lines about it alone"),
            OpenApiParameter("scans", OpenApiTypes.INT, description=f"newest scans to tell, {SCANS} to {MOST_SCANS}"),
        ],
        responses=SupportOrderSerializer,
        operation_id="support_order",
    )
    def get(self, request: Request, pk: int) -> Response:
        """One order with everything that happened in one stream, newest first."""
        member, now = access.member(request._request, Right.VIEW), timezone.now()
        asked = Asked.from_query(request._request.GET)
        told = story(member, pk, scans=asked.scans, parcel=asked.parcel)
        moments = stream.moments(told, now)
        chips = stream.chips(told, moments, asked.only, asked.parcel)
        return Response(
            {
                "order": told.order.number,
                "shop": told.order.shop.code,
                "counts": {chip.value: chip.count for chip in chips},
                "timeline": MomentSerializer(stream.chosen(moments, asked.only, asked.parcel), many=True).data,
                "more_scans": told.more,
                "cases": CaseSerializer(told.open_cases, many=True).data,
                "others": [order.pk for order in told.others],
            }
        )


class Summary(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("lang", OpenApiTypes.STR, enum=list(LANGUAGES), description="without: zh")],
        responses=SummarySerializer,
        operation_id="support_summary",
    )
    def get(self, request: Request, pk: int) -> Response:
        """A text for the buyer: where the parcel is, since when, what comes next; nothing of how the desk works."""
        member = access.member(request._request, Right.VIEW)
        language = request.query_params.get("lang", "")
        language = language if language in LANGUAGES else LANGUAGES[0]
        text = situation.texts(story(member, pk), timezone.now())[language]
        return Response({"language": language, "text": text})


class Reveal(APIView):
    @extend_schema(request=None, responses=BuyerSerializer, operation_id="support_reveal")
    def post(self, request: Request, pk: int) -> Response:
        """The buyer in full; the audit trail says who asked."""
        member = access.member(request._request, Right.TRIAGE)
        told = BuyerSerializer(lookups.reveal(member, pk, timezone.now()))
        return Response(told.data, headers={"Cache-Control": "no-store"})


class Told(APIView):
    @extend_schema(request=ToldSerializer, responses=CaseSerializer, operation_id="support_told")
    def post(self, request: Request, pk: int) -> Response:
        """Note on the order's most urgent open case that the buyer was told this; 409 where none is open."""
        member = access.member(request._request, Right.TRIAGE)
        order = access.get(member, Order.objects.all(), pk=pk)
        given = ToldSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            case = lookups.note_told(member, order, given.validated_data["text"], timezone.now())
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return Response(CaseSerializer(case).data)
