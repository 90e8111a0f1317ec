"""Commands over REST: acts on many cases with preview and a result per case, what was done, and undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import tasks
from exceptions.api import ActSerializer, Conflict
from exceptions.desk import acting, command_page, queue, running, undoing
from exceptions.desk.acts import Act
from exceptions.desk.command_page import LogFilters
from exceptions.desk.workflow import BY_PEOPLE, Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Command, CommandItem
from merchants import access
from merchants.access import Member, Right
from shipops.kit.nudging import nudge
from shipops.kit.query import row_id

LARGEST_ID = 2**63 - 1
# Items told in one answer; the counts are of all.
ITEMS = 500


class ItemSerializer(serializers.Serializer[Any]):
    case = serializers.IntegerField(source="case_id")
    result = serializers.ChoiceField(CommandItem.Result.choices)
    reason = serializers.CharField(help_text="Why it was not, in your language; blank where it was.")


class CommandSerializer(serializers.ModelSerializer[Command]):
    by = serializers.CharField(source="by.username", default=None)

    class Meta:
        model = Command
        fields = ["id", "action", "arguments", "query", "state", "by", "created_at", "finished_at", "undone_at"]


class CommandStorySerializer(CommandSerializer):
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Cases by result.")
    items = ItemSerializer(many=True, help_text=f"The first {ITEMS} after `after`, by case.")
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")

    class Meta(CommandSerializer.Meta):
        fields = [*CommandSerializer.Meta.fields, "counts", "items", "next"]


class CommandPageSerializer(serializers.Serializer[Any]):
    commands = CommandSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Cursor for `after`; null on the last page.")


class BulkSerializer(ActSerializer):
    action = serializers.ChoiceField([one.value for one in BY_PEOPLE])
    cases = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        required=False,
        allow_empty=False,
        max_length=acting.MOST,
        help_text="Their ids; or `query`.",
    )
    query = serializers.CharField(
        required=False, allow_blank=True, help_text="The query string of the desk: everything it lets through."
    )
    preview = serializers.BooleanField(
        required=False, default=False, help_text="Only say what would become of each; carry it out with its commit."
    )


def _story(member: Member, pk: int, now: datetime, after: int = 0) -> dict[str, Any]:
    told = command_page.story(member, pk, now)
    rows = list(told.command.items.filter(case__gt=after).order_by("case_id")[: ITEMS + 1])
    return {
        **CommandSerializer(told.command).data,
        "counts": dict(told.counts),
        "items": ItemSerializer(rows[:ITEMS], many=True).data,
        "next": rows[ITEMS - 1].case_id if len(rows) > ITEMS else None,
    }


class Bulk(APIView):
    @extend_schema(request=BulkSerializer, responses=CommandStorySerializer, operation_id="cases_bulk")
    def post(self, request: Request) -> Response:
        """Act on many cases at once, each told by itself. More than 500 are queued: ask for the command until it is done."""
        member = access.member(request._request, Right.TRIAGE)
        given = BulkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        told = dict(given.validated_data)
        now = timezone.now()
        action = Action(told.pop("action"))
        is_preview, ids, query = told.pop("preview"), told.pop("cases", None), told.pop("query", None)
        if (ids is None) == (query is None):
            raise ValidationError({"cases": [_("Give either cases or a query.")]})
        if ids is None:
            matching = queue.matching(member, queue.Filters.from_query(QueryDict(query)), now)
            ids = list(matching.values_list("pk", flat=True)[: acting.MOST + 1])
        act = Act(member, action, now, **told)
        with _refusals():
            if is_preview:
                command = acting.preview(member, act, ids, now=now, query=query or "")
            else:
                command = acting.run(member, act, ids, now=now)
        _start(command)
        return Response(_story(member, command.pk, now))


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the service refuses into answers."""
    try:
        yield
    except NotAllowed as error:
        raise Conflict(error.sentence) from None
    except Incomplete as error:
        raise ValidationError({error.field: [error.sentence]}) from None


def _start(command: Command) -> None:
    if command.state == Command.State.QUEUED:
        transaction.on_commit(lambda: nudge(tasks.carry_out))


class Commands(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("by", OpenApiTypes.STR, description="`me`; without it an admin gets everybody's"),
            OpenApiParameter("action", OpenApiTypes.STR, enum=[one.value for one in BY_PEOPLE]),
            OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
        ],
        responses=CommandPageSerializer,
        operation_id="commands_list",
    )
    def get(self, request: Request) -> Response:
        """What was done to cases, newest first, 50 a page: your own, or as an admin everybody's."""
        member = access.member(request._request, Right.TRIAGE)
        query = request.query_params
        action, after = query.get("action", ""), query.get("after", "")
        filters = LogFilters("me" if query.get("by") == "me" else "", action)
        cursor = row_id(after) or None
        lines, following = command_page.log(member, filters, timezone.now(), cursor)
        rows = [line.command for line in lines]
        return Response({"commands": CommandSerializer(rows, many=True).data, "next": following})


class OneCommand(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="cursor over its cases")],
        responses=CommandStorySerializer,
        operation_id="commands_read",
    )
    def get(self, request: Request, pk: int) -> Response:
        """One command with what became of each case."""
        member = access.member(request._request, Right.TRIAGE)
        after = request.query_params.get("after", "")
        cursor = row_id(after)
        return Response(_story(member, pk, timezone.now(), cursor))


class CommitCommand(APIView):
    @extend_schema(request=None, responses=CommandStorySerializer, operation_id="commands_commit")
    def post(self, request: Request, pk: int) -> Response:
        """Carry out what was previewed; 409 where it is carried out already."""
        member, now = access.member(request._request, Right.TRIAGE), timezone.now()
        with _refusals():
            command = acting.commit(member, pk, now=now)
        _start(command)
        return Response(_story(member, pk, now))


class CancelCommand(APIView):
    @extend_schema(request=None, responses=CommandStorySerializer, operation_id="commands_cancel")
    def post(self, request: Request, pk: int) -> Response:
        """Stop a queued or running command where it stands."""
        member, now = access.member(request._request, Right.TRIAGE), timezone.now()
        running.cancel(member, pk, now=now)
        return Response(_story(member, pk, now))


class UndoCommand(APIView):
    @extend_schema(request=None, responses=CommandStorySerializer, operation_id="commands_undo")
    def post(self, request: Request, pk: int) -> Response:
        """Take a command back on every case nobody has changed since; 409 where that cannot be any more."""
        member, now = access.member(request._request, Right.TRIAGE), timezone.now()
        with _refusals():
            undoing.undo(member, pk, now=now)
        return Response(_story(member, pk, now))
