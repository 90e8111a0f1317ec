"""Addresses of incidents."""

from django.urls import path

from exceptions.incidents import api, views

urlpatterns = [
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/new/", views.new, name="incident-new"),
    path("incidents/<int:pk>/", views.incident, name="incident"),
    path("incidents/<int:pk>/all/<slug:action>/", views.act_on_all, name="incident-all"),
    path("incidents/<int:pk>/<slug:action>/", views.act, name="incident-act"),
    path("setup/incidents/", views.tune, name="setup-incidents"),
    path("api/incidents/", api.Incidents.as_view(), name="api-incidents"),
    path("api/incidents/places/", api.Places.as_view(), name="api-incident-places"),
    path("api/incidents/rules/", api.RulesOf.as_view(), name="api-incident-rules"),
    path("api/incidents/<int:pk>/", api.OneIncident.as_view(), name="api-incident"),
    path("api/incidents/<int:pk>/<slug:action>/", api.ActOnIncident.as_view(), name="api-incident-act"),
]
