"""Commands on allocation: units from a file, an outside list, clusters, and the report."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.naming import UsualUnlessNamed
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.allocation import Allocated, Enrolled
    from primum.actions.allocation_report import AllocationReport
    from primum.actions.workplace import Workplace

FEW = 10
TICK_EVERY = 50_000
MOST_NAMED = 5

app = typer.Typer(
    cls=UsualUnlessNamed,
    help="Allocate the units of a file to their arms (`allocate FILE`), or report on it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

RolloutName = Annotated[str, typer.Option("--rollout", help="Rollout id.", show_default=False)]
UnitColumn = Annotated[str, typer.Option("--unit", help="Column with the unit's identifier.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write each unit with its arm here; keep it where data are.")]
Table = Annotated[Path, typer.Argument(help="A CSV file with one row for each unit.", show_default=False)]
Listed = Annotated[
    Path, typer.Argument(help="A CSV file with one row for each unit, or for each place.", show_default=False)
]
PlaceColumn = Annotated[str, typer.Option("--sequence", help="Column with the number of a place in its stratum.")]
Arm = Annotated[str, typer.Option("--arm", help="Column with the arm of a place.")]
Stratum = Annotated[str, typer.Option("--stratum", help="Column with the stratum, unless each part of it has its own.")]
WarnAt = Annotated[int, typer.Option("--warn-at", min=0, help="Tell when a stratum has so few places left.")]


@app.command("usual", short_help="Allocate the units of a file, in its order.")
def units(file: Table, rollout: RolloutName, person: AsPerson, unit: UnitColumn = "unit_id", out: Out = None) -> None:
    """Allocate the units of a file in the order in which they stand; those that have an arm keep it."""
    _allocate(file, rollout, person, unit, out, method="seed")


@app.command("list", short_help="Take over a list that somebody else drew.")
def taken_over(
    file: Listed,
    rollout: RolloutName,
    person: AsPerson,
    unit: UnitColumn = "unit_id",
    out: Out = None,
    sequence: PlaceColumn = "sequence",
    arm: Arm = "arm",
    stratum: Stratum = "stratum",
    warn_at: WarnAt = FEW,
) -> None:
    """
    Take over a randomisation list: places by stratum and number, kept concealed, or units that have an arm.

    With a column for the unit, each unit gets the `arm` of its row; a list that says otherwise than before is
    refused. With numbers of places, units that enrol later take the next place of their stratum.
    """
    from primum.actions.allocation import CannotAllocate

    place = _place(rollout, person)
    header = _header(file)
    if unit in header:
        _allocate(file, rollout, person, unit, out, method="list")
        return
    from primum.actions.randomisation_lists import KNOWN, take_over_list
    from primum.ledger.list_reading import FURTHER
    from primum.roadmap.randomisation_list import ListColumns

    if sequence not in header:
        raise CannotAllocate(
            f"{file} has neither a column '{unit}' for units (`--unit`) nor a column '{sequence}' for places "
            "(`--sequence`); name the one it has."
        )
    if out is not None:
        raise CannotAllocate("A list of places is concealed; nothing of it is written. Leave `--out` away.")
    done = take_over_list(
        rollout=rollout,
        header=header,
        rows=_lines(file),
        columns=ListColumns(sequence=sequence, arm=arm, stratum=stratum),
        warn_at=warn_at,
        person=person,
        at=entrance.now(),
        workplace=place,
    )
    if done.kind == KNOWN:
        entrance.say(f"This list was taken over before; nothing changed. Digest {done.digest}.")
        return
    words = "further places" if done.kind == FURTHER else "places"
    entrance.say(
        f"{done.places:,} {words} were taken over and are sealed; strata: {done.strata:,}. Digest {done.digest}.",
        "Delete the file: from now on each unit that enrols takes the next place, and nobody needs to see it.",
    )


@app.command("clusters", short_help="Allocate the clusters that the locked protocol lists.")
def clusters(rollout: RolloutName, person: AsPerson, out: Out = None) -> None:
    """Allocate every cluster of the protocol's list, to an arm or to a sequence of the wedge."""
    from primum.actions.allocation import allocate_clusters

    place = _place(rollout, person)
    done = allocate_clusters(rollout=rollout, person=person, at=entrance.now(), workplace=place)
    _write(iter(done), out)


@app.command("report", short_help="Report sizes, balance and sample ratio.")
def report(
    rollout: RolloutName,
    as_json: AsJson = False,
    recompute: Annotated[bool, typer.Option("--recompute", help="Draw or look up every arm again.")] = False,
) -> None:
    """Say how the arms grew, and whether every arm is the one that the seed or the list gives."""
    from primum.actions.allocation_report import allocation_report
    from primum.actions.randomisation_lists import ALARM

    found = allocation_report(rollout=rollout, workplace=entrance.workplace(), recompute=recompute)
    amiss = bool(found.otherwise) or (found.p is not None and found.p < ALARM)
    if as_json:
        entrance.show_json(found.plain())
    else:
        _tell(found)
    if amiss:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _tell(found: "AllocationReport") -> None:
    sizes = ", ".join(f"{units:,} {arm}" for arm, units in found.arms.items()) or "nobody"
    ratio = "" if found.p is None else f"; sample ratio p {found.p:.4f}"
    permit = "" if found.allowed is None else f"; its blocks permit {found.allowed:g}"
    entrance.say(
        f"{found.rollout}: {found.units:,} units in {len(found.strata):,} strata: {sizes}{ratio}.",
        f"Largest imbalance in a stratum {found.imbalance:g}{permit}.",
    )
    if found.lists:
        entrance.say(
            f"{sum(found.left.values()):,} places of the list are left in {len(found.left):,} strata; "
            f"digest {', '.join(found.lists)}."
        )
    if found.otherwise is not None:
        source = "list" if found.lists else "seed"
        entrance.say(f"{found.otherwise:,} of {found.units:,} arms are not those that the {source} gives.")


