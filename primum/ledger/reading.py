"""Questions asked of the ledger's tables; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from primum.ledger.tables import (
    DocumentRecord,
    EvaluationRecord,
    EvidenceRecord,
    Exposure,
    Gate,
    GateTransition,
    OutboxMessage,
    Promotion,
    RolloutRecord,
    Suspension,
    Vote,
    Waiver,
)

FINAL = ("applied", "rejected", "expired", "void")


def rollouts(session: Session) -> Sequence[RolloutRecord]:
    """Return every rollout, by id."""
    return session.exec(select(RolloutRecord).order_by(col(RolloutRecord.id))).all()


def rollout(session: Session, *, rollout: str) -> RolloutRecord | None:
    """Return one rollout."""
    return session.get(RolloutRecord, rollout)


def tables_in_force(session: Session, *, rollout: str) -> Sequence[EvidenceRecord]:
    """Return the registered tables of a rollout that nothing has superseded."""
    query = select(EvidenceRecord).where(EvidenceRecord.rollout == rollout, col(EvidenceRecord.superseded_at).is_(None))
    return session.exec(query).all()


def documents_in_force(session: Session, *, rollout: str) -> Sequence[DocumentRecord]:
    """Return the registered documents of a rollout that nothing has superseded."""
    query = select(DocumentRecord).where(DocumentRecord.rollout == rollout, col(DocumentRecord.superseded_at).is_(None))
    return session.exec(query).all()


def gate(session: Session, *, gate: str) -> Gate | None:
    """Return one gate by id."""
    return session.get(Gate, gate)


def gates(session: Session, *, rollout: str | None = None) -> Sequence[Gate]:
    """Return gates, oldest first; of one rollout when it is named."""
    query = select(Gate).order_by(col(Gate.opened_at), col(Gate.revision))
    if rollout is not None:
        query = query.where(Gate.rollout == rollout)
    return session.exec(query).all()


def open_gate(session: Session, *, rollout: str, name: str) -> Gate | None:
    """Return the gate of this name that is not final, if there is one."""
    query = select(Gate).where(Gate.rollout == rollout, Gate.name == name, col(Gate.state).not_in(FINAL))
    return session.exec(query.order_by(col(Gate.revision).desc())).first()


def last_gate(session: Session, *, rollout: str, name: str) -> Gate | None:
    """Return the newest gate of this name."""
    query = select(Gate).where(Gate.rollout == rollout, Gate.name == name)
    return session.exec(query.order_by(col(Gate.revision).desc())).first()


def votes(session: Session, *, gate: str) -> Sequence[Vote]:
    """Return the votes on a gate, in the order given."""
    return session.exec(select(Vote).where(Vote.gate_id == gate).order_by(col(Vote.at))).all()


def transitions(session: Session, *, gate: str) -> Sequence[GateTransition]:
    """Return the ways a gate went, in order."""
    return session.exec(
        select(GateTransition).where(GateTransition.gate_id == gate).order_by(col(GateTransition.at))
    ).all()


def evaluation(session: Session, *, evaluation: str) -> EvaluationRecord | None:
    """Return one evaluation by id."""
    return session.get(EvaluationRecord, evaluation)


def suspension(session: Session, *, rollout: str) -> Suspension | None:
    """Return the suspension in force, if there is one."""
    query = select(Suspension).where(Suspension.rollout == rollout, col(Suspension.lifted_at).is_(None))
    return session.exec(query).first()


def exposure(session: Session, *, rollout: str) -> Exposure | None:
    """Return the newest exposure row: who may receive output now."""
    return session.exec(select(Exposure).where(Exposure.rollout == rollout).order_by(col(Exposure.at).desc())).first()


def promotions(session: Session, *, rollout: str) -> Sequence[Promotion]:
    """Return the promotions of a rollout, in order."""
    return session.exec(select(Promotion).where(Promotion.rollout == rollout).order_by(col(Promotion.at))).all()


def waivers(session: Session, *, rollout: str) -> Sequence[Waiver]:
    """Return every waiver of a rollout, expired ones included."""
    return session.exec(select(Waiver).where(Waiver.rollout == rollout).order_by(col(Waiver.granted_at))).all()


def promotion_of(session: Session, *, gate: str) -> str | None:
    """Return the id of the promotion that a gate led to, if it did."""
    return session.exec(select(Promotion.id).where(Promotion.gate_id == gate)).first()


def exposure_before(session: Session, *, rollout: str, cause: str) -> Exposure | None:
    """Return the exposure that was in force before a suspension, if there was one."""
    query = select(Exposure).where(Exposure.rollout == rollout, Exposure.cause != cause)
    return session.exec(query.order_by(col(Exposure.at).desc())).first()


def messages_waiting(session: Session) -> int:
    """Return how many messages of the outbox are not delivered yet."""
    return session.exec(select(func.count()).where(col(OutboxMessage.delivered_at).is_(None))).one()


def exposure_of(session: Session, *, cause: str) -> Exposure | None:
    """Return the exposure row that a promotion or suspension caused."""
    return session.exec(select(Exposure).where(Exposure.cause == cause)).first()
