"""Commands on guideline changes: where each stands, every step, and a rehearsal of the whole with scripted people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.change_lines import show_steps
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace

app = typer.Typer(
    help="Take a guideline change through its steps, and close it when none is missing.", no_args_is_help=True
)
ChangeId = Annotated[str, typer.Argument(help="Id of the change; `change list` shows them.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why, in your own words.", show_default=False)]


def _at(change: str) -> "tuple[Submission, Workplace]":
    """Read the files of the rollout that a change is of."""
    from primum.actions import guideline_changes

    place = entrance.workplace()
    rollout = guideline_changes.view(change=change, workplace=place).rollout
    return entrance.submission_of(rollout, place), place


@app.command("list")
def list_changes(as_json: AsJson = False) -> None:
    """List every guideline change and what keeps it open."""
    from primum.actions import guideline_changes

    rows = guideline_changes.listed(rollouts=None, workplace=entrance.workplace())
    if as_json:
        entrance.show_json([row.plain() for row in rows])
        return
    entrance.show_table(
        "Guideline changes",
        ("change", "opened", "stands"),
        [(row.change, f"{row.opened_at:%Y-%m-%d}", row.missing or "closed") for row in rows],
    )


@app.command("show")
def show(change: ChangeId, as_json: AsJson = False) -> None:
    """Show the steps of one change: taken, or what is missing in a sentence."""
    from primum.actions import change_telling, guideline_changes

    place = entrance.workplace()
    row = guideline_changes.view(change=change, workplace=place)
    told = change_telling.sites_told(change=change, workplace=place)
    if as_json:
        sites = [{"site": one.site, "due_at": one.due_at, "acknowledged_at": one.acknowledged_at} for one in told]
        entrance.show_json({**row.plain(), "sites": sites})
    else:
        show_steps(row)
    if row.closed_at is None:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("scope")
def scope(change: ChangeId, person: AsPerson) -> None:
    """Hold a change against the rollout's change plan."""
    from primum.actions import guideline_changes

    submission, place = _at(change)
    found = guideline_changes.scope(
        change=change, submission=submission, person=submission.person(person), at=entrance.now(), workplace=place
    )
    entrance.say(found.words)
    if not found.inside:
        entrance.say(f"The rollout goes back to {found.back_to} and passes {', '.join(found.gates)} again.")
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("relabel")
def relabel(change: ChangeId, person: AsPerson) -> None:
    """Label the stored cases by the new rule; they stay where they are, and counts come out."""
    from primum.actions import change_training

    submission, place = _at(change)
    counts = change_training.relabel(
        change=change, submission=submission, person=submission.person(person), at=entrance.now(), workplace=place
    )
    changed = counts["changed"]
    entrance.say(f"{'Too few to show' if changed is None else f'{changed:,}'} of {counts['n']:,} labels change.")


@app.command("retrain")
def retrain(change: ChangeId, person: AsPerson) -> None:
    """Let the declared trainer make a challenger, beside Primum and within its limits."""
    from primum.actions import change_training

    submission, place = _at(change)
    made = change_training.retrain(
        change=change, submission=submission, person=submission.person(person), at=entrance.now(), workplace=place
    )
    entrance.say(
        f"Trained: {made.version}, {made.digest} (MLflow run {made.tracking_run}).",
        "Next: write version, weights_digest and guideline into a copy of the rollout's file, then:",
        f"      {entrance.command_name()} change compare {change} FILE --as {person}",
    )


@app.command("compare")
def compare(
    change: ChangeId,
    file: Annotated[Path, typer.Argument(help="The rollout's file as it would be.", show_default=False)],
    person: AsPerson,
) -> None:
    """Compare the challenger with the model in use, and ask the seats of gate GU."""
    from primum.actions import change_comparison

    submission, place = _at(change)
    found = change_comparison.compare(
        change=change,
        file=file,
        submission=submission,
        person=submission.person(person),
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Gate {found.gate} is {found.state}.")
    for reason in found.reasons:
        entrance.say_item("✘", reason)
    if found.reasons:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("tell")
def tell(change: ChangeId, person: AsPerson) -> None:
    """Tell every site that the changed release is in use."""
    from primum.actions import change_telling

    submission, place = _at(change)
    sites = change_telling.tell(
        change=change, submission=submission, person=submission.person(person), at=entrance.now(), workplace=place
    )
    entrance.say(f"Told: {', '.join(sites)}.")


@app.command("acknowledge")
def acknowledge(
    change: ChangeId,
    person: AsPerson,
    site: Annotated[str, typer.Option("--site", help="The site that knows of it.", show_default=False)],
) -> None:
    """Say for a site that it knows of the change."""
    from primum.actions import change_telling

    submission, place = _at(change)
    change_telling.acknowledge(
        change=change,
        site=site,
        person=submission.person(person),
        channel="cli",
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Noted: {site} knows of {change}.")


@app.command("card")
def card(change: ChangeId, person: AsPerson) -> None:
    """Write the version of the model card that names the guideline and who approved it."""
    from primum.actions import guideline_changes

    submission, place = _at(change)
    guideline_changes.write_card(change=change, person=submission.person(person), at=entrance.now(), workplace=place)
    entrance.say(f"The model card of {submission.rollout.rollout} has a version for this change.")


@app.command("close")
def close(change: ChangeId, person: AsPerson, reason: Why) -> None:
    """Close a change; with a step missing it stays open and says which."""
    from primum.actions import guideline_changes

    submission, place = _at(change)
    guideline_changes.close(
        change=change, person=submission.person(person), reason=reason, at=entrance.now(), workplace=place
    )
    entrance.say(f"{change} is closed.")


@app.command("rehearse")
def rehearse(
    folder: Annotated[Path, typer.Option("--home", help="Where it writes; emptied first.")] = Path(".rehearsal"),
) -> None:
    """Take the sources' change from 140/90 to 130/80 from publication to its end, with scripted people."""
    from primum.cli.demo_guideline import rehearse_change

    rehearse_change(folder)
