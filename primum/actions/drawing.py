"""Where the arms of new units come from: the seed, a list of units with their arms, or a concealed list of places."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from primum.actions.concealed_lists import OpenedList, opened_list
from primum.ledger import list_reading
from primum.ledger.transactions import Transaction
from primum.roadmap.allocation import CONTROL, INTERVENTION, ArmList
from primum.roadmap.protocol import Protocol

SEED, LIST, CONCEALED = "seed", "list", "concealed-list"
RUNNING_OUT = "allocation.running-out"


class CannotAllocate(Exception):
    """Nobody was allocated; the message is shown to the person."""


class NoPlaceLeft(CannotAllocate):
    """A concealed list has too few places left for the units that were to be allocated together."""


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """A unit that enrols: its identifier, and what it is stratified by; ``arm`` where somebody else drew it."""

    unit: str
    values: Mapping[str, str]
    arm: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a new unit of a transaction goes."""

    key: str
    stratum: str
    position: int
    arm: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Where new units get their arms from: the seed, whoever gives each its arm, or a concealed list."""

    method: str
    arms: ArmList
    concealed: OpenedList | None = None

    def arm(self, one: Enrolled, *, stratum: str, position: int) -> str:
        """
        Return the arm of a new unit at its place.

        :raises NoPlaceLeft: if the list has none for it
        :raises CannotAllocate: if it is no arm
        """
        if self.concealed is not None:
            found = self.concealed.arm(stratum=stratum, position=position)
            if found is None:
                raise NoPlaceLeft(_run_out(stratum, known=stratum in self.concealed.letters))
            return found
        return self.arms.arm(stratum=stratum, position=position) if self.method == SEED else _given(one, self.method)


def drawing_for(
    tx: Transaction, *, protocol: Protocol, rollout: str, seed: bytes, strata: set[str], method: str
) -> Drawing:
    """
    Return where new units of these strata get their arms from.

    :raises CannotAllocate: if the rollout takes its units from a list, and they may not be taken so
    :raises LedgerDamaged: if a list in force was changed
    """
    arms, every = ArmList.of(seed=seed, protocol=protocol), list_reading.lists_of(tx.session, rollout=rollout)
    if method not in (SEED, LIST) or not every:
        return Drawing(method=method, arms=arms)
    lists = list_reading.in_force(every, protocol=protocol.digest)
    if not lists:
        raise CannotAllocate(
            f"{rollout} takes its units from a list that somebody drew for an earlier version of the protocol; take "
            "one over for the version in force: `primum allocate list`. Nobody was allocated."
        )
    if method == LIST:
        raise CannotAllocate(
            f"{rollout} takes its units from a concealed list, each the next place of its stratum; one that comes "
            "with its arm would take a place that is not its own. Nobody was allocated."
        )
    concealed = opened_list(tx.session, lists=lists, seed=seed, strata=sorted(strata))
    return Drawing(method=CONCEALED, arms=arms, concealed=concealed)


def _run_out(stratum: str, *, known: bool) -> str:
    # A stratum that is on no list may be anything that somebody typed; it is not repeated.
    where = f" in the stratum '{stratum}'" if known and stratum else "" if known else " for the stratum of a unit"
    return (
        f"The randomisation list has too few places left{where}; nobody of this batch was allocated. Ask whoever drew "
        "it for further places, numbered on from its last, and take them over: `primum allocate list`."
    )


def warn_of_few(
    tx: Transaction, *, drawing: Drawing, rollout: str, places: Sequence[Place], person: str, at: datetime
) -> None:
    """Tell whoever took the list over, once, that a stratum has few places left: how many, and never of which arm."""
    if drawing.concealed is None:
        return
    taken = Counter(place.stratum for place in places)
    last = {place.stratum: place.position + 1 for place in places}
    for stratum, end in sorted(last.items()):
        left = len(drawing.concealed.letters[stratum]) - end
        if left <= drawing.concealed.warn_at < left + taken[stratum]:
            told = {"stratum": stratum, "left": left}
            tx.record(kind=RUNNING_OUT, rollout=rollout, person=person, at=at, body=told)
            people = list(drawing.concealed.people)
            tx.notify(kind=RUNNING_OUT, rollout=rollout, gate=None, body={**told, "people": people}, at=at)


def _given(one: Enrolled, method: str) -> str:
    if method == LIST and (problem := why_no_arm(one)):
        raise CannotAllocate(problem)
    return one.arm


def why_no_arm(one: Enrolled) -> str | None:
    """Return why a unit of a list does not come with its arm, if so; what stands there may be anything (P9)."""
    if one.arm in (INTERVENTION, CONTROL):
        return None
    return (
        f"The list gives a unit another arm than {INTERVENTION} or {CONTROL}; write one of them. Nobody was allocated."
    )
