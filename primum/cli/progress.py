"""Progress on anything that lasts."""

import sys

from primum.cli import entrance


def step(name: str) -> None:
    """Print the step that begins."""
    entrance.say(f"… {name}")


def tick(name: str) -> None:
    """Show the step that begins on one line that the next one replaces; silent when nobody watches."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K  … {name}\r")
        sys.stdout.flush()
