"""Addresses of the support view."""

from django.urls import path

from exceptions.support import api, views

urlpatterns = [
    path("support/", views.support, name="support"),
    path("support/<int:pk>/", views.support_order, name="support-order"),
    path("support/<int:pk>/reveal/", views.reveal, name="support-reveal"),
    path("support/<int:pk>/told/", views.tell, name="support-told"),
    path("api/support/", api.Find.as_view(), name="api-support"),
    path("api/support/<int:pk>/", api.OneOrder.as_view(), name="api-support-order"),
    path("api/support/<int:pk>/summary/", api.Summary.as_view(), name="api-support-summary"),
    path("api/support/<int:pk>/reveal/", api.Reveal.as_view(), name="api-support-reveal"),
    path("api/support/<int:pk>/told/", api.Told.as_view(), name="api-support-told"),
]
