"""The rules in the browser: read by all who work for the merchant, changed by its admins."""
