"""Addresses of exceptions."""

from django.urls import path

from exceptions import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/bulk/", views.bulk, name="desk-bulk"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/<slug:action>/", views.act, name="case-act"),
]
