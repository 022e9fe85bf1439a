"""Progress on anything that lasts: one line per step, with the seconds the step before took."""

import time

from primum.cli import entrance


class _Clock:
    last: float | None = None


def step(name: str) -> None:
    """Print the step that begins."""
    elapsed = time.monotonic() - _Clock.last if _Clock.last is not None else None
    _Clock.last = time.monotonic()
    before = f"   ({elapsed:.1f} s)" if elapsed is not None else ""
    entrance.say(f"… {name}{before}")
