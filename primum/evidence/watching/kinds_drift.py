"""The kind of monitor that notices drift: inputs, outputs or labels that are not what they were at the baseline."""

import math
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from primum.evidence.watching.limits_in_words import overlapping
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, nothing_to_read, reading_at
from primum.evidence.watching.ordered_shift import chance_of_distance
from primum.evidence.watching.series import Array, Charts, Series
from primum.evidence.watching.shared_baseline import common_share, level_of_column
from primum.roadmap.parts import Share

METHOD = "chi-square test, or largest distance at the levels there are, of each column (Holm) with an effect size"
NAMED = 3
# What Holm's steps may multiply and not come to 1.
SMALL = 1e-9
FEWEST_EXPECTED = 5


class Drift(Watch):
    """Which columns are watched, and how far one has to move."""

    role: Literal["inputs", "outputs", "labels"] = Field(description="What the columns are; for the words.")
    columns: str = Field(min_length=1, description="Columns with levels, separated by commas, such as `sex, age`.")
    ordered: str = Field(default="", description="Those of them whose levels have an order, such as bins of age.")
    effect: Share = Field(description="Cramer's V (ordered: largest distance of the distributions) worth an alarm.")
    least: int = Field(ge=1, description="Rows that the baseline and the window need before anything is said.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")

    @property
    def watched(self) -> tuple[str, ...]:
        """The names of the columns."""
        return _names(self.columns)


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """
    How one column moved at each place.

    :param stability: index in nats; infinite where a level is new
    :param p: not adjusted for other columns
    :param degrees: how many directions there are to move in, about
    """

    column: str
    reference: Array
    current: Array
    effect: Array
    stability: Array
    p: Array
    degrees: Array


def moves(
    *,
    column: str,
    reference: Array,
    current: Array,
    ordered: bool,
    sure: float | Array = 0.0,
    worth: float | Array = 1.0,
) -> Moves:
    """
    Return how far a column moved at many places at once.

    The same figures as ``drift.shift_of_categories`` and ``drift.shift_of_values`` give one by one, except that
    levels too rare for a chi-square test are taken together, and that p of ordered levels is for as many ties as
    there are.

    :param reference: counts of shape (places, levels), levels in their order where they have one
    :param current: of the same shape
    :param sure: a p value of ordered levels of so much or less is needed no more exactly than that
    :param worth: nor one above this
    """
    one, other = np.nan_to_num(reference), np.nan_to_num(current)
    n, m = one.sum(axis=1), other.sum(axis=1)
    some = (n > 0) & (m > 0)
    p, q = one / np.maximum(n, 1.0)[:, None], other / np.maximum(m, 1.0)[:, None]
    effect, chance = _ordered(one, other, sure=sure, worth=worth) if ordered else _unordered(one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where((one + other) > 0, (q - p) * np.log(q / p), 0.0)
    return Moves(
        column=column,
        reference=n,
        current=m,
        effect=np.where(some, effect, 0.0),
        stability=np.where(some, terms.sum(axis=1), np.nan),
        p=np.where(some, chance, 1.0),
        degrees=_degrees(one, other, ordered=ordered),
    )


def _degrees(one: Array, other: Array, *, ordered: bool) -> Array:
    first, second = (one, other) if ordered else _pooled(one, other)
    ways = np.maximum(((first + second) > 0).sum(axis=1) - 1, 1)
    return np.asarray(ways, dtype=np.float64)


def _unordered(one: Array, other: Array) -> tuple[Array, Array]:
    from scipy.special import chdtrc

    n, m = one.sum(axis=1), other.sum(axis=1)
    total = np.maximum(n + m, 1.0)
    first, second = _pooled(one, other)
    levels = first + second
    degrees = np.maximum((levels > 0).sum(axis=1) - 1, 0)
    statistic = np.zeros(len(n))
    for counts, size in ((first, n), (second, m)):
        expected = levels * (size / total)[:, None]
        terms = np.where(expected > 0, (counts - expected) ** 2 / np.where(expected > 0, expected, 1.0), 0.0)
        statistic += terms.sum(axis=1)
    chance = np.where(degrees > 0, chdtrc(np.maximum(degrees, 1), statistic), 1.0)
    return np.sqrt(statistic / total), chance


def _pooled(one: Array, other: Array) -> tuple[Array, Array]:
    """
    Return counts with the rare levels of each place taken together in a last one.

    A level of which fewer than five are expected on a side makes a chi-square test alarm too often (Cochran 1954);
    if all rare levels together are still too few, they join the rarest of the others.
    """
    levels = one + other
    total = np.maximum(levels.sum(axis=1, keepdims=True), 1.0)
    side = np.minimum(one.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)) / total
    rare = levels * side < FEWEST_EXPECTED
    together = np.where(rare, levels, 0.0).sum(axis=1) * side[:, 0]
    joining = (together < FEWEST_EXPECTED) & ~rare.all(axis=1)
    places = np.arange(len(one))
    rarest = np.where(rare, np.inf, levels).argmin(axis=1)
    found = []
    for counts in (one, other):
        kept, rest = np.where(rare, 0.0, counts), np.where(rare, counts, 0.0).sum(axis=1)
        kept[places, rarest] += np.where(joining, rest, 0.0)
        found.append(np.concatenate([kept, np.where(joining, 0.0, rest)[:, None]], axis=1))
    return found[0], found[1]


