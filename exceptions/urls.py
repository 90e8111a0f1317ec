"""Addresses of exceptions."""

from django.urls import include, path

from exceptions import api, views

urlpatterns = [
    path("", include("exceptions.rulemaking.urls")),
    path("desk/", views.desk, name="desk"),
    path("desk/bulk/", views.bulk, name="desk-bulk"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/<slug:action>/", views.act, name="case-act"),
    path("api/cases/", api.Cases.as_view(), name="api-cases"),
    path("api/cases/<int:pk>/", api.OneCase.as_view(), name="api-case"),
    path("api/cases/<int:pk>/<slug:action>/", api.ActOnCase.as_view(), name="api-case-act"),
]
