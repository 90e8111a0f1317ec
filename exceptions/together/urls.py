"""Addresses of working together."""

from django.urls import path

from exceptions.together import api
from exceptions.together.views import attachments, handover, notices, presence, sharing

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/<int:pk>/read/", notices.read, name="notice-read"),
    path("desk/duty/", notices.duty, name="duty"),
    path("desk/share/", sharing.share, name="desk-share"),
    path("desk/presence/", presence.rows, name="desk-presence"),
    path("desk/handover/", handover.handover, name="handover"),
    path("desk/handover/<int:pk>/", handover.read, name="handover-read"),
    path("desk/handover/<int:pk>/accept/", handover.accept, name="handover-accept"),
    path("setup/desk/", sharing.setup_desk, name="setup-desk"),
    path("setup/desk/<int:pk>/", sharing.setup_person, name="setup-person"),
    path("cases/<int:pk>/watch/", notices.watch, name="case-watch"),
    path("cases/<int:pk>/presence/", presence.beat, name="case-presence"),
    path("cases/<int:pk>/attachments/", attachments.add, name="case-attach"),
    path("attachments/<int:pk>/", attachments.show, name="attachment"),
    path("attachments/<int:pk>/small/", attachments.show, {"small": True}, name="attachment-small"),
    path("attachments/<int:pk>/remove/", attachments.remove, name="attachment-remove"),
    path("api/notices/", api.Notices.as_view(), name="api-notices"),
    path("api/notices/read/", api.ReadNotices.as_view(), name="api-notices-read"),
    path("api/cases/<int:pk>/people/", api.People.as_view(), name="api-case-people"),
    path("api/cases/<int:pk>/watch/", api.WatchCase.as_view(), name="api-case-watch"),
    path("api/cases/<int:pk>/attachments/", api.Attachments.as_view(), name="api-case-attachments"),
    path("api/attachments/<int:pk>/", api.OneAttachment.as_view(), name="api-attachment"),
    path("api/cases/share/", api.Share.as_view(), name="api-cases-share"),
    path("api/duty/", api.DutyOfMine.as_view(), name="api-duty"),
    path("api/handover/", api.Handovers.as_view(), name="api-handover"),
    path("api/handover/<int:pk>/accept/", api.AcceptHandover.as_view(), name="api-handover-accept"),
    path("api/desk-rules/", api.Rules.as_view(), name="api-desk-rules"),
    path("api/desk-people/", api.DeskPeople.as_view(), name="api-desk-people"),
    path("api/desk-people/<int:pk>/", api.DeskPerson.as_view(), name="api-desk-person"),
]
