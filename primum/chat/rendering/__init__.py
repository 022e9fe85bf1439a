"""What Slack shows: plain values in, Slack's JSON out; no clock, no database, no network."""
