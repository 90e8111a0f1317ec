"""What cannot be judged, over REST: the same service and right as its page."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import blindspots
from exceptions.deadlines.blindness import Reason
from exceptions.models import Blindspot
from merchants import access
from merchants.access import Right


class BlindspotSerializer(serializers.ModelSerializer[Blindspot]):
    order = serializers.CharField(source="order.number")
    shop = serializers.CharField(source="order.shop.code")
    waybill = serializers.CharField(source="waybill.number", default=None)
    carrier = serializers.CharField(source="waybill.carrier.code", default=None)
    because = serializers.SerializerMethodField()
    remedy = serializers.SerializerMethodField()

    class Meta:
        model = Blindspot
        fields = ["id", "order", "shop", "waybill", "carrier", "reason", "because", "remedy"]

    def get_because(self, spot: Blindspot) -> str:
        return str(Reason(spot.reason).because)

    def get_remedy(self, spot: Blindspot) -> str:
        return str(Reason(spot.reason).remedy)


class CountSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    orders = serializers.IntegerField()


class BlindspotPageSerializer(serializers.Serializer[Any]):
    orders = serializers.IntegerField(help_text="Orders that cannot be judged, over all reasons and shops.")
    by_reason = CountSerializer(many=True)
    blindspots = BlindspotSerializer(many=True)
    next = serializers.IntegerField(help_text="Cursor for `after`; 0 on the last page.")


class Blindspots(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("reason", OpenApiTypes.STR, enum=[reason.value for reason in Reason]),
            OpenApiParameter("shop", OpenApiTypes.INT),
            OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
        ],
        responses=BlindspotPageSerializer,
        operation_id="blindspots_list",
    )
    def get(self, request: Request) -> Response:
        """What cannot be judged and why, 50 a page, the newest first."""
        member = access.member(request._request, Right.VIEW)
        filters = blindspots.Filters.from_query(request.query_params)
        page = blindspots.page(member, filters)
        counts = blindspots.counts(member)
        return Response(
            {
                "orders": counts.orders,
                "by_reason": [{"reason": reason.value, "orders": n} for reason, n in counts.by_reason],
                "blindspots": BlindspotSerializer(page.rows, many=True).data,
                "next": page.next,
            }
        )
