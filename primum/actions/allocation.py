"""
Allocating units to arms: once for good, from a secret seed, every one of them in the ledger.

A unit is looked up first, so that asking twice changes nothing. New ones take the next places of their
stratum in the order in which they enrol; the order is kept in the ledger and with it everything follows
from the seed again, or from the concealed list that somebody else drew. Identifiers of patients do not
enter the ledger: a unit is known by a keyed digest.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter

from sqlalchemy import insert

from primum.actions.drawing import LIST, SEED, CannotAllocate, Drawing, Enrolled, Place, drawing_for, warn_of_few
from primum.actions.enrolment_checks import AT_ONCE, fitting_stratum, known_sites, other_arm
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.ledger import reading, trial_reading
from primum.ledger.seeds import fingerprint, seed_at
from primum.ledger.tables import new_id
from primum.ledger.transactions import Transaction
from primum.ledger.trial_tables import Allocation, AllocationBatch
from primum.roadmap.allocation import clusters_allocated, unit_key
from primum.roadmap.protocol import Protocol
from primum.roadmap.stages import Stage

__all__ = [
    "AT_ONCE",
    "LIST",
    "SEED",
    "CannotAllocate",
    "Enrolled",
    "allocate",
    "allocate_clusters",
    "allocate_many",
    "arm_of",
]

STAGES = frozenset({Stage.PILOT, Stage.SCALE})


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """A unit's arm, and whether it was drawn now or is kept from before."""

    unit: str
    stratum: str
    arm: str
    new: bool


def seed_of(workplace: Workplace, *, create: bool = False) -> bytes:
    """
    Return the seed of this installation.

    :raises SeedRefused: if it is missing, broken or readable by others
    """
    return seed_at(workplace.settings.allocation_seed, create=create)


def own_seed(workplace: Workplace) -> bytes:
    """
    Return the seed of this installation; whoever is the first to need it makes it.

    :raises SeedRefused: if units were allocated and it is missing, or if it is broken or readable by others
    """
    with workplace.ledger.reading() as session:
        is_first = not trial_reading.anybody_allocated(session)
    return seed_of(workplace, create=is_first)


def allocate(
    *, rollout: str, units: Sequence[Enrolled], person: str, at: datetime, workplace: Workplace, method: str = SEED
) -> tuple[Allocated, ...]:
    """
    Allocate units in one transaction, in their order; those that have an arm keep it (R2.1, R2.2).

    :raises CannotAllocate: with the one reason; nobody was allocated then
    :raises SeedRefused: if the seed is missing, broken or readable by others
    """
    seed = seed_for(rollout=rollout, workplace=workplace)
    with workplace.ledger.transaction() as tx:
        protocol = locked_for_allocation(tx, rollout=rollout, seed=seed)
        places: list[Place] = []
        named = {one.unit: unit_key(seed=seed, rollout=rollout, unit=one.unit) for one in units}
        kept = trial_reading.allocations_of(tx.session, rollout=rollout, units=list(named.values()))
        sites = known_sites(tx.lock_rollout(rollout))
        strata = {named[one.unit]: _stratum(protocol, one, method, sites) for one in units}
        _refuse_other_arms(units, named, kept)
        fresh = [one for one in {one.unit: one for one in units}.values() if named[one.unit] not in kept]
        if fresh and (why := _why_not_now(tx, rollout)):
            raise CannotAllocate(why)
        if fresh:
            asked = {strata[named[one.unit]] for one in fresh}
            drawing = drawing_for(tx, protocol=protocol, rollout=rollout, seed=seed, strata=asked, method=method)
            places = _places(tx, rollout, protocol, drawing, fresh, named=named, strata=strata)
            _write(tx, rollout, protocol, seed, drawing, places, person=person, at=at)
            warn_of_few(tx, drawing=drawing, rollout=rollout, places=places, person=person, at=at)
    drawn = {place.key: place.arm for place in places}
    return tuple(
        Allocated(
            unit=one.unit,
            stratum=kept[key].stratum if key in kept else strata[key],
            arm=kept[key].arm if key in kept else drawn[key],
            new=key in drawn,
        )
        for one in units
        for key in (named[one.unit],)
    )


def allocate_many(
    *,
    rollout: str,
    units: Iterable[Enrolled],
    person: str,
    at: datetime,
    workplace: Workplace,
    method: str = SEED,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Allocated]:
    """Allocate as many units as come, some thousand in each transaction, and yield each with its arm."""
    rest, done = iter(units), 0
    while part := tuple(islice(rest, AT_ONCE)):
        yield from allocate(rollout=rollout, units=part, person=person, at=at, workplace=workplace, method=method)
        done += len(part)
        progress(done)


def allocate_clusters(*, rollout: str, person: str, at: datetime, workplace: Workplace) -> tuple[Allocated, ...]:
    """
    Allocate every cluster of the locked protocol's list at once: to an arm, or to a sequence of the wedge.

    :raises CannotAllocate: if the protocol lists no clusters
    """
    seed = seed_for(rollout=rollout, workplace=workplace)
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
    if protocol is None or not protocol.clusters:
        raise CannotAllocate(f"No protocol with a list of `clusters` is locked for {rollout}.")
    arms = clusters_allocated(seed=seed, protocol=protocol)
    listed = tuple(
        Enrolled(unit=one.id, values={"cluster": one.stratum}, arm=arms[one.id]) for one in protocol.clusters
    )
    return allocate(rollout=rollout, units=listed, person=person, at=at, workplace=workplace, method="clusters")


