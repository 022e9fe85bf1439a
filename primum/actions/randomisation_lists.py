"""
Taking over a randomisation list that somebody else drew: bound to the locked protocol, sealed, and not shown again.

Before the first unit another list takes its place; after it only further places of the same list are taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from primum.actions.allocation import locked_for_allocation, seed_for
from primum.actions.concealed_lists import list_digest, places, places_left
from primum.actions.drawing import CannotAllocate
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.evidence.shares.contingency import sample_ratio
from primum.evidence.trials.allocation_checks import ratio_by_stratum
from primum.ledger import list_reading
from primum.ledger.list_reading import FURTHER, WHOLE
from primum.ledger.list_tables import ConcealedList
from primum.ledger.seeds import fingerprint
from primum.ledger.transactions import Transaction
from primum.roadmap.allocation import CONTROL, INTERVENTION
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomisation_list import (
    LETTERS,
    ListColumns,
    ListUnfit,
    RandomisationList,
    gathered,
    missing_strata,
)

# The usual alarm level for a sample-ratio mismatch, as the policies have it (criterion `sample-ratio`).
ALARM = 0.001
KNOWN = "known"


@dataclass(frozen=True, kw_only=True)
class TakenOver:
    """What became of a list: ``whole``, ``further`` places of the one before, or ``known`` and nothing changed."""

    kind: str
    places: int
    strata: int
    digest: str


def take_over_list(
    *,
    rollout: str,
    header: Sequence[str],
    rows: Iterable[tuple[int, Mapping[str, str | None]]],
    columns: ListColumns,
    warn_at: int,
    person: str,
    at: datetime,
    workplace: Workplace,
) -> TakenOver:
    """
    Take over a list of places by stratum and number; from then on units take its next places (R2.2).

    :param rows: the number of each line of the file, and its cells by column
    :param warn_at: how few places left in a stratum are told of
    :raises CannotAllocate: with the one reason; nothing was changed then
    :raises SeedRefused: if the seed is missing, broken or readable by others
    """
    seed = seed_for(rollout=rollout, workplace=workplace)
    protocol = _protocol(rollout, workplace)
    content = _fitting(protocol, columns, header, rows)
    with workplace.ledger.transaction() as tx:
        if locked_for_allocation(tx, rollout=rollout, seed=seed).digest != content.protocol:
            raise CannotAllocate(f"The protocol of {rollout} was amended meanwhile; take the list over again.")
        every = list_reading.lists_of(tx.session, rollout=rollout)
        before = list_reading.in_force(every, protocol=content.protocol)
        digest = list_digest(rollout=rollout, content=content, seed=seed)
        if any(one.digest == digest for one in before):
            return TakenOver(kind=KNOWN, places=content.places, strata=len(content.strata), digest=digest)
        kind = _kind(tx, rollout, protocol, content, before)
        _refuse_used(tx, rollout, every, digest=digest, protocol=content.protocol)
        row = ConcealedList(
            rollout=rollout,
            number=len(every) + 1,
            protocol=content.protocol,
            kind=kind,
            seed=fingerprint(seed),
            places=content.places,
            warn_at=warn_at,
            digest=digest,
            person=person,
            at=at,
        )
        tx.session.add(row)
        tx.session.add_all(places(taken=row, content=content, seed=seed))
        said = {"list": row.id, "of": kind, "places": row.places, "strata": len(content.strata), "digest": digest}
        tx.record(kind="allocation.list-taken-over", rollout=rollout, person=person, at=at, body=said)
    return TakenOver(kind=kind, places=content.places, strata=len(content.strata), digest=digest)


def few_places(*, rollout: str, workplace: Workplace) -> dict[str, int]:
    """Return the strata of a rollout's list with few places left, and how many; none without a list."""
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
        every = list_reading.lists_of(session, rollout=rollout)
        lists = list_reading.in_force(every, protocol=protocol.digest) if protocol else ()
        left = places_left(session, rollout=rollout, lists=lists) if lists else {}
    return {stratum: count for stratum, count in left.items() if count <= lists[-1].warn_at}


