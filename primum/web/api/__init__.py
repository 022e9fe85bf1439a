"""The JSON API: everything the console does, for programs."""
