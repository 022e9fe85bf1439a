"""Scores and readers: areas, calibration, decisions, agreement, drift."""
