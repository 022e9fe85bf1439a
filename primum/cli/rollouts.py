"""Commands on a rollout: init, check, plan, run, status."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson, RolloutFile
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from primum.actions.reporting import BoardLine
    from primum.roadmap.verdicts import Finding, Verdict

MARKS = {"pass": "✔", "insufficient": "?", "fail": "✘", "error": "!"}


def init(directory: Annotated[Path, typer.Argument(help="A new folder.", show_default=False)]) -> None:
    """Write a commented, valid starting rollout into a new folder."""
    from primum.integrations.starter import write_starter

    for path in write_starter(directory, at=entrance.now()):
        entrance.say(f"wrote {path}")
    entrance.say("", f"Next: edit {directory / 'rollout.yaml'}, then `primum check {directory / 'rollout.yaml'}`.")


def check(file: RolloutFile, as_json: AsJson = False) -> None:
    """Read a rollout's files and say what is wrong or missing, changing nothing."""
    from primum.actions.registration import why_not
    from primum.actions.submission import read_submission
    from primum.integrations.lint import lint

    entrance.settings()
    submission = read_submission(file)
    refusal = why_not(submission)
    remarks = lint(
        rollout=submission.rollout,
        policy=submission.policy,
        people=submission.people,
        sites=submission.sites,
        base=submission.base,
        at=entrance.now(),
    )
    if as_json:
        entrance.show_json({"rollout": submission.rollout.rollout, "refused": refusal, "remarks": remarks})
    else:
        entrance.say(refusal or f"{file} can be registered.", *[f"- {remark}" for remark in remarks])
    if refusal:
        entrance.leave(ExitCode.DENIED)


def plan(
    file: RolloutFile,
    as_json: AsJson = False,
    data_docs: Annotated[
        Path | None, typer.Option("--data-docs", help="Also write Great Expectations' own pages here.")
    ] = None,
) -> None:
    """Show what a run would find and what is missing, changing nothing."""
    from primum.actions.planning import plan_stage, write_data_docs

    entrance.settings()
    if data_docs:
        for page in write_data_docs(path=file, out=data_docs, at=entrance.now()):
            typer.echo(f"Data Docs: {page}", err=as_json)
    planned = plan_stage(path=file, at=entrance.now(), progress=_progress(as_json))
    verdict = planned.evaluation.verdict
    if as_json:
        entrance.show_json({**planned.evaluation.plain(), "seats": planned.seats})
    else:
        entrance.say(f"{planned.evaluation.rollout}, stage {planned.evaluation.stage}, gate {planned.evaluation.gate}:")
        show_findings(verdict.findings)
        entrance.say(
            _in_words(verdict), f"Seats that would be asked: {', '.join(planned.seats)}.", "Nothing was changed."
        )
    if not verdict.opens:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def run(
    file: RolloutFile,
    person: AsPerson,
    as_json: AsJson = False,
    page: Annotated[bool, typer.Option(help="Write the gate's page.")] = True,
) -> None:
    """Take a rollout through its stage, up to the gate and no further."""
    from primum.actions.reporting import gate_report
    from primum.actions.runs import run_stage
    from primum.web.pages import write_gate_page

    place = entrance.workplace(create=True)
    ran = run_stage(path=file, person=person, at=entrance.now(), workplace=place, progress=_progress(as_json))
    report = gate_report(gate=ran.gate, submission=ran.submission, workplace=place)
    written = write_gate_page(report, submission=ran.submission, workplace=place) if page else None
    if as_json:
        entrance.show_json({"gate": ran.gate, "state": ran.state, "page": written, "reasons": report.verdict.reasons})
    else:
        show_findings(report.verdict.findings)
        entrance.say(f"Gate {ran.gate} is {ran.state}.", _in_words(report.verdict))
        if written:
            entrance.say(f"Page: {written}")
    if not report.verdict.opens:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def status(as_json: AsJson = False) -> None:
    """Show every rollout: stage, gate, exposure, the main reason."""
    from primum.actions.reporting import board

    rows = board(workplace=entrance.workplace(), at=entrance.now())
    if as_json:
        entrance.show_json([row.plain() for row in rows])
        return
    show_board(rows)


def show_board(lines: "tuple[BoardLine, ...]") -> None:
    """Print the board: each rollout on its way, and why it stands where it stands."""
    entrance.say("Rollouts" if lines else "No rollout is registered yet; `primum run FILE` registers one.")
    width = max((len(line.rollout) for line in lines), default=0)
    for line in lines:
        entrance.say("", f"  {line.rollout:<{width}}  {_way(line.stage)}")
        kind = "replay, never exposed" if line.kind == "replay" else f"exposure {line.exposure}"
        entrance.say(f"  {'':<{width}}  {line.gate}: {line.state}; {kind}")
        for reason in line.reasons[:2]:
            entrance.say_item("·", reason, indent=4)
        if len(line.reasons) > 2:  # noqa: PLR2004 -- two fit on a board
            entrance.say(f"    … and {len(line.reasons) - 2} more")


def _way(stage: str) -> str:
    """The four stages, the one it is in in brackets."""
    from primum.roadmap.stages import Stage

    return " ─ ".join(f"[{one.upper()}]" if one == stage else one for one in Stage)


def _progress(quiet: bool) -> "Callable[[str], None]":
    from primum.cli.progress import step

    return (lambda _: None) if quiet else step


def show_findings(findings: "tuple[Finding, ...]") -> None:
    """Print one line for each finding, the bad ones first."""
    from primum.roadmap.verdicts import BADNESS

    ordered = sorted(findings, key=lambda finding: (not finding.binds, -BADNESS[finding.outcome]))
    for finding in ordered:
        waived = " (waived)" if finding.waived else ""
        cited = ", ".join(finding.requirements)
        entrance.say_item(MARKS[finding.outcome], f"[{finding.level}{waived}] {finding.sentence} ({cited})")


def _in_words(verdict: "Verdict") -> str:
    if verdict.opens:
        return "The evidence meets the policy; people decide now."
    count = len(verdict.reasons)
    return f"The gate is held: {count} {'reason' if count == 1 else 'reasons'}."
