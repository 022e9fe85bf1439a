"""Figure of a plan: how likely a study of each size is to show what is there, and the size that is planned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas
from primum.integrations.figures import Figure, NothingToDraw
from primum.integrations.figures_rows import slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

BODY = 165.0
LEFT = 38.0
RIGHT = 14.0
SAMPLES = 60
# From here on the numbers of an axis are so wide that one fewer fits.
LARGE = 10_000
# More lines than this cannot be told apart; the others stand in the table.
MOST_DRAWN = 8
BROAD = canvas.WIDTH - LEFT - RIGHT
DASHES = (0, (3, 2))
Place = tuple[float, float]
# After the first, curves are told apart by their number; the strokes only help.
STROKES = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)))


@dataclass(frozen=True, kw_only=True)
class PowerCurve:
    """Power at each n of one group, ascending in n, and the n that is planned for it, if any is."""

    label: str
    points: tuple[tuple[float, float], ...]
    planned: float | None = None

    def at(self, n: float) -> float | None:
        """Return the power at some n, between its neighbours on a straight line; ``None`` outside the curve."""
        for (left, low), (right, high) in zip(self.points, self.points[1:], strict=False):
            if left <= n <= right:
                return low + (high - low) * ((n - left) / (right - left) if right > left else 0.0)
        return None

    @property
    def as_planned(self) -> tuple[tuple[float, float], ...]:
        """The planned n with its power; empty without a plan, or where it lies outside the curve."""
        reached = None if self.planned is None else self.at(self.planned)
        return () if self.planned is None or reached is None else ((self.planned, reached),)

    def needed(self, target: float) -> float | None:
        """Return the smallest n of the curve with at least this power; ``None`` if it never gets there."""
        for (left, low), (right, high) in zip(self.points, self.points[1:], strict=False):
            if low >= target:
                return left
            if high >= target:
                return left + (right - left) * (target - low) / (high - low)
        return self.points[-1][0] if self.points and self.points[-1][1] >= target else None


def power(
    curves: Sequence[PowerCurve],
    *,
    title: str,
    target: float = 0.8,
    unit: str = "patients in each arm",
    name: str = "power",
) -> Figure:
    """
    Return power against n for one or more groups, with the planned n and the power that is aimed at.

    :param unit: what n counts
    :raises NothingToDraw: if no curve has two points
    """
    known = tuple(curve for curve in curves if len(curve.points) > 1 and all(map(_is_finite, curve.points)))
    if not known:
        raise NothingToDraw(f"'{title}' has no curve; power was computed for fewer than two sizes.")
    aim = f"{title}: power against {unit}; {100 * target:.0f}% is aimed at."
    alt = " ".join([aim, *(f"{curve.label}: {_said(curve, target)}." for curve in known)])
    svg, png = draw_power(known[:MOST_DRAWN], title=title, target=target, unit=unit, name=slug(name), alt=alt)
    columns = ("Group", "Planned", "Power as planned", f"Needed for {100 * target:.0f}%")
    rows = tuple(_row(curve, target) for curve in known)
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=rows)


@lru_cache(maxsize=canvas.KEPT)
def draw_power(
    curves: tuple[PowerCurve, ...], *, title: str, target: float, unit: str, name: str, alt: str
) -> tuple[str, bytes]:
    """Return the SVG and PNG of power against n."""
    lines = canvas.heading(title)
    start = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 5
    box = canvas.Box(left=LEFT, top=start + canvas.LINE + 8, width=BROAD, height=BODY)
    below = _below(curves, target, unit)
    end = box.bottom + 16
    height = end + canvas.LINE * len(below) + 10
    with canvas.sheet(height=height) as drawn:
        canvas.write_heading(drawn, lines, height=height)
        words = f"Upwards: power; dashed: the {100 * target:.0f}% aimed at"
        canvas.write(drawn, [words], left=canvas.SIDE, top=start, height=height, colour=canvas.MUTED)
        _draw_axes(drawn, box, curves, target, height)
        canvas.write(drawn, below, left=canvas.SIDE, top=end + 2, height=height, colour=canvas.MUTED)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _draw_axes(drawn: "Sheet", box: canvas.Box, curves: tuple[PowerCurve, ...], target: float, height: float) -> None:
    axes = canvas.plot(drawn, box, height=height)
    _scale(axes, curves)
    axes.axhline(target, color=canvas.INK, linewidth=1.2, linestyle=DASHES, zorder=1)
    for number, curve in enumerate(curves):
        colour = canvas.INK if number else canvas.ACCENT
        stroke = STROKES[number % len(STROKES)]
        axes.plot(*zip(*curve.points, strict=True), color=colour, linewidth=1.6, linestyle=stroke, zorder=2)
        for planned, reached in curve.as_planned:
            axes.plot(planned, reached, "o", color=colour, markersize=6, zorder=3, clip_on=False)
    if len(curves) > 1:
        _number(axes, curves)


def _scale(axes: "Axes", curves: tuple[PowerCurve, ...]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    places = [n for curve in curves for n, _ in curve.points]
    axes.set_xlim(min(0.0, *places), max(places))
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=3 if max(places) >= LARGE else 4, steps=[1, 2, 2.5, 5, 10], integer=True)
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= max(places)]
    axes.set_xticks(ticks)
    if max(places) - ticks[-1] < 0.1 * max(places):
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _number(axes: "Axes", curves: tuple[PowerCurve, ...]) -> None:
    """Write each curve's number on its line, where it is farthest from everything else."""
    across, upwards = axes.get_xlim(), BODY / axes.get_ylim()[1]
    wide = BROAD / (across[1] - across[0])
    lines = [_samples(curve, across[0], wide, upwards) for curve in curves]
    taken = [((n - across[0]) * wide, reached * upwards) for curve in curves for n, reached in curve.as_planned]
    for number, line in enumerate(lines):
        others = [point for place, other in enumerate(lines) if place != number for point in other]
        x, y = max(line, key=lambda point: _room(point, others, taken))
        taken.append((x, y))
        axes.text(
            x / wide + across[0],
            y / upwards,
            f"{number + 1}",
            ha="center",
            va="center",
            color=canvas.INK,
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "boxstyle": "square,pad=0.12"},
            zorder=4,
        )


