"""Questions to the tables of signing: deputies, interests, intents, contingencies, reminders, incidents."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlmodel import Session, col, select

from primum.ledger.signing_tables import (
    ConflictOfInterest,
    Contingency,
    Delegation,
    Incident,
    Intent,
    Reminder,
    ResumptionVote,
)
from primum.ledger.tables import Entry, Gate, OutboxMessage, Suspension

LOST = ("rejected", "expired", "void")


def delegations(session: Session, *, at: datetime | None = None) -> Sequence[Delegation]:
    """Return the delegations nobody revoked, the earliest first; with ``at``, those that end after it."""
    query = select(Delegation).where(col(Delegation.revoked_at).is_(None)).order_by(col(Delegation.starts_at))
    if at is not None:
        query = query.where(col(Delegation.ends_at) > at)
    return session.exec(query).all()


def delegation(session: Session, *, delegation: str) -> Delegation | None:
    """Return one delegation by id."""
    return session.get(Delegation, delegation)


def conflicts(session: Session, *, rollout: str, ever: bool = False) -> Sequence[ConflictOfInterest]:
    """Return the interests in a rollout that were declared and not withdrawn; with ``ever``, those that were too."""
    query = select(ConflictOfInterest).where(ConflictOfInterest.rollout == rollout)
    if not ever:
        query = query.where(col(ConflictOfInterest.withdrawn_at).is_(None))
    return session.exec(query.order_by(col(ConflictOfInterest.declared_at))).all()


def intent_of(session: Session, *, code_digest: str) -> Intent | None:
    """Return the intent a one-time code belongs to."""
    return session.exec(select(Intent).where(Intent.code_digest == code_digest)).first()


def intent(session: Session, *, intent: str) -> Intent | None:
    """Return one intent by id."""
    return session.get(Intent, intent)


def contingencies(session: Session, *, rollout: str, is_open: bool = False) -> Sequence[Contingency]:
    """Return what the approvals of a rollout left to do, the earliest due first; those of lost gates left out."""
    lost = select(Gate.id).where(Gate.rollout == rollout, col(Gate.state).in_(LOST))
    query = select(Contingency).where(Contingency.rollout == rollout, col(Contingency.gate_id).not_in(lost))
    if is_open:
        query = query.where(col(Contingency.closed_at).is_(None))
    return session.exec(query.order_by(col(Contingency.due_at))).all()


def contingencies_of(session: Session, *, gate: str) -> Sequence[Contingency]:
    """Return what the approvals of one gate left to do, the earliest due first."""
    query = select(Contingency).where(Contingency.gate_id == gate)
    return session.exec(query.order_by(col(Contingency.due_at))).all()


def contingency(session: Session, *, contingency: str) -> Contingency | None:
    """Return one contingency by id."""
    return session.get(Contingency, contingency)


def reminders(session: Session, *, gate: str) -> Sequence[Reminder]:
    """Return the reminders of a gate, in order."""
    return session.exec(select(Reminder).where(Reminder.gate_id == gate).order_by(col(Reminder.at))).all()


def resumption_votes(session: Session, *, suspension: str) -> Sequence[ResumptionVote]:
    """Return who agreed that a suspended rollout goes on, in order."""
    query = select(ResumptionVote).where(ResumptionVote.suspension_id == suspension)
    return session.exec(query.order_by(col(ResumptionVote.at), col(ResumptionVote.person))).all()


def suspension_by_id(session: Session, *, suspension: str) -> Suspension | None:
    """Return one suspension by id."""
    return session.get(Suspension, suspension)


def incidents(session: Session, *, rollout: str | None = None, is_open: bool = False) -> Sequence[Incident]:
    """Return incidents, the newest first; of one rollout when it is named."""
    query = select(Incident).order_by(col(Incident.reported_at).desc())
    if rollout is not None:
        query = query.where(Incident.rollout == rollout)
    if is_open:
        query = query.where(col(Incident.closed_at).is_(None))
    return session.exec(query).all()


def incident(session: Session, *, incident: str) -> Incident | None:
    """Return one incident by id."""
    return session.get(Incident, incident)


def policy_changers(session: Session, *, rollout: str) -> frozenset[str]:
    """Return who brought the policy now in force into a rollout in place of another one."""
    query = select(Entry).where(Entry.rollout == rollout, Entry.kind == "rollout.registered")
    said = [
        (one.person, json.loads(one.body).get("policy")) for one in session.exec(query.order_by(col(Entry.position)))
    ]
    return frozenset(who for (_, before), (who, now) in pairwise(said) if now != before and now == said[-1][1])


def messages_since(session: Session, *, kind: str, since: datetime) -> Sequence[OutboxMessage]:
    """Return the messages of a kind that were written since a moment."""
    query = select(OutboxMessage).where(OutboxMessage.kind == kind, col(OutboxMessage.created_at) >= since)
    return session.exec(query).all()
