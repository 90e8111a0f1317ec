"""Addresses of shipments."""

from django.urls import path

from shipments import api, views
from shipments.inbox import api as inbox_api
from shipments.inbox import views as inbox
from shipments.setting_up import api as accounts_api
from shipments.setting_up import views as accounts

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
    path("setup/accounts/new/", accounts.choose, name="account-choose"),
    path("setup/accounts/new/<slug:provider>/", accounts.new, name="account-new"),
    path("setup/accounts/<int:pk>/", accounts.account, name="account"),
    path("setup/accounts/<int:pk>/switch/", accounts.switch, name="account-switch"),
    path("setup/accounts/<int:pk>/try/", accounts.try_it, name="account-try"),
    path("api/accounts/", accounts_api.Accounts.as_view(), name="api-accounts"),
    path("api/accounts/<int:pk>/", accounts_api.OneAccount.as_view(), name="api-account"),
    path("api/accounts/<int:pk>/try/", accounts_api.TryAccount.as_view(), name="api-account-try"),
]
