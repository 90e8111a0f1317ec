"""Tickets over REST: told one by one or up to 500 at once, by the same service and rights as the order's page."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from merchants import access
from merchants.access import Member, Right
from orders import tickets
from orders.errors import Unfit
from orders.models import Ticket, TicketStep
from orders.ticketing import listing
from orders.ticketing.drafts import Problem, TicketDraft, possible
from orders.tickets import Outcome, Told
from shipops.kit.instant import InstantField

LARGEST_ID = 2**63 - 1


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    order = serializers.CharField(source="order.number")
    shop = serializers.CharField(source="order.shop.code")
    currency = serializers.CharField(source="order.currency")
    steps = serializers.SerializerMethodField(help_text="Instant by step.")
    possible = serializers.SerializerMethodField(help_text="Steps worth telling next.")

    class Meta:
        model = Ticket
        fields = [
            *("id", "shop", "order", "kind", "number", "opened_at", "due_at", "amount", "currency", "reason"),
            *("closed_at", "steps", "possible"),
        ]

    @extend_schema_field(serializers.DictField(child=serializers.DateTimeField()))
    def get_steps(self, ticket: Ticket) -> dict[str, str]:
        at = serializers.DateTimeField()
        return {step.name: at.to_representation(step.at) for step in sorted(ticket.steps.all(), key=lambda one: one.at)}

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(TicketStep.Name.choices)))
    def get_possible(self, ticket: Ticket) -> list[str]:
        return [step.value for step in possible(ticket.kind, {step.name for step in ticket.steps.all()})]


class NewTicketSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(help_text="The order's number.")
    shop = serializers.CharField(
        required=False, default="", help_text="A shop's code; needed where several shops have an order of this number."
    )
    kind = serializers.ChoiceField(Ticket.Kind.choices)
    number = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="The other side's; of an order and kind told once each."
    )
    opened_at = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Needed for a new one; later, the earliest told stands.",
    )
    due_at = InstantField(required=False, allow_null=True, default=None, help_text="The limit printed on it.")
    amount = serializers.DecimalField(12, 2, required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, default="")
    closed_at = InstantField(required=False, allow_null=True, default=None)
    steps = serializers.DictField(
        child=InstantField(),
        required=False,
        default=dict,
        help_text="Instant by step; of each the earliest told stands.",
    )


class ProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    sentence = serializers.CharField()


class ToldSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="The place in the list, from 1.")
    outcome = serializers.CharField(help_text=", ".join(Outcome))
    id = serializers.IntegerField(source="ticket.pk", default=None, allow_null=True)
    problems = ProblemSerializer(many=True)


class ResultsSerializer(serializers.Serializer[Any]):
    results = ToldSerializer(many=True)


class TicketPageSerializer(serializers.Serializer[Any]):
    tickets = TicketSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")


class TicketFilterSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(required=False, default="")
    kind = serializers.ChoiceField(Ticket.Kind.choices, required=False, default="")
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    after = serializers.IntegerField(required=False, default=None, min_value=0, max_value=LARGEST_ID)


class TicketChangeSerializer(serializers.Serializer[Any]):
    due_at = InstantField(required=False, allow_null=True, help_text="null: no limit is printed on it.")
    closed_at = InstantField(required=False, allow_null=True, help_text="null: open again.")


class TicketStepsSerializer(serializers.Serializer[Any]):
    steps = serializers.DictField(
        child=InstantField(allow_null=True), allow_empty=False, help_text="Instant by step; null takes a step back."
    )


FILTERS = [
    OpenApiParameter("order", OpenApiTypes.STR, description="an order's number, whole"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=Ticket.Kind.values),
    OpenApiParameter("open", OpenApiTypes.BOOL, description="without: open and closed ones"),
    OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
]
ONE_OR_MANY = PolymorphicProxySerializer(
    component_name="NewTicketOrTickets",
    serializers=[NewTicketSerializer, NewTicketSerializer(many=True)],
    resource_type_field_name=None,
    many=False,
)


class Tickets(APIView):
    @extend_schema(parameters=FILTERS, responses=TicketPageSerializer, operation_id="tickets_list")
    def get(self, request: Request) -> Response:
        """Tickets of all your shops, 50 a page, those recorded last first."""
        member = access.member(request._request, Right.VIEW)
        asked = TicketFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        filters = listing.Filters(given["order"], given["kind"], given["open"])
        rows, after = listing.page(member, filters, given["after"])
        return Response({"tickets": TicketSerializer(rows, many=True).data, "next": after})

    @extend_schema(
        request=ONE_OR_MANY,
        responses={
            200: OpenApiResponse(
                ResultsSerializer, "A list was told: what became of each. One told again: the ticket."
            ),
            201: OpenApiResponse(TicketSerializer, "One was told, and is new."),
        },
        operation_id="tickets_record",
    )
    def post(self, request: Request) -> Response:
        """Tell one ticket, or a list of up to 500, each refused by itself. Telling the same again changes nothing."""
        member = access.member(request._request, Right.TRIAGE)
        now = timezone.now()
        if isinstance(request.data, list):
            results = _record_all(member, request.data, now)
            return Response(ResultsSerializer({"results": results}).data)
        (told,) = _record_all(member, [request.data], now)
        if told.ticket is None:
            raise _refusal(told.problems)
        body = TicketSerializer(_found(member, told.ticket.pk)).data
        created = told.outcome is Outcome.CREATED
        return Response(body, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


class OneTicket(APIView):
    @extend_schema(responses=TicketSerializer, operation_id="tickets_read")
    def get(self, request: Request, pk: int) -> Response:
        """One ticket with its steps."""
        return Response(TicketSerializer(_found(access.member(request._request, Right.VIEW), pk)).data)

    @extend_schema(request=TicketChangeSerializer, responses=TicketSerializer, operation_id="tickets_change")
    def patch(self, request: Request, pk: int) -> Response:
        """Close it, open it again, or correct its limit."""
        member = access.member(request._request, Right.TRIAGE)
        ticket = _found(member, pk)
        given = TicketChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _amended(member, ticket, changes=given.validated_data)


class StepsOfTicket(APIView):
    @extend_schema(request=TicketStepsSerializer, responses=TicketSerializer, operation_id="tickets_tell_steps")
    def post(self, request: Request, pk: int) -> Response:
        """Tell steps, or take back what was told by mistake."""
        member = access.member(request._request, Right.TRIAGE)
        ticket = _found(member, pk)
        given = TicketStepsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _amended(member, ticket, steps=given.validated_data["steps"])


def _found(member: Member, pk: int) -> Ticket:
    return access.get(member, listing.mine(member), listing.TO_SHOP, pk=pk)


def _amended(member: Member, ticket: Ticket, **what: Any) -> Response:
    try:
        tickets.amend(ticket, timezone.now(), **what)
    except Unfit as error:
        raise _refusal(error.problems) from None
    return Response(TicketSerializer(_found(member, ticket.pk)).data)


def _record_all(member: Member, items: Sequence[Any], now: datetime) -> list[Told]:
    """Record what has the shape of a ticket; return what became of every item, in order."""
    if len(items) > tickets.BATCH:
        raise ValidationError([_("At most {most} at once: send them in parts.").format(most=tickets.BATCH)])
    given = [NewTicketSerializer(data=item) for item in items]
    shaped = [row for row, one in enumerate(given, 1) if one.is_valid()]
    drafts = [TicketDraft(**given[row - 1].validated_data) for row in shaped]
    recorded = tickets.record(member.shops, drafts, now)
    by_row = {
        row: Told(row, told.outcome, told.ticket, told.problems) for row, told in zip(shaped, recorded, strict=True)
    }
    return [
        by_row.get(row) or Told(row, Outcome.REFUSED, problems=tuple(_problems(one.errors)))
        for row, one in enumerate(given, 1)
    ]


def _problems(errors: Any, field: str = "") -> Iterator[Problem]:
    """Return a serializer's errors, however deep, as problems of dotted fields."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _problems(inner, f"{field}.{name}" if field else str(name))
        return
    for sentence in errors:
        yield Problem(field, str(sentence))


def _refusal(problems: Iterable[Problem]) -> ValidationError:
    told: dict[str, list[str]] = {}
    for problem in problems:
        told.setdefault(problem.field, []).append(problem.sentence)
    return ValidationError(told)
