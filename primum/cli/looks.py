"""Commands on interim looks: whether one is due, take it, list them, show what you may see of one rollout's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.blinding import LooksView, LookView
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace

app = typer.Typer(help="Look at a pilot before its end: in order, charged, and blinded.", no_args_is_help=True)

RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Reader = Annotated[
    str,
    typer.Option("--as", help="Your id in people.yaml; the monitoring board is shown the arms.", show_default=False),
]
NOT_READ = frozenset({"blocked", "insufficient", "error"})
STOPPED = frozenset({"stop-for-harm", "crossed-futility"})


def _at(rollout: str) -> "tuple[Submission, Workplace]":
    place = entrance.workplace()
    return entrance.submission_of(rollout, place), place


@app.command("due")
def due(rollout: RolloutId, as_json: AsJson = False) -> None:
    """Say whether a look is due, from how many outcomes are known; no arm is looked at."""
    from dataclasses import asdict

    from primum.actions.look_timing import look_due

    submission, place = _at(rollout)
    found = look_due(submission=submission, at=entrance.now(), workplace=place)
    if as_json:
        entrance.show_json(asdict(found))
        return
    entrance.say(found.sentence)
    if found.late:
        entrance.say(found.late)
    if found.price:
        entrance.say(
            f"A look now, which nobody planned, would spend {found.price.spent:.4g} of the error and raise the last "
            f"boundary from {found.price.final_without:.4f} to {found.price.final_with:.4f}."
        )


@app.command("take")
def take(
    rollout: RolloutId,
    person: AsPerson,
    reason: Annotated[str, typer.Option("--reason", help="Why, for a look that nobody planned; it is charged.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take the look that is due; the same data have one look, however often it is asked for."""
    from dataclasses import asdict

    from primum.actions.looks import take_look

    submission, place = _at(rollout)
    submission.person(person)
    taken = take_look(submission=submission, person=person, reason=reason, at=entrance.now(), workplace=place)
    if as_json:
        entrance.show_json(asdict(taken))
    else:
        entrance.say(taken.sentence)
        if not taken.new:
            entrance.say("These data had this look before; nothing new was recorded.")
        if taken.suspension and taken.new:
            entrance.say("The rollout is suspended: standard care, no AI. Exposure is off.")
        if taken.asks:
            entrance.say(f"Gate {taken.asks} is asked for: primum run {submission.path} --as YOU")
    if taken.told in NOT_READ:
        entrance.leave(ExitCode.INDETERMINATE)
    if taken.told in STOPPED:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("list")
def list_looks(
    rollout: Annotated[str, typer.Argument(help="Rollout id; all if left out.")] = "", as_json: AsJson = False
) -> None:
    """List the looks that were taken, in the words of the team."""
    from primum.ledger import look_reading

    with entrance.workplace().ledger.reading() as session:
        rows = look_reading.looks(session, rollout=rollout or None)
    if as_json:
        shown = ("id", "rollout", "number", "information", "planned", "at", "told", "sentence", "afterwards")
        entrance.show_json([{name: getattr(row, name) for name in shown} for row in rows])
        return
    entrance.say("Looks" if rows else "No look was taken yet.")
    for row in rows:
        entrance.say("", f"  {row.rollout}, {row.at:%Y-%m-%d %H:%M} UTC: {row.told}")
        entrance.say_item("·", row.sentence, indent=4)


@app.command("show")
def show(
    rollout: RolloutId,
    person: Reader = "",
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page with the figures here.")] = None,
) -> None:
    """Show the looks of a rollout: all arms together, or by arm to the monitoring board."""
    from dataclasses import asdict

    from primum.actions.blinding import looks_view
    from primum.web.console.look_views import write_looks_page

    submission, place = _at(rollout)
    who = submission.person(person) if person else None
    view = looks_view(submission=submission, person=who, at=entrance.now(), workplace=place)
    written = write_looks_page(view, zone=submission.timezone, out=html) if html else None
    if as_json:
        entrance.show_json(asdict(view))
        return
    _say(view)
    if written:
        entrance.say(f"Page: {written}")


def _say(view: "LooksView") -> None:
    if view.why_blinded:
        entrance.say(view.why_blinded)
    if not view.looks:
        entrance.say("No look was taken yet.")
    for look in view.looks:
        entrance.say("")
        _say_look(look)
    people = view.flow.people
    if people is not None:
        from primum.integrations.figures_flow import flow

        entrance.say("", flow(people, title="Flow of the pilot", smallest_cell=view.smallest_cell).alt)
    if view.flow.words:
        entrance.say(view.flow.words)


def _say_look(look: "LookView") -> None:
    board = look.board
    entrance.say(board.sentence if board else look.sentence)
    if look.pooled:
        entrance.say(f"  All arms together: {look.pooled}.")
    if board is None:
        return
    for arm in board.arms:
        entrance.say(f"  {arm.name}: {arm.events} of {arm.n}.")
    for one in board.safety:
        bound = "nothing would stop here" if one.boundary is None else f"{one.boundary:.4g} stops"
        entrance.say(f"  Safety, {one.name}: {one.seen:.4g}; {bound}.")
    if board.efficacy:
        bound = board.efficacy["boundary"]
        against = "no boundary here" if bound is None else f"boundary {bound:.4f}"
        entrance.say(f"  z {board.efficacy['z']:.4f}, {against}; {board.efficacy['spent']:.6f} of the error is spent.")
