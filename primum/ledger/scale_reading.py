"""Questions asked of waves, holds and acknowledgements; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from primum.ledger.scale_tables import Hold, SiteAcknowledgement, WaveStep
from primum.ledger.tables import EvaluationRecord, Suspension


def steps(session: Session, *, rollout: str) -> Sequence[WaveStep]:
    """Return the waves that began or were walked back to, in order."""
    return session.exec(select(WaveStep).where(WaveStep.rollout == rollout).order_by(col(WaveStep.at))).all()


def hold(session: Session, *, rollout: str) -> Hold | None:
    """Return the hold in force, if there is one."""
    query = select(Hold).where(Hold.rollout == rollout, col(Hold.lifted_at).is_(None))
    return session.exec(query.order_by(col(Hold.at))).first()


def holds(session: Session, *, rollout: str) -> Sequence[Hold]:
    """Return every hold of a rollout, in order."""
    return session.exec(select(Hold).where(Hold.rollout == rollout).order_by(col(Hold.at))).all()


def suspensions(session: Session, *, rollout: str) -> Sequence[Suspension]:
    """Return every suspension of a rollout, in order."""
    return session.exec(select(Suspension).where(Suspension.rollout == rollout).order_by(col(Suspension.at))).all()


def acknowledgements(session: Session, *, subject: str) -> Sequence[SiteAcknowledgement]:
    """Return which sites have acknowledged a wave's step or a suspension."""
    query = select(SiteAcknowledgement).where(SiteAcknowledgement.subject == subject)
    return session.exec(query.order_by(col(SiteAcknowledgement.at))).all()


def newest_evaluation(session: Session, *, rollout: str, stage: str) -> EvaluationRecord | None:
    """Return the newest evaluation of a stage."""
    query = select(EvaluationRecord).where(EvaluationRecord.rollout == rollout, EvaluationRecord.stage == stage)
    return session.exec(query.order_by(col(EvaluationRecord.at).desc())).first()
