"""What every command does at its start: settings, time, zone, the ledger; and how it prints."""

import atexit
import gc
import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace
    from primum.roadmap.people import Person
    from primum.settings import Settings

AsPerson = Annotated[str, typer.Option("--as", help="Your id in people.yaml.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
RolloutFile = Annotated[Path, typer.Argument(help="The rollout.yaml.", show_default=False)]


def now() -> datetime:
    """Read the clock; the only place where a command does."""
    return datetime.now(UTC)


def zone() -> str:
    """Return the name of the reader's time zone, for a signature."""
    return datetime.now(UTC).astimezone().tzname() or "UTC"


def end_of(day: str, option: str) -> datetime:
    """Return the moment a reader means by ``2027-01-31``, the end of that day here, or by a whole ISO time."""
    try:
        said = datetime.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"'{day}' is no date; write 2027-01-31.", param_hint=option) from None
    if len(day) == len("2027-01-31"):
        said = said + timedelta(days=1)
    return said.astimezone()


def moment(said: str, *, option: str, at: datetime) -> datetime:
    """Return the moment a reader means by ``2027-01-31T14:30`` here; without a word it is now."""
    if not said:
        return at
    try:
        return datetime.fromisoformat(said).astimezone()
    except ValueError:
        raise typer.BadParameter(f"'{said}' is no time; write 2027-01-31T14:30.", param_hint=option) from None


def begin_to_serve() -> None:
    """
    Set what is loaded by now aside from the garbage collector, for a process that answers people until it is stopped.

    Otherwise it looks through every object of every library again and again, and whoever asks meanwhile waits for it.
    """
    gc.collect()
    gc.freeze()
    # Some libraries complain at the end of what was never collected.
    atexit.register(gc.unfreeze)


def settings() -> "Settings":
    """Read the settings once, and silence the libraries' telemetry before they are imported."""
    from primum.settings import Settings, quiet_telemetry

    quiet_telemetry()
    return Settings.read()


def workplace(*, create: bool = False) -> "Workplace":
    """
    Open the ledger that the settings name; only a command that begins something makes one.

    :raises SchemaRefused: if there is no ledger and none is to be made
    """
    from primum.actions.workplace import open_workplace

    return open_workplace(settings(), create=create)


def submission_of(rollout: str, place: "Workplace") -> "Submission":
    """
    Read the files of a registered rollout again, as they are now.

    :raises UnknownRollout: if it was never registered
    """
    from primum.actions.evaluation import UnknownRollout
    from primum.actions.submission import read_submission
    from primum.ledger import reading

    with place.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    if record is None:
        raise UnknownRollout(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    return read_submission(Path(record.spec_path))


def person_at(rollout: str, *, id_: str, place: "Workplace") -> "Person":
    """Return one of the people of a rollout, also when its files are broken (P10)."""
    from primum.actions import suspension

    return suspension.person_at(rollout, id_=id_, workplace=place)


def rollout_of(gate: str) -> str:
    """Return the rollout a gate id begins with: ``name.G2.1`` is of ``name``."""
    return gate.split(".", maxsplit=1)[0]


def console() -> "Console":
    """Return the console that text goes to."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def say(*lines: str) -> None:
    """Print lines of text as they are."""
    screen = console()
    for line in lines:
        screen.print(line, markup=False, soft_wrap=True)


def say_item(mark: str, text: str, *, indent: int = 2) -> None:
    """Print one sentence behind a mark; the lines that follow stand under the first."""
    start = " " * indent + mark + " "
    width = max(40, console().width)
    rest = " " * len(start)
    # An id is not broken at its hyphens, so that it can be copied.
    lines = textwrap.wrap(text, width=width, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False)
    say(*lines or [start])


def say_paragraph(text: str, *, indent: int = 2) -> None:
    """Print some sentences as wide as the screen."""
    start = " " * indent
    say(*textwrap.wrap(text, width=max(40, console().width), initial_indent=start, subsequent_indent=start))


def show_json(value: object) -> None:
    """Print a value as JSON, times as ISO 8601."""
    typer.echo(json.dumps(value, indent=2, default=_text, ensure_ascii=False))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; an empty one says so."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    screen = console()
    if table.row_count:
        screen.print(table)
    else:
        screen.print(f"{title}: none yet.", markup=False)


def leave(code: ExitCode) -> NoReturn:
    """End the command with a code."""
    raise typer.Exit(code)


def command_name() -> str:
    """Return how a reader called this command, so that what is suggested can be typed as it stands."""
    called = Path(sys.argv[0])
    if called.name != "primum":
        return "primum"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_absolute() and called.is_relative_to(here) else str(called)


def is_interactive() -> bool:
    """True if a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
