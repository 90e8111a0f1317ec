"""Addresses of shipments."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
