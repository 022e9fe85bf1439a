"""What was meant to be signed, as a row of the ledger and back: the same answer and no other."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from primum.actions.ballots import Ballot
from primum.ledger.signing_tables import Intent
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer, Meaning

OPEN_FOR = timedelta(minutes=5)
MOST_FAILURES = 5


def why_over(*, intent: Intent, at: datetime) -> str | None:
    """Return why nothing can be signed under an intent any more, if so."""
    if intent.used_at is not None:
        return "This link was used; a signature is given once."
    if intent.failures >= MOST_FAILURES:
        return f"This link is locked after {MOST_FAILURES} failed attempts; begin again at the gate."
    if at >= intent.expires_at:
        return f"This link was good until {intent.expires_at:%H:%M %Z}; begin again at the gate."
    return None


def digest_of_code(code: str) -> str:
    """Return the digest under which a one-time code is known."""
    return hashlib.sha256(code.encode()).hexdigest()


def intent_of(*, gate: str, ballot: Ballot, person: str, code: str, at: datetime) -> Intent:
    """Return the row of an answer that is meant, good for five minutes."""
    return Intent(
        gate_id=gate,
        person=person,
        seat=ballot.role,
        answer=ballot.answer,
        meaning=ballot.meaning,
        reason=ballot.reason,
        contingency=ballot.contingency.plain() if ballot.contingency else None,
        conditions=ballot.conditions.plain() if ballot.conditions else None,
        on_behalf_of=ballot.on_behalf_of,
        shown_digest=ballot.shown_digest,
        channel=ballot.channel,
        zone=ballot.zone,
        at=at,
        expires_at=at + OPEN_FOR,
        code_digest=digest_of_code(code),
    )


def ballot_of(intent: Intent) -> Ballot:
    """Return the answer that was meant."""
    return Ballot(
        role=Role(intent.seat),
        answer=Answer(intent.answer),
        meaning=Meaning(intent.meaning),
        reason=intent.reason,
        shown_digest=intent.shown_digest,
        channel=intent.channel,
        authentication="",
        zone=intent.zone,
        contingency=ContingencyAsked.read(intent.contingency),
        conditions=None if intent.conditions is None else Conditions.read(intent.conditions),
        on_behalf_of=intent.on_behalf_of,
    )


def is_as_meant(*, ballot: Ballot, intent: Intent) -> bool:
    """Return whether an answer is the one that was meant, apart from how the person was known."""
    said = replace(ballot, authentication="", authenticated_at=None, stepped_up=False, intent=None)
    return said == ballot_of(intent)