def _ordered(one: Array, other: Array, *, sure: float | Array, worth: float | Array) -> tuple[Array, Array]:
    n, m = one.sum(axis=1), other.sum(axis=1)
    before, after = (
        np.cumsum(counts, axis=1) / np.maximum(size, 1.0)[:, None] for counts, size in ((one, n), (other, m))
    )
    distance = np.abs(before - after).max(axis=1, initial=0.0)
    return distance, chance_of_distance(distance=distance, one=one, other=other, sure=sure, worth=worth)


def holm_over_columns(p: Array) -> Array:
    """Return p values of shape (places, columns) adjusted over the columns of each place (Holm 1979)."""
    columns = p.shape[1]
    order = np.argsort(p, axis=1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=1) * (columns - np.arange(columns))[None, :]
    adjusted = np.minimum(1.0, np.maximum.accumulate(ranked, axis=1))
    found = np.empty_like(p)
    np.put_along_axis(found, order, adjusted, axis=1)
    return found


def design_of_drift(parameters: Drift) -> Design:
    """Return how often it alarms if nothing moved."""
    columns, floor = len(parameters.watched), Fraction(parameters.effect)
    return Design(
        run_length=float(parameters.run_length),
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=(
            f"{parameters.words}, and over its {columns} column{'s' * (columns > 1)} together, if these have nothing "
            "to do with each other (else later). That is the mean time to the first false alarm, whatever the numbers "
            "of rows: all periods are compared with one baseline, so after one false alarm others often follow; the "
            "more rows the baseline has, the fewer."
            + overlapping(parameters.window)
            + (f" A column that moved by less than {parameters.effect} never alarms." if floor else "")
        ),
        method=METHOD,
    )


def read_drift(series: Series, parameters: Drift) -> tuple[Reading, ...]:
    """Say at every place which columns are not what they were."""
    lacking = [name for name in parameters.watched if not series.levels(name)]
    if lacking:
        sentence = f"Over all sites: the counts lack the column {', '.join(lacking)}, so nothing can be said."
        return (nothing_to_read(sentence, period=series.periods[-1], method=METHOD),)
    charts = series.charts((), level=parameters.level)
    found = [_moved(series, parameters, column) for column in parameters.watched]
    # As many times what the test asks for; the first that is 1 or less alarms, then Holm's steps say which else do.
    asked = np.stack([one.p / level for one, level in found], axis=1) / len(found)
    over = holm_over_columns(asked * SMALL) <= SMALL
    adjusted = holm_over_columns(np.stack([one.p for one, _ in found], axis=1))
    compared = [one for one, _ in found]
    return tuple(
        _told(charts, place, parameters, compared, (over[place], adjusted[place]))
        for place in range(len(charts.places))
    )


