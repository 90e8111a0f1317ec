"""Ways to tell what went wrong: by hand, as a pasted list, by the buyer, over REST. The service is `exceptions.reports`."""
