"""Questions asked of the concealed lists; nothing here writes or opens one."""

from collections.abc import Sequence

from sqlalchemy import select as choose
from sqlmodel import Session, col, func, select

from primum.ledger.list_tables import ConcealedList, ConcealedPlaces
from primum.ledger.trial_tables import Allocation

AT_ONCE = 500
WHOLE, FURTHER = "whole", "further"


def lists_of(session: Session, *, rollout: str) -> Sequence[ConcealedList]:
    """Return every list that was ever taken over for a rollout, the first one first."""
    query = select(ConcealedList).where(ConcealedList.rollout == rollout)
    return session.exec(query.order_by(col(ConcealedList.number))).all()


def in_force(lists: Sequence[ConcealedList], *, protocol: str) -> tuple[ConcealedList, ...]:
    """Return the lists that units of a version of a protocol are taken from: the last whole one, and what followed."""
    here = [one for one in lists if one.protocol == protocol]
    begin = max((place for place, one in enumerate(here) if one.kind == WHOLE), default=0)
    return tuple(here[begin:])


def places_of(
    session: Session, *, lists: Sequence[ConcealedList], strata: Sequence[str] | None = None
) -> list[ConcealedPlaces]:
    """Return the sealed places of some strata, or of all, in the order in which they are given away."""
    query = select(ConcealedPlaces).where(col(ConcealedPlaces.concealed_list).in_([one.id for one in lists]))
    if strata is None:
        found = list(session.exec(query))
    else:
        parts = (strata[start : start + AT_ONCE] for start in range(0, len(strata), AT_ONCE))
        found = [row for part in parts for row in session.exec(query.where(col(ConcealedPlaces.stratum).in_(part)))]
    return sorted(found, key=lambda row: (row.stratum, row.first))


def places_in_all(session: Session, *, lists: Sequence[ConcealedList]) -> dict[str, int]:
    """Return how many places each stratum has, those given away included."""
    query = choose(col(ConcealedPlaces.stratum), func.sum(col(ConcealedPlaces.places)))
    query = query.where(col(ConcealedPlaces.concealed_list).in_([one.id for one in lists]))
    query = query.group_by(col(ConcealedPlaces.stratum)).order_by(col(ConcealedPlaces.stratum))
    return {stratum: int(places) for stratum, places in session.execute(query)}


def given_away(session: Session, *, rollout: str, protocol: str) -> dict[str, int]:
    """Return how many units each stratum of a version of a protocol has."""
    query = choose(col(Allocation.stratum), func.max(col(Allocation.position)) + 1)
    query = query.where(col(Allocation.rollout) == rollout, col(Allocation.protocol) == protocol)
    return {stratum: int(units) for stratum, units in session.execute(query.group_by(col(Allocation.stratum)))}
