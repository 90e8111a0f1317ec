"""Carriers, aggregators and marketplaces as one HTTP server speaking their wire protocols.

A separate program: it imports nothing of the product and nothing of the product imports it, so a mistake in an adapter
cannot hide behind the same mistake here. Run it with `python -m simulator --port 9100`.
"""
