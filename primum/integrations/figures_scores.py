"""From the counted scores of a table to the curves that may leave it: no step and no bar of few people (P9)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Group
from primum.evidence.measures.question import shown_level
from primum.evidence.scores.area_intervals import guarded_interval, widened
from primum.evidence.scores.roc import area
from primum.evidence.shares.proportions import clopper_pearson
from primum.integrations.figures_calibration import Calibration, ReliabilityPoint, ScoreBar
from primum.integrations.figures_roc import OperatingPoint, RocCurve

ALL = "All"
POINTS, POINTS_OF_A_GROUP = 10, 5
# From fine to coarse; the finest of which no bar shows few people is drawn.
BARS = (20, 10, 5, 4, 2, 1)
IN_USE = "threshold in use"
CONFIDENCE = 0.95


def histograms(scores: Cells, *, attribute: str = "") -> dict[str, ScoreHistogram]:
    """Return the histogram of each level of an attribute; without one, of all rows together."""
    here = scores.where(attribute=attribute)
    found = {level: ScoreHistogram.from_cells(cells) for level, cells in here.by("level").items()}
    return {shown_level(level) if attribute else ALL: one for level, one in found.items() if one.n}


def attributes_of(scores: Cells) -> tuple[str, ...]:
    """Return the attributes by whose levels scores were counted, site first."""
    found = [attribute for attribute in scores.levels_of("attribute") if attribute]
    return tuple(sorted(found, key=lambda attribute: (attribute != "site", attribute)))


def roc_curves(
    found: Mapping[str, ScoreHistogram], *, flags: Mapping[str, OperatingPoint], smallest_cell: int
) -> tuple[RocCurve, ...]:
    """
    Return one curve for each group, in steps of no fewer people than the policy shows.

    Where one group is hidden, the others lose their counts, so that nothing can be subtracted.
    """
    curves = tuple(_curve(label, one, flags.get(label), smallest_cell) for label, one in found.items())
    if all(curve.drawn for curve in curves):
        return curves
    return tuple(replace(curve, with_event=None, without_event=None) for curve in curves)


def flags_of(cells: Cells, *, attribute: str = "", smallest_cell: int) -> dict[str, OperatingPoint]:
    """Return where the model's own flag lies for each group, from its predictions and the reference."""
    if not {"reference", "prediction"} <= set(cells.keys):
        return {}
    groups = {shown_level(level): one for level, one in cells.by(attribute).items()} if attribute else {ALL: cells}
    points = {label: _flag(one, smallest_cell) for label, one in groups.items()}
    return {label: point for label, point in points.items() if point is not None}


def calibrations(found: Mapping[str, ScoreHistogram], *, smallest_cell: int) -> tuple[Calibration, ...]:
    """Return the calibration of each group over up to ten points of equally many people, each large enough to show."""
    most = POINTS if len(found) == 1 else POINTS_OF_A_GROUP
    return tuple(_calibration(label, one, smallest_cell, most) for label, one in found.items())


def _curve(label: str, one: ScoreHistogram, flag: OperatingPoint | None, smallest: int) -> RocCurve:
    if min(one.n_positives, one.n_negatives) < max(smallest, 1):
        return RocCurve(label=label, reason=f"fewer than {smallest} with or without the condition")
    whole = area(one)
    ends = widened(guarded_interval(whole, confidence=CONFIDENCE), by=whole.error_bound)
    return RocCurve(
        label=label,
        points=_steps(one, smallest),
        auroc=whole.value,
        lower=ends.lower,
        upper=ends.upper,
        confidence=CONFIDENCE,
        with_event=one.n_positives,
        without_event=one.n_negatives,
        operating=flag,
    )


def _steps(one: ScoreHistogram, smallest: int) -> tuple[tuple[float, float], ...]:
    """Return the corners of the curve from the highest score down, at least ``smallest`` people apart."""
    negatives, positives = one.negatives[::-1], one.positives[::-1]
    ends = _cut(negatives + positives, at_least=smallest)
    false_alarms = np.cumsum(negatives)[ends] / one.n_negatives
    found = np.cumsum(positives)[ends] / one.n_positives
    corners = zip(false_alarms.tolist(), found.tolist(), strict=True)
    return ((0.0, 0.0), *corners)


def _cut(counts: np.ndarray, *, at_least: float) -> list[int]:
    """Return where runs of neighbours end that hold so many people each; what is left joins the last run."""
    ends, run = [], 0
    for place, count in enumerate(counts.tolist()):
        run += count
        if run >= max(at_least, 1):
            ends.append(place)
            run = 0
    if run or not ends:
        ends = [*ends[:-1], len(counts) - 1]
    return ends


def _flag(cells: Cells, smallest: int) -> OperatingPoint | None:
    counts = {
        (reference, flag): cells.where(reference=reference, prediction=flag).total()
        for reference in "10"
        for flag in "10"
    }
    with_event, without = (counts[reference, "1"] + counts[reference, "0"] for reference in "10")
    if min(with_event, without) < max(smallest, 1):
        return None
    return OperatingPoint(label=IN_USE, false_alarms=counts["0", "1"] / without, found=counts["1", "1"] / with_event)


def _calibration(label: str, one: ScoreHistogram, smallest: int, most: int) -> Calibration:
    if one.n < max(smallest, 1):
        return Calibration(label=label, reason=f"fewer than {smallest} people")
    return Calibration(
        label=label, points=tuple(_points(one, smallest, most)), bars=_bars(one, smallest), confidence=CONFIDENCE
    )


def _points(one: ScoreHistogram, smallest: int, most: int) -> Iterator[ReliabilityPoint]:
    counts = one.negatives + one.positives
    parts = max(1, min(most, one.n // max(smallest, 1)))
    edges = np.searchsorted(np.cumsum(counts), one.n * np.arange(1, parts + 1) / parts).tolist()
    ends = _large_enough(np.cumsum(counts), sorted(set(edges)), smallest)
    for before, end in pairwise([-1, *ends]):
        run = slice(before + 1, end + 1)
        group = Group(events=int(one.positives[run].sum()), n=int(counts[run].sum()))
        interval = clopper_pearson(group=group, confidence=CONFIDENCE)
        yield ReliabilityPoint(
            predicted=float((counts[run] * one.points[run]).sum() / group.n),
            observed=group.p,
            lower=interval.lower,
            upper=interval.upper,
            n=group.n,
            events=group.events,
        )


def _large_enough(cumulated: np.ndarray, ends: list[int], smallest: int) -> list[int]:
    """Return the ends of runs without those that would leave a run of too few people."""
    kept: list[int] = []
    for end in ends[:-1]:
        before = cumulated[kept[-1]] if kept else 0
        if min(cumulated[end] - before, cumulated[-1] - cumulated[end]) >= smallest:
            kept.append(end)
    return [*kept, ends[-1]]


def _bars(one: ScoreHistogram, smallest: int) -> tuple[ScoreBar, ...]:
    """Return the finest histogram of the scores without a bar of few people."""
    counts = one.negatives + one.positives
    for number in BARS:
        heights, edges = np.histogram(one.points, bins=number, range=(0.0, 1.0), weights=counts)
        if all(height == 0 or height >= smallest for height in heights.tolist()):
            ends = pairwise(edges.tolist())
            return tuple(
                ScoreBar(start=start, end=end, n=round(height))
                for (start, end), height in zip(ends, heights.tolist(), strict=True)
            )
    return ()