def _protocol(rollout: str, workplace: Workplace) -> Protocol:
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
    if protocol is None:
        raise CannotAllocate(f"The protocol of {rollout} is not locked; a list is bound to a locked protocol.")
    return protocol


def _fitting(
    protocol: Protocol,
    columns: ListColumns,
    header: Sequence[str],
    rows: Iterable[tuple[int, Mapping[str, str | None]]],
) -> RandomisationList:
    try:
        content = gathered(protocol=protocol, columns=columns, header=header, rows=rows)
    except ListUnfit as unfit:
        raise CannotAllocate(f"{unfit} Nothing of the list was taken over.") from None
    if not protocol.block_sizes:
        _refuse_other_ratio(protocol, content)
    return content


def _refuse_other_ratio(protocol: Protocol, content: RandomisationList) -> None:
    """Where the protocol leaves the blocks to whoever draws, the arms of a list are as its ratio has them."""
    shares = [Fraction(part) for part in protocol.ratio]
    counts = {
        name: (one.letters.count(LETTERS[INTERVENTION]), one.letters.count(LETTERS[CONTROL]))
        for name, one in content.strata.items()
    }
    whole = (sum(first for first, _ in counts.values()), sum(second for _, second in counts.values()))
    overall = sample_ratio(observed=whole, shares=shares).p
    off = [
        one.stratum
        for one in ratio_by_stratum(observed=counts, shares=shares)
        if one.adjusted is not None and one.adjusted < ALARM
    ]
    if off or (overall is not None and overall < ALARM):
        where = f"in the stratum '{off[0]}' " if off and off[0] else ""
        ratio = ":".join(str(part) for part in protocol.ratio)
        raise CannotAllocate(
            f"The arms of the list {where}are not in the protocol's ratio of {ratio}. Nothing of it was taken over."
        )


def _kind(
    tx: Transaction,
    rollout: str,
    protocol: Protocol,
    content: RandomisationList,
    before: Sequence[ConcealedList],
) -> str:
    """Return whether a list is a whole one or goes on with that in force; refuse what is neither."""
    given = list_reading.given_away(tx.session, rollout=rollout, protocol=content.protocol)
    if not before:
        if given:
            raise CannotAllocate(
                f"Units of {rollout} were allocated under this version of the protocol without a list; a list is taken "
                "over before the first unit."
            )
        return _whole(protocol, content)
    known = list_reading.places_in_all(tx.session, lists=before)
    if all(one.first == known.get(stratum, 0) + 1 for stratum, one in content.strata.items()):
        return FURTHER
    if given:
        raise CannotAllocate(
            f"Units of {rollout} have taken places of the list in force, and this is another one. A list is kept from "
            "the first unit on; only further places, each stratum numbered on from its last, are taken over."
        )
    return _whole(protocol, content)


def _whole(protocol: Protocol, content: RandomisationList) -> str:
    late = [stratum for stratum, one in sorted(content.strata.items()) if one.first != 1]
    if late:
        raise CannotAllocate(f"The list does not begin with place 1{_of(late[0])}. Nothing of it was taken over.")
    missing = missing_strata(protocol=protocol, strata=content.strata.keys())
    if missing:
        raise CannotAllocate(
            f"The list has no place{_of(missing[0])}, which the protocol has"
            f"{f', and {len(missing) - 1} more like it' if missing[1:] else ''}. Nothing of it was taken over."
        )
    return WHOLE


def _of(stratum: str) -> str:
    return f" for the stratum '{stratum}'" if stratum else ""


def _refuse_used(tx: Transaction, rollout: str, every: Sequence[ConcealedList], *, digest: str, protocol: str) -> None:
    """A list whose places were given away is known to those who saw them; another version needs another list."""
    earlier = {one.protocol for one in every if one.digest == digest} - {protocol}
    if any(list_reading.given_away(tx.session, rollout=rollout, protocol=one) for one in earlier):
        raise CannotAllocate(
            f"Places of this list were given away under an earlier version of {rollout}'s protocol, and its arms are "
            "known to those who saw them. Ask for a new list."
        )
