"""Addresses of shipments."""

from django.urls import path

from shipments import api, views
from shipments.inbox import api as inbox_api
from shipments.inbox import views as inbox

urlpatterns = [
    path("waybills/<int:pk>/", views.waybill, name="waybill"),
    path("waybills/<int:pk>/refresh/", views.refresh, name="waybill-refresh"),
    path("parcels/<int:pk>/role/", views.parcel_role, name="parcel-role"),
    path("api/parcels/<int:pk>/", api.OneParcel.as_view(), name="api-parcel"),
    path("carriers/<slug:provider>/push/<slug:token>/", views.push, name="push"),
    path("wordings/", inbox.inbox, name="wordings"),
    path("wordings/<int:pk>/", inbox.wording, name="wording"),
    path("wordings/<int:pk>/map/", inbox.map_wording, name="wording-map"),
    path("wordings/<int:pk>/unmap/", inbox.unmap, name="wording-unmap"),
    path("api/wordings/", inbox_api.Wordings.as_view(), name="api-wordings"),
    path("api/wordings/<int:pk>/", inbox_api.OneWording.as_view(), name="api-wording"),
    path("api/wordings/<int:pk>/map/", inbox_api.MapWording.as_view(), name="api-wording-map"),
    path("api/wordings/<int:pk>/unmap/", inbox_api.UnmapWording.as_view(), name="api-wording-unmap"),
]
