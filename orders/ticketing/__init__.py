"""Tickets at the edges: their card on the order's page, their forms, their REST addresses. The service is `orders.tickets`."""