def _samples(curve: PowerCurve, start: float, wide: float, upwards: float) -> list[Place]:
    """Return places along a curve in points on the sheet, away from its ends."""
    low, high = curve.points[0][0], curve.points[-1][0]
    places = [low + (high - low) * share / SAMPLES for share in range(3, SAMPLES - 1)]
    return [((n - start) * wide, (curve.at(n) or 0.0) * upwards) for n in places]


def _room(point: Place, others: list[Place], taken: list[Place]) -> tuple[float, float, float]:
    """Return how free a place is: first of what is written already, then of other curves."""
    words = min((math.dist(point, other) for other in taken), default=canvas.WIDTH)
    lines = min((math.dist(point, other) for other in others), default=canvas.WIDTH)
    return min(words, 1.3 * canvas.LINE), min(lines, canvas.LINE), words


def _below(curves: tuple[PowerCurve, ...], target: float, unit: str) -> list[str]:
    words = [f"Across: {unit}"]
    for number, curve in enumerate(curves, 1):
        numbered = f"{number} {curve.label}" if len(curves) > 1 else curve.label
        words.append(f"{numbered}: {_said(curve, target)}")
    words += ["\u25cf as planned"] if any(curve.planned is not None for curve in curves) else []
    return [line for one in words for line in canvas.wrapped(one, width=canvas.INSIDE)]


def _said(curve: PowerCurve, target: float) -> str:
    """Return what a curve says in words: what is needed, and what the plan gives."""
    needed = curve.needed(target)
    words = f"{_whole(needed)} needed" if needed is not None else f"never {100 * target:.0f}% in this range"
    if curve.planned is None:
        return words
    reached = curve.at(curve.planned)
    gives = "lie outside this range" if reached is None else f"give {_per_cent(reached)}"
    return f"{words}; the planned {_whole(curve.planned)} {gives}"


def _row(curve: PowerCurve, target: float) -> tuple[str, ...]:
    needed = curve.needed(target)
    planned = "" if curve.planned is None else _whole(curve.planned)
    reached = None if curve.planned is None else curve.at(curve.planned)
    power_words = "" if reached is None else _per_cent(reached)
    return (curve.label, planned, power_words, "not in this range" if needed is None else _whole(needed))


def _whole(n: float) -> str:
    return f"{math.ceil(round(n, 6)):,}"


def _per_cent(share: float) -> str:
    """Return a power in per cent; what is not quite certain is never written as 100."""
    if 0.999 <= share < 1:  # noqa: PLR2004 -- it would be rounded to certainty
        return "over 99.9%"
    return f"{100 * share:.1f}%"


def _is_finite(point: tuple[float, float]) -> bool:
    return all(map(math.isfinite, point))
