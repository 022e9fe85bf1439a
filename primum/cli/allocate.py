"""Commands on allocation: units from a file, an outside list, clusters, and the report."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.naming import UsualUnlessNamed
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.allocation import Allocated, Enrolled

ALARM = 0.001

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


@app.command("usual", short_help="Allocate the units of a file, in its order.")
def units(file: Table, rollout: RolloutName, person: AsPerson, unit: UnitColumn = "unit_id", out: Out = None) -> None:
    """Allocate the units of a file in the order in which they stand; those that have an arm keep it."""
    _allocate(file, rollout, person, unit, out, method="seed")


@app.command("list", short_help="Take over a list that somebody else drew.")
def taken_over(
    file: Table, rollout: RolloutName, person: AsPerson, unit: UnitColumn = "unit_id", out: Out = None
) -> None:
    """Take over a randomisation list with an `arm` for each unit; one that says otherwise than before is refused."""
    _allocate(file, rollout, person, unit, out, method="list")


@app.command("clusters", short_help="Allocate the clusters that the locked protocol lists.")
def clusters(rollout: RolloutName, person: AsPerson, out: Out = None) -> None:
    """Allocate every cluster of the protocol's list, to an arm or to a sequence of the wedge."""
    from primum.actions.allocation import allocate_clusters

    done = allocate_clusters(rollout=rollout, person=person, at=entrance.now(), workplace=entrance.workplace())
    _write(iter(done), out)


@app.command("report", short_help="Report sizes, balance and sample ratio.")
def report(
    rollout: RolloutName,
    as_json: AsJson = False,
    recompute: Annotated[bool, typer.Option("--recompute", help="Draw every arm from the seed again.")] = False,
) -> None:
    """Say how the arms grew, and whether every arm is the one that the seed gives."""
    from primum.actions.allocation_report import allocation_report

    found = allocation_report(rollout=rollout, workplace=entrance.workplace(), recompute=recompute)
    amiss = bool(found.otherwise) or (found.p is not None and found.p < ALARM)
    if as_json:
        entrance.show_json(found.plain())
    else:
        sizes = ", ".join(f"{units:,} {arm}" for arm, units in found.arms.items()) or "nobody"
        ratio = "" if found.p is None else f"; sample ratio p {found.p:.4f}"
        entrance.say(
            f"{rollout}: {found.units:,} units in {len(found.strata):,} strata: {sizes}{ratio}.",
            f"Largest imbalance in a stratum {found.imbalance:g}; its blocks permit {found.allowed:g}.",
        )
        if found.otherwise is not None:
            entrance.say(f"{found.otherwise:,} of {found.units:,} arms are not those that the seed gives.")
    if amiss:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _allocate(file: Path, rollout: str, person: str, unit: str, out: Path | None, *, method: str) -> None:
    from primum.actions.allocation import allocate_many
    from primum.cli.progress import tick

    place = entrance.workplace()
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


def _rows(file: Path, unit: str) -> "Iterator[Enrolled]":
    from primum.actions.allocation import CannotAllocate, Enrolled

    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        if unit not in (reader.fieldnames or ()):
            raise CannotAllocate(f"{file} has no column '{unit}'; name the unit's column with `--unit`.")
        for row in reader:
            if not row[unit]:
                raise CannotAllocate(f"Line {reader.line_num} of {file} has no {unit}; each unit is named.")
            yield Enrolled(unit=row[unit], values=row, arm=row.get("arm") or "")


def _write(done: "Iterator[Allocated]", out: Path | None) -> None:
    """Count what was allocated; identifiers are written to the file that was asked for and nowhere else (P9)."""
    new = kept = 0
    with (out or Path(os.devnull)).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("unit", "stratum", "arm"))
        for one in done:
            writer.writerow((one.unit, one.stratum, one.arm))
            new, kept = new + one.new, kept + (not one.new)
    entrance.say(f"{new:,} units were allocated; {kept:,} had their arm already.")
