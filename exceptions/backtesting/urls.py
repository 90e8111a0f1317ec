"""Addresses of back-tests."""

from django.urls import path

from exceptions.backtesting import api, views

urlpatterns = [
    path("rules/backtests/", views.backtests, name="backtests"),
    path("rules/backtests/new/", views.new, name="backtest-new"),
    path("rules/backtests/<int:pk>/", views.detail, name="backtest"),
    path("rules/backtests/<int:pk>/cancel/", views.cancel, name="backtest-cancel"),
    path("api/backtests/", api.BackTests.as_view(), name="api-backtests"),
    path("api/backtests/<int:pk>/", api.OneBackTest.as_view(), name="api-backtest"),
    path("api/backtests/<int:pk>/cancel/", api.CancelBackTest.as_view(), name="api-backtest-cancel"),
]
