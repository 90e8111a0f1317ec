"""Addresses of exceptions."""

from django.urls import include, path

from exceptions import api, views
from exceptions.filing import api as filing_api
from exceptions.filing import views as filing
from exceptions.judged import api as judged_api
from exceptions.judged import views as judged

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/bulk/", views.bulk, name="desk-bulk"),
    path("desk/blind/", judged.blind, name="blindspots"),
    path("orders/<int:pk>/limits/", judged.order_limits, name="order-limits"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/filing/", filing.act, name="case-filing"),
    path("cases/<int:pk>/<slug:action>/", views.act, name="case-act"),
    path("api/cases/", api.Cases.as_view(), name="api-cases"),
    path("api/cases/<int:pk>/", api.OneCase.as_view(), name="api-case"),
    path("api/cases/<int:pk>/<slug:action>/", api.ActOnCase.as_view(), name="api-case-act"),
    path("api/filings/", filing_api.Filings.as_view(), name="api-filings"),
    path("api/filings/<int:pk>/answer/", filing_api.AnswerFiling.as_view(), name="api-filing-answer"),
    path("api/blindspots/", judged_api.Blindspots.as_view(), name="api-blindspots"),
    path("", include("exceptions.backtesting.urls")),
]
