"""The conversation in Slack: what is shown, and what follows from a click."""
