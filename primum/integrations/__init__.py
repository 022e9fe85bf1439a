"""One door to each outside world."""
