"""Rehearsing a rollout on simulated counts, through the rules that real ones meet."""
