"""The demo: a hospital's portfolio through the roadmap, as far as the evidence allows and no further."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import demo_guideline, demo_point_of_care, entrance
from primum.cli.demo_home import settings_of
from primum.cli.demo_script import CHAPTERS, FIRST_DAY, LEAD, LEGEND, OPENING, SIGNERS, SUBMITTER, Chapter, Signer
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from primum.actions.reporting import GateReport
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace


def demo(
    folder: Annotated[Path, typer.Option("--home", help="Where the demo writes; emptied first.")] = Path(".demo"),
    interactive: Annotated[bool, typer.Option("--interactive", help="Be the clinical lead yourself.")] = False,
) -> None:
    """Take the example portfolio through the roadmap and show what happened."""
    from primum.actions.workplace import open_workplace

    entrance.say_paragraph(OPENING, indent=0)
    entrance.say(LEGEND)
    place = open_workplace(settings_of(folder))
    pages = [_chapter(chapter, place, interactive=interactive) for chapter in CHAPTERS]
    # Stories of what comes after a gate, each in a file of its own.
    for story in (demo_point_of_care, demo_guideline):
        story.tell(place)
    _ending(place, pages)


def _chapter(chapter: Chapter, place: "Workplace", *, interactive: bool) -> str:
    from primum.actions.reporting import gate_report
    from primum.actions.runs import run_stage
    from primum.settings import shipped
    from primum.web.pages import write_gate_page

    _heading(chapter)
    ran = run_stage(
        path=shipped("examples") / chapter.file,
        person=SUBMITTER,
        at=chapter.at,
        workplace=place,
        progress=_quiet_step,
    )
    report = gate_report(gate=ran.gate, submission=ran.submission, workplace=place)
    _findings(report, chapter)
    if report.verdict.opens:
        _signing(report, ran.submission, place, chapter.at, interactive=interactive)
        report = gate_report(gate=ran.gate, submission=ran.submission, workplace=place)
    page = write_gate_page(report, submission=ran.submission, workplace=place)
    entrance.say(f"  Page: {_short(page)}")
    return str(page)


def _heading(chapter: Chapter) -> None:
    from rich.rule import Rule

    screen = entrance.console()
    screen.print()
    screen.print(Rule(f"[bold]{chapter.heading}[/]", align="left"))
    entrance.say_paragraph(chapter.story)


def _quiet_step(name: str) -> None:
    from primum.cli.progress import tick

    tick(name)


def _findings(report: "GateReport", chapter: Chapter) -> None:
    from primum.cli.rollouts import MARKS
    from primum.roadmap.gates import MEANING, GateState

    entrance.say(f"  Gate {report.gate}: {report.state} ({MEANING[GateState(report.state)]})")
    told = [
        one
        for one in report.verdict.findings
        if one.check in chapter.told_by and one.sentence not in report.verdict.reasons
    ]
    for reason in report.verdict.reasons[:4]:
        entrance.say_item("✘", reason)
    if len(report.verdict.reasons) > 4:  # noqa: PLR2004 -- the page has them all
        more = len(report.verdict.reasons) - 4
        entrance.say(f"  … and {more} more {'reason' if more == 1 else 'reasons'} on the page.")
    for finding in told:
        entrance.say_item(MARKS[finding.outcome], finding.sentence)


def _signing(
    report: "GateReport", submission: "Submission", place: "Workplace", at: "datetime", *, interactive: bool
) -> None:
    from primum.actions import projection, promotion
    from primum.actions.voting import CannotVote

    seats = {seat.role for seat in report.seats}
    signers = [signer for signer in SIGNERS if signer.seat in seats]
    entrance.say(f"  {len(report.seats)} seats are asked: {', '.join(seat.role for seat in report.seats)}.")
    for number, signer in enumerate(signers):
        moment = at + timedelta(hours=number + 1)
        answer, reason = _what_the_lead_says(signer, interactive=interactive)
        state = _sign(report, submission, place, signer, answer, reason, moment)
        entrance.say_item("✍", f"{signer.person} ({signer.seat}): {answer}. “{reason}”")
        if state in ("rejected", "held"):
            entrance.say(f"  The gate is {state}; nothing moves.")
            return
        if number == 1:
            try:
                _sign(report, submission, place, signers[0], "approve", signers[0].reason, moment)
            except CannotVote as refused:
                entrance.say_item("✘", f"{signers[0].person} tries again: {refused}")
    promotion.apply(
        gate=report.gate, submission=submission, person=SUBMITTER, at=at + timedelta(days=1), workplace=place
    )
    projection.project_alias(submission=submission, workplace=place)
    entrance.say("  Every seat has signed, everything was asked once more: promoted.")


def _what_the_lead_says(signer: Signer, *, interactive: bool) -> tuple[str, str]:
    if not interactive or signer.person != LEAD:
        return "approve", signer.reason
    entrance.say("  You are Dr Amara Okafor, clinical lead.")
    answer = ""
    while answer not in ("approve", "reject", "request-evidence"):
        answer = typer.prompt("  approve, reject or request-evidence?", default="approve")
    reason = ""
    while len(reason.strip()) < 20:  # noqa: PLR2004 -- asked again here; the rule itself is in roadmap/seats.py
        reason = typer.prompt("  Why, in 20 characters or more?", default=signer.reason)
    return answer, reason


def _sign(
    report: "GateReport",
    submission: "Submission",
    place: "Workplace",
    signer: Signer,
    answer: str,
    reason: str,
    at: "datetime",
) -> str:
    from primum.actions.voting import Ballot, vote
    from primum.roadmap.people import Role
    from primum.roadmap.seats import Answer, Meaning

    ballot = Ballot(
        role=Role(signer.seat),
        answer=Answer(answer),
        meaning=Meaning.APPROVAL,
        reason=reason,
        shown_digest=report.digest,
        channel="demo",
        authentication="scripted",
        zone="UTC",
    )
    return vote(gate=report.gate, ballot=ballot, submission=submission, person=signer.person, at=at, workplace=place)


def _ending(place: "Workplace", pages: list[str]) -> None:
    from primum.actions.reporting import board
    from primum.cli.rollouts import show_board
    from primum.ledger.audit import verify
    from primum.web.pages import write_board_page

    screen = entrance.console()
    screen.print()
    lines = board(workplace=place)
    show_board(lines)
    written = write_board_page(lines, at=FIRST_DAY + timedelta(days=20), workplace=place)
    problems = verify(place.ledger, outside=place.ledger.checkpoint())
    entrance.say(*(problems or ["✔ The ledger is intact: every entry, row and checkpoint agrees."]))
    home, name = _short(place.home), entrance.command_name()
    entrance.say(
        "",
        f"Look:  open {_short(written)} ({len(pages)} gate pages beside it)",
        f"Try:   export PRIMUM_HOME={home}",
        f"       {name} console                  the same on pages to sign and stop on",
        f"       {name} gate explain mammography-second-reader.G2.1",
        f"       {name} suspend preterm-care-replay --as {LEAD} --reason 'A second look'",
        f"       {name} change show hypertension-advice.hypertension.2025",
        f"       {name} audit verify",
        "",
        f"       {name} demo --interactive      be the clinical lead",
        f"       {name} init my-rollout         begin one of your own",
    )
    if problems:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _short(path: "Path | str") -> str:
    """A path as a reader would type it from here."""
    full = Path(path)
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
