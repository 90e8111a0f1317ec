"""Saved views and the look of the desk over REST: the same services and rights as the tabs above the queue."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions.desk import tabs
from exceptions.desk.filters import Filters
from exceptions.errors import Incomplete
from exceptions.models import View
from merchants import access
from merchants.access import Right


class ViewSerializer(serializers.ModelSerializer[View]):
    owner = serializers.CharField(source="owner.username", default=None)
    url = serializers.SerializerMethodField(help_text="The desk as this view shows it.")

    class Meta:
        model = View
        fields = ["id", "name", "query", "scope", "owner", "position", "url"]

    def get_url(self, view: View) -> str:
        return f"{reverse('desk')}?{Filters.of(view.query).to_query(view=str(view.pk))}"


class TabSerializer(serializers.Serializer[Any]):
    view = serializers.IntegerField(source="view.pk", default=None, help_text="null = all open cases")
    name = serializers.CharField()
    query = serializers.CharField()
    default = serializers.BooleanField(help_text="The desk opens with it.")
    count = serializers.CharField(source="n", help_text="Open cases, `999+` at most; blank where they are not counted.")


class ViewsSerializer(serializers.Serializer[Any]):
    tabs = TabSerializer(many=True)
    views = ViewSerializer(many=True)


class SaveSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=tabs.NAME_LENGTH)
    query = serializers.CharField(
        allow_blank=True, default="", max_length=tabs.QUERY_LENGTH, help_text="As in the address of the desk."
    )
    scope = serializers.ChoiceField(View.Scope.choices, default=View.Scope.PRIVATE, help_text="`pinned`: admins only")
    position = serializers.IntegerField(min_value=0, max_value=999, required=False)


class LookSerializer(serializers.Serializer[Any]):
    query = serializers.CharField(
        allow_blank=True, max_length=tabs.QUERY_LENGTH, help_text="`col=shop&col=stake&density=compact`"
    )


class Views(APIView):
    @extend_schema(responses=ViewsSerializer, operation_id="views_list")
    def get(self, request: Request) -> Response:
        """The tabs of one's desk with their counts, and every view one can see."""
        member = access.member(request._request, Right.VIEW)
        told = tabs.tabs(member, Filters(view="all"), timezone.now(), tabs.chosen(member)[0])
        body = {"tabs": told.shown, "views": tabs.visible(member)}
        return Response(ViewsSerializer(body).data)

    @extend_schema(request=SaveSerializer, responses={201: ViewSerializer}, operation_id="views_save")
    def post(self, request: Request) -> Response:
        """Save a view."""
        member = access.member(request._request, Right.VIEW)
        given = _given(request)
        position = given.pop("position", None)
        try:
            view = tabs.save_as(member, **given)
            if position is not None:
                view = tabs.change(member, view.pk, position=position)
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None
        return Response(ViewSerializer(view).data, status=status.HTTP_201_CREATED)


class OneView(APIView):
    @extend_schema(responses=ViewSerializer, operation_id="views_read")
    def get(self, request: Request, pk: int) -> Response:
        """One view."""
        return Response(ViewSerializer(tabs.get(access.member(request._request, Right.VIEW), pk)).data)

    @extend_schema(request=SaveSerializer, responses=ViewSerializer, operation_id="views_change")
    def patch(self, request: Request, pk: int) -> Response:
        """Change name, query, scope or position of one's own view; an admin any that all can see."""
        member = access.member(request._request, Right.VIEW)
        given = SaveSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        try:
            return Response(ViewSerializer(tabs.change(member, pk, **given.validated_data)).data)
        except Incomplete as error:
            raise ValidationError({error.field: [error.sentence]}) from None

    @extend_schema(responses={204: None}, operation_id="views_delete")
    def delete(self, request: Request, pk: int) -> Response:
        """Take it away, for everybody who saw it."""
        tabs.delete(access.member(request._request, Right.VIEW), pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OpenWith(APIView):
    @extend_schema(request=None, responses={204: None}, operation_id="views_default")
    def post(self, request: Request, pk: int) -> Response:
        """Let one's own desk open with it."""
        tabs.open_with(access.member(request._request, Right.VIEW), pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None}, operation_id="views_undefault")
    def delete(self, request: Request, pk: int) -> Response:
        """Let one's own desk open with all open cases."""
        tabs.open_with(access.member(request._request, Right.VIEW), None)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Look(APIView):
    @extend_schema(request=LookSerializer, responses=LookSerializer, operation_id="desk_look")
    def post(self, request: Request) -> Response:
        """Keep columns and density for one's own desk; what else the query says is left out."""
        member = access.member(request._request, Right.VIEW)
        given = LookSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response({"query": tabs.keep_look(member, given.validated_data["query"])})


def _given(request: Request) -> dict[str, Any]:
    given = SaveSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
