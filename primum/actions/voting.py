"""One person's signed answer on one seat; the vote that completes the quorum grants the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from primum.actions import gates
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.tables import Gate, Vote
from primum.ledger.transactions import Transaction
from primum.roadmap.gates import GateState
from primum.roadmap.people import Person, Role
from primum.roadmap.seats import (
    Answer,
    Meaning,
    Seat,
    Signature,
    empty_seats,
    required_seats,
    why_not_reason,
    why_not_sit,
)
from primum.roadmap.stages import GateName


class CannotVote(Exception):
    """The vote was refused; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What a person says, and the digest of what they were shown when they said it."""

    role: Role
    answer: Answer
    meaning: Meaning
    reason: str
    shown_digest: str
    channel: str
    authentication: str
    zone: str


def vote(
    *, gate: str, ballot: Ballot, submission: Submission, person: str, at: datetime, workplace: Workplace
) -> GateState:
    """
    Record one answer on one seat and what follows from it, in one transaction; return the gate's state.

    :raises CannotVote: with the one reason this person may not answer now
    :raises UnknownGate: if there is no such gate
    """
    voter = submission.person(person)
    with workplace.ledger.transaction() as tx:
        row = gates.locked(tx=tx, gate=gate)
        given = reading.votes(tx.session, gate=gate)
        if reason := why_not_vote(gate=row, given=given, ballot=ballot, submission=submission, voter=voter, at=at):
            raise CannotVote(reason)
        signed = _vote_of(row, ballot, voter, submission, at)
        tx.session.add(signed)
        tx.record(
            kind="gate.signed",
            rollout=row.rollout,
            person=person,
            at=at,
            body={"gate": row.id, "seat": signed.seat, "answer": signed.answer, "shown": signed.shown_digest},
        )
        return _follow(tx, row, [*given, signed], submission, voter, at)


def seats_of(*, gate: Gate, submission: Submission) -> tuple[Seat, ...]:
    """Return the seats of a gate."""
    return required_seats(policy=submission.policy, rollout=submission.rollout, gate=GateName(gate.name))


def signatures_of(*, given: Sequence[Vote], submission: Submission, at: datetime) -> tuple[Signature, ...]:
    """Return the votes as signatures of people who still hold the role they signed in (P3)."""
    known = {person.id: person for person in submission.people}
    return tuple(
        Signature(
            person=known[vote.person],
            role=Role(vote.seat),
            answer=Answer(vote.answer),
            shown_digest=vote.shown_digest,
        )
        for vote in given
        if vote.person in known
        and Role(vote.seat) in known[vote.person].roles_at(rollout=submission.rollout.rollout, at=at)
    )


def why_not_vote(
    *, gate: Gate, given: Sequence[Vote], ballot: Ballot, submission: Submission, voter: Person, at: datetime
) -> str | None:
    """Return the one reason this person may not give this answer on this gate now, if there is one."""
    if any(vote.person == voter.id for vote in given):
        return f"{voter.name} has already signed gate {gate.id}; one person signs once."
    if gate.state != GateState.AWAITING_SEATS:
        return f"Gate {gate.id} is {gate.state}; only a gate that is awaiting seats can be signed."
    if gate.expires_at is not None and at >= gate.expires_at:
        return f"Gate {gate.id} was open until {gate.expires_at:%Y-%m-%d %H:%M %Z} and can no longer be signed."
    if ballot.shown_digest != gate.subject_digest:
        return "The evidence changed since it was shown; look at it again and then sign."
    seats = seats_of(gate=gate, submission=submission)
    authors = submission.authors
    requested_by = gate.requested_by or ""
    return (
        why_not_sit(
            person=voter,
            role=ballot.role,
            rollout=submission.rollout,
            seats=seats,
            requested_by=requested_by,
            authors=authors,
            at=at,
        )
        or _why_taken(given, ballot, seats)
        or why_not_reason(ballot.reason)
    )


def _why_taken(given: Sequence[Vote], ballot: Ballot, seats: Sequence[Seat]) -> str | None:
    chairs = sum(1 for seat in seats if seat.role is ballot.role)
    taken = [vote.printed_name for vote in given if vote.seat == ballot.role]
    if ballot.answer is not Answer.APPROVE or len(taken) < chairs:
        return None
    return f"The seat {ballot.role} is already signed by {', '.join(taken)}; a second vote on one seat is refused."


def _vote_of(gate: Gate, ballot: Ballot, voter: Person, submission: Submission, at: datetime) -> Vote:
    return Vote(
        gate_id=gate.id,
        seat=ballot.role,
        person=voter.id,
        organisation=voter.organisation,
        printed_name=voter.name,
        answer=ballot.answer,
        meaning=ballot.meaning,
        reason=ballot.reason,
        shown_digest=ballot.shown_digest,
        policy_digest=submission.policy_digest,
        channel=ballot.channel,
        authentication=ballot.authentication,
        at=at,
        zone=ballot.zone,
    )


def _follow(
    tx: Transaction, gate: Gate, given: Sequence[Vote], submission: Submission, voter: Person, at: datetime
) -> GateState:
    """One reject closes; a request for evidence holds; the last empty seat grants."""
    answer = Answer(given[-1].answer)
    if answer is Answer.REJECT:
        gates.move(
            tx=tx, gate=gate, then=GateState.REJECTED, person=voter.id, at=at, reason=given[-1].reason, notify=True
        )
    elif answer is Answer.REQUEST_EVIDENCE:
        gates.move(tx=tx, gate=gate, then=GateState.HELD, person=voter.id, at=at, reason=given[-1].reason, notify=True)
    elif not still_empty(gate=gate, given=given, submission=submission, at=at):
        gates.move(
            tx=tx,
            gate=gate,
            then=GateState.GRANTED,
            person=voter.id,
            at=at,
            reason="Every seat has signed.",
            notify=True,
        )
    else:
        tx.notify(kind="gate.signed", rollout=gate.rollout, gate=gate.id, body={"answer": str(answer)}, at=at)
    return GateState(gate.state)


def still_empty(*, gate: Gate, given: Sequence[Vote], submission: Submission, at: datetime) -> tuple[Seat, ...]:
    """Return the seats nobody who is still authorised has signed on the gate's own digest."""
    return empty_seats(
        seats=seats_of(gate=gate, submission=submission),
        signatures=signatures_of(given=given, submission=submission, at=at),
        digest=gate.subject_digest or "",
    )
