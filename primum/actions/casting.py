"""One person's signed answer on one seat; the vote that completes the quorum grants the gate."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from primum.actions import gates
from primum.actions.ballots import (
    Ballot,
    SeatOffer,
    seats_offered,
    why_not_answer,
    why_not_click,
)
from primum.actions.meant import is_as_meant, why_over
from primum.actions.model_cards import on_grant
from primum.actions.sittings import Sitting, is_blinded, needs_step_up, sitting_of, still_empty, unanswered
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Contingency, Intent
from primum.ledger.tables import Gate, Vote
from primum.ledger.transactions import Transaction
from primum.roadmap.gates import GateState
from primum.roadmap.people import Person
from primum.roadmap.seats import Answer, Seat


class CannotVote(Exception):
    """The vote was refused; the message is shown to the person."""


def vote(
    *, gate: str, ballot: Ballot, submission: Submission, person: str, at: datetime, workplace: Workplace
) -> GateState:
    """
    Record one answer on one seat and what follows from it, in one transaction; return the gate's state.

    The ledger keeps who let it pass, in which role, and on exactly which evidence (P4.2).

    :raises CannotVote: with the one reason this person may not answer now
    :raises UnknownGate: if there is no such gate
    :raises UnknownPerson: if people.yaml does not have the person
    """
    voter = submission.person(person)
    with workplace.ledger.transaction() as tx:
        row = gates.locked(tx=tx, gate=gate)
        sitting = sitting_of(gate=row, submission=submission, at=at, session=tx.session)
        intent = _intent_behind(tx, ballot)
        if reason := _why_not(sitting, voter, ballot, intent):
            raise CannotVote(reason)
        signed = _vote_of(row, ballot, voter, submission, at)
        tx.session.add(signed)
        if intent is not None:
            intent.used_at = at
            tx.session.add(intent)
        if ballot.contingency is not None:
            tx.session.add(_contingency_of(row, ballot, voter, at))
        said = _said(signed, ballot, blinded=is_blinded(gate=row, submission=submission))
        tx.record(kind="gate.signed", rollout=row.rollout, person=person, at=at, body=said)
        return _follow(tx, replace(sitting, given=[*sitting.given, signed]), voter)


def why_not_begin(
    *,
    gate: str,
    person: str,
    shown_digest: str,
    submission: Submission,
    at: datetime,
    session: Session,
    answer: Answer | None = None,
) -> str | None:
    """
    Return the one reason a person need not begin to answer: for a click, before there is a reason or a seat.

    The sentences are those of ``why_not_vote``, in its order, as far as they can be known by then.

    :raises UnknownGate: if there is no such gate
    :raises UnknownPerson: if people.yaml does not have the person
    """
    sitting = _sitting(gate, submission, at, session)
    return why_not_click(sitting=sitting, person=submission.person(person), shown_digest=shown_digest, answer=answer)


def why_not_vote(
    *, gate: str, person: str, ballot: Ballot, submission: Submission, at: datetime, session: Session
) -> str | None:
    """
    Return the one reason this person may not give this answer now, if there is one; ``vote`` raises the same.

    How it is signed is left out, so that it also answers before a person steps up.

    :raises UnknownGate: if there is no such gate
    :raises UnknownPerson: if people.yaml does not have the person
    """
    sitting = _sitting(gate, submission, at, session)
    return why_not_answer(sitting=sitting, person=submission.person(person), ballot=ballot)


def seats_for(
    *, person: str, gate: str, submission: Submission, at: datetime, session: Session
) -> tuple[SeatOffer, ...]:
    """
    Return the seats a person could sign now, in their own right or as a deputy; empty once they have signed.

    A seat that somebody else of the same role has signed is still offered: one may reject on it.

    :raises UnknownGate: if there is no such gate
    :raises UnknownPerson: if people.yaml does not have the person
    """
    return seats_offered(sitting=_sitting(gate, submission, at, session), person=submission.person(person))


def seats_still_empty(*, gate: Gate, submission: Submission, at: datetime, session: Session) -> tuple[Seat, ...]:
    """Return the seats of a gate that nobody who is still authorised has signed on its own digest."""
    return still_empty(sitting=sitting_of(gate=gate, submission=submission, at=at, session=session))


def _sitting(gate: str, submission: Submission, at: datetime, session: Session) -> Sitting:
    row = reading.gate(session, gate=gate)
    if row is None:
        raise gates.UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
    return sitting_of(gate=row, submission=submission, at=at, session=session)


def _intent_behind(tx: Transaction, ballot: Ballot) -> Intent | None:
    return signing_reading.intent(tx.session, intent=ballot.intent) if ballot.intent else None


def _why_not(sitting: Sitting, voter: Person, ballot: Ballot, intent: Intent | None) -> str | None:
    return why_not_answer(sitting=sitting, person=voter, ballot=ballot) or _why_not_so(sitting, voter, ballot, intent)


def _why_not_so(sitting: Sitting, voter: Person, ballot: Ballot, intent: Intent | None) -> str | None:
    """A step-up is proved by the intent it came from, never by an entrance that says so."""
    gate = sitting.gate.id
    if not ballot.stepped_up:
        if not needs_step_up(gate=gate, submission=sitting.submission):
            return None
        return (
            f"Gate {gate} asks for a signature and not for a click: follow the one-time link "
            f"and show again who you are."
        )
    if intent is None or intent.gate_id != gate or intent.person != voter.id:
        return "This signature belongs to no open intent of the same person and gate; begin again."
    if reason := why_over(intent=intent, at=sitting.at):
        return reason
    if not is_as_meant(ballot=ballot, intent=intent):
        return "This is not the answer that was meant when the link was made; begin again."
    shown_again = ballot.authenticated_at
    if shown_again is None or shown_again < intent.at.replace(microsecond=0):
        return "You signed in before you chose to sign; show again who you are, now."
    return None


def _vote_of(gate: Gate, ballot: Ballot, voter: Person, submission: Submission, at: datetime) -> Vote:
    limited = ballot.conditions is not None and not ballot.conditions.is_empty
    return Vote(
        gate_id=gate.id,
        seat=ballot.role,
        person=voter.id,
        organisation=voter.organisation,
        printed_name=voter.name,
        answer=ballot.answer,
        meaning=ballot.meaning,
        reason=ballot.reason,
        contingency=ballot.contingency.plain() if ballot.contingency else None,
        conditions=ballot.conditions.plain() if ballot.conditions and limited else None,
        shown_digest=ballot.shown_digest,
        policy_digest=submission.policy_digest,
        channel=ballot.channel,
        authentication=ballot.authentication,
        at=at,
        zone=ballot.zone,
        on_behalf_of=ballot.on_behalf_of,
        intent_id=ballot.intent,
        authenticated_at=ballot.authenticated_at,
    )


def _contingency_of(gate: Gate, ballot: Ballot, voter: Person, at: datetime) -> Contingency:
    asked = ballot.contingency
    assert asked is not None
    return Contingency(
        gate_id=gate.id,
        rollout=gate.rollout,
        person=voter.id,
        what=asked.what,
        owner=asked.owner,
        due_at=asked.due_at,
        at=at,
    )


def _said(signed: Vote, ballot: Ballot, *, blinded: bool) -> dict[str, object]:
    """What the entry says; of an independent review only that somebody answered, the row itself is witnessed."""
    known: dict[str, object] = {
        "gate": signed.gate_id,
        "seat": signed.seat,
        "shown": signed.shown_digest,
        "for": signed.on_behalf_of or "",
        "method": "step_up" if ballot.stepped_up else "click",
    }
    if blinded:
        return known
    limits = {"contingent": ballot.contingency is not None, "limited": signed.conditions is not None}
    return {**known, "answer": signed.answer, **limits}


def _follow(tx: Transaction, sitting: Sitting, voter: Person) -> GateState:
    """One reject closes; a request for evidence holds; the last empty seat grants; blinded, once all have answered."""
    gate, blinded = sitting.gate, is_blinded(gate=sitting.gate, submission=sitting.submission)
    then, reason = (None, "") if blinded and unanswered(sitting=sitting) else _where_to(sitting)
    if then is not None:
        gates.move(tx=tx, gate=gate, then=then, person=voter.id, at=sitting.at, reason=reason, notify=True)
        if then is GateState.GRANTED:
            on_grant(tx=tx, gate=gate, submission=sitting.submission, person=voter.id, at=sitting.at)
    else:
        said = {} if blinded else {"answer": sitting.given[-1].answer}
        tx.notify(kind="gate.signed", rollout=gate.rollout, gate=gate.id, body=said, at=sitting.at)
    return GateState(gate.state)


def _where_to(sitting: Sitting) -> tuple[GateState | None, str]:
    for answer, then in ((Answer.REJECT, GateState.REJECTED), (Answer.REQUEST_EVIDENCE, GateState.HELD)):
        for vote in sitting.given:
            if vote.answer == answer:
                return then, vote.reason
    if still_empty(sitting=sitting):
        return None, ""
    return GateState.GRANTED, "Every seat has signed."
