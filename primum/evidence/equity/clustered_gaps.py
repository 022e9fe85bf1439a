"""From counts to the tables that the cluster bootstrap draws from, and gaps no narrower than without clusters."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells, Counts
from primum.evidence.equity.bootstrap import ClusterTable, cluster_table
from primum.evidence.equity.subgroups import Gap, Gaps
from primum.evidence.intervals import Interval
from primum.evidence.shares.two_proportions import Goal
from primum.evidence.trials.trial_arms import ARMS, EVENT, NO_EVENT


def of_shares(
    *, cells: Cells, cluster: str, attribute: str, levels: Sequence[str], references: Sequence[str]
) -> ClusterTable:
    """
    Return right answers among cases with one of these references, by cluster and level.

    With references ``("1",)`` these are the positives found; with ``("1", "0")`` all cases the model had right.
    """
    whole = _dense(cells, (cluster, attribute, "reference", "prediction"), levels={attribute: levels})
    n, events = np.zeros(whole.shape[:2], np.int64), np.zeros(whole.shape[:2], np.int64)
    truths, answers = cells.levels_of("reference"), cells.levels_of("prediction")
    for reference in (one for one in references if one in truths):
        n += whole[:, :, truths.index(reference)].sum(axis=2)
        if reference in answers:
            events += whole[:, :, truths.index(reference), answers.index(reference)]
    return cluster_table(levels=tuple(levels), events=events, n=n)


def of_benefit(
    *, cells: Cells, cluster: str, attribute: str, levels: Sequence[str], event: str, good: Goal
) -> ClusterTable:
    """
    Return events by cluster, level and arm, a level's quantity being its benefit, positive when the LMM is better.

    Where every cluster is in one arm only, clusters are drawn within their arm.
    """
    keys = (cluster, attribute, "arm", event)
    whole = _dense(cells, keys, levels={attribute: levels, "arm": ARMS, event: (EVENT, NO_EVENT)})
    units = whole.sum(axis=3)
    by_arm = units.sum(axis=1)
    sign = 1.0 if good == "higher" else -1.0
    return cluster_table(
        levels=tuple(levels),
        events=whole[:, :, :, 0].reshape(len(whole), -1),
        n=units.reshape(len(whole), -1),
        contrasts=np.kron(np.eye(len(levels)), np.array([[sign, -sign]])),
        strata=(by_arm[:, 1] > 0).astype(np.int64) if not by_arm.all(axis=1).any() else None,
    )


def no_narrower(gaps: Gaps, *, independent: Gaps) -> Gaps:
    """
    Return gaps whose ends are the farther ones of two analyses of the same levels.

    Clusters can only take certainty away: at 0/n and n/n, where a bootstrap from counts has no width, the
    intervals for independent patients have.
    """
    return Gaps(
        levels=tuple(_wider(one, other) for one, other in zip(gaps.levels, independent.levels, strict=True)),
        spread=_wider(gaps.spread, independent.spread),
    )


def _wider(one: Gap, other: Gap) -> Gap:
    ends = Interval(
        lower=min(one.interval.lower, other.interval.lower), upper=max(one.interval.upper, other.interval.upper)
    )
    return Gap(level=other.level, value=other.value, interval=ends)


def _dense(cells: Cells, keys: tuple[str, ...], *, levels: dict[str, Sequence[str]]) -> NDArray[np.int64]:
    """Return counts as an array with one axis a key; where levels are given, these alone and in this order."""
    small = cells.marginal(*keys)
    whole: Counts = np.zeros(tuple(map(len, small.levels)), np.int64)
    whole[tuple(small.codes.T)] = small.counts
    for axis, key in enumerate(keys):
        if key in levels:
            whole = _taken(whole, axis, small.levels[axis], levels[key])
    return whole


def _taken(whole: Counts, axis: int, known: tuple[str, ...], wanted: Sequence[str]) -> Counts:
    nothing = (
        np.zeros_like(whole.take([0], axis=axis))
        if whole.shape[axis]
        else np.zeros((*whole.shape[:axis], 1, *whole.shape[axis + 1 :]), np.int64)
    )
    parts = [whole.take([known.index(level)], axis=axis) if level in known else nothing for level in wanted]
    return np.concatenate(parts, axis=axis)
