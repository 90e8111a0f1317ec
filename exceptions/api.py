"""The desk over REST: the same filters, the same services, the same rights as its pages."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import cases, queue
from exceptions.desk.acts import WHERE_LENGTH
from exceptions.desk.advice import advice
from exceptions.desk.case_page import CaseStory, story
from exceptions.desk.filters import CHOICES, ORDERS
from exceptions.desk.workflow import BY_PEOPLE, Action, State, act_named, actions_of
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, Clock
from merchants import access
from merchants.access import Right


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class CaseSerializer(serializers.ModelSerializer[Case]):
    number = serializers.CharField(source="__str__", read_only=True)
    shop = serializers.CharField(source="shop.code")
    order = serializers.CharField(source="order.number")
    currency = serializers.CharField(source="order.currency")
    carrier = serializers.CharField(source="waybill.carrier.code", default=None)
    waybill = serializers.CharField(source="waybill.number", default=None)
    cause = serializers.CharField(source="waybill.cause", default="", help_text="What hinders it, by its track.")
    assignee = serializers.CharField(source="assignee.username", default=None)
    level = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            *(
                "id",
                "number",
                "kind",
                "source",
                "cause",
                "level",
                "state",
                "shop",
                "order",
                "carrier",
                "waybill",
                "assignee",
                "opened_at",
            ),
            *("started_at", "warn_at", "due_at", "grave_at", "snoozed_until", "resolved_at", "outcome", "penalty"),
            *("at_stake", "currency", "advice", "actions"),
        ]

    def get_level(self, case: Case) -> str:
        return Level(case.level).name.lower()

    def get_actions(self, case: Case) -> list[str]:
        return [action.value for action in actions_of(State(case.state))]

    def get_advice(self, case: Case) -> str:
        return str(advice(Kind(case.kind), Level(case.level)).sentence)


class ClockSerializer(serializers.ModelSerializer[Clock]):
    class Meta:
        model = Clock
        fields = ["term", "version", "kind", "started_at", "due_at", "grave_at", "stopped_at", "penalty"]


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username", default=None)
    action = serializers.CharField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    note = serializers.CharField()
    detail = serializers.JSONField()


class EventSerializer(serializers.Serializer[Any]):
    waybill = serializers.CharField(source="waybill.number")
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    stage = serializers.CharField()
    cause = serializers.CharField()
    text = serializers.CharField()
    place = serializers.CharField()
    code = serializers.CharField()


class RungSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    total = serializers.DecimalField(12, 2, help_text="Owed from then on, if nothing is done.")
    rules = serializers.ListField(child=serializers.CharField(), source="codes")


class CaseStorySerializer(CaseSerializer):
    clocks = ClockSerializer(many=True)
    ladder = RungSerializer(many=True, help_text="What the case costs when.")
    events = EventSerializer(many=True)
    log = EntrySerializer(many=True)

    class Meta(CaseSerializer.Meta):
        fields = [*CaseSerializer.Meta.fields, "clocks", "ladder", "events", "log"]


class CasePageSerializer(serializers.Serializer[Any]):
    cases = CaseSerializer(many=True)
    next = serializers.CharField(help_text="Cursor for `after`; empty on the last page.")
    prev = serializers.CharField(help_text="Cursor for `before`; empty on the first page.")


class ActSerializer(serializers.Serializer[Any]):
    assignee = serializers.IntegerField(required=False, allow_null=True, help_text="assign: a person's id, or null.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=cases.NOTE_LENGTH)
    until = serializers.DateTimeField(
        required=False, help_text="snooze: an instant with its offset; needed where nothing else wakes it."
    )
    wakes_on = serializers.ChoiceField(Case.Wakes.choices, required=False, help_text="snooze: what ends it.")
    wakes_before = serializers.IntegerField(
        required=False, min_value=1, help_text="snooze until `due`: hours before the limit, 2 without."
    )
    beyond = serializers.BooleanField(required=False, help_text="snooze: although the limit passes meanwhile.")
    outcome = serializers.CharField(
        required=False,
        help_text=f"resolve: {', '.join(outcome.value for outcome in cases.OUTCOMES_BY_PEOPLE)};"
        " the last two owe a note.",
    )
    into = serializers.IntegerField(
        required=False, help_text="merge: the case that stays; without it the most urgent of each order."
    )
    amount = serializers.DecimalField(12, 2, required=False, min_value=0, help_text="claim, compensate")
    where = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=WHERE_LENGTH,
        help_text="urge: whom; contact: how; reship: the new waybill number.",
    )
    number = serializers.CharField(
        required=False, allow_blank=True, help_text="The other side's: of an interception, a claim, a work order."
    )
    seen = serializers.IntegerField(
        required=False, help_text="The newest `log` id you have seen: 409 where somebody else has acted since."
    )


FILTERS = [
    OpenApiParameter("shop", OpenApiTypes.INT, many=True),
    OpenApiParameter("carrier", OpenApiTypes.INT, many=True),
    OpenApiParameter("kind", OpenApiTypes.STR, many=True, enum=[kind.value for kind in Kind]),
    OpenApiParameter("platform", OpenApiTypes.STR, many=True, enum=list(CHOICES["platform"])),
    OpenApiParameter("cause", OpenApiTypes.STR, many=True, enum=list(CHOICES["cause"]), description="of the parcel"),
    OpenApiParameter("source", OpenApiTypes.STR, many=True, enum=list(CHOICES["source"])),
    OpenApiParameter("level", OpenApiTypes.STR, many=True, enum=list(queue.LEVELS)),
    OpenApiParameter("assignee", OpenApiTypes.STR, many=True, description="`me`, `none`, or a person's id"),
    OpenApiParameter("state", OpenApiTypes.STR, many=True, enum=list(queue.STATES), description="without: open"),
    OpenApiParameter("incident", OpenApiTypes.INT),
    OpenApiParameter("relapsed", OpenApiTypes.STR, enum=["1"], description="came back after it was resolved"),
    OpenApiParameter("day", OpenApiTypes.DATE, description="the limit lies in this day of the reader's zone"),
    OpenApiParameter(
        "order",
        OpenApiTypes.STR,
        enum=list(ORDERS),
        description="without: by risk; resolved cases: last resolved first",
    ),
    OpenApiParameter(
        "hour", OpenApiTypes.STR, description="`2026-11-22T14`, UTC: breaks or turns serious in that hour"
    ),
    OpenApiParameter("q", OpenApiTypes.STR, description="order, waybill or case number, or phone tail, whole"),
    OpenApiParameter("after", OpenApiTypes.STR, description="cursor"),
    OpenApiParameter("before", OpenApiTypes.STR, description="cursor"),
]


def _told(told: CaseStory) -> dict[str, Any]:
    """The story as its serializer reads it."""
    case = told.case
    body = CaseSerializer(case).data
    return {
        **body,
        "clocks": ClockSerializer(told.clocks, many=True).data,
        "ladder": RungSerializer(told.ladder, many=True).data,
        "events": EventSerializer(told.events, many=True).data,
        "log": EntrySerializer(told.entries, many=True).data,
    }


class Cases(APIView):
    @extend_schema(parameters=FILTERS, responses=CasePageSerializer, operation_id="cases_list")
    def get(self, request: Request) -> Response:
        """The queue: 50 cases a page, most urgent first unless `order` says otherwise."""
        member = access.member(request._request, Right.VIEW)
        query = request.query_params
        found = queue.page(
            member, queue.Filters.from_query(query), timezone.now(), query.get("after", ""), query.get("before", "")
        )
        return Response({"cases": CaseSerializer(found.rows, many=True).data, "next": found.next, "prev": found.prev})


class OneCase(APIView):
    @extend_schema(responses=CaseStorySerializer, operation_id="cases_read")
    def get(self, request: Request, pk: int) -> Response:
        """One case with its clocks, tracking events and log."""
        member = access.member(request._request, Right.VIEW)
        return Response(_told(story(member, pk)))


class ActOnCase(APIView):
    @extend_schema(
        request=ActSerializer,
        responses=CaseSerializer,
        operation_id="cases_act",
        parameters=[
            OpenApiParameter("action", OpenApiTypes.STR, OpenApiParameter.PATH, enum=[a.value for a in BY_PEOPLE])
        ],
    )
    def post(self, request: Request, pk: int, action: str) -> Response:
        """Carry out one action; 409 where the case's state forbids it or somebody was faster."""
        member = access.member(request._request, Right.TRIAGE)
        wanted = act_named(action)
        if wanted is None:
            raise Http404
        given = ActSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(CaseSerializer(self._act(member, pk, wanted, given.validated_data)).data)

    def _act(self, member: access.Member, pk: int, action: Action, given: dict[str, Any]) -> Case:
        try:
            return cases.act(member, pk, action, now=timezone.now(), **given)
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
