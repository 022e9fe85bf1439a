"""
Allocating units to arms: once for good, from a secret seed, every one of them in the ledger.

A unit is looked up first, so that asking twice changes nothing. New ones take the next places of their
stratum in the order in which they enrol; the order is kept in the ledger and with it everything follows
from the seed again. Identifiers of patients do not enter the ledger: a unit is known by a keyed digest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import insert

from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.ledger import reading, trial_reading
from primum.ledger.seeds import fingerprint, seed_at
from primum.ledger.tables import new_id
from primum.ledger.transactions import Transaction
from primum.ledger.trial_tables import Allocation, AllocationBatch
from primum.roadmap.allocation import CONTROL, INTERVENTION, ArmList, clusters_allocated, stratum_of, unit_key
from primum.roadmap.protocol import Protocol
from primum.roadmap.stages import Stage

AT_ONCE = 5_000
STAGES = frozenset({Stage.PILOT, Stage.SCALE})
SEED, LIST = "seed", "list"


class CannotAllocate(Exception):
    """Nobody was allocated; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """A unit that enrols: its identifier, and what it is stratified by; ``arm`` where somebody else drew it."""

    unit: str
    values: Mapping[str, str]
    arm: str = ""


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """A unit's arm, and whether it was drawn now or is kept from before."""

    unit: str
    stratum: str
    arm: str
    new: bool


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a new unit of a transaction goes."""

    key: str
    stratum: str
    position: int
    arm: str


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
    seed = seed_of(workplace, create=_is_first(rollout, workplace))
    with workplace.ledger.transaction() as tx:
        protocol = _protocol(tx, rollout, seed=seed)
        named = {one.unit: unit_key(seed=seed, rollout=rollout, unit=one.unit) for one in units}
        kept = trial_reading.allocations_of(tx.session, rollout=rollout, units=list(named.values()))
        strata = {named[one.unit]: _stratum(protocol, one, method) for one in units}
        _refuse_other_arms(units, named, kept)
        fresh = [one for one in {one.unit: one for one in units}.values() if named[one.unit] not in kept]
        if fresh and (why := _why_not_now(tx, rollout)):
            raise CannotAllocate(why)
        places = _places(tx, rollout, protocol, seed, fresh, named=named, strata=strata, method=method)
        if places:
            _write(tx, rollout, protocol, seed, places, person=person, at=at, method=method)
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
    seed = seed_of(workplace, create=_is_first(rollout, workplace))
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


def _is_first(rollout: str, workplace: Workplace) -> bool:
    with workplace.ledger.reading() as session:
        return trial_reading.seed_of(session, rollout=rollout) is None


def _protocol(tx: Transaction, rollout: str, *, seed: bytes) -> Protocol:
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
            f"{rollout} was allocated from the seed {known}, and the seed given is {fingerprint(seed)}. "
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


def _stratum(protocol: Protocol, one: Enrolled, method: str) -> str:
    if method == "clusters":
        return one.values["cluster"]
    try:
        return stratum_of(protocol=protocol, values=one.values)
    except KeyError as absent:
        raise CannotAllocate(
            f"A unit does not say its {absent.args[0]}; the protocol stratifies by {', '.join(protocol.strata)}."
        ) from None


def _refuse_other_arms(units: Sequence[Enrolled], named: Mapping[str, str], kept: Mapping[str, Allocation]) -> None:
    """A list that says otherwise than the ledger, or twice, is refused as a whole."""
    said: dict[str, str] = {}
    for one in units:
        before = kept[named[one.unit]].arm if named[one.unit] in kept else said.setdefault(one.unit, one.arm)
        if one.arm and one.arm != before:
            raise CannotAllocate(
                f"A unit of the list is to be {one.arm} and is {before or 'in no arm'} already; an arm is kept for "
                "good. Correct the list; nobody of it was allocated."
            )


def _places(
    tx: Transaction,
    rollout: str,
    protocol: Protocol,
    seed: bytes,
    fresh: Sequence[Enrolled],
    *,
    named: Mapping[str, str],
    strata: Mapping[str, str],
    method: str,
) -> list[Place]:
    arms = ArmList.of(seed=seed, protocol=protocol)
    following: dict[str, int] = {}
    places = []
    for one in fresh:
        key = named[one.unit]
        stratum = strata[key]
        if stratum not in following:
            following[stratum] = trial_reading.units_in_stratum(
                tx.session, rollout=rollout, protocol=protocol.digest, stratum=stratum
            )
        position = following[stratum]
        following[stratum] += 1
        arm = arms.arm(stratum=stratum, position=position) if method == SEED else _given(one, method)
        places.append(Place(key=key, stratum=stratum, position=position, arm=arm))
    return places


def _given(one: Enrolled, method: str) -> str:
    if method == LIST and one.arm not in (INTERVENTION, CONTROL):
        raise CannotAllocate(f"The list gives an arm '{one.arm}'; an arm is {INTERVENTION} or {CONTROL}.")
    return one.arm


def _write(
    tx: Transaction,
    rollout: str,
    protocol: Protocol,
    seed: bytes,
    places: Sequence[Place],
    *,
    person: str,
    at: datetime,
    method: str,
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
    tx.session.execute(insert(Allocation), rows)
    tx.session.add(
        AllocationBatch(
            id=batch,
            rollout=rollout,
            protocol=locked,
            method=method,
            seed=fingerprint(seed),
            units=len(rows),
            digest=digest,
            person=person,
            at=at,
        )
    )
    body = {"batch": batch, "units": len(rows), "first": first, "method": method, "digest": digest}
    tx.record(kind="units.allocated", rollout=rollout, person=person, at=at, body=body)
