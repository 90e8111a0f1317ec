"""Working together over REST: the same services and rights as the pages."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.api import Conflict
from exceptions.deadlines.kinds import Kind
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Attachment, Case, DeskRules, Handover, Notice
from exceptions.models.together import LONGEST_CLAIM, MOST_EACH
from exceptions.together import attachments, giving, inbox, presence, settings, shifts, team
from exceptions.together.forms import TakesForm
from merchants import access
from merchants.access import Right
from shipments.models import Carrier
from shipops.kit.query import row_id


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    kind = serializers.CharField(help_text=", ".join(Notice.Kind.values))
    by = serializers.CharField(source="entry.by.username", default=None)
    note = serializers.CharField(source="entry.note", default="")

    class Meta:
        model = Notice
        fields = ["id", "kind", "case", "handover", "by", "note", "at", "read_at"]


class NoticePageSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField(help_text="How many are unread, 100 at most.")
    notices = NoticeSerializer(many=True)
    next = serializers.IntegerField(help_text="Cursor for `after`; 0 on the last page.")


class ReadSerializer(serializers.Serializer[Any]):
    notices = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, help_text="Without: all of them."
    )


class CountSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField()


class Notices(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("unread", OpenApiTypes.BOOL, description="those alone that are unread"),
            OpenApiParameter("after", OpenApiTypes.INT, description="cursor"),
        ],
        responses=NoticePageSerializer,
        operation_id="notices_list",
    )
    def get(self, request: Request) -> Response:
        """What one was told, 50 a page, newest first."""
        member = access.member(request._request, Right.VIEW)
        unread = request.query_params.get("unread", "") in ("1", "true")
        page = inbox.page(member, unread, row_id(request.query_params.get("after", "")))
        body = {"notices": NoticeSerializer(page.notices, many=True).data, "next": page.next}
        return Response({"unread": inbox.unread(member), **body})


class ReadNotices(APIView):
    @extend_schema(request=ReadSerializer, responses=CountSerializer, operation_id="notices_read")
    def post(self, request: Request) -> Response:
        """Mark notices as read."""
        member = access.member(request._request, Right.VIEW)
        given = ReadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response({"read": inbox.read_all(member, timezone.now(), given.validated_data.get("notices"))})


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    username = serializers.CharField()
    name = serializers.CharField(source="display_name")


class PresentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="user")
    name = serializers.CharField()
    writes = serializers.BooleanField(source="edits")


class PeopleSerializer(serializers.Serializer[Any]):
    people = PersonSerializer(many=True, help_text="Who may see the case: those a note can mention.")
    watching = PersonSerializer(many=True)
    here = PresentSerializer(many=True, help_text="Who else is at it now.")


class People(APIView):
    @extend_schema(responses=PeopleSerializer, operation_id="case_people")
    def get(self, request: Request, pk: int) -> Response:
        """Who may see a case, who watches it, and who else is at it now."""
        member = access.member(request._request, Right.VIEW)
        case = access.get(member, Case.objects.select_related("shop"), pk=pk)
        here = presence.at([pk], member.user, timezone.now()).get(pk, [])
        told = {"people": team.who_sees(case.shop), "watching": inbox.watchers(case), "here": here}
        return Response(PeopleSerializer(told).data)


class WatchSerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class WatchCase(APIView):
    @extend_schema(request=WatchSerializer, responses=WatchSerializer, operation_id="case_watch")
    def post(self, request: Request, pk: int) -> Response:
        """Watch a case, or no longer."""
        member = access.member(request._request, Right.VIEW)
        access.get(member, Case.objects.only("pk", "shop"), pk=pk)
        given = WatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        inbox.watch(member, pk, given.validated_data["on"], timezone.now())
        return Response(given.data)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    by = serializers.CharField(source="by.username", default=None)

    class Meta:
        model = Attachment
        fields = [
            *("id", "name", "media_type", "by", "at", "size", "sha256", "kept_size", "kept_sha256", "width", "height"),
        ]
        extra_kwargs = {
            "sha256": {"help_text": "Of the file as it came."},
            "kept_sha256": {"help_text": "Of what is kept: pictures are written anew."},
        }


class OutcomeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    attachment = AttachmentSerializer(allow_null=True)
    problem = serializers.CharField(help_text="Why it is not kept; blank where it is.")


class Attachments(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(responses=AttachmentSerializer(many=True), operation_id="attachments_list")
    def get(self, request: Request, pk: int) -> Response:
        """What is kept with a case; the bytes lie at /attachments/<id>/."""
        member = access.member(request._request, Right.VIEW)
        case = access.get(member, Case.objects.only("pk", "shop"), pk=pk)
        return Response(AttachmentSerializer(attachments.of_case(case), many=True).data)

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
            }
        },
        responses=OutcomeSerializer(many=True),
        operation_id="attachments_add",
    )
    def post(self, request: Request, pk: int) -> Response:
        """Keep files with a case (`file`, several): JPEG, PNG, WebP, PDF, up to 10 MB each and 20 a case."""
        member = access.member(request._request, Right.TRIAGE)
        sent = attachments.sent(request.FILES.getlist("file")[: attachments.MOST])
        outcomes = attachments.add(member, pk, sent, timezone.now())
        if not outcomes:
            raise ValidationError({"file": ["At least one."]})
        return Response(OutcomeSerializer(outcomes, many=True).data)


class OneAttachment(APIView):
    @extend_schema(responses=AttachmentSerializer, operation_id="attachments_read")
    def get(self, request: Request, pk: int) -> Response:
        """What is known of a file."""
        member = access.member(request._request, Right.VIEW)
        return Response(AttachmentSerializer(access.get(member, attachments.mine(member), "case__shop", pk=pk)).data)

    @extend_schema(responses={204: OpenApiResponse(description="Removed.")}, operation_id="attachments_remove")
    def delete(self, request: Request, pk: int) -> Response:
        """Remove a file; its name and hashes stay in the log."""
        member = access.member(request._request, Right.TRIAGE)
        try:
            attachments.remove(member, pk, timezone.now())
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class ShareSerializer(serializers.Serializer[Any]):
    cases = serializers.ListField(child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=500)


class SharedSerializer(serializers.Serializer[Any]):
    given = serializers.DictField(child=serializers.IntegerField(), help_text="A person's id → how many cases.")
    left = serializers.IntegerField(
        help_text="In charge of somebody already, or nobody on duty takes them or has room."
    )
    nobody = serializers.BooleanField(help_text="Nobody is on duty.")


class Share(APIView):
    @extend_schema(request=ShareSerializer, responses=SharedSerializer, operation_id="cases_share")
    def post(self, request: Request) -> Response:
        """Share out cases that nobody has in charge."""
        member = access.member(request._request, Right.TRIAGE)
        given = ShareSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        shared = giving.share_out(member, given.validated_data["cases"], timezone.now())
        return Response(SharedSerializer(shared).data)


class DutyOfMine(APIView):
    @extend_schema(request=WatchSerializer, responses=WatchSerializer, operation_id="duty")
    def post(self, request: Request) -> Response:
        """Go on duty, or off."""
        member = access.member(request._request, Right.TRIAGE)
        given = WatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        team.go(member, given.validated_data["on"], timezone.now())
        inbox.forget(member)
        return Response(given.data)


class GivenSerializer(serializers.Serializer[Any]):
    case = serializers.IntegerField(min_value=1)
    to = serializers.IntegerField(allow_null=True, help_text="A person's id; null = back to everybody.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=shifts.LONGEST_NOTE)


class HandSerializer(serializers.Serializer[Any]):
    cases = GivenSerializer(many=True)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=shifts.LONGEST_NOTE)


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    by = serializers.CharField(source="by.username", default=None)
    to = serializers.CharField(source="to.username", default=None)

    class Meta:
        model = Handover
        fields = ["id", "by", "to", "at", "note", "accepted_at"]


class Handovers(APIView):
    @extend_schema(responses=HandoverSerializer(many=True), operation_id="handovers_list")
    def get(self, request: Request) -> Response:
        """What one handed over or was handed, the newest 50."""
        member = access.member(request._request, Right.VIEW)
        return Response(HandoverSerializer(shifts.mine(member).order_by("-at", "-pk")[:50], many=True).data)

    @extend_schema(request=HandSerializer, responses=HandoverSerializer(many=True), operation_id="handovers_give")
    def post(self, request: Request) -> Response:
        """Hand cases of one's own over, all or none."""
        member = access.member(request._request, Right.TRIAGE)
        given = HandSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ones = [shifts.Given(**one) for one in given.validated_data["cases"]]
        try:
            handovers = shifts.hand_over(member, ones, given.validated_data["note"], timezone.now())
        except Incomplete as error:
            raise ValidationError({error.field or "cases": [error.sentence]}) from None
        except NotAllowed as error:
            raise Conflict(error.sentence) from None
        return Response(HandoverSerializer(handovers, many=True).data)


