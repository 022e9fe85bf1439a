"""The door to Slack: its signatures, payloads, Web API and sockets, and nothing that decides."""
