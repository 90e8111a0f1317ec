"""Addresses of insights."""

from django.urls import path

from insights import views

urlpatterns = [
    path("", views.start, name="start"),
    path("rail/", views.rail, name="rail"),
    path("setup/", views.setup, name="setup"),
]
