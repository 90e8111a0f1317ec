"""Every address of the product."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("", include("insights.urls")),
    path("", include("merchants.urls")),
    path("", include("exceptions.urls")),
    path("", include("orders.urls")),
    path("", include("shipments.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]

handler400 = "shipops.views.bad_request"
