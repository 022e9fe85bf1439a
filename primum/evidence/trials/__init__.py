"""A trial as it was planned: arms, looks, clusters, wedges, missing outcomes, allocation."""
