"""Questions asked of guideline changes and their steps; nothing here writes."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from primum.ledger.change_tables import ChangeStep, GuidelineChange

CLOSED, COMPARED, RETRAINED = "closed", "compared", "retrained"


def changes(session: Session, *, rollouts: Collection[str] | None = None) -> Sequence[GuidelineChange]:
    """Return guideline changes, oldest first; of these rollouts when they are named."""
    query = select(GuidelineChange).order_by(col(GuidelineChange.at), col(GuidelineChange.id))
    if rollouts is not None:
        query = query.where(col(GuidelineChange.rollout).in_(rollouts))
    return session.exec(query).all()


def change(session: Session, *, change: str) -> GuidelineChange | None:
    """Return one guideline change by id."""
    return session.get(GuidelineChange, change)


def change_of(session: Session, *, rollout: str, guideline: str) -> GuidelineChange | None:
    """Return the change of a rollout to a guideline version, if there is one."""
    query = select(GuidelineChange).where(GuidelineChange.rollout == rollout, GuidelineChange.guideline == guideline)
    return session.exec(query).first()


def steps(session: Session, *, change: str) -> Sequence[ChangeStep]:
    """Return the steps that were taken, in order; one that was taken again stands there twice."""
    query = select(ChangeStep).where(ChangeStep.change_id == change)
    return session.exec(query.order_by(col(ChangeStep.at), col(ChangeStep.id))).all()


def last(session: Session, *, change: str, step: str) -> ChangeStep | None:
    """Return the last time a step was taken."""
    query = select(ChangeStep).where(ChangeStep.change_id == change, ChangeStep.step == step)
    return session.exec(query.order_by(col(ChangeStep.at).desc(), col(ChangeStep.id).desc())).first()


def open_changes(session: Session) -> Sequence[GuidelineChange]:
    """Return the changes that nobody has closed."""
    closed = select(ChangeStep.change_id).where(ChangeStep.step == CLOSED)
    query = select(GuidelineChange).where(col(GuidelineChange.id).not_in(closed))
    return session.exec(query.order_by(col(GuidelineChange.at))).all()


def compared_at(session: Session, *, gate: str) -> ChangeStep | None:
    """Return the comparison that a gate rests on, if it is the gate of a change."""
    query = select(ChangeStep).where(ChangeStep.step == COMPARED)
    found = session.exec(query.order_by(col(ChangeStep.at).desc())).all()
    return next((step for step in found if step.said.get("gate") == gate), None)
