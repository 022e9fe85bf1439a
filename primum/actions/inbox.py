"""What waits for one person: seats, alarms, what they promised; and what they decided lately."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from primum.actions import voting
from primum.actions.alarm_answers import WaitingAlarm, alarms_waiting
from primum.actions.submission import Submission, UnknownPerson, read_submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading
from primum.ledger.signing_tables import Contingency
from primum.ledger.tables import Gate, RolloutRecord, Vote
from primum.roadmap.gates import GateState

LATELY = timedelta(days=30)
SOON = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class WaitingSeat:
    """A seat of a gate that this person could sign now; ``for_name`` is whom they stand in for, if anybody."""

    gate: str
    rollout: str
    title: str
    stage: str
    role: str
    for_name: str
    opened_at: datetime
    expires_at: datetime | None
    soon: bool


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer this person gave, and what became of the gate."""

    gate: str
    rollout: str
    title: str
    role: str
    answer: str
    at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What an approval left for this person to do."""

    id: str
    gate: str
    rollout: str
    title: str
    what: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Everything that waits for one person, and what they decided in the last thirty days."""

    seats: tuple[WaitingSeat, ...]
    owed: tuple[Owed, ...]
    stopped: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...]
    unreadable: tuple[str, ...]
    alarms: tuple[WaitingAlarm, ...] = ()

    def plain(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        return asdict(self)


def inbox(*, person: str, rollouts: Collection[str], at: datetime, workplace: Workplace) -> Inbox:
    """
    Return what waits for a person at some rollouts, the soonest end first.

    A rollout whose files cannot be read is named in ``unreadable`` instead of being left out in silence.
    """
    alarms = alarms_waiting(person=person, rollouts=rollouts, at=at, workplace=workplace)
    with workplace.ledger.reading() as session:
        records = {one.id: one for one in reading.rollouts(session) if one.id in set(rollouts)}
        seats, unreadable = [], []
        for gate in _open_gates(session, records):
            try:
                submission = submission_of(records[gate.rollout])
            except ConfigurationRefused as refused:
                unreadable.append(f"{records[gate.rollout].title}: {refused}")
                continue
            seats += _seats(session, gate, records[gate.rollout], submission, person, at)
        stopped = [one for one in records.values() if reading.suspension(session, rollout=one.id)]
        return Inbox(
            seats=tuple(sorted(seats, key=lambda one: one.expires_at or one.opened_at)),
            owed=tuple(_owed(session, person, records, at)),
            stopped=tuple((one.id, one.title) for one in stopped),
            decisions=tuple(_decisions(session, person, records, at)),
            unreadable=tuple(unreadable),
            alarms=alarms,
        )


def submission_of(record: RolloutRecord) -> Submission:
    """
    Return what the files of a registered rollout say now.

    :raises ConfigurationRefused: if one of them is missing or broken
    """
    return read_submission(Path(record.spec_path))


def still_to_sign(*, gate: Gate, submission: Submission, at: datetime, session: Session) -> tuple[str, ...]:
    """Return for each empty seat its role and who could sit there: ``ethicist (Leila Haddad)``."""
    empty = voting.seats_still_empty(gate=gate, submission=submission, at=at, session=session)
    rollout = submission.rollout.rollout
    told = []
    for role in dict.fromkeys(seat.role for seat in empty):
        names = [one.name for one in submission.people if role in one.roles_at(rollout=rollout, at=at)]
        told.append(f"{role.replace('-', ' ')} ({', '.join(names) or 'nobody holds this role now'})")
    return tuple(told)


def _open_gates(session: Session, records: Collection[str]) -> list[Gate]:
    query = select(Gate).where(col(Gate.state) == GateState.AWAITING_SEATS, col(Gate.rollout).in_(list(records)))
    return list(session.exec(query.order_by(col(Gate.expires_at))))


def _seats(
    session: Session, gate: Gate, record: RolloutRecord, submission: Submission, person: str, at: datetime
) -> list[WaitingSeat]:
    try:
        offers = voting.seats_for(person=person, gate=gate.id, submission=submission, at=at, session=session)
    except UnknownPerson:
        return []
    empty = {seat.role for seat in voting.seats_still_empty(gate=gate, submission=submission, at=at, session=session)}
    return [
        WaitingSeat(
            gate=gate.id,
            rollout=gate.rollout,
            title=record.title,
            stage=gate.stage,
            role=offer.role,
            for_name=offer.on_behalf_name,
            opened_at=gate.opened_at,
            expires_at=gate.expires_at,
            soon=gate.expires_at is not None and gate.expires_at - at <= SOON,
        )
        for offer in offers
        if offer.role in empty
    ]


def _owed(session: Session, person: str, records: dict[str, RolloutRecord], at: datetime) -> Iterator[Owed]:
    query = select(Contingency).where(
        Contingency.owner == person, col(Contingency.closed_at).is_(None), col(Contingency.rollout).in_(list(records))
    )
    for one in session.exec(query.order_by(col(Contingency.due_at))):
        yield Owed(
            id=one.id,
            gate=one.gate_id,
            rollout=one.rollout,
            title=records[one.rollout].title,
            what=one.what,
            due_at=one.due_at,
            overdue=at >= one.due_at,
        )


def _decisions(session: Session, person: str, records: dict[str, RolloutRecord], at: datetime) -> Iterator[Decision]:
    query = select(Vote, Gate).where(Vote.person == person, col(Vote.at) > at - LATELY, Gate.id == Vote.gate_id)
    for vote, gate in session.exec(query.order_by(col(Vote.at).desc())):
        if gate.rollout in records:
            yield Decision(
                gate=gate.id,
                rollout=gate.rollout,
                title=records[gate.rollout].title,
                role=vote.seat,
                answer=vote.answer,
                at=vote.at,
                state=gate.state,
            )
