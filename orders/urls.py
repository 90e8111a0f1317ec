"""Addresses of orders."""

from django.urls import path

from orders.ticketing import api as ticketing_api
from orders.ticketing import views as ticketing
from orders.views import imports, orders

urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<int:pk>/", orders.order_detail, name="order"),
    path("orders/<int:pk>/tickets/", ticketing.add, name="order-tickets"),
    path("tickets/<int:pk>/", ticketing.act, name="ticket-act"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/template.csv", imports.import_template, name="import-template"),
    path("imports/<int:pk>/", imports.import_detail, name="import"),
    path("imports/<int:pk>/issues.csv", imports.import_issues, name="import-issues"),
    path("api/tickets/", ticketing_api.Tickets.as_view(), name="api-tickets"),
    path("api/tickets/<int:pk>/", ticketing_api.OneTicket.as_view(), name="api-ticket"),
    path("api/tickets/<int:pk>/steps/", ticketing_api.StepsOfTicket.as_view(), name="api-ticket-steps"),
]
