"""Drawing a flow of people as boxes and arrows: arms side by side while a word fits, else one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAD = 6.0
ARROW = 15.0
BETWEEN = 9.0
# How far a box that leads nowhere stands aside of the line that goes on.
ASIDE = 34.0
RAIL = 14.0
SIDE_BY_SIDE = 2

Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One box of a flow in plain words: a heading, a count, and the lines under it."""

    name: str
    count: str
    lines: tuple[str, ...] = ()
    aside: bool = False

    @property
    def words(self) -> str:
        """The whole box as a part of a sentence."""
        inside = f" ({'; '.join(self.lines)})" if self.lines else ""
        return f"{self.name}: {self.count}{inside}"


@dataclass(frozen=True, kw_only=True)
class Laid:
    """One box on the sheet with its broken lines; the first ``bold`` of them are its heading."""

    step: Step
    box: canvas.Box
    lines: tuple[str, ...]
    bold: int


@lru_cache(maxsize=canvas.KEPT)
def draw_flow(
    above: tuple[Step, ...], below: tuple[tuple[Step, ...], ...], *, title: str, name: str, alt: str
) -> tuple[str, bytes]:
    """Return the SVG and PNG of a flow: common steps above, the steps of each arm below."""
    lines = canvas.heading(title)
    top = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 6
    upper, end = _column(above, left=canvas.SIDE, width=canvas.INSIDE, top=top)
    columns, last = _arms(below, top=end + 1.5 * ARROW)
    height = last + canvas.SIDE
    with canvas.sheet(height=height) as drawn:
        canvas.write_heading(drawn, lines, height=height)
        axes = drawn.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, canvas.WIDTH)
        axes.set_ylim(height, 0)
        for column in (upper, *columns):
            _draw_column(axes, column)
        _draw_branches(axes, upper[-1].box, [column[0].box for column in columns])
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _column(steps: Sequence[Step], *, left: float, width: float, top: float) -> tuple[tuple[Laid, ...], float]:
    """Return the boxes of some steps one below the other, and where the last ends."""
    laid: list[Laid] = []
    for step in steps:
        inset = ASIDE if step.aside else 0.0
        laid.append(_laid(step, left=left + inset, width=width - inset, top=top))
        top = laid[-1].box.bottom + ARROW
    return tuple(laid), top - ARROW


def _laid(step: Step, *, left: float, width: float, top: float) -> Laid:
    bold = canvas.wrapped(step.name, width=0.9 * (width - 2 * PAD))
    listed = [step.count, *(f"\u2022 {line}" for line in step.lines)]
    words = [line for one in listed for line in canvas.wrapped(one, width=width - 2 * PAD)]
    high = canvas.LINE * (len(bold) + len(words)) + 2 * PAD - 2
    box = canvas.Box(left=left, top=top, width=width, height=high)
    return Laid(step=step, box=box, lines=(*bold, *words), bold=len(bold))


def _arms(below: tuple[tuple[Step, ...], ...], *, top: float) -> tuple[list[tuple[Laid, ...]], float]:
    """Return a column of boxes for each arm, and where the last ends; many arms have one box each."""
    if len(below) <= SIDE_BY_SIDE:
        return _side_by_side(below, top=top)
    columns: list[tuple[Laid, ...]] = []
    for first, *rest in below:
        whole = replace(first, lines=(*first.lines, *(step.words for step in rest)))
        column, end = _column([whole], left=canvas.SIDE + ASIDE, width=canvas.INSIDE - ASIDE, top=top)
        columns.append(column)
        top = end + BETWEEN
    return columns, top - BETWEEN


def _side_by_side(below: tuple[tuple[Step, ...], ...], *, top: float) -> tuple[list[tuple[Laid, ...]], float]:
    """Return the columns with equal steps at equal heights."""
    width = (canvas.INSIDE - BETWEEN * (len(below) - 1)) / len(below)
    rows: list[list[Laid]] = []
    for row in zip_longest(*below):
        laid = [
            _laid(step, left=canvas.SIDE + number * (width + BETWEEN), width=width, top=top)
            for number, step in enumerate(row)
            if step is not None
        ]
        rows.append(laid)
        top = max(one.box.bottom for one in laid) + ARROW
    columns = [
        tuple(one for row in rows for one in row if one.box.left == canvas.SIDE + number * (width + BETWEEN))
        for number in range(len(below))
    ]
    return columns, top - ARROW


def _draw_column(axes: "Axes", column: tuple[Laid, ...]) -> None:
    """Draw boxes with an arrow from each to the next; one that stands aside has its own."""
    on = [one for one in column if not one.step.aside]
    for one in column:
        _draw_box(axes, one)
    for one, after in pairwise(on):
        skipped = [aside for aside in column if aside.step.aside and one.box.top < aside.box.top < after.box.top]
        x = one.box.left + (RAIL if skipped else one.box.width / 2)
        _arrow(axes, (x, one.box.bottom), (x, after.box.top))
        for aside in skipped:
            y = (aside.box.top + aside.box.bottom) / 2
            _arrow(axes, (x, y), (aside.box.left, y))


def _draw_branches(axes: "Axes", start: canvas.Box, ends: Sequence[canvas.Box]) -> None:
    """Draw the lines from the last common box to the first box of each arm."""
    beside = len({end.top for end in ends}) == 1
    if beside:
        middle = start.bottom + ARROW / 2
        places = [end.left + end.width / 2 for end in ends]
        centre = start.left + start.width / 2
        _line(axes, (centre, start.bottom), (centre, middle))
        _line(axes, (min(places), middle), (max(places), middle))
        for x, end in zip(places, ends, strict=True):
            _arrow(axes, (x, middle), (x, end.top))
        return
    x = start.left + RAIL
    _line(axes, (x, start.bottom), (x, ends[-1].top + RAIL))
    for end in ends:
        _arrow(axes, (x, end.top + RAIL), (end.left, end.top + RAIL))


def _draw_box(axes: "Axes", one: Laid) -> None:
    from matplotlib.patches import Rectangle

    place = (one.box.left, one.box.top)
    axes.add_patch(
        Rectangle(place, one.box.width, one.box.height, facecolor="none", edgecolor=canvas.MUTED, linewidth=0.9)
    )
    for number, line in enumerate(one.lines):
        y = one.box.top + PAD + number * canvas.LINE
        weight = "bold" if number < one.bold else "normal"
        axes.text(one.box.left + PAD, y, line, va="top", ha="left", color=canvas.INK, fontweight=weight)


def _line(axes: "Axes", start: Place, end: Place) -> None:
    axes.plot(*zip(start, end, strict=True), color=canvas.MUTED, linewidth=1.0, solid_capstyle="butt")


def _arrow(axes: "Axes", start: Place, end: Place) -> None:
    _line(axes, start, end)
    sideways = start[1] == end[1]
    x, y = (end[0] - 2.4, end[1]) if sideways else (end[0], end[1] - 2.4)
    axes.plot(x, y, marker=">" if sideways else "v", color=canvas.MUTED, markersize=5, markeredgewidth=0)
