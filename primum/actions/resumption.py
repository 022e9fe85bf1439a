"""
Going on after a suspension: several people agree, each with a reason, and the last of them lifts it (V19).

After a stop for harm the gate that let the rollout in is granted anew before anybody agrees, unless the policy
says otherwise.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import alarm_answers, gates, incidents, limits, sustain_gates
from primum.actions.suspension import people_who_may_stop, person_of
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading, signing_reading
from primum.ledger.exposures import expose
from primum.ledger.signing_tables import ResumptionVote
from primum.ledger.tables import Gate, RolloutRecord, Suspension
from primum.ledger.transactions import Transaction
from primum.roadmap.conditions import Conditions
from primum.roadmap.gates import OPEN_STATES, GateState
from primum.roadmap.people import Person
from primum.roadmap.roles import MAY_RESUME, Role
from primum.roadmap.seats import why_not_reason

# For a rollout that was registered before a policy could say how many.
LEAST_PEOPLE = 2


class CannotResume(Exception):
    """The suspension stays; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """How far a suspension is from being lifted, after somebody agreed."""

    suspension: str
    people: tuple[str, ...]
    needed: int

    @property
    def is_lifted(self) -> bool:
        """True if enough people have agreed."""
        return len(self.people) >= self.needed


def agree(
    *, rollout: str, person: str, reason: str, channel: str, authentication: str, at: datetime, workplace: Workplace
) -> Agreed:
    """
    Agree that a suspended rollout goes on; with enough people exposure returns to what it was (V19).

    Needs nothing but the database. How many people it takes is what the policy said at the last registration.

    :raises CannotResume: with the one reason
    :raises CannotSuspend: if nobody registered the rollout
    :raises UnknownPerson: if people.yaml does not have the person
    """
    people = people_who_may_stop(rollout=rollout, workplace=workplace)
    who = person_of(people=people, id_=person)
    with workplace.ledger.transaction() as tx:
        return _agree(tx, rollout, (who,), people, reason, channel=channel, authentication=authentication, at=at)


def resume(*, rollout: str, person: Person, second: Person, reason: str, at: datetime, workplace: Workplace) -> str:
    """
    Lift a suspension by two people at once, where two are enough; return the suspension's id (V19).

    :raises CannotResume: with the one reason it stays
    """
    if person.id == second.id:
        raise CannotResume("Resuming takes two different people; one was named twice.")
    people = (person, second)
    with workplace.ledger.transaction() as tx:
        record = tx.lock_rollout(rollout)
        if record is not None and people_needed(record) > len(people):
            raise CannotResume(f"Resuming {rollout} takes {people_needed(record)} people; each agrees on their own.")
        done = _agree(tx, rollout, people, people, reason, channel="cli", authentication="named together", at=at)
        return done.suspension


def people_needed(record: RolloutRecord) -> int:
    """Return how many people must agree that a rollout goes on."""
    return max(LEAST_PEOPLE, int(json.loads(record.spec).get("resumption", LEAST_PEOPLE)))


def why_not_resume(
    *, record: RolloutRecord | None, person: Person, reason: str | None, at: datetime, session: Session
) -> str | None:
    """Return the one reason this person may not agree now; without a ``reason``, before one is written."""
    if record is None:
        return "The rollout is not registered; `primum status` lists those that are."
    standing = reading.suspension(session, rollout=record.id)
    if standing is None:
        return f"Rollout '{record.id}' is not suspended."
    given = signing_reading.resumption_votes(session, suspension=standing.id)
    if any(vote.person == person.id for vote in given):
        return f"{person.name} has already agreed that {record.id} goes on; it takes somebody else."
    if not person.roles_at(rollout=record.id, at=at) & MAY_RESUME:
        return f"{person.name} holds none of the roles that may resume {record.id}: {', '.join(sorted(MAY_RESUME))}."
    if person.id in _conflicted(record, (person,), session):
        return f"{person.name} has declared a conflict of interest with this rollout."
    if problem := why_gate_missing(record=record, suspension=standing, at=at, session=session):
        return problem
    if problem := _why_cause_stands(record, session):
        return problem
    return None if reason is None else why_not_reason(reason)


