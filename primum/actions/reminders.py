"""Reminding the people a gate waits for: each step once, never at night, from the ledger and no waiting process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from primum.actions import gates
from primum.actions.ballots import SeatOffer, seats_offered
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.sittings import Sitting, sitting_of, still_empty
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Reminder
from primum.ledger.tables import Gate
from primum.ledger.transactions import Transaction
from primum.roadmap.gates import GateState
from primum.roadmap.people import Person, Role
from primum.roadmap.reminding import is_quiet, steps_due
from primum.roadmap.signing_rules import ReminderStep

KINDS = {"seat": "gate.reminded", "deputy": "gate.reminded.deputy", "governance": "gate.reminded.governance"}


@dataclass(frozen=True, kw_only=True)
class Reminded:
    """What was sent, as ``gate person step``, and the rollouts whose files could not be read, as sentences."""

    sent: tuple[str, ...]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Due:
    """One person who is to be reminded of one seat."""

    person: Person
    role: Role
    step: ReminderStep


def remind_due(*, at: datetime, person: str, workplace: Workplace) -> Reminded:
    """
    Remind of every gate that waits, whoever is due now; doing it twice reminds once.

    A rollout whose files are broken is named and does not keep the others from being reminded.
    """
    with workplace.ledger.reading() as session:
        waiting = [(one.id, one.rollout) for one in reading.gates(session) if one.state == GateState.AWAITING_SEATS]
    sent: list[str] = []
    unreadable: list[str] = []
    for gate, rollout in waiting:
        try:
            submission = submitted(rollout=rollout, workplace=workplace)
        except (ConfigurationRefused, FileMoved) as refused:
            unreadable.append(f"{rollout}: {refused}")
            continue
        sent += _remind(gate, submission, at=at, person=person, workplace=workplace)
    return Reminded(sent=tuple(sent), unreadable=tuple(unreadable))


def _remind(gate: str, submission: Submission, *, at: datetime, person: str, workplace: Workplace) -> list[str]:
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        if row is None or not _is_anything_due(row, submission, at):
            return []
    with workplace.ledger.transaction() as tx:
        row = gates.locked(tx=tx, gate=gate)
        if row.state != GateState.AWAITING_SEATS:
            return []
        sitting = sitting_of(gate=row, submission=submission, at=at, session=tx.session)
        due = list(_now_due(tx, sitting))
        for one in due:
            _send(tx, sitting, one, by=person)
        return [f"{gate} {one.person.id} {one.step.name}" for one in due]


def _is_anything_due(gate: Gate, submission: Submission, at: datetime) -> bool:
    return bool(_steps(gate, submission, at))


def _steps(gate: Gate, submission: Submission, at: datetime) -> tuple[ReminderStep, ...]:
    if gate.expires_at is None:
        return ()
    rule = submission.policy.reminders
    return steps_due(rule=rule, opened_at=gate.opened_at, expires_at=gate.expires_at, at=at)


def _now_due(tx: Transaction, sitting: Sitting) -> Iterator[_Due]:
    """The latest step first: who is told of a late one is not told of an earlier one as well."""
    submission, at = sitting.submission, sitting.at
    order = [one.name for one in submission.policy.reminders.steps]
    told: dict[str, int] = {}
    for sent in signing_reading.reminders(tx.session, gate=sitting.gate.id):
        if sent.step in order:
            told[sent.person] = max(told.get(sent.person, -1), order.index(sent.step))
    for step in _steps(sitting.gate, submission, at):
        for person, role in _recipients(sitting, step):
            zone = person.timezone or submission.timezone
            if told.get(person.id, -1) >= order.index(step.name):
                continue
            if is_quiet(rule=submission.policy.reminders, zone=zone, at=at):
                continue
            told[person.id] = order.index(step.name)
            yield _Due(person=person, role=role, step=step)


def _recipients(sitting: Sitting, step: ReminderStep) -> Iterator[tuple[Person, Role]]:
    people, rollout = sitting.submission.people, sitting.gate.rollout
    for role in dict.fromkeys(seat.role for seat in still_empty(sitting=sitting)):
        if step.role is not None:
            yield from ((one, role) for one in people if step.role in one.roles_at(rollout=rollout, at=sitting.at))
            continue
        able = [one for one in people if SeatOffer(role=role) in seats_offered(sitting=sitting, person=one)]
        chosen = _in_their_place(sitting, able, role) if step.to == "deputy" else _expected(sitting, able, role)
        yield from ((one, role) for one in chosen)


def _expected(sitting: Sitting, able: list[Person], role: Role) -> list[Person]:
    """Those who are on call, if there are any; else everybody who may sign and has not handed the seat over."""
    rollout, at = sitting.gate.rollout, sitting.at
    here = [one for one in able if not _is_covered(sitting, one, able, role)]
    return [one for one in here if one.is_on_call(role=role, rollout=rollout, at=at)] or here


def _is_covered(sitting: Sitting, person: Person, able: Iterable[Person], role: Role) -> bool:
    deputies = sitting.deputies_of(person.id, role)
    return any(one.id in deputies for one in able)


def _in_their_place(sitting: Sitting, able: list[Person], role: Role) -> list[Person]:
    """Deputies and those on call first; where there are none, everybody who could sign in their place."""
    rollout, at = sitting.gate.rollout, sitting.at
    deputies = {one for person in able for one in sitting.deputies_of(person.id, role)}
    chosen = [one for one in able if one.id in deputies or one.is_on_call(role=role, rollout=rollout, at=at)]
    return chosen or able


def _send(tx: Transaction, sitting: Sitting, due: _Due, *, by: str) -> None:
    gate, kind = sitting.gate, KINDS[due.step.to]
    row = Reminder(gate_id=gate.id, person=due.person.id, seat=due.role, step=due.step.name, at=sitting.at)
    tx.session.add(row)
    said = {"gate": gate.id, "to": due.person.id, "seat": str(due.role), "step": due.step.name}
    tx.record(kind=kind, rollout=gate.rollout, person=by, at=sitting.at, body=said)
    empty = [str(seat.role) for seat in still_empty(sitting=sitting)]
    told = {"person": due.person.id, "seat": str(due.role), "step": due.step.name, "empty": empty}
    tx.notify(kind=kind, rollout=gate.rollout, gate=gate.id, body=told, at=sitting.at)
