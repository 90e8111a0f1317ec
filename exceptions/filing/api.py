"""Filings over REST: for many orders at once, each told by itself, by the same service and rights as the case page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
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

from exceptions import filings
from exceptions.api import Conflict
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Filing
from merchants import access
from merchants.access import Member, Right, scoped
from orders.models import Order
from shipops.kit.instant import InstantField

PAGE = 50
LARGEST_ID = 2**63 - 1


class FilingSerializer(serializers.ModelSerializer[Filing]):
    order = serializers.CharField(source="order.number")
    shop = serializers.CharField(source="order.shop.code")
    filed_by = serializers.CharField(source="filed_by.username", default=None)
    state = serializers.CharField(help_text=", ".join(Filing.State.values))

    class Meta:
        model = Filing
        fields = [
            *("id", "shop", "order", "kind", "state", "reference", "reason", "filed_at", "filed_by"),
            *("answered_at", "new_due_at"),
        ]
        extra_kwargs = {"new_due_at": {"help_text": "null once accepted: limits of the kind no longer apply."}}


class NewFilingsSerializer(serializers.Serializer[Any]):
    orders = serializers.ListField(
        child=serializers.CharField(),
        allow_empty=False,
        max_length=filings.BATCH,
        help_text="Order numbers, up to 500.",
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(filings.KINDS), allow_empty=False, help_text="Which limits it is about."
    )
    shop = serializers.CharField(
        required=False, default="", help_text="A shop's code; needed where several shops have an order of a number."
    )
    reference = serializers.CharField(required=False, allow_blank=True, default="")
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class FiledSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    kind = serializers.CharField(help_text="Blank: the order itself was not found.")
    id = serializers.IntegerField(allow_null=True, help_text="null: it was not filed, `problem` says why.")
    problem = serializers.CharField()


class FiledAllSerializer(serializers.Serializer[Any]):
    results = FiledSerializer(many=True)


class FilingPageSerializer(serializers.Serializer[Any]):
    filings = FilingSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")


class FilingFilterSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(required=False)
    kind = serializers.ChoiceField(filings.KINDS, required=False)
    state = serializers.ChoiceField(Filing.State.values, required=False)
    after = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)


class FilingAnswerSerializer(serializers.Serializer[Any]):
    accepted = serializers.BooleanField()
    new_due_at = InstantField(
        required=False, allow_null=True, default=None, help_text="Without it an accepted filing lifts its limits."
    )


FILTERS = [
    OpenApiParameter("order", OpenApiTypes.STR, description="an order's number, whole"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=list(filings.KINDS)),
    OpenApiParameter("state", OpenApiTypes.STR, enum=Filing.State.values),
    OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
]
LOOKUPS = {"order": "order__number", "kind": "kind", "state": "state", "after": "pk__lt"}


class Filings(APIView):
    @extend_schema(parameters=FILTERS, responses=FilingPageSerializer, operation_id="filings_list")
    def get(self, request: Request) -> Response:
        """Filings of all your shops, 50 a page, newest first."""
        member = access.member(request._request, Right.VIEW)
        asked = FilingFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = filings.mine(member).filter(**{LOOKUPS[name]: value for name, value in asked.validated_data.items()})
        rows = list(found.order_by("-pk")[: PAGE + 1])
        after = rows[PAGE - 1].pk if len(rows) > PAGE else None
        return Response({"filings": FilingSerializer(rows[:PAGE], many=True).data, "next": after})

    @extend_schema(request=NewFilingsSerializer, responses=FiledAllSerializer, operation_id="filings_create")
    def post(self, request: Request) -> Response:
        """File for up to 500 orders and any number of kinds at once; each pair is told by itself."""
        member = access.member(request._request, Right.TRIAGE)
        given = NewFilingsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(FiledAllSerializer({"results": list(_file(member, given.validated_data))}).data)


class AnswerFiling(APIView):
    @extend_schema(request=FilingAnswerSerializer, responses=FilingSerializer, operation_id="filings_answer")
    def post(self, request: Request, pk: int) -> Response:
        """Note the platform's answer; 409 where it is noted already."""
        member = access.member(request._request, Right.TRIAGE)
        access.get(member, filings.mine(member), filings.TO_SHOP, pk=pk)
        given = FilingAnswerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            answered = filings.answer(member, pk, now=timezone.now(), **given.validated_data)
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return Response(FilingSerializer(answered).data)


def _file(member: Member, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ids = _by_number(member, given["orders"], given["shop"])
    pairs = [(pks[0], kind) for pks in ids.values() if len(pks) == 1 for kind in given["kinds"]]
    try:
        filed = filings.file(member, pairs, now=timezone.now(), reason=given["reason"], reference=given["reference"])
    except Incomplete as error:
        raise ValidationError({error.field: [error.sentence]}) from None
    by_order = defaultdict(list)
    for one in filed:
        by_order[one.order].append(one)
    for number, pks in ids.items():
        for one in by_order[pks[0]] if len(pks) == 1 else ():
            pk = one.filing.pk if one.filing else None
            yield {"order": number, "kind": one.kind, "id": pk, "problem": one.problem}
        if len(pks) != 1:
            yield {"order": number, "kind": "", "id": None, "problem": _unclear(number, found=bool(pks))}


def _by_number(member: Member, numbers: Sequence[str], shop: str) -> dict[str, list[int]]:
    """Return the ids of the member's orders by number, in the order they were named."""
    found: dict[str, list[int]] = {number: [] for number in numbers}
    orders = scoped(member, Order.objects.filter(number__in=found))
    for number, pk in (orders.filter(shop__code=shop) if shop else orders).values_list("number", "pk"):
        found[number].append(pk)
    return found


def _unclear(number: str, *, found: bool) -> str:
    if found:
        return _("Several of your shops have an order {order}. Say which shop it is.").format(order=number)
    return _("Your shops have no order {order}. Correct the number, or import the order first.").format(order=number)
