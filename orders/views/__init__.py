"""Pages of orders: the list and the order in orders.py, files coming in in imports.py."""
