"""Accounts with tracking providers, as an admin sets them up in the browser or over REST."""
