"""Progress on anything that lasts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from primum.cli import entrance


def step(name: str) -> None:
    """Print the step that begins."""
    entrance.say(f"… {name}")


def tick(name: str) -> None:
    """Show the step that begins on one line that the next one replaces; silent when nobody watches."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K  … {name}\r")
        sys.stdout.flush()


@contextmanager
def watched() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows what is done and how far it is on the error stream, if somebody watches."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(what: str, done: int, in_all: int) -> None:
            bar.update(task, description=what, completed=done, total=in_all or None)

        yield show
