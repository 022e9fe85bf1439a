"""Whether allocation went as planned: sizes, balance within blocks, and what the seed or the list says of each arm."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import groupby, zip_longest

from sqlmodel import Session

from primum.actions.allocation import CannotAllocate, seed_of
from primum.actions.concealed_lists import OpenedList, opened_list, places_left
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.evidence.shares.contingency import sample_ratio
from primum.evidence.trials.allocation_checks import StratumRatio, ratio_by_stratum
from primum.ledger import list_reading, trial_reading
from primum.ledger.list_tables import ConcealedList
from primum.roadmap.allocation import CONTROL, INTERVENTION, ArmList, largest_imbalance
from primum.roadmap.protocol import Protocol


@dataclass(frozen=True, kw_only=True)
class AllocationReport:
    """
    How units were allocated so far.

    ``p`` is that of the sample ratio over all units, at the unit of randomisation. ``imbalance`` is the
    largest that any stratum ever had and ``allowed`` the largest that its blocks permit; ``None`` where a
    list was drawn in blocks that the protocol does not say. ``otherwise`` counts places whose arm is not
    the one that the seed or the list gives; ``None`` where it was not asked. ``lists`` are the digests of
    the concealed lists in force, and ``left`` the places of each stratum that nobody has yet.
    """

    rollout: str
    units: int
    arms: dict[str, int]
    p: float | None
    strata: tuple[StratumRatio, ...]
    imbalance: float
    allowed: float | None
    otherwise: int | None
    lists: tuple[str, ...] = ()
    left: dict[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def allocation_report(*, rollout: str, workplace: Workplace, recompute: bool = False) -> AllocationReport:
    """
    Report on a rollout's allocation; ``recompute`` draws or looks up every arm again and counts differences.

    :raises CannotAllocate: if no protocol is locked
    :raises SeedRefused: if the seed is asked for and cannot be read
    :raises LedgerDamaged: if a concealed list is looked up and was changed
    """
    seed = seed_of(workplace) if recompute else None
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
        if protocol is None:
            raise CannotAllocate(f"The protocol of {rollout} is not locked; nobody was allocated.")
        sizes = trial_reading.sizes_by_stratum(session, rollout=rollout)
        every = list_reading.lists_of(session, rollout=rollout)
        rows = trial_reading.sequence_of(session, rollout=rollout)
        worst, otherwise = _walk(rows, protocol, _Again(session=session, protocol=protocol, lists=every, seed=seed))
        lists = list_reading.in_force(every, protocol=protocol.digest)
        left = places_left(session, rollout=rollout, lists=lists) if lists else {}
    arms = {
        arm: sum(one.get(arm, 0) for one in sizes.values()) for arm in {arm for one in sizes.values() for arm in one}
    }
    observed = {stratum: (one.get(INTERVENTION, 0), one.get(CONTROL, 0)) for stratum, one in sizes.items()}
    shares = [Fraction(part) for part in protocol.ratio]
    both = tuple(sum(column) for column in zip(*observed.values(), strict=True)) or (0, 0)
    return AllocationReport(
        rollout=rollout,
        units=sum(arms.values()),
        arms=dict(sorted(arms.items())),
        p=sample_ratio(observed=both, shares=shares).p if sum(both) else None,
        strata=ratio_by_stratum(observed=observed, shares=shares),
        imbalance=worst,
        allowed=allowed_imbalance(protocol) if protocol.block_sizes or not lists else None,
        otherwise=otherwise,
        lists=tuple(one.digest for one in lists),
        left=left,
    )


def allowed_imbalance(protocol: Protocol) -> float:
    """Return the largest distance from the planned share that permuted blocks permit, in units."""
    first, second = protocol.ratio
    return max(protocol.blocks) * first * second / (first + second) ** 2


@dataclass(frozen=True, kw_only=True)
class _Again:
    """Gives the arms of a stratum once more: from the list of its protocol if there is one, else from the seed."""

    session: Session
    protocol: Protocol
    lists: Sequence[ConcealedList]
    seed: bytes | None
    opened: dict[str, OpenedList | None] = field(default_factory=dict)

    def arms(self, *, named: str, stratum: str, count: int) -> list[str] | None:
        """Return the arms of the first places of a stratum under a protocol; ``None`` where no seed was asked."""
        if self.seed is None:
            return None
        if named not in self.opened:
            here = list_reading.in_force(self.lists, protocol=named)
            self.opened[named] = opened_list(self.session, lists=here, seed=self.seed) if here else None
        listed = self.opened[named]
        if listed is not None:
            return listed.arms(stratum=stratum, count=count)
        drawn = ArmList(seed=self.seed, protocol=named, ratio=self.protocol.ratio, blocks=self.protocol.blocks)
        return drawn.arms(stratum=stratum, start=0, count=count)


def _walk(rows: Iterator[tuple[str, str, int, str]], protocol: Protocol, again: _Again) -> tuple[float, int | None]:
    """Return the largest imbalance of any stratum, and how many arms are not those that are given again."""
    worst, otherwise = 0.0, 0
    for (named, stratum), part in groupby(rows, key=lambda row: row[:2]):
        arms = [arm for _, _, _, arm in part]
        worst = max(worst, largest_imbalance(arms=arms, ratio=protocol.ratio))
        expected = again.arms(named=named, stratum=stratum, count=len(arms))
        if expected is not None:
            otherwise += sum(one != other for one, other in zip_longest(arms, expected))
    return worst, otherwise if again.seed is not None else None
