"""
The risk-adjusted CUSUM: each patient's outcome is weighed against the risk they came with.

The score is the log likelihood ratio of odds that are ``ratio`` times those of the patient's own risk
(Steiner, Cook, Farewell & Treasure 2000).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.roots import crossing_point
from primum.evidence.watching.charts import ChartRefused

Array = NDArray[np.float64]

STATES = 600
MOST_POINTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class CaseMix:
    """The risks that patients come with, and how often each comes (shares that sum to 1)."""

    risks: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.risks or len(self.risks) != len(self.shares) or not all(0 < risk < 1 for risk in self.risks):
            raise ChartRefused("A case mix has one share for each risk, and risks lie between 0 and 1.")
        if min(self.shares) < 0 or not math.isclose(sum(self.shares), 1.0, abs_tol=1e-9):
            raise ChartRefused(f"The shares of a case mix sum to {sum(self.shares):g}; they sum to 1.")


@dataclass(frozen=True, kw_only=True)
class SimulatedRun:
    """A mean run length by simulation with its standard error, and how many runs had no signal in time."""

    mean: float
    error: float
    unfinished: int


def score(*, risk: float, event: bool, ratio: float, null: float = 1.0) -> float:
    """Return the score of one outcome: odds ``ratio`` times the patient's own against ``null`` times."""
    base = math.log1p((null - 1) * risk) - math.log1p((ratio - 1) * risk)
    return base + (math.log(ratio / null) if event else 0.0)


def risk_path(*, risks: Sequence[float], events: Sequence[bool], ratio: float, null: float = 1.0) -> tuple[float, ...]:
    """Return the chart after each patient; it never falls below 0. A ratio below 1 looks for improvement."""
    levels, level = [], 0.0
    for risk, event in zip(risks, events, strict=True):
        level = max(0.0, level + score(risk=risk, event=event, ratio=ratio, null=null))
        levels.append(level)
    return tuple(levels)


def risk_run_length(*, mix: CaseMix, limit: float, ratio: float, true: float = 1.0, null: float = 1.0) -> float:
    """
    Return the mean number of patients to a signal if the odds are ``true`` times those of the risks.

    The equation of Brook & Evans 1972 on 600 levels with linear interpolation; within 2 % where few
    risks occur, closer where many do.

    :raises ChartRefused: unless the limit is above 0 and the ratio is not the null
    """
    if not limit > 0 or ratio == null:
        raise ChartRefused("A risk-adjusted chart needs a limit above 0 and a ratio other than its null.")
    levels = np.linspace(0.0, limit, STATES)
    matrix = np.eye(STATES)
    for risk, share in zip(mix.risks, mix.shares, strict=True):
        chance = true * risk / (1 + (true - 1) * risk)
        for event, weight in ((True, chance), (False, 1 - chance)):
            step = score(risk=risk, event=event, ratio=ratio, null=null)
            _subtract_moves(matrix, levels, step, share * weight)
    return float(np.linalg.solve(matrix, np.ones(STATES))[0])


def risk_limit(*, mix: CaseMix, run_length: float, ratio: float, null: float = 1.0) -> float:
    """
    Return the limit that gives this mean run length when every patient has the odds of the null.

    :raises ChartRefused: if the run length is not above 1
    """
    if not run_length > 1:
        raise ChartRefused(f"A mean run length of {run_length:g} cannot be; it is above 1.")

    def excess(limit: float) -> float:
        return math.log(risk_run_length(mix=mix, limit=limit, ratio=ratio, true=null, null=null) / run_length)

    high = 1.0
    while excess(high) < 0:
        high *= 1.5
    low = 1e-3
    return low if excess(low) >= 0 else crossing_point(excess, low=low, high=high, tolerance=1e-6)


def simulated_run_length(
    *, mix: CaseMix, limit: float, ratio: float, seed: int, runs: int = 2_000, true: float = 1.0, null: float = 1.0
) -> SimulatedRun:
    """Return the mean run length by simulation; a run without signal after a million patients ends there."""
    chosen = np.random.default_rng(seed)
    risks, shares = np.array(mix.risks), np.array(mix.shares)
    base = np.log1p((null - 1) * risks) - np.log1p((ratio - 1) * risks)
    gain, chances = math.log(ratio / null), true * risks / (1 + (true - 1) * risks)
    level, lengths = np.zeros(runs), np.zeros(runs)
    going, points = np.arange(runs), 0
    while len(going) and points < MOST_POINTS:
        points += 1
        kind = chosen.choice(len(risks), size=len(going), p=shares)
        event = chosen.random(len(going)) < chances[kind]
        level = np.maximum(0.0, level + base[kind] + gain * event)
        lengths[going] = points
        on = level < limit
        going, level = going[on], level[on]
    return SimulatedRun(
        mean=float(lengths.mean()), error=float(lengths.std(ddof=1) / math.sqrt(runs)), unfinished=len(going)
    )


def _subtract_moves(matrix: Array, levels: Array, step: float, chance: float) -> None:
    """Subtract from each row where its level moves, shared between the two nearest levels below the limit."""
    landed = np.maximum(0.0, levels + step)
    # The last level stands for the limit from below: it is a state, a move onto or over it is a signal.
    rows = np.nonzero(landed < levels[-1])[0]
    place = landed[rows] / (levels[1] - levels[0])
    lower = np.minimum(place.astype(np.int64), len(levels) - 2)
    part = place - lower
    np.subtract.at(matrix, (rows, lower), chance * (1 - part))
    np.subtract.at(matrix, (rows, lower + 1), chance * part)
