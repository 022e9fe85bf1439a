"""Drawing a forest plot that can be read on a telephone: words above each interval, not beside it."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas
from primum.integrations.figures_rows import WORDS, Row
from primum.roadmap.policy import Threshold
from primum.roadmap.precision import unit_of
from primum.roadmap.verdicts import Outcome
from primum.roadmap.wording import asked, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

BAR = 13.0
GAP = 6.0
AXIS = 22.0
KEY = 13.0
LETTERS = 38
DASHES = (0, (3, 1.5))


@dataclass(frozen=True, kw_only=True)
class Block:
    """The place of one row: its lines of words and where its interval lies, in points from the top."""

    row: Row
    words: tuple[tuple[str, str], ...]
    top: float

    @property
    def bar(self) -> float:
        """Where the interval lies."""
        return self.top + canvas.LINE * len(self.words) + BAR / 2

    @property
    def bottom(self) -> float:
        """Where the next row begins."""
        return self.top + canvas.LINE * len(self.words) + (BAR if self.row.drawn else 0.0) + GAP


@lru_cache(maxsize=canvas.KEPT)
def draw_forest(
    rows: tuple[Row, ...], *, title: str, threshold: Threshold | None, name: str, alt: str
) -> tuple[str, bytes]:
    """Return the SVG and PNG of a forest plot."""
    blocks = _blocks(rows)
    lines = canvas.heading(title)
    top = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 5
    keys = _keys(rows, threshold)
    bottom = AXIS + KEY * len(keys) + 8
    body = blocks[-1].bottom
    height = top + body + bottom
    with canvas.sheet(height=height) as drawn:
        axes = canvas.panel(drawn, height=height, top=top, bottom=bottom)
        axes.set_ylim(body, 0)
        axes.set_yticks([])
        _scale(axes, rows, threshold)
        for block in blocks:
            _draw_block(axes, block, threshold)
        canvas.write_heading(drawn, lines, height=height)
        canvas.write_legend(drawn, keys)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _blocks(rows: Sequence[Row]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for row in rows:
        top = blocks[-1].bottom if blocks else 0.0
        blocks.append(Block(row=row, words=_words(row), top=top))
    return tuple(blocks)


def _words(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the lines of a row as (left, right): on one line where they fit, else the name first."""
    counts = row.counts.replace(" of ", "/")
    left = f"{row.label}  {counts}".strip()
    right = f"{row.value} ({row.interval})" if row.interval else row.value
    if canvas.breadth(left) + canvas.breadth(right) + GAP <= canvas.WIDTH - 2 * canvas.SIDE:
        return ((left, right),)
    names = textwrap.wrap(row.label, LETTERS) or [""]
    return (*((line, "") for line in names), (counts, right))


def _scale(axes: "Axes", rows: Sequence[Row], threshold: Threshold | None) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    metric = rows[0].estimate.metric
    low, high = _reach(rows, threshold)
    inside = 0.05 * (high - low)
    found = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = [float(tick) for tick in found if low + inside <= tick <= high - inside]
    axes.set_xlim(low, high)
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: _tick(metric, number)))


def _tick(metric: str, number: float) -> str:
    """Return a tick with no needless decimal; per cent are marked, points are in the rows already."""
    unit = unit_of(metric)
    if not unit:
        return shown(metric, number)
    return f"{round(100 * number, 6):g}".replace("-", "\u2212") + unit.replace(" points", "")


def _reach(rows: Sequence[Row], threshold: Threshold | None) -> tuple[float, float]:
    known = [end for row in rows if row.span for end in row.span]
    known += [float(threshold.fraction)] if threshold else []
    low, high = min(known), max(known)
    margin = (high - low or abs(high) or 1.0) * 0.06
    return low - margin, high + margin


def _draw_block(axes: "Axes", block: Block, threshold: Threshold | None) -> None:
    across = axes.get_yaxis_transform()
    heavy = "bold" if block.row.estimate.scope == "all" else "normal"
    for place, (left, right) in enumerate(block.words):
        y = block.top + canvas.LINE * place
        axes.text(0, y, left, ha="left", va="top", color=canvas.INK, fontweight=heavy, transform=across)
        axes.text(1, y, right, ha="right", va="top", color=canvas.INK, transform=across)
    if block.row.drawn:
        _draw_lines(axes, block, threshold)
        _draw_interval(axes, block)


def _draw_lines(axes: "Axes", block: Block, threshold: Threshold | None) -> None:
    """Draw the lines of zero and of the policy beside the interval only, so that they cross no words."""
    low, high = axes.get_xlim()
    span = [block.bar - BAR / 2, block.bar + BAR / 2]
    if low < 0 < high:
        axes.plot([0, 0], span, color=canvas.FAINT, linewidth=1.2, solid_capstyle="butt", zorder=0)
    if threshold:
        place = float(threshold.fraction)
        axes.plot([place, place], span, color=canvas.INK, linewidth=1.4, linestyle=DASHES, zorder=1)


def _draw_interval(axes: "Axes", block: Block) -> None:
    if block.row.span is None:
        return
    low, value, high = block.row.span
    colour = canvas.COLOURS[block.row.outcome] if block.row.outcome else canvas.INK
    axes.plot([low, high], [block.bar, block.bar], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
    canvas.place(axes, canvas.mark(block.row.outcome), x=value, y=block.bar)


def _keys(rows: Sequence[Row], threshold: Threshold | None) -> list["Line2D"]:
    from matplotlib.lines import Line2D

    seen = {row.outcome for row in rows if row.drawn and row.outcome}
    keys = [canvas.mark(outcome, label=WORDS[outcome]) for outcome in Outcome if outcome in seen]
    if threshold:
        label = f"policy: {asked(threshold, rows[0].estimate.metric)}"
        keys.append(Line2D([], [], color=canvas.INK, linewidth=1.2, linestyle=DASHES, label=label))
    confidence = {row.estimate.confidence for row in rows if row.drawn}
    if len(confidence) == 1:
        words = f"{100 * confidence.pop():.3g}% interval"
        keys.append(Line2D([], [], color=canvas.MUTED, linewidth=1.8, label=words))
    return keys
