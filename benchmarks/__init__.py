"""Measured side by side with what one would use instead; never a timed test, and none of it ships."""
