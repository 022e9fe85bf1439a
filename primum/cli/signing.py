"""Signing in a terminal: approve, reject, ask for more; with a password where the gate asks for a signature."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from primum.cli import entrance
from primum.cli.entrance import AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.reporting import GateReport
    from primum.actions.submission import Submission
    from primum.actions.voting import Ballot, Conditions, ContingencyAsked
    from primum.actions.workplace import Workplace

Choice = TypeVar("Choice", bound=StrEnum)

# "sha256:" and eight hex digits: short enough to type, long enough not to be met by chance.
SHORTEST_DIGEST = 15

GateId = Annotated[str, typer.Argument(help="Gate id, such as my-rollout.G2.1.", show_default=False)]
AsSeat = Annotated[str, typer.Option("--seat", help="The role you sign in.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why, in your own words; asked for when left out.")]
MeaningOf = Annotated[str, typer.Option("--meaning", help="approval, review, responsibility or authorship.")]
Shown = Annotated[
    str, typer.Option("--digest", help="The evidence digest you were shown; needed when you cannot be asked.")
]
For = Annotated[str, typer.Option("--on-behalf-of", help="Id of who handed you the seat, if somebody did.")]
What = Annotated[str, typer.Option("--contingency", help="What is still to be done after this approval.")]
Owner = Annotated[str, typer.Option("--owner", help="Id of who does it.")]
Due = Annotated[str, typer.Option("--due", help="Until when, such as 2027-01-31.")]
Limit = Annotated[
    list[str] | None,
    typer.Option("--condition", help="site=ID, unit=NAME, share=1/4 or until=DATE; give it again for more."),
]


def approve(
    gate: GateId,
    person: AsPerson,
    seat: AsSeat,
    reason: Reason = "",
    meaning: MeaningOf = "",
    digest: Shown = "",
    on_behalf_of: For = "",
    contingency: What = "",
    owner: Owner = "",
    due: Due = "",
    condition: Limit = None,
) -> None:
    """Sign a gate on your seat, with contingencies and conditions if need be."""
    promised = _contingency(contingency, owner, due)
    limits = _conditions(condition or [])
    _answer(gate, person, seat, "approve", reason, meaning, digest, on_behalf_of, promised, limits)


def reject(
    gate: GateId,
    person: AsPerson,
    seat: AsSeat,
    reason: Reason = "",
    meaning: MeaningOf = "",
    digest: Shown = "",
    on_behalf_of: For = "",
) -> None:
    """Say no; one reject closes the gate."""
    _answer(gate, person, seat, "reject", reason, meaning, digest, on_behalf_of)


def request(
    gate: GateId,
    person: AsPerson,
    seat: AsSeat,
    reason: Reason = "",
    meaning: MeaningOf = "",
    digest: Shown = "",
    on_behalf_of: For = "",
) -> None:
    """Ask for more evidence; the gate is held until the evidence changes."""
    _answer(gate, person, seat, "request-evidence", reason, meaning, digest, on_behalf_of)


def report_of(gate: str) -> "tuple[GateReport, Submission, Workplace]":
    """Return what a gate looks like now, and what that was read from."""
    from primum.actions.reporting import gate_report

    place = entrance.workplace()
    submission = entrance.submission_of(entrance.rollout_of(gate), place)
    return gate_report(gate=gate, submission=submission, workplace=place), submission, place


def _answer(
    gate: str,
    person: str,
    seat: str,
    answer: str,
    reason: str,
    meaning: str,
    digest: str,
    on_behalf_of: str = "",
    contingency: "ContingencyAsked | None" = None,
    conditions: "Conditions | None" = None,
) -> None:
    from primum.actions.voting import Ballot
    from primum.roadmap.people import Role
    from primum.roadmap.seats import Answer, Meaning

    report, submission, place = report_of(gate)
    chosen = meaning or _asked("Meaning (approval, review, responsibility)", "approval")
    ballot = Ballot(
        role=one_of(Role, seat, "--seat"),
        answer=Answer(answer),
        meaning=one_of(Meaning, chosen, "--meaning"),
        reason=reason or _asked("Reason, in your own words", ""),
        shown_digest=_digest_shown(report, digest, answer),
        channel="cli",
        authentication="local account of the machine",
        zone=entrance.zone(),
        on_behalf_of=on_behalf_of or None,
        contingency=contingency,
        conditions=conditions,
    )
    state = _sign(gate, ballot, submission, place, person)
    entrance.say(f"Recorded: {person} answered {answer} on seat {seat} of {gate}. The gate is {state}.")
    if state == "granted":
        _after_grant(gate, place, person)


def _sign(gate: str, ballot: "Ballot", submission: "Submission", place: "Workplace", person: str) -> str:
    """Record the answer; where a click is not enough, after the password of the local account."""
    from primum.actions import step_up, voting

    at = entrance.now()
    if not voting.needs_step_up(gate=gate, submission=submission):
        return str(voting.vote(gate=gate, ballot=ballot, submission=submission, person=person, at=at, workplace=place))
    intended = voting.intend(gate=gate, ballot=ballot, submission=submission, person=person, at=at, workplace=place)
    if not entrance.is_interactive():
        page = f"{place.settings.address.rstrip('/')}/sign/{intended.code}"
        entrance.say("This gate asks for a signature. Sign within five minutes, as the same person, at:", page)
        entrance.leave(ExitCode.OK)
    password = typer.prompt(f"Password of {person}, to sign", hide_input=True)
    signed = step_up.sign_with_password(
        code=intended.code, person=person, password=password, at=entrance.now(), workplace=place
    )
    return str(signed.state)


def _contingency(what: str, owner: str, due: str) -> "ContingencyAsked | None":
    from primum.roadmap.contingencies import ContingencyAsked

    if not (what or owner or due):
        return None
    if not (what and owner and due):
        raise typer.BadParameter("A contingency says what, by whom and until when.", param_hint="--contingency")
    return ContingencyAsked(what=what, owner=owner, due_at=entrance.end_of(due, "--due"))


def _conditions(said: Sequence[str]) -> "Conditions | None":
    from primum.roadmap.conditions import Conditions

    pairs = [(name.strip(), value.strip()) for name, _, value in (one.partition("=") for one in said)]
    unknown = next((name for name, value in pairs if name not in ("site", "unit", "share", "until") or not value), None)
    if unknown is not None:
        raise typer.BadParameter(
            f"'{unknown}' is no condition; write site=ID, unit=NAME, share=1/4 or until=DATE.", param_hint="--condition"
        )
    listed = {name: tuple(value for each, value in pairs if each == name) for name, _ in pairs}
    until = listed.get("until")
    limits = Conditions(
        sites=listed.get("site"),
        units=listed.get("unit"),
        share=listed["share"][-1] if "share" in listed else None,
        until=entrance.end_of(until[-1], "--condition") if until else None,
    )
    return None if limits.is_empty else limits


def one_of(kind: type[Choice], value: str, option: str) -> Choice:
    """Return a choice by its name, or say which there are."""
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


def _after_grant(gate: str, place: "Workplace", person: str) -> None:
    if place.settings.prefect_api_url:
        from primum.integrations.orchestrator import start_promotion

        start_promotion(gate=gate, api_url=place.settings.prefect_api_url)
        entrance.say("Every seat has signed; the promotion was started.")
    else:
        entrance.say(f"Every seat has signed. Next: `primum gate apply {gate} --as {person}`.")
