"""Drawing ROC curves: one large, or one small panel for each group; the words stand at the curve."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas
from primum.integrations import figures_panels as panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

DASHES = (0, (3, 2))
# Half a point on the sheet; finer steps of a curve cannot be seen.
FINEST = 1 / 400
NAME = canvas.LINE + 2


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """Where a threshold in use lies: the shares flagged among those without and those with the condition."""

    label: str
    false_alarms: float
    found: float


@dataclass(frozen=True, kw_only=True)
class RocCurve:
    """
    One curve: (share of false alarms, share found) from (0, 0) to (1, 1), both rising.

    Without points it is named with ``reason`` and not drawn. ``lower`` and ``upper`` are the ends of the
    AUROC's interval at ``confidence``, ``None`` where unknown.
    """

    label: str
    points: tuple[tuple[float, float], ...] = ()
    auroc: float | None = None
    lower: float | None = None
    upper: float | None = None
    confidence: float = 0.95
    with_event: int | None = None
    without_event: int | None = None
    operating: OperatingPoint | None = None
    reason: str = "too few to show"

    @property
    def drawn(self) -> bool:
        """True if there is a curve to draw."""
        return len(self.points) > 1


def area_words(curve: RocCurve) -> str:
    """Return the area under a curve with its interval."""
    if curve.auroc is None:
        return "AUROC not known"
    ends = "" if curve.lower is None or curve.upper is None else f" ({curve.lower:.3f} to {curve.upper:.3f})"
    return f"AUROC {curve.auroc:.3f}{ends}"


def people_words(curve: RocCurve) -> str:
    """Return how many people a curve rests on."""
    if curve.with_event is None or curve.without_event is None:
        return ""
    return f"{curve.with_event:,} with, {curve.without_event:,} without"


@lru_cache(maxsize=canvas.KEPT)
def draw_roc(curves: tuple[RocCurve, ...], *, title: str, event: str, name: str, alt: str) -> tuple[str, bytes]:
    """Return the SVG and PNG of one or more ROC curves."""
    lines = canvas.heading(title)
    upwards = canvas.wrapped(f"Upwards: found, of those with {event}", width=canvas.INSIDE)
    below = [line for words in _below(curves, event) for line in canvas.wrapped(words, width=canvas.INSIDE)]
    start = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 5
    words = [_words(curve, alone=len(curves) == 1) for curve in curves]
    laid, end = panels.panels(words, top=start + canvas.LINE * len(upwards) + 4)
    height = end + canvas.LINE * len(below) + 10
    with canvas.sheet(height=height) as drawn:
        canvas.write_heading(drawn, lines, height=height)
        canvas.write(drawn, upwards, left=canvas.SIDE, top=start, height=height, colour=canvas.MUTED)
        for curve, panel in zip(curves, laid, strict=True):
            _draw_panel(drawn, curve, panel, height)
        canvas.write(drawn, below, left=canvas.SIDE, top=end + 4, height=height, colour=canvas.MUTED)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _words(curve: RocCurve, *, alone: bool) -> str:
    """Return what stands above a panel; a curve on its own is named by the title and carries its numbers inside."""
    if alone:
        return people_words(curve)
    if curve.with_event is None or curve.without_event is None:
        return curve.label
    return f"{curve.label}\n{curve.with_event:,} and {curve.without_event:,}"


def _below(curves: tuple[RocCurve, ...], event: str) -> list[str]:
    words = [f"Across: false alarms, of those without {event}"]
    if len(curves) > 1:
        counted = any(curve.with_event is not None for curve in curves)
        words += [f"Above each: how many with and without {event}"] if counted else []
        words += ["Dot: the threshold in use"] if any(curve.operating for curve in curves) else []
    return words


def _draw_panel(drawn: "Sheet", curve: RocCurve, panel: panels.Panel, height: float) -> None:
    axes = canvas.plot(drawn, panel.box, height=height)
    panels.write_words(drawn, panel, height=height)
    panels.scale_in_per_cent(axes, fine=panel.fine, upwards=panel.first_column)
    if not curve.drawn:
        panels.say_nothing(axes, curve.reason, width=panel.box.width)
        return
    axes.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=0.9, linestyle=DASHES, zorder=1)
    points = thinned(curve.points)
    axes.plot(*zip(*points, strict=True), color=canvas.ACCENT, linewidth=1.8, solid_joinstyle="round", zorder=2)
    if curve.operating:
        point = (curve.operating.false_alarms, curve.operating.found)
        axes.plot(*point, "o", color=canvas.INK, markersize=6, zorder=3, clip_on=False)
    _write_numbers(axes, curve, panel)


def _write_numbers(axes: "Axes", curve: RocCurve, panel: panels.Panel) -> None:
    """Write the numbers beside the curve, in the corner that it leaves free."""
    under = curve.auroc is None or curve.auroc >= 0.5  # noqa: PLR2004 -- the diagonal
    lines = _numbers(curve, longest_last=under) if panel.fine else _area_lines(curve)[:1]
    x, y, sides = (0.985, 0.04, ("right", "bottom")) if under else (0.03, 0.97, ("left", "top"))
    text = "\n".join(lines)
    axes.text(
        x,
        y,
        text,
        ha=sides[0],
        va=sides[1],
        color=canvas.INK,
        linespacing=1.3,
        multialignment=sides[0],
        transform=axes.transAxes,
    )


def _numbers(curve: RocCurve, *, longest_last: bool) -> list[str]:
    lines = []
    if curve.operating:
        found, false_alarms = 100 * curve.operating.found, 100 * curve.operating.false_alarms
        lines = [f"\u25cf {curve.operating.label}:", f"{found:.1f}% found,", f"{false_alarms:.1f}% false alarms"]
    area = _area_lines(curve)
    return [*lines, *area] if longest_last else [*reversed(area), *lines]


def _area_lines(curve: RocCurve) -> list[str]:
    if curve.auroc is None:
        return ["AUROC not known"]
    area = f"AUROC {curve.auroc:.3f}"
    if curve.lower is None or curve.upper is None:
        return [area]
    return [area, f"{100 * curve.confidence:.3g}% interval {curve.lower:.3f} to {curve.upper:.3f}"]


def thinned(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Return the points of a path that can be told apart on the sheet, its ends always."""
    kept = [points[0]]
    for point in points[1:-1]:
        if max(abs(point[0] - kept[-1][0]), abs(point[1] - kept[-1][1])) >= FINEST:
            kept.append(point)
    return [*kept, points[-1]]
