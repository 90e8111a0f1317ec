"""Parcels over REST: the same service, the same rights as their pages."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from merchants import access
from merchants.access import Right
from shipments.models import Parcel
from shipments.parcels import BY_PEOPLE, set_role

TO_SHOP = "dispatch__order__shop"


class ParcelSerializer(serializers.ModelSerializer[Parcel]):
    order = serializers.CharField(source="dispatch.order.number")
    waybill = serializers.CharField(source="waybill.number")
    carrier = serializers.CharField(source="waybill.carrier.code")
    follows = serializers.CharField(source="follows.number", default=None)

    class Meta:
        model = Parcel
        fields = ["id", "order", "waybill", "carrier", "role", "follows"]


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField([(role.value, role.label) for role in BY_PEOPLE])

    def validate_role(self, role: str) -> str:
        if self.context["parcel"].follows_id is not None:
            raise serializers.ValidationError("A track has named this number; its role follows from that.")
        return role


class OneParcel(APIView):
    @extend_schema(responses=ParcelSerializer, operation_id="parcels_read")
    def get(self, request: Request, pk: int) -> Response:
        """One number under which an order travels, and what it is for the order."""
        member = access.member(request._request, Right.VIEW)
        return Response(ParcelSerializer(_parcel(member, pk)).data)

    @extend_schema(request=RoleSerializer, responses=ParcelSerializer, operation_id="parcels_set_role")
    def post(self, request: Request, pk: int) -> Response:
        """Say that the number is the one uploaded, an extra parcel, or a wrong one that was replaced."""
        member = access.member(request._request, Right.TRIAGE)
        found = _parcel(member, pk)
        given = RoleSerializer(data=request.data, context={"parcel": found})
        given.is_valid(raise_exception=True)
        set_role(found, given.validated_data["role"], member.user, timezone.now())
        found.refresh_from_db(fields=["role"])
        return Response(ParcelSerializer(found).data)


def _parcel(member: access.Member, pk: int) -> Parcel:
    related = Parcel.objects.select_related("dispatch__order", "waybill__carrier", "follows")
    return access.get(member, related, TO_SHOP, pk=pk)
