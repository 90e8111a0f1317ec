"""Addresses of insights."""

from django.urls import path

from insights import api, views

urlpatterns = [
    path("", views.start, name="start"),
    path("rail/", views.rail, name="rail"),
    path("exposure/", views.exposure, name="exposure"),
    path("api/exposure/", api.ExposureView.as_view(), name="api-exposure"),
    path("setup/", views.setup, name="setup"),
    path("setup/shops/<int:pk>/", views.setup_shop, name="setup-shop"),
    path("setup/audit/", views.setup_audit, name="setup-audit"),
]
