"""Regression on counts: clusters, mixed models, sites as studies, adjusted and non-randomised analyses."""