def arm_of(*, rollout: str, unit: str, seed: bytes, workplace: Workplace) -> str | None:
    """Return the arm a unit was allocated to; ``None`` if it was not. Nothing is drawn."""
    key = unit_key(seed=seed, rollout=rollout, unit=unit)
    with workplace.ledger.reading() as session:
        row = session.get(Allocation, (rollout, key))
        return row.arm if row else None


def seed_for(*, rollout: str, workplace: Workplace) -> bytes:
    """
    Return the seed that a rollout is to be allocated from; whoever is the first to need it makes it.

    :raises SeedRefused: if something of the rollout depends on it and it is missing, or if it cannot be used
    """
    with workplace.ledger.reading() as session:
        is_first = trial_reading.seed_of(session, rollout=rollout) is None
    return seed_of(workplace, create=is_first)


def locked_for_allocation(tx: Transaction, *, rollout: str, seed: bytes) -> Protocol:
    """
    Return the locked protocol of a rollout that may be allocated by chance, the rollout locked for the transaction.

    :raises CannotAllocate: if there is none, or if the seed is not the one that the rollout depends on
    """
    record = tx.lock_rollout(rollout)
    if record is None:
        raise CannotAllocate(f"No rollout '{rollout}' is registered; `primum run FILE` registers one.")
    if record.kind == "replay":
        raise CannotAllocate(f"{rollout} is the replay of a finished study; nobody is allocated in it.")
    protocol = locked_protocol(tx.session, rollout=rollout)
    if protocol is None:
        raise CannotAllocate(f"The protocol of {rollout} is not locked; lock it before the first unit is allocated.")
    if not protocol.randomised:
        raise CannotAllocate(f"The protocol of {rollout} is a {protocol.design}; nothing is left to chance in it.")
    known = trial_reading.seed_of(tx.session, rollout=rollout)
    if known not in (None, fingerprint(seed)):
        raise CannotAllocate(
            f"{rollout} depends on the seed {known}, and the seed given is {fingerprint(seed)}. "
            "Put the old one back; nobody was allocated."
        )
    return protocol


def _why_not_now(tx: Transaction, rollout: str) -> str | None:
    record = reading.rollout(tx.session, rollout=rollout)
    if record is None or Stage(record.stage) not in STAGES:
        stage = record.stage if record else "no stage"
        return f"{rollout} is in {stage}; units are allocated in {' and '.join(sorted(STAGES))} only."
    if reading.suspension(tx.session, rollout=rollout):
        return f"{rollout} is suspended; those allocated keep their arm, and nobody is added."
    return None


def _stratum(protocol: Protocol, one: Enrolled, method: str, sites: Collection[str]) -> str:
    if method == "clusters":
        return one.values["cluster"]
    return fitting_stratum(one, protocol=protocol, sites=sites)


def _refuse_other_arms(
    units: Sequence[Enrolled], named: Mapping[str, str], kept: Mapping[str, trial_reading.Kept]
) -> None:
    """A list that says otherwise than the ledger, or twice, is refused as a whole."""
    said: dict[str, str] = {}
    for one in units:
        before = kept[named[one.unit]].arm if named[one.unit] in kept else said.setdefault(one.unit, one.arm)
        if one.arm and one.arm != before:
            raise other_arm(one, before=before)


def _places(
    tx: Transaction,
    rollout: str,
    protocol: Protocol,
    drawing: Drawing,
    fresh: Sequence[Enrolled],
    *,
    named: Mapping[str, str],
    strata: Mapping[str, str],
) -> list[Place]:
    following: dict[str, int] = {}
    places, locked = [], protocol.digest
    for one in fresh:
        key = named[one.unit]
        stratum = strata[key]
        if stratum not in following:
            following[stratum] = trial_reading.units_in_stratum(
                tx.session, rollout=rollout, protocol=locked, stratum=stratum
            )
        position = following[stratum]
        following[stratum] += 1
        arm = drawing.arm(one, stratum=stratum, position=position)
        places.append(Place(key=key, stratum=stratum, position=position, arm=arm))
    return places


def _write(
    tx: Transaction,
    rollout: str,
    protocol: Protocol,
    seed: bytes,
    drawing: Drawing,
    places: Sequence[Place],
    *,
    person: str,
    at: datetime,
) -> None:
    batch, locked, first = new_id(), protocol.digest, trial_reading.allocated(tx.session, rollout=rollout) + 1
    rows = [
        {
            "rollout": rollout,
            "unit": place.key,
            "number": first + count,
            "protocol": locked,
            "stratum": place.stratum,
            "position": place.position,
            "arm": place.arm,
            "batch": batch,
        }
        for count, place in enumerate(places)
    ]
    digest = trial_reading.batch_digest(rows)
    # In the order of the key, each page of its index is written once.
    tx.session.execute(insert(Allocation), sorted(rows, key=itemgetter("unit")))
    tx.session.add(
        AllocationBatch(
            id=batch,
            rollout=rollout,
            protocol=locked,
            method=drawing.method,
            seed=fingerprint(seed),
            units=len(rows),
            digest=digest,
            person=person,
            at=at,
        )
    )
    body = {"batch": batch, "units": len(rows), "first": first, "method": drawing.method, "digest": digest}
    if drawing.concealed is not None:
        body["lists"] = list(drawing.concealed.digests)
    tx.record(kind="units.allocated", rollout=rollout, person=person, at=at, body=body)
