"""Gaps between groups of patients, with intervals that hold together."""
