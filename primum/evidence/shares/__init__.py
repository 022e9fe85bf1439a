"""Proportions, ratios, rates and tables of counts: intervals, tests, sizes."""
