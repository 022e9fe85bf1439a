"""Coming in: local accounts, a provider, sessions, and showing again who one is."""
