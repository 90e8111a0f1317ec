"""Filings at the edges: their panel on the case page, their forms, their REST addresses. The service is `exceptions.filings`."""
