"""The looks of a rollout's trial as the rules need them; those before it was started again do not count."""

from datetime import datetime

from sqlmodel import Session

from primum.ledger import look_reading
from primum.ledger.look_tables import Look
from primum.roadmap.looks import LookFacts, LookState


def looks_held(session: Session, *, rollout: str, since: datetime | None) -> tuple[Look, ...]:
    """Return the looks since the trial that counts began, the first one first."""
    return tuple(one for one in look_reading.looks(session, rollout=rollout) if since is None or one.at >= since)


def facts_of(look: Look) -> LookFacts:
    """Return a look as the rules need it."""
    return LookFacts(number=look.number, information=look.information, state=LookState(look.outcome), at=look.at)
