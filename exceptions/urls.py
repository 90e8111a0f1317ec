"""Addresses of exceptions."""

from django.urls import include, path

from exceptions import api, views
from exceptions.filing import api as filing_api
from exceptions.filing import views as filing

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/bulk/", views.bulk, name="desk-bulk"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/filing/", filing.act, name="case-filing"),
    path("cases/<int:pk>/<slug:action>/", views.act, name="case-act"),
    path("api/cases/", api.Cases.as_view(), name="api-cases"),
    path("api/cases/<int:pk>/", api.OneCase.as_view(), name="api-case"),
    path("api/cases/<int:pk>/<slug:action>/", api.ActOnCase.as_view(), name="api-case-act"),
    path("api/filings/", filing_api.Filings.as_view(), name="api-filings"),
    path("api/filings/<int:pk>/answer/", filing_api.AnswerFiling.as_view(), name="api-filing-answer"),
    path("", include("exceptions.backtesting.urls")),
]
