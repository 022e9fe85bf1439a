"""Commands on look-backs: make the worklist, say how far it is, mark units as looked at."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson

if TYPE_CHECKING:
    from primum.actions.look_back import LookBackState
    from primum.actions.workplace import Workplace
    from primum.roadmap.people import Person

app = typer.Typer(help="Look back at past advice that a new guideline version alters.", no_args_is_help=True)

LookBackId = Annotated[str, typer.Argument(metavar="ID", help="Look-back id.", show_default=False)]
Rollout = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Table = Annotated[str, typer.Option("--table", help="Name of a registered table.", show_default=False)]
New = Annotated[str, typer.Option("--new", help="The new version, id@version.", show_default=False)]
Shown = Annotated[str, typer.Option("--shown", help="Registered log of outputs: only patients who are in it.")]
Old = Annotated[
    str, typer.Option("--old", help="The old version; the one the rollout follows or followed, if left out.")
]


@app.command("make")
def make(rollout: Rollout, table: Table, new: New, person: AsPerson, old: Old = "", shown: Shown = "") -> None:
    """List the units whose past advice changes, in a file that stays here; only counts go into the ledger."""
    from primum.actions import look_back

    place = entrance.workplace()
    submission = entrance.submission_of(rollout, place)
    made = look_back.make(
        submission=submission,
        evidence=table,
        old=old,
        new=new,
        shown=shown,
        person=submission.person(person),
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Look-back {made.state.id}{'' if made.is_new else ' was made before'}: {made.state.words}")
    entrance.say(f"The worklist is {made.file}. It names patients: it stays on this machine.")


@app.command("status")
def status(
    look_back: Annotated[str, typer.Argument(metavar="ID", help="Look-back id; all if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say how far the worklists are; small counts are not shown."""
    from primum.actions.look_back import look_back_state, states

    with entrance.workplace().ledger.reading() as session:
        found = (look_back_state(session, look_back=look_back),) if look_back else states(session)
    if as_json:
        entrance.show_json([_plain(one) for one in found])
        return
    entrance.show_table(
        "Look-backs",
        ("id", "rollout", "from", "to", "listed", "state"),
        [(one.id, one.rollout, one.old, one.new, _number(one.listed), one.words) for one in found],
    )


@app.command("close")
def close(
    look_back: LookBackId,
    person: AsPerson,
    units: Annotated[
        Path | None, typer.Option("--units", help="File with one unit id a line; standard input if left out.")
    ] = None,
) -> None:
    """Mark units as looked at; their ids come from a file or standard input, so that no shell remembers them."""
    from primum.actions import look_back as looking_back

    place = entrance.workplace()
    state = looking_back.close(
        look_back=look_back,
        units=_units(units),
        person=_person(person, look_back, place),
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(state.words)


def _units(file: Path | None) -> frozenset[str]:
    try:
        text = sys.stdin.read() if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("The file with unit ids cannot be read.", param_hint="--units") from None
    found = frozenset(line.strip() for line in text.splitlines() if line.strip())
    if not found:
        raise typer.BadParameter("No unit id was given; write one a line.", param_hint="--units")
    return found


def _person(person: str, look_back: str, place: "Workplace") -> "Person":
    from primum.actions.look_back import look_back_state

    with place.ledger.reading() as session:
        rollout = look_back_state(session, look_back=look_back).rollout
    return entrance.submission_of(rollout, place).person(person)


def _plain(state: "LookBackState") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(state), "words": state.words}


def _number(n: int | None) -> str:
    return "too few to show" if n is None else f"{n:,}"