def _moved(series: Series, parameters: Drift, column: str) -> tuple[Moves, Array]:
    """Return how a column moved at each place, and the p value at which it may alarm there."""
    ordered = column in _names(parameters.ordered)
    names = [f"{column}={level}" for level in _in_order(series.levels(column))]
    charts = series.charts(names, level=parameters.level)
    window = [np.nan_to_num(charts[name][:, -parameters.window :]).sum(axis=1) for name in names]
    reported = np.any([np.isfinite(charts[name][:, -1]) for name in names], axis=0)
    current = np.where(reported[:, None], np.stack(window, axis=1), 0.0)
    reference = np.nan_to_num(np.stack([series.before(name, level=parameters.level) for name in names], axis=1))
    level = _levels(parameters, reference, current, ordered=ordered)
    # Holm's test decides the same whatever p is below its level over all columns, or above that of one column alone.
    worth = np.minimum(1.0, level * len(parameters.watched))
    found = moves(column=column, reference=reference, current=current, ordered=ordered, sure=level, worth=worth)
    return found, level


def _levels(parameters: Drift, reference: Array, current: Array, *, ordered: bool) -> Array:
    degrees = _degrees(reference, current, ordered=ordered)
    share = common_share(baseline=reference.sum(axis=1), window=current.sum(axis=1))
    found = np.ones(len(share))
    for ways in np.unique(degrees):
        here = degrees == ways
        found[here] = level_of_column(
            share=share[here],
            ways=int(ways),
            ordered=ordered,
            window=parameters.window,
            run_length=parameters.run_length,
            charts=parameters.together(len(share)) * len(parameters.watched),
        )
    return found


def _told(charts: Charts, place: int, parameters: Drift, found: list[Moves], judged: tuple[Array, Array]) -> Reading:
    fewest = min(min(one.reference[place], one.current[place]) for one in found)
    if fewest < parameters.least:
        return _too_few(charts, place, parameters, found)
    floor = float(Fraction(parameters.effect))
    significant, adjusted = judged
    over = [bool(significant[k] and one.effect[place] >= floor) for k, one in enumerate(found)]
    worst = max(range(len(found)), key=lambda k: (over[k], found[k].effect[place]))
    moved = [_words(one, place, adjusted[k]) for k, one in enumerate(found) if over[k]]
    if moved:
        said = f"{parameters.role} moved: {'; '.join(moved[:NAMED])}"
        said += f"; and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    else:
        said = f"{parameters.role} are as at the baseline; the most that moved is {_words(found[worst], place, None)}"
    return reading_at(
        charts,
        place,
        state="alarm" if moved else "quiet",
        n=float(found[worst].current[place]),
        statistic=float(found[worst].effect[place]),
        limit=floor,
        sentence=f"{said}.",
        method=METHOD,
        measure=found[worst].column,
    )


def _words(one: Moves, place: int, p: float | None) -> str:
    index = one.stability[place]
    stability = f"stability index {index:.2g}" if math.isfinite(index) else "a level is new or gone"
    chance = "" if p is None else f", adjusted p {p:.2g}"
    return f"{one.column} (effect {one.effect[place]:.2g}, {stability}{chance})"


def _too_few(charts: Charts, place: int, parameters: Drift, found: list[Moves]) -> Reading:
    before, now = (min(float(getattr(one, side)[place]) for one in found) for side in ("reference", "current"))
    needed = parameters.least - (0 if 0 < min(before, now) < charts.smallest_cell else min(before, now))
    return reading_at(
        charts,
        place,
        state="insufficient",
        n=now,
        needed=max(1, round(needed)),
        sentence=(
            f"{charts.shown(now)} rows now and {charts.shown(before)} at the baseline; "
            f"drift of {parameters.role} is judged from {parameters.least:,} on each side."
        ),
        method=METHOD,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for one in text.split(",") if (name := one.strip()))


def _in_order(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return levels as numbers are ordered if all of them begin with one, else by their names."""
    try:
        return tuple(sorted(levels, key=lambda level: float(level.split("-")[0].split("+")[0])))
    except ValueError:
        return levels


KINDS_OF_DRIFT = (
    MonitorKind(
        name="drift",
        notices="inputs, outputs or labels that are no longer what they were when the product was tested",
        designed=(
            "Mean time to the first false alarm, shared out over columns and sites: each has the level that the rows "
            "of its window and of its baseline ask for, since all periods have one baseline. Small moves never alarm."
        ),
        needs=MappingProxyType({}),
        may_have=MappingProxyType(
            {"<column>=<level>": "rows of each level of each watched column, in every period and at the `baseline`"}
        ),
        serves=("GI3",),
        parameters=Drift,
        designing=design_of_drift,
        reading=read_drift,
    ),
)
