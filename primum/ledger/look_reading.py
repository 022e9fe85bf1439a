"""Questions asked of interim looks; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from primum.ledger.look_tables import Look


def looks(session: Session, *, rollout: str | None = None) -> Sequence[Look]:
    """Return the looks that were taken, the first one first; of one rollout when it is named."""
    query = select(Look).order_by(col(Look.at), col(Look.information))
    if rollout is not None:
        query = query.where(Look.rollout == rollout)
    return session.exec(query).all()


def look(session: Session, *, look: str) -> Look | None:
    """Return one look by id."""
    return session.get(Look, look)


def look_at(session: Session, *, rollout: str, data: str) -> Look | None:
    """Return the look that was taken at exactly these data, if one was."""
    return session.exec(select(Look).where(Look.rollout == rollout, Look.data == data)).first()