def needs_gate(*, record: RolloutRecord, suspension: Suspension, session: Session) -> bool:
    """Return whether a gate must be granted anew first; where none ever let the rollout in, people are enough."""
    rule = json.loads(record.spec).get("resumption_gate", "after-harm")
    asked = rule == "always" or (rule == "after-harm" and bool(suspension.for_harm))
    return asked and record.kind != "replay" and bool(reading.promotions(session, rollout=record.id))


def gate_of(*, suspension: str, session: Session) -> Gate | None:
    """Return the newest gate that was opened again because of a suspension."""
    opened = incident_reading.resumption_gates(session, suspension=suspension)
    return reading.gate(session, gate=opened[-1].gate_id) if opened else None


def why_gate_missing(*, record: RolloutRecord, suspension: Suspension, at: datetime, session: Session) -> str | None:
    """Return why nobody agrees yet that a rollout goes on, where its gate must be granted anew first."""
    if not needs_gate(record=record, suspension=suspension, session=session):
        return None
    gate = gate_of(suspension=suspension.id, session=session)
    if gate is None:
        return (
            f"{record.id} was stopped for harm, so the gate that let it in is granted again first: "
            f"`primum resume {record.id} --reopen` evaluates it and asks its seats."
        )
    if gate.state != GateState.GRANTED:
        return f"{record.id} goes on after gate {gate.id} is granted; it is {gate.state} now."
    if gate.expires_at is not None and at >= gate.expires_at:
        return (
            f"Gate {gate.id} was granted on evidence that counted until {gate.expires_at:%Y-%m-%d %H:%M %Z}; "
            f"`primum resume {record.id} --reopen` asks again."
        )
    return None


def _why_cause_stands(record: RolloutRecord, session: Session) -> str | None:
    """Return what stopped a rollout, or would have, and that nobody has dealt with yet (V19)."""
    if record.kind == "replay":
        return None
    return incidents.why_confirmed(rollout=record.id, session=session) or alarm_answers.why_stopped(
        rollout=record.id, session=session
    )


def _conflicted(record: RolloutRecord, people: Sequence[Person], session: Session) -> frozenset[str]:
    declared = frozenset(row.person for row in signing_reading.conflicts(session, rollout=record.id))
    mine = {record.id, json.loads(record.spec)["rollout"]["model"]["provider"]}
    return declared | {person.id for person in people if mine & set(person.conflicts)}


def _agree(
    tx: Transaction,
    rollout: str,
    who: Sequence[Person],
    people: Sequence[Person],
    reason: str,
    *,
    channel: str,
    authentication: str,
    at: datetime,
) -> Agreed:
    record = tx.lock_rollout(rollout)
    for person in who:
        if problem := why_not_resume(record=record, person=person, reason=reason, at=at, session=tx.session):
            raise CannotResume(problem)
    standing = reading.suspension(tx.session, rollout=rollout)
    assert record is not None
    assert standing is not None
    for opened in incident_reading.resumption_gates(tx.session, suspension=standing.id):
        gates.locked(tx=tx, gate=opened.gate_id)
    if problem := _why_seat_lost(tx.session, standing, people, at):
        raise CannotResume(problem)
    for person in who:
        vote = _vote_of(standing, person, reason, channel=channel, authentication=authentication, at=at)
        tx.session.add(vote)
        said = {"suspension": standing.id, "role": vote.role}
        tx.record(kind="rollout.resumption-agreed", rollout=rollout, person=person.id, at=at, body=said)
    tx.session.flush()
    done = Agreed(
        suspension=standing.id, people=_still_agreeing(tx, record, standing, people, at), needed=people_needed(record)
    )
    if done.is_lifted:
        _lift(tx, standing, done, person=who[-1].id, reason=reason, at=at)
    else:
        told = {"suspension": standing.id, "agreed": len(done.people), "needed": done.needed}
        tx.notify(kind="rollout.resumption-agreed", rollout=rollout, gate=None, body=told, at=at)
    return done


