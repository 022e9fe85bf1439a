"""Signed requests from Slack over HTTP."""
