"""What is asked before a unit is allocated: who may, how it is spelled, whether its stratum is one that is known."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import islice

from primum.actions.drawing import LIST, CannotAllocate, Enrolled, why_no_arm
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.ledger import reading, trial_reading
from primum.ledger.tables import RolloutRecord
from primum.roadmap.allocation import stratum_of, unit_key, why_not_unit
from primum.roadmap.people import Person
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomisation_list import LABEL
from primum.roadmap.roles import Role

MAY_ALLOCATE = frozenset({Role.CLINICAL_LEAD, Role.ML_OPS, Role.STATISTICIAN, Role.TECHNOLOGIST})
AT_ONCE = 5_000
SITE = "site"


def why_not_allocate(*, person: Person, rollout: str, at: datetime) -> str | None:
    """Return the one reason why somebody may not allocate units of a rollout, if there is one."""
    if person.roles_at(rollout=rollout, at=at) & MAY_ALLOCATE:
        return None
    roles = ", ".join(sorted(MAY_ALLOCATE))
    return f"{person.name} holds none of the roles that allocate units of {rollout}: {roles}. Nobody was allocated."


def known_sites(record: RolloutRecord | None) -> frozenset[str]:
    """Return the sites that a rollout was registered with."""
    return frozenset(str(one["id"]) for one in json.loads(record.spec).get("sites", ())) if record else frozenset()


def fitting_stratum(one: Enrolled, *, protocol: Protocol, sites: Collection[str]) -> str:
    """
    Return the stratum of a unit that may be allocated as it is.

    A stratum stands in the ledger, so that each part of it is a label and no name of a person (P9).

    :param sites: those the rollout has; none leaves them open
    :raises CannotAllocate: with the one reason, which repeats nothing of the unit
    """
    if problem := why_not_unit(one.unit):
        raise CannotAllocate(f"{problem} Nobody was allocated.")
    for name in protocol.strata:
        value = one.values.get(name)
        if value is None:
            raise CannotAllocate(
                f"A unit does not say its {name}; the protocol stratifies by {', '.join(protocol.strata)}."
            )
        if not LABEL.fullmatch(value):
            raise CannotAllocate(
                f"A unit's {name} is no label of up to 40 letters and digits, and the protocol stratifies by it. "
                "Nobody was allocated."
            )
        if name == SITE and sites and value not in sites:
            raise CannotAllocate(
                "A unit's site is none of the rollout's; write it as in sites.yaml. Nobody was allocated."
            )
    return stratum_of(protocol=protocol, values=one.values)


def refuse_unfit(*, rollout: str, units: Iterable[Enrolled], seed: bytes, method: str, workplace: Workplace) -> None:
    """
    Look through all units before the first is allocated, so that what is refused is refused as a whole.

    :raises CannotAllocate: with the one reason
    """
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
        sites = known_sites(reading.rollout(session, rollout=rollout))
    if protocol is None:
        return
    rest, alike, arms = iter(units), dict[str, str](), dict[str, str]()
    while part := tuple(islice(rest, AT_ONCE)):
        for one in part:
            fitting_stratum(one, protocol=protocol, sites=sites)
            if alike.setdefault(one.unit.casefold(), one.unit) != one.unit:
                raise CannotAllocate(
                    "Two units differ only in capital and small letters; one patient spelled twice could be in two "
                    "arms. Nobody was allocated."
                )
            if method == LIST and (problem := why_no_arm(one)):
                raise CannotAllocate(problem)
            if one.arm and arms.setdefault(one.unit, one.arm) != one.arm:
                raise other_arm(one, before=arms[one.unit])
        _refuse_given(part, rollout=rollout, seed=seed, method=method, workplace=workplace)


def _refuse_given(part: Sequence[Enrolled], *, rollout: str, seed: bytes, method: str, workplace: Workplace) -> None:
    """An arm that comes with a unit is the one it has; only a list that somebody else drew gives new ones."""
    named = {one.unit: unit_key(seed=seed, rollout=rollout, unit=one.unit) for one in part if one.arm}
    if not named:
        return
    with workplace.ledger.reading() as session:
        kept = trial_reading.allocations_of(session, rollout=rollout, units=list(named.values()))
    for one in part:
        there = kept.get(named[one.unit]) if one.arm else None
        if there is not None and there.arm != one.arm:
            raise other_arm(one, before=there.arm)
        if one.arm and there is None and method != LIST:
            raise CannotAllocate(
                "The file gives units an arm of their own, and here arms are drawn; `primum allocate list` takes them "
                "over as they are. Nobody was allocated."
            )


def other_arm(one: Enrolled, *, before: str) -> CannotAllocate:
    """Return the refusal of a unit that is to be in another arm than it is."""
    return CannotAllocate(
        f"A unit of the list is to be {one.arm} and is {before or 'in no arm'} already; an arm is kept for "
        "good. Correct the list; nobody of it was allocated."
    )