class AcceptHandover(APIView):
    @extend_schema(request=None, responses=HandoverSerializer, operation_id="handovers_accept")
    def post(self, request: Request, pk: int) -> Response:
        """Say that one has what one was handed."""
        member = access.member(request._request, Right.TRIAGE)
        return Response(HandoverSerializer(shifts.accept(member, pk, timezone.now())).data)


class RulesSerializer(serializers.ModelSerializer[DeskRules]):
    claim_minutes = serializers.IntegerField(min_value=0, max_value=LONGEST_CLAIM, help_text="0: does not end.")
    cases_each = serializers.IntegerField(min_value=1, max_value=MOST_EACH)

    class Meta:
        model = DeskRules
        fields = ["sharing", "claim_minutes", "cases_each"]


class Rules(APIView):
    @extend_schema(responses=RulesSerializer, operation_id="desk_rules_read")
    def get(self, request: Request) -> Response:
        """How new cases are shared out and how long a claim lasts."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(RulesSerializer(team.rules_of(member.merchant)).data)

    @extend_schema(request=RulesSerializer, responses=RulesSerializer, operation_id="desk_rules_change")
    def post(self, request: Request) -> Response:
        """Change it."""
        member = access.member(request._request, Right.ADMINISTER)
        given = RulesSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Response(RulesSerializer(settings.save_rules(member, given.validated_data, timezone.now())).data)


class TakesSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="membership.pk")
    person = PersonSerializer(source="user")
    on = serializers.BooleanField(help_text="On duty.")
    kinds = serializers.ListField(child=serializers.CharField(), help_text="Empty: all.")
    carriers = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: all.")
    shops = serializers.ListField(child=serializers.IntegerField(), source="takes_shops", help_text="Empty: all.")


class ChangeTakesSerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField(required=False)
    kinds = serializers.ListField(child=serializers.ChoiceField([kind.value for kind in Kind]), required=False)
    carriers = serializers.ListField(child=serializers.IntegerField(), required=False)
    shops = serializers.ListField(child=serializers.IntegerField(), required=False)


class DeskPeople(APIView):
    @extend_schema(responses=TakesSerializer(many=True), operation_id="desk_people_list")
    def get(self, request: Request) -> Response:
        """Who is on duty and what each takes."""
        member = access.member(request._request, Right.ADMINISTER)
        return Response(TakesSerializer(team.mates(member.merchant), many=True).data)


class DeskPerson(APIView):
    @extend_schema(request=ChangeTakesSerializer, responses=TakesSerializer, operation_id="desk_people_change")
    def post(self, request: Request, pk: int) -> Response:
        """Change what somebody takes; what is left out stays."""
        member = access.member(request._request, Right.ADMINISTER)
        mate = settings.mate_of(member, pk)
        given = ChangeTakesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        was = {"on": mate.on, "kinds": mate.kinds, "carriers": mate.carriers, "shops": mate.takes_shops}
        form = TakesForm(was | given.validated_data, mate=mate, carriers=Carrier.objects.all())
        if not form.is_valid():
            raise ValidationError({name: [str(one) for one in errors] for name, errors in form.errors.items()})
        told = form.cleaned_data | {"kinds": [Kind(kind) for kind in form.cleaned_data["kinds"]]}
        settings.save_takes(member, mate, **told, now=timezone.now())
        return Response(TakesSerializer(settings.mate_of(member, pk)).data)
