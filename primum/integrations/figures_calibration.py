"""Drawing calibration: what was predicted against what was seen, and under it how many had each score."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas
from primum.integrations import figures_panels as panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet
    from matplotlib.lines import Line2D

DASHES = (0, (3, 2))
# Height of the bars under a panel, as a share of its width, and the room above them.
BARS = 0.26
GAP = 7.0
KEY = 13.5


@dataclass(frozen=True, kw_only=True)
class ReliabilityPoint:
    """
    One group of similar scores: its mean score and the share that had the event, both 0 to 1.

    Without ``observed`` the group is too small to show and only named.
    """

    predicted: float
    observed: float | None
    lower: float | None = None
    upper: float | None = None
    n: int = 0
    events: int | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreBar:
    """How many people have a score between two edges; ``None`` where they are too few to show."""

    start: float
    end: float
    n: int | None


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The reliability points of one group of people, ascending, and the histogram of its scores."""

    label: str
    points: tuple[ReliabilityPoint, ...] = ()
    bars: tuple[ScoreBar, ...] = ()
    confidence: float = 0.95
    note: str = ""
    reason: str = "too few to show"

    @property
    def shown(self) -> tuple[ReliabilityPoint, ...]:
        """The points that may be drawn."""
        return tuple(point for point in self.points if point.observed is not None)

    @property
    def highest(self) -> int:
        """The number of people in the highest bar; 0 without bars."""
        return max((bar.n for bar in self.bars if bar.n is not None), default=0)


@lru_cache(maxsize=canvas.KEPT)
def draw_calibration(
    groups: tuple[Calibration, ...], *, title: str, event: str, unit: str, name: str, alt: str
) -> tuple[str, bytes]:
    """Return the SVG and PNG of the calibration of one or more groups."""
    lines = canvas.heading(title)
    upwards = canvas.wrapped(f"Upwards: share with {event}", width=canvas.INSIDE)
    across = _across(groups, unit)
    start = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 5
    alone = len(groups) == 1
    words = [group.note if alone else group.label for group in groups]
    bars = _height_of_bars(groups)
    laid, end = panels.panels(words, top=start + canvas.LINE * len(upwards) + 4, below=bars)
    keys = _keys(groups)
    height = end + canvas.LINE * len(across) + KEY * len(keys) + 14
    with canvas.sheet(height=height) as drawn:
        canvas.write_heading(drawn, lines, height=height)
        canvas.write(drawn, upwards, left=canvas.SIDE, top=start, height=height, colour=canvas.MUTED)
        for group, panel in zip(groups, laid, strict=True):
            _draw_panel(drawn, group, panel, bars, height)
        canvas.write(drawn, across, left=canvas.SIDE, top=end + 4, height=height, colour=canvas.MUTED)
        canvas.write_legend(drawn, keys)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _across(groups: tuple[Calibration, ...], unit: str) -> list[str]:
    words = ["Across: predicted risk"]
    if any(group.highest for group in groups):
        words.append(f"Bars: {unit} at each risk; the number is the highest bar's")
    return [line for one in words for line in canvas.wrapped(one, width=canvas.INSIDE)]


def _height_of_bars(groups: tuple[Calibration, ...]) -> float:
    if not any(group.highest for group in groups):
        return 0.0
    wide = panels.square(len(groups))
    return GAP + canvas.LINE + BARS * wide


def _draw_panel(drawn: "Sheet", group: Calibration, panel: panels.Panel, bars: float, height: float) -> None:
    axes = canvas.plot(drawn, panel.box, height=height)
    panels.write_words(drawn, panel, height=height)
    panels.scale_in_per_cent(axes, fine=panel.fine, across=not bars, upwards=panel.first_column)
    if group.shown:
        _draw_points(axes, group)
    else:
        panels.say_nothing(axes, group.reason, width=panel.box.width)
    if bars:
        box = canvas.Box(left=panel.box.left, top=panel.box.bottom + GAP, width=panel.box.width, height=bars - GAP)
        _draw_bars(canvas.plot(drawn, box, height=height), group, fine=panel.fine, height=box.height)


def _draw_points(axes: "Axes", group: Calibration) -> None:
    axes.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=0.9, linestyle=DASHES, zorder=1)
    for point in group.shown:
        if point.lower is not None and point.upper is not None:
            ends = [point.lower, point.upper]
            axes.plot([point.predicted] * 2, ends, color=canvas.ACCENT, linewidth=1.5, solid_capstyle="butt", zorder=2)
        axes.plot(
            point.predicted, point.observed or 0.0, "o", color=canvas.ACCENT, markersize=4.5, zorder=3, clip_on=False
        )


def _draw_bars(axes: "Axes", group: Calibration, *, fine: bool, height: float) -> None:
    """Draw the histogram, with the number of its highest bar above it and nothing else to read off."""
    axes.spines["left"].set_visible(False)
    panels.scale_in_per_cent(axes, fine=fine, upwards=False)
    axes.set_yticks([])
    axes.set_ylim(0, max(group.highest, 1) * height / (height - canvas.LINE))
    for bar in group.bars:
        if bar.n:
            inset = 0.08 * (bar.end - bar.start)
            axes.bar(bar.start + inset, bar.n, width=bar.end - bar.start - 2 * inset, align="edge", color=canvas.MUTED)
    if group.highest:
        _write_highest(axes, group)


def _write_highest(axes: "Axes", group: Calibration) -> None:
    bar = next(bar for bar in group.bars if bar.n == group.highest)
    middle = (bar.start + bar.end) / 2
    side = "left" if middle < 0.2 else "right" if middle > 0.8 else "center"  # noqa: PLR2004 -- near an edge
    place = {"left": bar.start, "right": bar.end, "center": middle}[side]
    axes.annotate(
        f"{group.highest:,}",
        (place, group.highest),
        xytext=(0, 1),
        textcoords="offset points",
        ha=side,
        va="bottom",
        color=canvas.INK,
    )


def _keys(groups: tuple[Calibration, ...]) -> list["Line2D"]:
    from matplotlib.lines import Line2D

    keys = []
    confidence = {group.confidence for group in groups if group.shown}
    if len(confidence) == 1:
        words = f"seen, with its {100 * confidence.pop():.3g}% interval"
        keys.append(Line2D([], [], color=canvas.ACCENT, linewidth=1.5, marker="o", markersize=4.5, label=words))
    words = "seen as often as predicted"
    keys.append(Line2D([], [], color=canvas.MUTED, linewidth=0.9, linestyle=DASHES, label=words))
    return keys
