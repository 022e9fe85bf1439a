"""Questions asked of a pilot's tables; nothing here writes."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select as choose
from sqlmodel import Session, col, func, select

from primum.ledger.list_tables import ConcealedList
from primum.ledger.tables import EvidenceRecord
from primum.ledger.trial_tables import Allocation, AllocationBatch, ProtocolVersion

AT_ONCE = 500


def protocol_versions(session: Session, *, rollout: str) -> Sequence[ProtocolVersion]:
    """Return the versions of a protocol that were locked, the first one first."""
    query = select(ProtocolVersion).where(ProtocolVersion.rollout == rollout)
    return session.exec(query.order_by(col(ProtocolVersion.version))).all()


def tables_ever(session: Session, *, rollout: str) -> Sequence[EvidenceRecord]:
    """Return every table that was ever registered for a rollout, superseded ones included."""
    query = select(EvidenceRecord).where(EvidenceRecord.rollout == rollout)
    return session.exec(query.order_by(col(EvidenceRecord.registered_at))).all()


class Kept(NamedTuple):
    """The stratum and the arm that a unit has for good."""

    stratum: str
    arm: str


def allocations_of(session: Session, *, rollout: str, units: Sequence[str]) -> dict[str, Kept]:
    """Return what is allocated of these units, by unit."""
    found: dict[str, Kept] = {}
    query = choose(col(Allocation.unit), col(Allocation.stratum), col(Allocation.arm))
    query = query.where(col(Allocation.rollout) == rollout)
    for start in range(0, len(units), AT_ONCE):
        part = units[start : start + AT_ONCE]
        rows = session.execute(query.where(col(Allocation.unit).in_(part)))
        found.update((unit, Kept(stratum, arm)) for unit, stratum, arm in rows)
    return found


def units_in_stratum(session: Session, *, rollout: str, protocol: str, stratum: str) -> int:
    """Return how many units a stratum of a protocol has."""
    query = choose(func.max(col(Allocation.position))).where(
        col(Allocation.rollout) == rollout, col(Allocation.protocol) == protocol, col(Allocation.stratum) == stratum
    )
    last = session.execute(query).scalar_one()
    return 0 if last is None else int(last) + 1


def allocated(session: Session, *, rollout: str) -> int:
    """Return how many units of a rollout are allocated."""
    last = session.execute(choose(func.max(col(Allocation.number))).where(col(Allocation.rollout) == rollout))
    return int(last.scalar_one() or 0)


def anybody_allocated(session: Session) -> bool:
    """Return whether a unit of any rollout was ever allocated, or a list of places taken over."""
    every = (select(AllocationBatch.id), select(ConcealedList.id))
    return any(session.exec(one.limit(1)).first() is not None for one in every)


def seed_of(session: Session, *, rollout: str) -> str | None:
    """Return the fingerprint of the seed that a rollout's units or lists depend on; ``None`` before the first."""
    query = select(AllocationBatch.seed).where(AllocationBatch.rollout == rollout, AllocationBatch.seed != "")
    sealed = select(ConcealedList.seed).where(ConcealedList.rollout == rollout)
    return session.exec(query.limit(1)).first() or session.exec(sealed.limit(1)).first()


def sizes_by_stratum(session: Session, *, rollout: str) -> dict[str, dict[str, int]]:
    """Return the units of each arm in each stratum."""
    query = choose(col(Allocation.stratum), col(Allocation.arm), func.count())
    query = query.where(col(Allocation.rollout) == rollout).group_by(col(Allocation.stratum), col(Allocation.arm))
    found: dict[str, dict[str, int]] = {}
    for stratum, arm, units in session.execute(query.order_by(col(Allocation.stratum), col(Allocation.arm))):
        found.setdefault(stratum, {})[arm] = int(units)
    return found


def sequence_of(session: Session, *, rollout: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield protocol, stratum, position and arm of every unit in the order of each stratum's list."""
    query = choose(col(Allocation.protocol), col(Allocation.stratum), col(Allocation.position), col(Allocation.arm))
    query = query.where(col(Allocation.rollout) == rollout)
    query = query.order_by(col(Allocation.protocol), col(Allocation.stratum), col(Allocation.position))
    for protocol, stratum, position, arm in session.execute(query.execution_options(yield_per=10_000)):
        yield protocol, stratum, int(position), arm


def batch_digest(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the digest of allocated units, given as their columns, in the order of enrolment."""
    content = hashlib.sha256()
    for row in rows:
        content.update("\t".join(str(row[name]) for name in _WITNESSED).encode() + b"\n")
    return f"sha256:{content.hexdigest()}"


_WITNESSED = ("rollout", "number", "unit", "protocol", "stratum", "position", "arm")


def changed_batches(session: Session) -> Iterator[str]:
    """Yield a sentence for each batch whose units are not those that were allocated in it."""
    columns = [getattr(Allocation, name) for name in (*_WITNESSED, "batch")]
    known = {row.id: row for row in session.exec(select(AllocationBatch))}
    for id_, batch in known.items():
        query = choose(*columns).where(col(Allocation.batch) == id_).order_by(col(Allocation.number))
        rows = [dict(row) for row in session.execute(query).mappings()]
        if len(rows) != batch.units or batch_digest(rows) != batch.digest:
            yield f"The units of allocation {id_[:8]} of '{batch.rollout}' are not those that were allocated."
    stray = choose(col(Allocation.batch)).distinct().where(col(Allocation.batch).not_in(list(known)))
    for (id_,) in session.execute(stray):
        yield f"Units were added as allocation {id_[:8]}, which the log knows nothing of."
