"""Stepping up: what a person means to sign waits five minutes for them to show again who they are (21 CFR 11.200)."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from primum.actions import gates
from primum.actions.ballots import Ballot, why_not_answer
from primum.actions.casting import CannotVote, vote
from primum.actions.meant import MOST_FAILURES, ballot_of, digest_of_code, intent_of, why_over
from primum.actions.sittings import sitting_of
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import signing_reading
from primum.roadmap.gates import GateState

# A provider's clock may be a little ahead of ours.
CLOCKS_DIFFER = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Intended:
    """An intent was written; its one-time code is told once and kept nowhere."""

    id: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Intention:
    """What a person means to sign, as it is shown to them before they do."""

    id: str
    gate: str
    person: str
    ballot: Ballot
    at: datetime
    expires_at: datetime


def intend(
    *, gate: str, ballot: Ballot, submission: Submission, person: str, at: datetime, workplace: Workplace
) -> Intended:
    """
    Write down what a person means to sign, bound to gate, revision and digest, for five minutes.

    :raises CannotVote: with the one reason this person may not answer so
    :raises UnknownGate: if there is no such gate
    :raises UnknownPerson: if people.yaml does not have the person
    """
    voter, code = submission.person(person), secrets.token_urlsafe(32)
    with workplace.ledger.transaction() as tx:
        row = gates.locked(tx=tx, gate=gate)
        sitting = sitting_of(gate=row, submission=submission, at=at, session=tx.session)
        if reason := why_not_answer(sitting=sitting, person=voter, ballot=ballot):
            raise CannotVote(reason)
        intent = intent_of(gate=gate, ballot=ballot, person=person, code=code, at=at)
        tx.session.add(intent)
        said = {"gate": gate, "intent": intent.id, "seat": intent.seat, "shown": intent.shown_digest}
        tx.record(kind="gate.intended", rollout=row.rollout, person=person, at=at, body=said)
        return Intended(id=intent.id, code=code, expires_at=intent.expires_at)


def intended(*, code: str, at: datetime, workplace: Workplace) -> Intention:
    """
    Return what a one-time code would sign, to show it.

    :raises CannotVote: if it is unknown, was used, is over, or is locked
    """
    with workplace.ledger.reading() as session:
        intent = signing_reading.intent_of(session, code_digest=digest_of_code(code))
    if intent is None:
        raise CannotVote("This link is not one of ours; begin again at the gate.")
    if reason := why_over(intent=intent, at=at):
        raise CannotVote(reason)
    return Intention(
        id=intent.id,
        gate=intent.gate_id,
        person=intent.person,
        ballot=ballot_of(intent),
        at=intent.at,
        expires_at=intent.expires_at,
    )


def sign_intended(
    *,
    code: str,
    person: str,
    authentication: str,
    authenticated_at: datetime,
    submission: Submission,
    at: datetime,
    workplace: Workplace,
) -> GateState:
    """
    Sign what was intended, by a person who has just shown again who they are; return the gate's state.

    ``authenticated_at`` is when they did: after the intent, and not in the future.

    :raises CannotVote: with the one reason; somebody else's code counts as a failure of the intent
    """
    intention = intended(code=code, at=at, workplace=workplace)
    if person != intention.person:
        failed(code=code, person=person, at=at, workplace=workplace)
        raise CannotVote("This link was made for somebody else; sign in as the person it was made for.")
    if authenticated_at > at + CLOCKS_DIFFER:
        raise CannotVote("The sign-in is dated in the future; compare the clocks of this server and its provider.")
    ballot = replace(
        intention.ballot,
        stepped_up=True,
        intent=intention.id,
        authentication=authentication,
        authenticated_at=authenticated_at,
    )
    return vote(gate=intention.gate, ballot=ballot, submission=submission, person=person, at=at, workplace=workplace)


def failed(*, code: str, person: str, at: datetime, workplace: Workplace) -> int:
    """
    Count one failed attempt to show who one is; the fifth locks the intent and says so. Return the attempts left.

    :raises CannotVote: if the code is unknown
    """
    with workplace.ledger.transaction() as tx:
        intent = signing_reading.intent_of(tx.session, code_digest=digest_of_code(code))
        if intent is None:
            raise CannotVote("This link is not one of ours; begin again at the gate.")
        gate = gates.locked(tx=tx, gate=intent.gate_id)
        tx.session.refresh(intent)
        if intent.failures >= MOST_FAILURES:
            return 0
        intent.failures += 1
        tx.session.add(intent)
        said = {"gate": gate.id, "intent": intent.id, "failures": intent.failures}
        tx.record(kind="step-up.failed", rollout=gate.rollout, person=person, at=at, body=said)
        if intent.failures == MOST_FAILURES:
            told = {"intent": intent.id, "person": intent.person}
            tx.notify(kind="step-up.locked", rollout=gate.rollout, gate=gate.id, body=told, at=at)
        return MOST_FAILURES - intent.failures
