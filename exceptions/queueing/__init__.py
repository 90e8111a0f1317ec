"""The edges of the queue beyond the desk itself: saved views, the look of the list, finish and next."""
