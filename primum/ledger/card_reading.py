"""Questions asked of model cards; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from primum.ledger.card_tables import ModelCardVersion
from primum.ledger.tables import EvaluationRecord


def versions(session: Session, *, rollout: str) -> Sequence[ModelCardVersion]:
    """Return every version of a rollout's card, the first one first."""
    query = select(ModelCardVersion).where(ModelCardVersion.rollout == rollout)
    return session.exec(query.order_by(col(ModelCardVersion.number))).all()


def in_force(session: Session, *, rollout: str) -> ModelCardVersion | None:
    """Return the newest version of a rollout's card, if there is one."""
    query = select(ModelCardVersion).where(ModelCardVersion.rollout == rollout)
    return session.exec(query.order_by(col(ModelCardVersion.number).desc())).first()


def version(session: Session, *, rollout: str, number: int) -> ModelCardVersion | None:
    """Return one version by its number."""
    query = select(ModelCardVersion).where(ModelCardVersion.rollout == rollout, ModelCardVersion.number == number)
    return session.exec(query).first()


def version_for(session: Session, *, rollout: str, cause: str, subject: str) -> ModelCardVersion | None:
    """Return the version that one gate, incident, alarm or change made necessary, if it was written."""
    query = select(ModelCardVersion).where(
        ModelCardVersion.rollout == rollout, ModelCardVersion.cause == cause, ModelCardVersion.subject == subject
    )
    return session.exec(query).first()


def tracked(session: Session, *, rollout: str) -> Sequence[EvaluationRecord]:
    """Return the evaluations of a rollout that were tracked, the newest first."""
    query = select(EvaluationRecord).where(
        EvaluationRecord.rollout == rollout, col(EvaluationRecord.tracking_run).is_not(None)
    )
    return session.exec(query.order_by(col(EvaluationRecord.at).desc())).all()
