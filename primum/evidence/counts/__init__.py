"""Rows in, counts out: cells, exact sums, score histograms, one streaming pass."""
