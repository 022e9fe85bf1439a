"""Commands on a gate: list, show, explain, approve, reject, request, waive, apply."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from primum.actions.reporting import GateReport
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace

Choice = TypeVar("Choice", bound=StrEnum)
app = typer.Typer(help="See, explain and sign gates.", no_args_is_help=True)

# "sha256:" and eight hex digits: short enough to type, long enough not to be met by chance.
SHORTEST_DIGEST = 15

GateId = Annotated[str, typer.Argument(help="Gate id, such as my-rollout.G2.1.", show_default=False)]
AsSeat = Annotated[str, typer.Option("--seat", help="The role you sign in.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why, in your own words; asked for when left out.")]
MeaningOf = Annotated[str, typer.Option("--meaning", help="approval, review, responsibility or authorship.")]
Shown = Annotated[
    str, typer.Option("--digest", help="The evidence digest you were shown; needed when you cannot be asked.")
]


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


def _report(gate: str) -> "tuple[GateReport, Submission, Workplace]":
    from primum.actions.reporting import gate_report

    place = entrance.workplace()
    submission = entrance.submission_of(entrance.rollout_of(gate), place)
    return gate_report(gate=gate, submission=submission, workplace=place), submission, place


@app.command("show")
def show(gate: GateId, as_json: AsJson = False) -> None:
    """Show what a gate rests on, what was found and who has signed."""
    from primum.cli.rollouts import show_findings

    report, _, _ = _report(gate)
    if as_json:
        entrance.show_json(report.plain())
        return
    entrance.say(f"{gate} is {report.state}. Evidence digest {report.digest}")
    show_findings(report.verdict.findings)
    entrance.show_table(
        "Seats", ("seat", "signed by", "answer"), [(seat.role, seat.person, seat.answer) for seat in report.seats]
    )


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


@app.command("approve")
def approve(
    gate: GateId, person: AsPerson, seat: AsSeat, reason: Reason = "", meaning: MeaningOf = "", digest: Shown = ""
) -> None:
    """Sign a gate on your seat."""
    _answer(gate, person, seat, "approve", reason, meaning, digest)


@app.command("reject")
def reject(
    gate: GateId, person: AsPerson, seat: AsSeat, reason: Reason = "", meaning: MeaningOf = "", digest: Shown = ""
) -> None:
    """Say no; one reject closes the gate."""
    _answer(gate, person, seat, "reject", reason, meaning, digest)


@app.command("request")
def request(
    gate: GateId, person: AsPerson, seat: AsSeat, reason: Reason = "", meaning: MeaningOf = "", digest: Shown = ""
) -> None:
    """Ask for more evidence; the gate is held until the evidence changes."""
    _answer(gate, person, seat, "request-evidence", reason, meaning, digest)


def _answer(gate: str, person: str, seat: str, answer: str, reason: str, meaning: str, digest: str) -> None:
    from primum.actions.voting import Ballot, vote
    from primum.roadmap.people import Role
    from primum.roadmap.seats import Answer, Meaning

    report, submission, place = _report(gate)
    ballot = Ballot(
        role=_one_of(Role, seat, "--seat"),
        answer=Answer(answer),
        meaning=_one_of(
            Meaning, meaning or _asked("Meaning (approval, review, responsibility)", "approval"), "--meaning"
        ),
        reason=reason or _asked("Reason, in your own words", ""),
        shown_digest=_digest_shown(report, digest, answer),
        channel="cli",
        authentication="local account of the machine",
        zone=entrance.zone(),
    )
    state = vote(gate=gate, ballot=ballot, submission=submission, person=person, at=entrance.now(), workplace=place)
    entrance.say(f"Recorded: {person} answered {answer} on seat {seat} of {gate}. The gate is {state}.")
    if state == "granted":
        _after_grant(gate, submission, place, person)


def _one_of(kind: type[Choice], value: str, option: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member) for member in kind)
        raise typer.BadParameter(f"'{value}' is not known; choose one of {known}.", param_hint=option) from None


def _asked(question: str, default: str) -> str:
    if not entrance.is_interactive():
        return default
    answer: str = typer.prompt(question, default=default or None)
    return answer


def _digest_shown(report: "GateReport", digest: str, answer: str) -> str:
    """Bind the signature to what the person saw: typed back by a script, confirmed by a person."""
    from primum.cli.rollouts import show_findings

    if digest:
        enough = len(digest) >= SHORTEST_DIGEST and report.digest.startswith(digest)
        return report.digest if enough else digest
    if not entrance.is_interactive():
        raise typer.BadParameter("Give the digest that `primum gate show` printed.", param_hint="--digest")
    show_findings(report.verdict.findings)
    entrance.say(f"Evidence digest {report.digest}")
    if not typer.confirm(f"Sign '{answer}' on exactly this evidence?"):
        entrance.leave(ExitCode.USAGE)
    return report.digest


def _after_grant(gate: str, submission: "Submission", place: "Workplace", person: str) -> None:
    if place.settings.prefect_api_url:
        from primum.integrations.orchestrator import start_promotion

        start_promotion(gate=gate, api_url=place.settings.prefect_api_url)
        entrance.say("Every seat has signed; the promotion was started.")
    else:
        entrance.say(f"Every seat has signed. Next: `primum gate apply {gate} --as {person}`.")


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
