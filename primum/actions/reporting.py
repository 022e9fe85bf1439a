"""What a gate and the portfolio look like now, for whoever shows it: terminal, page, JSON."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, lru_cache

from pydantic import TypeAdapter
from sqlmodel import Session

from primum.actions import gates, voting
from primum.actions.events import conditions_in_words
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Contingency
from primum.ledger.tables import Exposure, Gate, RolloutRecord, Vote
from primum.roadmap.conditions import exposed
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.gates import GateState
from primum.roadmap.seats import Seat
from primum.roadmap.stages import GATE_OF, Stage
from primum.roadmap.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class SeatStanding:
    """
    One seat and who has signed on it, if somebody has.

    ``hidden`` is true while reviews are independent: somebody answered, and what they said is not told.
    """

    role: str
    person: str = ""
    answer: str = ""
    reason: str = ""
    at: datetime | None = None
    meaning: str = ""
    on_behalf_of: str = ""
    conditions: tuple[str, ...] = ()
    stepped_up: bool = False
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What an approval of this gate leaves to be done."""

    id: str
    what: str
    owner: str
    owner_name: str
    due_at: datetime
    closed_at: datetime | None
    note: str


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
    revision: int = 1
    blinded: bool = False
    step_up: bool = False
    requested_by: str = ""
    evaluation_digest: str = ""
    promises: tuple[Promise, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the evaluation found."""
        return self.evaluation.verdict

    @property
    def came_to(self) -> str:
        """What a run that led here came to, in a sentence: that people said no, the main reason, or what is next."""
        if self.state == GateState.REJECTED:
            return f"Gate {self.gate} was rejected on exactly this evidence. {self.next_step}"
        return self.verdict.reasons[0] if self.verdict.reasons else self.next_step

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
    return _read(record.snapshot)


@cache
def _reader() -> TypeAdapter[Evaluation]:
    return TypeAdapter(Evaluation)


@lru_cache(maxsize=64)
def _read(snapshot: str) -> Evaluation:
    """Read a snapshot once: every page of a gate asks for it, and it never changes."""
    return _reader().validate_json(snapshot)


def gate_report(*, gate: str, submission: Submission, workplace: Workplace, reader: str = "") -> GateReport:
    """
    Return what a gate rests on, what was found, who has signed and what comes next.

    Where reviews are independent, what others answered is left out until the gate is decided.

    :param reader: id of who reads; what they signed themselves is always told
    :raises UnknownGate: if there is no such gate
    """
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        if row is None:
            raise gates.UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
        record = reading.evaluation(session, evaluation=row.evaluation_id or "")
        seats = voting.seats_of(gate=row, submission=submission)
        given = reading.votes(session, gate=gate)
        blinded = voting.is_blinded(gate=row, submission=submission)
        names = {person.id: person.name for person in submission.people}
        return GateReport(
            gate=row.id,
            name=row.name,
            rollout=row.rollout,
            stage=row.stage,
            state=row.state,
            digest=row.subject_digest or "",
            evaluation=evaluation_of(gate=row, session=session),
            seats=_standings(seats, list(given), names, hidden_from=reader if blinded else None),
            tracking_run=(record.tracking_run or "") if record else "",
            opened_at=row.opened_at,
            expires_at=row.expires_at,
            next_step=NEXT_STEPS[GateState(row.state)],
            revision=row.revision,
            blinded=blinded,
            step_up=voting.needs_step_up(gate=row.id, submission=submission),
            requested_by=names.get(row.requested_by or "", row.requested_by or ""),
            evaluation_digest=record.digest if record else "",
            promises=_promises(session, row, names, blinded=blinded),
        )


def _promises(session: Session, gate: Gate, names: dict[str, str], *, blinded: bool) -> tuple[Promise, ...]:
    if blinded:
        return ()
    rows: list[Contingency] = list(signing_reading.contingencies_of(session, gate=gate.id))
    return tuple(
        Promise(
            id=one.id,
            what=one.what,
            owner=one.owner,
            owner_name=names.get(one.owner, one.owner),
            due_at=one.due_at,
            closed_at=one.closed_at,
            note=one.note or "",
        )
        for one in rows
    )


def _standings(
    seats: tuple[Seat, ...], given: list[Vote], names: dict[str, str], *, hidden_from: str | None
) -> tuple[SeatStanding, ...]:
    left = list(given)
    standings = []
    for seat in seats:
        vote = next((one for one in left if one.seat == seat.role), None)
        if vote is None:
            standings.append(SeatStanding(role=seat.role))
            continue
        left.remove(vote)
        hidden = hidden_from is not None and vote.person != hidden_from
        standings.append(_standing(seat, vote, names, hidden=hidden))
    return tuple(standings)


def _standing(seat: Seat, vote: Vote, names: dict[str, str], *, hidden: bool) -> SeatStanding:
    if hidden:
        return SeatStanding(role=seat.role, person=vote.printed_name, at=vote.at, hidden=True)
    return SeatStanding(
        role=seat.role,
        person=vote.printed_name,
        answer=vote.answer,
        reason=vote.reason,
        at=vote.at,
        meaning=vote.meaning,
        on_behalf_of=names.get(vote.on_behalf_of or "", vote.on_behalf_of or ""),
        conditions=conditions_in_words(vote.conditions),
        stepped_up=vote.intent_id is not None,
    )


def board(*, workplace: Workplace, at: datetime | None = None) -> tuple[BoardLine, ...]:
    """
    Return one line for each rollout, with its newest gate and its main reason.

    With ``at``, an exposure whose approval counted only until then is off.
    """
    with workplace.ledger.reading() as session:
        return tuple(_line(session, record, at) for record in reading.rollouts(session))


def _exposed(exposure: Exposure | None, at: datetime | None) -> str:
    if exposure is None:
        return "off"
    return exposure.state if at is None else exposed(state=exposure.state, conditions=exposure.conditions, at=at)


def _line(session: Session, record: RolloutRecord, at: datetime | None) -> BoardLine:
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
        exposure=_exposed(exposure, at),
        reasons=_reasons(session, record, gate),
    )


def _reasons(session: Session, record: RolloutRecord, gate: Gate | None) -> tuple[str, ...]:
    if gate is None:
        done = reading.promotions(session, rollout=record.id)
        came = f"Promoted from {done[-1].stage_from} on {done[-1].at:%Y-%m-%d}; the" if done else "The"
        return (f"{came} stage has just begun.",)
    evaluation = evaluation_of(gate=gate, session=session)
    return evaluation.verdict.reasons or (NEXT_STEPS[GateState(gate.state)],)