def _why_seat_lost(session: Session, standing: Suspension, people: Sequence[Person], at: datetime) -> str | None:
    """Return why the gate that was granted again counts no more, if somebody who signed it lost their role (P3)."""
    gate = gate_of(suspension=standing.id, session=session)
    if gate is None or gate.state != GateState.GRANTED:
        return None
    held = {person.id: person.roles_at(rollout=standing.rollout, at=at) for person in people}
    for vote in reading.votes(session, gate=gate.id):
        if vote.seat not in held.get(vote.on_behalf_of or vote.person, ()):
            return f"{vote.printed_name} signed gate {gate.id} as {vote.seat} and is that no more; open it again."
    return None


def _vote_of(
    standing: Suspension, person: Person, reason: str, *, channel: str, authentication: str, at: datetime
) -> ResumptionVote:
    held: frozenset[Role] = person.roles_at(rollout=standing.rollout, at=at) & MAY_RESUME
    return ResumptionVote(
        suspension_id=standing.id,
        person=person.id,
        printed_name=person.name,
        role=min(held),
        reason=reason,
        channel=channel,
        authentication=authentication,
        at=at,
    )


def _still_agreeing(
    tx: Transaction, record: RolloutRecord, standing: Suspension, people: Sequence[Person], at: datetime
) -> tuple[str, ...]:
    """Those who agreed, still hold such a role and have declared no interest since."""
    known = {person.id: person for person in people}
    barred = _conflicted(record, people, tx.session)
    given = signing_reading.resumption_votes(tx.session, suspension=standing.id)
    return tuple(
        vote.person
        for vote in given
        if vote.person in known
        and vote.person not in barred
        and known[vote.person].roles_at(rollout=record.id, at=at) & MAY_RESUME
    )


def _lift(tx: Transaction, standing: Suspension, done: Agreed, *, person: str, reason: str, at: datetime) -> None:
    standing.lifted_by, standing.lifted_at, standing.lifted_reason = ", ".join(done.people), at, reason
    tx.session.add(standing)
    before = reading.exposure_before(tx.session, rollout=standing.rollout, cause=standing.id)
    state, conditions = ("off", None) if before is None else (before.state, before.conditions)
    released, signed = _settle_gates(tx, standing, person=person, at=at)
    if conditions is not None or not signed.is_empty:
        conditions = {**limits.narrowed(conditions or {}, by=signed), **released}
    expose(tx, rollout=standing.rollout, at=at, state=state, conditions=conditions, cause=standing.id)
    said = {"suspension": standing.id, "people": list(done.people)}
    tx.record(kind="rollout.resumed", rollout=standing.rollout, person=person, at=at, body=said)
    told = {"suspension": standing.id}
    tx.notify(kind="rollout.resumed", rollout=standing.rollout, gate=None, body=told, at=at)
    if (record := tx.lock_rollout(standing.rollout)) is not None:
        sustain_gates.catch_up(tx, record=record, person=person, at=at)


def _settle_gates(
    tx: Transaction, standing: Suspension, *, person: str, at: datetime
) -> tuple[dict[str, Any], Conditions]:
    """
    Close what was opened so that the rollout may go on.

    Return the release that the granted gate was asked about, and what its signatures limit it to.
    """
    released, signed = dict[str, Any](), Conditions()
    for opened in incident_reading.resumption_gates(tx.session, suspension=standing.id):
        gate = gates.locked(tx=tx, gate=opened.gate_id)
        if gate.state == GateState.GRANTED:
            released, signed = _release_of(tx, gate), limits.signed_limits(gate=gate, session=tx.session)
            reason = "The rollout goes on where it was."
            gates.move(tx=tx, gate=gate, then=GateState.APPLIED, person=person, at=at, reason=reason)
        elif gate.state in OPEN_STATES:
            gates.void(tx=tx, gate=gate, person=person, at=at, reason="The rollout goes on without it.")
    return released, signed


def _release_of(tx: Transaction, gate: Gate) -> dict[str, Any]:
    """What every seat has seen anew; a repaired release takes the place of the one that was stopped."""
    evaluated = reading.evaluation(tx.session, evaluation=gate.evaluation_id or "")
    record = reading.rollout(tx.session, rollout=gate.rollout)
    seen = gates.snapshot_of(evaluated).get("bundle_digest") if evaluated is not None else None
    if record is None or seen != record.bundle_digest:
        return {}
    return {"bundle": record.bundle_digest, "model": json.loads(record.bundle).get("model", "")}
