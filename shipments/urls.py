"""Addresses of shipments."""

from django.urls import path

from shipments import api, views

urlpatterns = [
    path("waybills/<int:pk>/", views.waybill, name="waybill"),
    path("waybills/<int:pk>/refresh/", views.refresh, name="waybill-refresh"),
    path("parcels/<int:pk>/role/", views.parcel_role, name="parcel-role"),
    path("api/parcels/<int:pk>/", api.OneParcel.as_view(), name="api-parcel"),
    path("carriers/<slug:provider>/push/<slug:token>/", views.push, name="push"),
]
