"""Addresses of saved views, and of finishing a case."""

from django.urls import path

from exceptions.queueing import api, views

urlpatterns = [
    path("desk/views/", views.save_view, name="desk-views"),
    path("desk/views/<int:pk>/", views.change_view, name="desk-view"),
    path("desk/look/", views.keep_look, name="desk-look"),
    path("cases/<int:pk>/finish/", views.finish, name="case-finish"),
    path("api/views/", api.Views.as_view(), name="api-views"),
    path("api/views/<int:pk>/", api.OneView.as_view(), name="api-view"),
    path("api/views/<int:pk>/default/", api.OpenWith.as_view(), name="api-view-default"),
    path("api/look/", api.Look.as_view(), name="api-look"),
]
