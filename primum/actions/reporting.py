"""What a gate and the portfolio look like now, for whoever shows it: terminal, page, JSON."""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel import Session

from primum.actions import gates, voting
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.tables import Gate, RolloutRecord, Vote
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.gates import GateState
from primum.roadmap.seats import Seat
from primum.roadmap.stages import GATE_OF, Stage
from primum.roadmap.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class SeatStanding:
    """One seat and who has signed on it, if somebody has."""

    role: str
    person: str = ""
    answer: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """Everything a person needs to see before signing."""

    gate: str
    name: str
    rollout: str
    stage: str
    state: str
    digest: str
    evaluation: Evaluation
    seats: tuple[SeatStanding, ...]
    tracking_run: str
    opened_at: datetime
    expires_at: datetime | None
    next_step: str

    @property
    def verdict(self) -> Verdict:
        """What the evaluation found."""
        return self.evaluation.verdict

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {**asdict(self), "evaluation": self.evaluation.plain()}


@dataclass(frozen=True, kw_only=True)
class BoardLine:
    """One rollout on the board."""

    rollout: str
    title: str
    kind: str
    stage: str
    gate: str
    state: str
    exposure: str
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The main reason."""
        return self.reasons[0]

    def plain(self) -> dict[str, object]:
        """Return the line as JSON-ready values."""
        return asdict(self)


NEXT_STEPS = {
    GateState.COLLECTING: "Run the stage to gather its evidence.",
    GateState.HELD: "Answer the reasons with new evidence or documents, then run the stage again.",
    GateState.READY: "Run the stage again to ask the seats.",
    GateState.AWAITING_SEATS: "The open seats sign, or say no.",
    GateState.GRANTED: "Apply the gate; everything is asked once more.",
    GateState.APPLIED: "Nothing; the rollout moved on.",
    GateState.REJECTED: "Change the evidence; the same evidence is not asked about again.",
    GateState.EXPIRED: "Run the stage again if it is still wanted.",
    GateState.VOID: "Run the stage again; what the gate was bound to changed.",
}


def evaluation_of(*, gate: Gate, session: Session) -> Evaluation:
    """
    Return the evaluation a gate rests on, from its snapshot.

    :raises UnknownGate: if the gate was never evaluated
    """
    record = reading.evaluation(session, evaluation=gate.evaluation_id or "")
    if record is None:
        raise gates.UnknownGate(f"Gate {gate.id} was never evaluated; run the stage again.")
    return TypeAdapter(Evaluation).validate_json(record.snapshot)


def gate_report(*, gate: str, submission: Submission, workplace: Workplace) -> GateReport:
    """
    Return what a gate rests on, what was found, who has signed and what comes next.

    :raises UnknownGate: if there is no such gate
    """
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        if row is None:
            raise gates.UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
        record = reading.evaluation(session, evaluation=row.evaluation_id or "")
        seats = voting.seats_of(gate=row, submission=submission)
        given = reading.votes(session, gate=gate)
        return GateReport(
            gate=row.id,
            name=row.name,
            rollout=row.rollout,
            stage=row.stage,
            state=row.state,
            digest=row.subject_digest or "",
            evaluation=evaluation_of(gate=row, session=session),
            seats=_standings(seats, list(given)),
            tracking_run=(record.tracking_run or "") if record else "",
            opened_at=row.opened_at,
            expires_at=row.expires_at,
            next_step=NEXT_STEPS[GateState(row.state)],
        )


def _standings(seats: tuple[Seat, ...], given: list[Vote]) -> tuple[SeatStanding, ...]:
    left = list(given)
    standings = []
    for seat in seats:
        vote = next((one for one in left if one.seat == seat.role), None)
        if vote is None:
            standings.append(SeatStanding(role=seat.role))
            continue
        left.remove(vote)
        standings.append(
            SeatStanding(role=seat.role, person=vote.printed_name, answer=vote.answer, reason=vote.reason, at=vote.at)
        )
    return tuple(standings)


def board(*, workplace: Workplace) -> tuple[BoardLine, ...]:
    """Return one line for each rollout, with its newest gate and its main reason."""
    with workplace.ledger.reading() as session:
        return tuple(_line(session, record) for record in reading.rollouts(session))


def _line(session: Session, record: RolloutRecord) -> BoardLine:
    name = GATE_OF[Stage(record.stage)]
    gate = reading.last_gate(session, rollout=record.id, name=name)
    exposure = reading.exposure(session, rollout=record.id)
    suspended = reading.suspension(session, rollout=record.id)
    return BoardLine(
        rollout=record.id,
        title=record.title,
        kind=record.kind,
        stage=record.stage,
        gate=gate.id if gate else name,
        state="suspended" if suspended else (gate.state if gate else "not asked yet"),
        exposure=exposure.state if exposure else "off",
        reasons=_reasons(session, record, gate),
    )


def _reasons(session: Session, record: RolloutRecord, gate: Gate | None) -> tuple[str, ...]:
    if gate is None:
        done = reading.promotions(session, rollout=record.id)
        came = f"Promoted from {done[-1].stage_from} on {done[-1].at:%Y-%m-%d}; the" if done else "The"
        return (f"{came} stage has just begun.",)
    evaluation = evaluation_of(gate=gate, session=session)
    return evaluation.verdict.reasons or (NEXT_STEPS[GateState(gate.state)],)
