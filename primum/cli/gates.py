"""Commands on a gate: list, show, explain, sign, hand over, declare, close, waive, apply."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import deputies, entrance, signing
from primum.cli.deputies import show_deputies
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode
from primum.cli.signing import GateId, report_of

if TYPE_CHECKING:
    from datetime import datetime

    from primum.actions.reporting import SeatStanding

app = typer.Typer(help="See, explain and sign gates.", no_args_is_help=True)


@app.command("list")
def list_gates(as_json: AsJson = False) -> None:
    """List every gate, the oldest first."""
    from primum.ledger import reading

    with entrance.workplace().ledger.reading() as session:
        rows = list(reading.gates(session))
    if as_json:
        entrance.show_json(
            [{"gate": row.id, "state": row.state, "since": row.state_since, "until": row.expires_at} for row in rows]
        )
        return
    entrance.show_table(
        "Gates",
        ("gate", "state", "since", "open until"),
        [(row.id, row.state, f"{row.state_since:%Y-%m-%d %H:%M}", _day(row.expires_at)) for row in rows],
    )


def _day(moment: "datetime | None") -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


@app.command("show")
def show(gate: GateId, as_json: AsJson = False) -> None:
    """Show what a gate rests on, what was found, who has signed and what that leaves to do."""
    from primum.actions import delegation
    from primum.cli.rollouts import show_findings

    report, submission, place = report_of(gate)
    with place.ledger.reading() as session:
        deputies = delegation.in_force(submission=submission, at=entrance.now(), session=session)
    if as_json:
        entrance.show_json({**report.plain(), "delegations": [asdict(one) for one in deputies]})
        return
    entrance.say(f"{gate} is {report.state}. Evidence digest {report.digest}")
    show_findings(report.verdict.findings)
    entrance.show_table("Seats", ("seat", "signed by", "answer", "limits"), [_seat(seat) for seat in report.seats])
    if report.blinded:
        entrance.say("The review is independent: what others answered is shown when the gate is decided.")
    if report.step_up:
        entrance.say("It is signed after showing again who one is.")
    for promise in report.promises:
        state = "done" if promise.closed_at else f"due {promise.due_at:%Y-%m-%d}"
        entrance.say(f"Contingency {promise.id}: {promise.what} ({promise.owner_name}, {state})")
    show_deputies(deputies)


def _seat(seat: "SeatStanding") -> tuple[str, str, str, str]:
    signed_for = f"{seat.person} for {seat.on_behalf_of}" if seat.on_behalf_of else seat.person
    answer = "hidden" if seat.hidden else seat.answer
    return seat.role, signed_for, answer, "; ".join(seat.conditions)


@app.command("explain")
def explain(gate: GateId, as_json: AsJson = False) -> None:
    """Print the list that a promotion will ask, before anyone tries."""
    from primum.actions.explaining import explain as ask

    place = entrance.workplace()
    submission = entrance.submission_of(entrance.rollout_of(gate), place)
    asked = ask(gate=gate, submission=submission, at=entrance.now(), workplace=place)
    if as_json:
        entrance.show_json([{"name": one.name, "holds": one.holds, "sentence": one.sentence} for one in asked])
    else:
        for one in asked:
            entrance.say(f"{'✔' if one.holds else '✘'} {one.name}: {one.sentence}")
    if not all(one.holds for one in asked):
        entrance.leave(ExitCode.GATE_NOT_PASSED)


app.command("approve")(signing.approve)
app.command("reject")(signing.reject)
app.command("request")(signing.request)
app.command("delegate")(deputies.delegate)
app.command("delegations")(deputies.delegations)
app.command("conflict")(deputies.conflict)
app.add_typer(deputies.contingency, name="contingency")


@app.command("apply")
def apply(gate: GateId, person: AsPerson) -> None:
    """Ask everything again and promote; what does not hold is said and nothing changes."""
    from primum.actions import projection, promotion

    place = entrance.workplace()
    submission = entrance.submission_of(entrance.rollout_of(gate), place)
    submission.person(person)
    promotion.apply(gate=gate, submission=submission, person=person, at=entrance.now(), workplace=place)
    projection.project_alias(submission=submission, workplace=place)
    entrance.say(f"{gate} is applied; the rollout moved on.")


@app.command("waive")
def waive(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)],
    check: Annotated[str, typer.Argument(help="Id of an overridable check.", show_default=False)],
    approvers: Annotated[list[str], typer.Option("--by", help="Two different people.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why, in your own words.", show_default=False)],
    days: Annotated[int, typer.Option("--days", help="How long.", show_default=False)],
) -> None:
    """Set aside one overridable check for some days; mandatory ones cannot be."""
    from primum.actions.waiving import waive as set_aside

    place = entrance.workplace()
    submission = entrance.submission_of(rollout, place)
    people = tuple(submission.person(one) for one in approvers)
    set_aside(
        check=check,
        approvers=people,
        reason=reason,
        days=days,
        submission=submission,
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"'{check}' is waived for {days} days. Run the stage again; the gate shows it as waived.")