def _allocate(file: Path, rollout: str, person: str, unit: str, out: Path | None, *, method: str) -> None:
    from primum.actions.allocation import allocate_many, seed_for
    from primum.actions.enrolment_checks import refuse_unfit
    from primum.cli.progress import tick

    place = _place(rollout, person)
    seed = seed_for(rollout=rollout, workplace=place)
    refuse_unfit(rollout=rollout, units=_rows(file, unit), seed=seed, method=method, workplace=place)
    done = allocate_many(
        rollout=rollout,
        units=_rows(file, unit),
        person=person,
        at=entrance.now(),
        workplace=place,
        method=method,
        progress=lambda units: tick(f"{units:,} units"),
    )
    _write(done, out)
    _warn(rollout, place)


def _place(rollout: str, person: str) -> "Workplace":
    """Return the workplace, once it is known that this person may allocate there."""
    from primum.actions.allocation import CannotAllocate
    from primum.actions.enrolment_checks import why_not_allocate

    place = entrance.workplace()
    who = entrance.person_at(rollout, id_=person, place=place)
    if problem := why_not_allocate(person=who, rollout=rollout, at=entrance.now()):
        raise CannotAllocate(problem)
    return place


def _warn(rollout: str, place: "Workplace") -> None:
    """Say which strata have few places left, how many, and no more of them."""
    from primum.actions.randomisation_lists import few_places

    few = few_places(rollout=rollout, workplace=place)
    if few:
        named = [f"{stratum or 'the list'} {left}" for stratum, left in list(few.items())[:MOST_NAMED]]
        more = f" and {len(few) - MOST_NAMED:,} more" if len(few) > MOST_NAMED else ""
        entrance.say(f"Few places are left: {'; '.join(named)}{more}. Ask whoever drew the list for further places.")


def _header(file: Path) -> list[str]:
    with _opened(file) as reader:
        return list(reader.fieldnames or ())


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    from primum.cli.progress import tick

    with _opened(file) as reader:
        for row in reader:
            if reader.line_num % TICK_EVERY == 0:
                tick(f"{reader.line_num:,} lines")
            yield reader.line_num, row


@contextmanager
def _opened(file: Path) -> "Iterator[csv.DictReader[str]]":
    """Open a CSV file; whatever keeps it from being read is a sentence, wherever in it that is."""
    from primum.actions.allocation import CannotAllocate

    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            header = list(reader.fieldnames or ())
            if len(set(header)) < len(header):
                raise CannotAllocate(f"{file} names a column twice; give each its own name. Nobody was allocated.")
            yield reader
    except OSError as problem:
        raise CannotAllocate(f"{file} cannot be read: {problem.strerror}. Nobody was allocated.") from None
    except (UnicodeDecodeError, csv.Error):
        raise CannotAllocate(f"{file} cannot be read as CSV in UTF-8; save it as that. Nobody was allocated.") from None


def _rows(file: Path, unit: str) -> "Iterator[Enrolled]":
    from primum.actions.allocation import CannotAllocate, Enrolled

    with _opened(file) as reader:
        if unit not in (reader.fieldnames or ()):
            raise CannotAllocate(f"{file} has no column '{unit}'; name the unit's column with `--unit`.")
        for row in reader:
            if None in row or None in row.values():
                raise CannotAllocate(
                    f"Line {reader.line_num} of {file} has not as many cells as the header; it may hold a comma that "
                    "is not quoted. Nobody was allocated."
                )
            if not row[unit]:
                raise CannotAllocate(f"Line {reader.line_num} of {file} has no {unit}; each unit is named.")
            yield Enrolled(unit=row[unit], values=row, arm=row.get("arm") or "")


def _write(done: "Iterator[Allocated]", out: Path | None) -> None:
    """Count what was allocated; identifiers are written to the file that was asked for and nowhere else (P9)."""
    new = kept = 0
    with _to_write(out) as opened:
        writer = csv.writer(opened)
        writer.writerow(("unit", "stratum", "arm"))
        for one in done:
            writer.writerow((one.unit, one.stratum, one.arm))
            new, kept = new + one.new, kept + (not one.new)
    entrance.say(f"{new:,} units were allocated; {kept:,} had their arm already.")


def _to_write(out: Path | None) -> TextIO:
    from primum.actions.allocation import CannotAllocate

    try:
        return (out or Path(os.devnull)).open("w", encoding="utf-8", newline="")
    except OSError as problem:
        raise CannotAllocate(
            f"{out} cannot be written: {problem.strerror}. Choose another place; nobody was allocated."
        ) from None
