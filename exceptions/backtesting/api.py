"""Back-tests over REST: the same service and the same rights as their pages."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import backtest, tasks
from exceptions.api import Conflict
from exceptions.backtesting import results
from exceptions.backtesting.forms import DAYS
from exceptions.errors import NotAllowed
from exceptions.models import BackTest, BackTestLine, BackTestSample
from merchants import access
from merchants.access import Right
from shipops.kit.nudging import nudge

LISTED = 50


class BackTestSerializer(serializers.ModelSerializer[BackTest]):
    asked_by = serializers.CharField(source="asked_by.username", default=None)

    class Meta:
        model = BackTest
        fields = [
            *("id", "state", "error", "trial", "since", "until", "asked_by", "created_at", "finished_at"),
            *("orders_total", "orders_done"),
        ]


class LineSerializer(serializers.ModelSerializer[BackTestLine]):
    shop = serializers.CharField(source="shop.code")
    currency = serializers.CharField(source="shop.currency")

    class Meta:
        model = BackTestLine
        fields = ["shop", "day", "kind", "new", "gone", "same", "money_before", "money_after", "currency"]


class SampleSerializer(serializers.ModelSerializer[BackTestSample]):
    order_id = serializers.IntegerField()
    order = serializers.CharField(source="order.number")
    shop = serializers.CharField(source="order.shop.code")

    class Meta:
        model = BackTestSample
        fields = ["order_id", "order", "shop", "kind", "due_before", "due_after", "penalty"]


class ResultSerializer(BackTestSerializer):
    stale = serializers.BooleanField(help_text="The draft has changed since.")
    lines = LineSerializer(many=True, help_text="Empty until it is done.")
    samples = SampleSerializer(many=True, help_text="Orders it would judge otherwise, 200 at most.")

    class Meta(BackTestSerializer.Meta):
        fields = [*BackTestSerializer.Meta.fields, "stale", "lines", "samples"]


class StartSerializer(serializers.Serializer[Any]):
    days = serializers.ChoiceField([*DAYS])


def _told(test: BackTest) -> dict[str, Any]:
    """The test and, once it is done, what it found."""
    is_done = test.state == BackTest.State.DONE
    lines = (test.lines.all() if is_done else test.lines.none()).select_related("shop")
    return {
        **BackTestSerializer(test).data,
        "stale": backtest.is_stale(test),
        "lines": LineSerializer(lines.order_by("day", "shop__code", "kind"), many=True).data,
        "samples": SampleSerializer(results.samples(test) if is_done else [], many=True).data,
    }


class BackTests(APIView):
    @extend_schema(responses=BackTestSerializer(many=True), operation_id="backtests_list")
    def get(self, request: Request) -> Response:
        """The merchant's latest 50 tests, newest first."""
        member = access.member(request._request, Right.ADMINISTER)
        tests = backtest.tests_of(member).select_related("asked_by").order_by("-pk")[:LISTED]
        return Response(BackTestSerializer(tests, many=True).data)

    @extend_schema(request=StartSerializer, responses={201: BackTestSerializer}, operation_id="backtests_start")
    def post(self, request: Request) -> Response:
        """Try the draft on the past `days`; 409 where there is no draft or another test is not over."""
        member = access.member(request._request, Right.ADMINISTER)
        given = StartSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            test = backtest.start(member, given.validated_data["days"], timezone.now())
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        transaction.on_commit(lambda: nudge(tasks.backtest))
        return Response(BackTestSerializer(test).data, status=status.HTTP_201_CREATED)


class OneBackTest(APIView):
    @extend_schema(responses=ResultSerializer, operation_id="backtests_read")
    def get(self, request: Request, pk: int) -> Response:
        """One test, and what it found."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(_told(get_object_or_404(backtest.tests_of(member).select_related("asked_by"), pk=pk)))


class CancelBackTest(APIView):
    @extend_schema(request=None, responses=BackTestSerializer, operation_id="backtests_cancel")
    def post(self, request: Request, pk: int) -> Response:
        """Stop it; 409 where it is over."""
        member = access.member(request._request, Right.ADMINISTER)
        if not backtest.cancel(member, pk, timezone.now()):
            raise Conflict
        return Response(BackTestSerializer(backtest.tests_of(member).get(pk=pk)).data)
