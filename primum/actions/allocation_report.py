"""Whether allocation went as planned: sizes of the arms, balance within blocks, and the seed's own word for it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import groupby

from primum.actions.allocation import CannotAllocate, seed_of
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.evidence.shares.contingency import sample_ratio
from primum.evidence.trials.allocation_checks import StratumRatio, ratio_by_stratum
from primum.ledger import trial_reading
from primum.roadmap.allocation import CONTROL, INTERVENTION, ArmList, largest_imbalance
from primum.roadmap.protocol import Protocol


@dataclass(frozen=True, kw_only=True)
class AllocationReport:
    """
    How units were allocated so far.

    ``p`` is that of the sample ratio over all units, at the unit of randomisation. ``imbalance`` is the
    largest that any stratum ever had and ``allowed`` the largest that its blocks permit. ``otherwise``
    counts places whose arm is not the one that the seed gives; ``None`` where no seed was asked.
    """

    rollout: str
    units: int
    arms: dict[str, int]
    p: float | None
    strata: tuple[StratumRatio, ...]
    imbalance: float
    allowed: float
    otherwise: int | None

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def allocation_report(*, rollout: str, workplace: Workplace, recompute: bool = False) -> AllocationReport:
    """
    Report on a rollout's allocation; ``recompute`` draws every arm from the seed again and counts differences.

    :raises CannotAllocate: if no protocol is locked
    :raises SeedRefused: if the seed is asked for and cannot be read
    """
    seed = seed_of(workplace) if recompute else None
    with workplace.ledger.reading() as session:
        protocol = locked_protocol(session, rollout=rollout)
        if protocol is None:
            raise CannotAllocate(f"The protocol of {rollout} is not locked; nobody was allocated.")
        sizes = trial_reading.sizes_by_stratum(session, rollout=rollout)
        worst, otherwise = _walk(trial_reading.sequence_of(session, rollout=rollout), protocol, seed)
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
        allowed=allowed_imbalance(protocol),
        otherwise=otherwise,
    )


def allowed_imbalance(protocol: Protocol) -> float:
    """Return the largest distance from the planned share that permuted blocks permit, in units."""
    first, second = protocol.ratio
    return max(protocol.blocks) * first * second / (first + second) ** 2


def _walk(
    rows: Iterator[tuple[str, str, int, str]], protocol: Protocol, seed: bytes | None
) -> tuple[float, int | None]:
    """Return the largest imbalance of any stratum, and how many arms the seed would not give."""
    worst, otherwise = 0.0, 0
    for (named, stratum), part in groupby(rows, key=lambda row: row[:2]):
        arms = [arm for _, _, _, arm in part]
        worst = max(worst, largest_imbalance(arms=arms, ratio=protocol.ratio))
        if seed is not None:
            drawn = ArmList(seed=seed, protocol=named, ratio=protocol.ratio, blocks=protocol.blocks)
            again = drawn.arms(stratum=stratum, start=0, count=len(arms))
            otherwise += sum(one != other for one, other in zip(arms, again, strict=True))
    return worst, otherwise if seed is not None else None
