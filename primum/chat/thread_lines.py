"""The thread under a gate's message: one line for each entry of the log about it, in order, each once."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import voting
from primum.actions.submission import Submission
from primum.chat.rendering.personal_views import AuditLine
from primum.chat.rendering.thread import SENTENCES
from primum.ledger import reading, slack_reading
from primum.ledger.tables import Entry, Gate, Vote
from primum.roadmap.gates import OPEN_STATES
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer

# The thread begins when the seats are asked; what was before is on the gate's page.
BEFORE = frozenset({"gate.opened", "gate.collecting", "gate.ready"})
# What somebody means to do is nobody's business until they have done it.
PRIVATE = frozenset({"gate.intended", "step-up.failed"})


def lines_of(
    *, gate: Gate, up_to: int, submission: Submission, session: Session, after: int = -1
) -> Iterator[AuditLine]:
    """Yield a gate's entries as lines of its thread, in order, after one position of the log and up to another."""
    if after < 0:
        after = slack_reading.first_entry_of_gate(session, gate=gate.id, rollout=gate.rollout) - 1
    for entry in slack_reading.entries(session, rollout=gate.rollout, after=after, up_to=up_to):
        if _belongs(entry, gate):
            yield _line(entry, gate, submission, session)


def line_at(*, position: int, submission: Submission, session: Session) -> AuditLine | None:
    """Return one entry of the log as a line, for a message to somebody it is about."""
    entry = slack_reading.entry(session, position=position)
    if entry is None or entry.kind in PRIVATE:
        return None
    gate = reading.gate(session, gate=str(json.loads(entry.body).get("gate", "")))
    return _line(entry, gate, submission, session)


def _belongs(entry: Entry, gate: Gate) -> bool:
    """What is said of the gate, and while it is open what is said of its whole rollout."""
    if entry.kind not in SENTENCES or entry.kind in BEFORE | PRIVATE:
        return False
    about = json.loads(entry.body).get("gate")
    if about is not None:
        return bool(about == gate.id)
    return gate.state in OPEN_STATES or entry.at <= gate.state_since


def _line(entry: Entry, gate: Gate | None, submission: Submission, session: Session) -> AuditLine:
    body: Mapping[str, Any] = json.loads(entry.body)
    names = {one.id: one.name for one in submission.people}
    blinded = gate is not None and voting.is_blinded(gate=gate, submission=submission)
    vote = _vote(entry, gate, session)
    return AuditLine(
        position=entry.position,
        kind=entry.kind,
        at=entry.at,
        person=names.get(entry.person, ""),
        role=_role(body.get("seat") or body.get("role")),
        on_behalf_of=names.get(str(body.get("for") or ""), ""),
        answer=_answer(body.get("answer")),
        to=names.get(str(body.get("to") or body.get("deputy") or ""), ""),
        until=_until(entry, gate, body),
        reason=vote.reason if vote else "",
        hidden=blinded and entry.kind == "gate.signed",
    )


def _vote(entry: Entry, gate: Gate | None, session: Session) -> Vote | None:
    if entry.kind != "gate.signed" or gate is None:
        return None
    return next((one for one in reading.votes(session, gate=gate.id) if one.person == entry.person), None)


def _role(text: object) -> Role | None:
    return next((role for role in Role if role == text), None)


def _answer(text: object) -> Answer | None:
    return next((answer for answer in Answer if answer == text), None)


def _until(entry: Entry, gate: Gate | None, body: Mapping[str, Any]) -> datetime | None:
    if entry.kind == "gate.awaiting-seats" and gate is not None:
        return gate.expires_at
    try:
        return datetime.fromisoformat(str(body.get("until") or ""))
    except ValueError:
        return None
