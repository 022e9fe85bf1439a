"""Questions asked of deviations; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from primum.ledger.deviation_tables import Deviation


def deviations(session: Session, *, rollout: str, is_open: bool = False) -> Sequence[Deviation]:
    """Return the deviations of a rollout, the newest first; with ``is_open`` those nobody has reviewed."""
    query = select(Deviation).where(Deviation.rollout == rollout)
    if is_open:
        query = query.where(col(Deviation.reviewed_at).is_(None))
    return session.exec(query.order_by(col(Deviation.at).desc(), col(Deviation.site))).all()


def deviation(session: Session, *, deviation: str) -> Deviation | None:
    """Return one deviation by id."""
    return session.get(Deviation, deviation)


def digests(session: Session, *, rollout: str) -> frozenset[str]:
    """Return the digests of the lists that were recorded."""
    return frozenset(session.exec(select(Deviation.digest).where(Deviation.rollout == rollout)))
