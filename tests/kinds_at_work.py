"""Series and parameters for every kind of monitor: places where all is well, drawn or enumerated."""

from collections.abc import Mapping, Sequence

import numpy as np

from primum.evidence.watching.kinds import KINDS, Design, Reading, Series

Counts = Mapping[str, np.ndarray]
ALL_IS_WELL = {"run_length": "20", "multiplicity": "each"}
RARE = {"prior_events": "1", "prior_exposure": "200", "false_alarm": "1/20", "multiplicity": "each"}

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "performance-cusum": {**ALL_IS_WELL, "acceptable": "5/100", "worse": "10/100", "volume": "50"},
    "performance-ewma": {
        **ALL_IS_WELL,
        "acceptable": "10/100",
        "worse": "15/100",
        "volume": "300",
        "weight": "1/5",
        "least_variance": "20",
    },
    "outcomes-cusum": {**ALL_IS_WELL, "ratio": "3/2", "volume": "4"},
    "outcomes-oe": {**ALL_IS_WELL, "sides": "both", "window": "1", "volume": "12"},
    "rare-events": {**RARE, "acceptable": "1/100", "worse": "3/100", "volume": "100"},
    "override-rate": {**ALL_IS_WELL, "at_least": "2/100", "at_most": "1/2", "window": "1", "volume": "300"},
    "outside-use": {**ALL_IS_WELL, "at_most": "2/100", "window": "1", "volume": "120"},
    "canary": {**ALL_IS_WELL, "at_most": "1/20", "window": "1", "volume": "60"},
    "against-control": {**ALL_IS_WELL, "at_least": "4/5", "window": "1", "volume": "60"},
    "access-equity": {**ALL_IS_WELL, "at_most": "3/2", "window": "1", "volume": "40"},
    "drift": {
        **ALL_IS_WELL,
        "role": "inputs",
        "columns": "age",
        "effect": "0",
        "least": "50",
        "window": "1",
    },
    "calibration": {**ALL_IS_WELL, "bands": "1/2", "window": "1", "volume": "1/5: 60, 7/10: 60", "odds": "3/2"},
    "staff-training": {"at_most": "0"},
    "document-expiry": {"at_most": "0"},
    "overdue-reviews": {"at_most": "0"},
    "feedback-closure": {"at_most": "0"},
    "review-coverage": {"at_least": "1/20"},
    "energy": {"kwh": "2", "kg_co2e": "1/2"},
    "downtime-drill": {"every": "6"},
}
"""One usual declaration of each kind, as a rollout's YAML has it."""

PERFECT: Mapping[str, Mapping[str, float]] = {
    "performance-cusum": {"n": 40, "events": 0},
    "performance-ewma": {"n": 400, "events": 0},
    "outcomes-cusum": {"observed": 0, "expected": 3},
    "outcomes-oe": {"observed": 0, "expected": 3},
    "rare-events": {"events": 0, "exposure": 80},
    "outside-use": {"encounters": 90, "outside": 0},
    "canary": {"asked": 60, "changed": 0},
    "against-control": {"n": 90, "events": 20, "control_n": 90, "control_events": 10},
    "staff-training": {"held": 10, "late": 0},
    "document-expiry": {"held": 10, "late": 0},
    "overdue-reviews": {"held": 10, "late": 0},
    "feedback-closure": {"held": 10, "late": 0},
    "review-coverage": {"outputs": 30, "reviewed": 30},
    "energy": {"answers": 1000, "kwh": 0, "kg_co2e": 0},
    "downtime-drill": {"drills": 1},
}
"""A period in which nothing is to be blamed, for kinds where that is one thing."""


def series(counts: Counts, *, baseline: Counts | None = None, smallest_cell: int = 0) -> Series:
    """Return counts of shape (sites, periods) as a series of one group."""
    shape = next(iter(counts.values())).shape
    return Series(
        sites=names("site", shape[0]),
        periods=names("2026-", shape[1]),
        counts={column: np.asarray(values, dtype=float)[:, None, :] for column, values in counts.items()},
        baseline={column: np.asarray(values, dtype=float)[:, None] for column, values in (baseline or {}).items()},
        smallest_cell=smallest_cell,
    )


def read(
    kind: str, counts: Counts, *, changes: Mapping[str, str] | None = None, baseline: Counts | None = None
) -> tuple[Reading, ...]:
    """Return what the usual declaration of a kind says, with some of its parameters changed."""
    return KINDS[kind].read(series(counts, baseline=baseline), {**PARAMETERS[kind], **(changes or {})})


def design(kind: str, changes: Mapping[str, str] | None = None) -> Design:
    """Return the design of the usual declaration of a kind, with some of its parameters changed."""
    return KINDS[kind].design({**PARAMETERS[kind], **(changes or {})})


def names(of: str, count: int) -> tuple[str, ...]:
    return tuple(f"{of}{place:05}" for place in range(count))


def column(values: Sequence[float]) -> np.ndarray:
    """Return one period of so many sites."""
    return np.asarray(values, dtype=float)[:, None]


def run_length(since: Sequence[str], *, periods: int) -> float:
    """
    Return the mean run length of charts of which some had no alarm in time: periods watched over alarms.

    It is the right one where the chance of an alarm does not change much from period to period.
    """
    lengths = [int(one.removeprefix("2026-")) + 1 for one in since if one]
    return (sum(lengths) + periods * (len(since) - len(lengths))) / len(lengths)
