"""Exposure over REST: the same service, the same rights as its page."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.deadlines import shoplimits
from insights.exposure import ShopStanding, exposure
from insights.forms import ExposureForm
from merchants import access
from merchants.access import Right


class FiguresSerializer(serializers.Serializer[Any]):
    due = serializers.IntegerField(source="figures.due", help_text="Orders with a limit due.")
    broken = serializers.IntegerField(source="figures.broken", help_text="Orders that broke one.")
    rate = serializers.FloatField(source="figures.rate", allow_null=True, help_text="Percent; null where none was due.")
    owed = serializers.DecimalField(12, 2, source="figures.owed", help_text="Owed for what broke.")
    running = serializers.IntegerField(source="figures.running", help_text="Orders with a limit that still runs.")
    savable = serializers.DecimalField(12, 2, source="figures.savable", help_text="More to be owed if nothing is done.")


class KindSerializer(FiguresSerializer):
    kind = serializers.CharField(source="kind.value")


class StandingSerializer(serializers.Serializer[ShopStanding]):
    day = serializers.DateField()
    rule = serializers.CharField(source="term.code")
    reach = serializers.CharField(source="standing.reach.value", help_text="reached, near, far or unknown")
    broken = serializers.IntegerField(source="standing.broken")
    due = serializers.IntegerField(source="standing.due")
    more = serializers.IntegerField(source="standing.more", allow_null=True, help_text="Orders until the count.")
    points = serializers.DecimalField(
        5, 1, source="standing.points", allow_null=True, help_text="Percentage points until the rate."
    )
    told = serializers.SerializerMethodField()

    def get_told(self, stand: ShopStanding) -> str:
        return shoplimits.told(stand.standing)


class DaySerializer(FiguresSerializer):
    day = serializers.DateField()
    kinds = KindSerializer(many=True)
    reached = StandingSerializer(many=True)


class ShopSerializer(serializers.Serializer[Any]):
    shop = serializers.CharField(source="shop.code")
    currency = serializers.CharField(source="shop.currency")
    days = DaySerializer(many=True)
    limits = StandingSerializer(many=True, help_text="Where the shop stands today.")


class ExposureSerializer(serializers.Serializer[Any]):
    since = serializers.DateField(source="span.since")
    until = serializers.DateField(source="span.until")
    shops = ShopSerializer(many=True)


class ExposureView(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATE, description="at most 30 days back; without: 7"),
            OpenApiParameter("until", OpenApiTypes.DATE, description="at most 3 days ahead; without: 3"),
            OpenApiParameter("shop", OpenApiTypes.INT, many=True, description="without: all of the member's"),
        ],
        responses=ExposureSerializer,
        operation_id="exposure_read",
    )
    def get(self, request: Request) -> Response:
        """What broken limits cost and what can still be saved, by shop and day of the shop's time zone."""
        member = access.member(request._request, Right.VIEW)
        now = timezone.now()
        asked = ExposureForm(request.query_params, member=member)
        asked.is_valid()
        today = timezone.localdate(now, member.zone)
        return Response(ExposureSerializer(exposure(member, asked.shops, asked.span(today), now)).data)
