"""Addresses of shipments."""

from django.urls import path

from shipments import views

urlpatterns = [
    path("waybills/<int:pk>/", views.waybill, name="waybill"),
    path("waybills/<int:pk>/refresh/", views.refresh, name="waybill-refresh"),
    path("carriers/<slug:provider>/push/<slug:token>/", views.push, name="push"),
]
