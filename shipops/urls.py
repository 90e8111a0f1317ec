"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("insights.urls")),
    path("", include("merchants.urls")),
    path("", include("exceptions.urls")),
    path("", include("orders.urls")),
    path("", include("shipments.urls")),
]
