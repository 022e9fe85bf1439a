"""Pages written to files: one for each gate, and the board that links to them."""

from datetime import datetime
from pathlib import Path

from primum.actions.reporting import BoardLine, GateReport, SeatStanding
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.figures_evaluation import figures_of
from primum.integrations.tracking import experiment_of
from primum.web.board import board_row, render_board
from primum.web.files import write_whole
from primum.web.gate_page import render
from primum.web.marks import ANSWERS, OPEN_SEAT, moment
from primum.web.views import BoardRow, GateView, SeatView

KINDS = {"rollout": "Rollout", "replay": "Replay of a finished study; no patient is exposed"}


def write_gate_page(report: GateReport, *, submission: Submission, workplace: Workplace) -> Path:
    """Write the page of a gate and return where it is."""
    page = render(
        evaluation=report.evaluation,
        gate=gate_view(report, submission=submission),
        policy=submission.policy,
        figures=figures_of(evaluation=report.evaluation, rollout=submission.rollout, policy=submission.policy),
    )
    return write_whole(_folder(workplace) / f"{report.gate}.html", page)


def write_board_page(lines: tuple[BoardLine, ...], *, at: datetime, workplace: Workplace) -> Path:
    """Write the board and return where it is; rollouts link to the page of their gate."""
    folder = _folder(workplace)
    rows = [_row(line, link=_link(folder, line.gate)) for line in lines]
    return write_whole(folder / "index.html", render_board(rows, at=at.isoformat()))


def gate_view(report: GateReport, *, submission: Submission) -> GateView:
    """Return what is known of a gate besides its evaluation, as plain strings."""
    rollout = submission.rollout
    return GateView(
        gate=report.gate,
        name=report.name,
        title=rollout.title,
        institution=rollout.institution,
        kind=KINDS[rollout.kind],
        summary=rollout.summary,
        model=f"{rollout.model.name} {rollout.model.version}, {rollout.model.provider}",
        decision=rollout.use.human_decision,
        stage=report.stage,
        state=report.state,
        opened=moment(report.opened_at.isoformat()),
        expires=moment(report.expires_at.isoformat()) if report.expires_at else "",
        digest=report.digest,
        run_id=report.tracking_run,
        experiment=experiment_of(rollout.rollout),
        next_step=report.next_step,
        commands=_commands(report),
        seats=tuple(_seat(seat) for seat in report.seats),
    )


def _row(line: BoardLine, *, link: str) -> BoardRow:
    return board_row(
        rollout=line.rollout,
        title=line.title,
        kind=line.kind,
        stage=line.stage,
        gate=line.gate,
        state=line.state,
        exposure=line.exposure,
        reasons=line.reasons,
        link=link,
    )


def _seat(seat: SeatStanding) -> SeatView:
    mark = next((mark for answer, mark in ANSWERS.items() if answer == seat.answer), OPEN_SEAT)
    at = moment(seat.at.isoformat()) if seat.at else ""
    return SeatView(
        role=seat.role.replace("-", " ").capitalize(), mark=mark, person=seat.person, reason=seat.reason, at=at
    )


def _commands(report: GateReport) -> tuple[str, ...]:
    commands = [f"primum gate explain {report.gate}"]
    if report.state == "awaiting-seats":
        commands.append(f"primum gate approve {report.gate} --as YOU --seat SEAT --digest {report.digest[:23]}")
    if report.state == "granted":
        commands.append(f"primum gate apply {report.gate} --as YOU")
    return tuple(commands)


def _folder(workplace: Workplace) -> Path:
    folder = workplace.settings.artifacts / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _link(folder: Path, gate: str) -> str:
    return f"{gate}.html" if (folder / f"{gate}.html").exists() else ""
