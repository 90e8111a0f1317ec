"""Playbooks and the steps of a case over REST: the same services and the same rights as their pages."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.api import Conflict
from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseStep
from exceptions.playbooks import own, progress
from exceptions.playbooks import steps as pure
from exceptions.playbooks.steps import ASKABLE, MOST_HOURS, NAME_LENGTH, TEXT_LENGTH, After, Step, StepError, When
from exceptions.rulemaking.refusals import Overtaken, Refused
from merchants import access
from merchants.access import Right

KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=[kind.value for kind in Kind])


class StepSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="What a case remembers the step by: keep it when the step is changed.")
    name_zh = serializers.CharField(max_length=NAME_LENGTH)
    name_en = serializers.CharField(max_length=NAME_LENGTH)
    do_zh = serializers.CharField(max_length=TEXT_LENGTH, allow_blank=True, default="")
    do_en = serializers.CharField(max_length=TEXT_LENGTH, allow_blank=True, default="")
    verb = serializers.ChoiceField(
        choices=[verb.value for verb in ASKABLE], allow_null=True, default=None, help_text="null: ticked by hand"
    )
    when = serializers.ChoiceField(choices=[one.value for one in When], default=When.ALWAYS.value)
    after = serializers.ChoiceField(choices=[one.value for one in After])
    hours = serializers.DecimalField(4, 1, min_value=0, max_value=MOST_HOURS)
    worktime = serializers.BooleanField(default=False, help_text="Counted in the shop's working hours.")

    def to_representation(self, step: Step) -> dict[str, Any]:
        told: dict[str, Any] = {str(name): getattr(step, str(name)) for name in self.fields}
        verb = step.verb.value if step.verb else None
        return told | {"verb": verb, "when": step.when.value, "after": step.after.value, "hours": str(step.hours)}


class PlaybookSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(source="kind.value", read_only=True)
    number = serializers.IntegerField(help_text="0: as shipped. To change it send the number you read.")
    steps = StepSerializer(many=True)


class StandingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(source="step.code")
    name_zh = serializers.CharField(source="step.name_zh")
    name_en = serializers.CharField(source="step.name_en")
    verb = serializers.CharField(source="step.verb.value", default=None)
    due_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField()


class MarkSerializer(serializers.ModelSerializer[CaseStep]):
    by = serializers.CharField(source="by.username", default=None)

    class Meta:
        model = CaseStep
        fields = ["round", "code", "name_zh", "name_en", "done_at", "by", "entry", "skipped", "reason"]


class ProgressSerializer(serializers.Serializer[Any]):
    round = serializers.IntegerField(help_text="0, and one more each time the case came back.")
    next = serializers.CharField(source="next.step.code", default=None, help_text="The step to do now.")
    steps = StandingSerializer(many=True, source="standing", help_text="Those that apply, in order.")
    done = MarkSerializer(many=True, help_text="Done or skipped, former rounds first.")


class TickSerializer(serializers.Serializer[Any]):
    do = serializers.ChoiceField(choices=list(progress.WAYS))
    reason = serializers.CharField(required=False, allow_blank=True, max_length=progress.REASON_LENGTH, default="")


def _kind(name: str) -> Kind:
    found = next((kind for kind in Kind if kind.value == name), None)
    if found is None:
        raise Http404
    return found


class Playbooks(APIView):
    @extend_schema(responses=PlaybookSerializer(many=True), operation_id="playbooks_list")
    def get(self, request: Request) -> Response:
        """Every kind's playbook."""
        member = access.member(request._request, Right.VIEW)
        return Response(PlaybookSerializer(own.of_merchant(member.merchant.pk).values(), many=True).data)


class OnePlaybook(APIView):
    @extend_schema(responses=PlaybookSerializer, operation_id="playbooks_read", parameters=[KIND])
    def get(self, request: Request, kind: str) -> Response:
        """The playbook of one kind."""
        member = access.member(request._request, Right.VIEW)
        return Response(PlaybookSerializer(own.of_merchant(member.merchant.pk)[_kind(kind)]).data)

    @extend_schema(
        request=PlaybookSerializer, responses=PlaybookSerializer, operation_id="playbooks_change", parameters=[KIND]
    )
    def put(self, request: Request, kind: str) -> Response:
        """Put other steps in its place; 409 where somebody changed it since the number sent was read."""
        member = access.member(request._request, Right.ADMINISTER)
        chosen = _kind(kind)
        given = PlaybookSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        steps = [_step(one) for one in data["steps"]]
        return self._changed(lambda: own.save(member, chosen, steps, data["number"], timezone.now()))

    @extend_schema(
        responses=PlaybookSerializer,
        operation_id="playbooks_reset",
        parameters=[KIND, OpenApiParameter("number", OpenApiTypes.INT, required=True)],
    )
    def delete(self, request: Request, kind: str) -> Response:
        """Go back to the playbook shipped; 409 where somebody changed it since the number sent was read."""
        member = access.member(request._request, Right.ADMINISTER)
        chosen, number = _kind(kind), request.query_params.get("number", "")
        if not number.isdecimal() or len(number) > 9:
            raise ValidationError({"number": ["The number of the playbook that was read."]})
        return self._changed(lambda: own.reset(member, chosen, int(number), timezone.now()))

    def _changed(self, change: Any) -> Response:
        try:
            return Response(PlaybookSerializer(change()).data)
        except StepError as error:
            where = "steps" if error.index is None else f"steps.{error.index}.{error.field}"
            raise ValidationError({where: [error.sentence]}) from None
        except Overtaken as error:
            raise Conflict(error.sentence) from None
        except Refused as error:
            raise ValidationError({error.field or "steps": [error.sentence]}) from None


def _step(given: dict[str, Any]) -> Step:
    verb = Action(given["verb"]) if given["verb"] else None
    return pure.Step(**given | {"verb": verb, "when": When(given["when"]), "after": After(given["after"])})


def _progress(member: access.Member, pk: int) -> Response:
    case = access.get(member, Case.objects.select_related("shop", "waybill"), pk=pk)
    one = progress.progress([case], whole=True)[case.pk]
    told = {"round": one.round, "next": one.next, "standing": one.standing}
    return Response(ProgressSerializer(told | {"done": [*one.former, *one.done.values()]}).data)


class CaseSteps(APIView):
    @extend_schema(responses=ProgressSerializer, operation_id="case_steps_list")
    def get(self, request: Request, pk: int) -> Response:
        """The steps of a case: which apply and until when, which are done and by whom, which is next."""
        return _progress(access.member(request._request, Right.VIEW), pk)


class OneCaseStep(APIView):
    @extend_schema(
        request=TickSerializer, responses={status.HTTP_200_OK: ProgressSerializer}, operation_id="case_steps_do"
    )
    def post(self, request: Request, pk: int, code: str) -> Response:
        """Tick a step, skip it for a reason, or take either back; 409 where it cannot be."""
        member = access.member(request._request, Right.TRIAGE)
        given = TickSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            progress.by_hand(
                member, pk, code, given.validated_data["do"], timezone.now(), given.validated_data["reason"]
            )
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return _progress(member, pk)
