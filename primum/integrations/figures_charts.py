"""Figures of a monitor: a CUSUM or EWMA along time or cases, its limits, and where it raised the alarm."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas
from primum.integrations import figures_panels as panels
from primum.integrations.figures import Figure, NothingToDraw
from primum.integrations.figures_rows import slug
from primum.roadmap.verdicts import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BODY = 150.0
LEFT = 34.0
BROAD = canvas.WIDTH - LEFT - canvas.SIDE
KEY = 13.5
DASHES = (0, (4, 2))
# More places than this cannot be told apart on the sheet, nor read in a table.
MOST_DRAWN = 400
MOST_LISTED = 24
THOUSAND = 1000
MOST_MARKED = 6


@dataclass(frozen=True, kw_only=True)
class ChartPoint:
    """One step of a monitor: its name, such as a month or a case number, and where the chart stood after it."""

    label: str
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Chart:
    """
    A monitor's path with what it is held against.

    ``centre`` is where it stays in control; an alarm is a value beyond ``upper`` or ``lower``.
    """

    points: tuple[ChartPoint, ...]
    upper: float | None = None
    lower: float | None = None
    centre: float | None = None
    along: str = "cases"
    measured: str = "CUSUM"
    designed: str = ""

    @property
    def known(self) -> tuple[tuple[int, float], ...]:
        """Place and value of every step whose value is a number."""
        values = ((place, _number(one.value)) for place, one in enumerate(self.points))
        return tuple((place, value) for place, value in values if value is not None)

    @property
    def alarms(self) -> tuple[int, ...]:
        """The places where the chart goes beyond a limit, each excursion once, at its first step."""
        sides = ["", *(self.side(value) for _, value in self.known)]
        steps = zip(self.known, pairwise(sides), strict=True)
        return tuple(place for (place, _), (before, now) in steps if now and not before)

    def side(self, value: float) -> str:
        """Return which limit a value is beyond, if it is: ``above`` or ``below``."""
        if self.upper is not None and value > self.upper:
            return "above"
        return "below" if self.lower is not None and value < self.lower else ""


def chart(path: Chart, *, title: str, name: str = "chart") -> Figure:
    """
    Return the path of a CUSUM or EWMA with its limits, the first alarm marked and named.

    :raises NothingToDraw: if no step has a value
    """
    if not path.known:
        raise NothingToDraw(f"'{title}' has no step with a value; the monitor has not seen any {path.along} yet.")
    alt = _in_words(path, title=title)
    svg, png = draw_chart(path, title=title, name=slug(name), alt=alt)
    columns = (path.along.capitalize(), path.measured, "Alarm")
    rows = tuple(_row(path, place) for place in _listed(path))
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=rows)


@lru_cache(maxsize=canvas.KEPT)
def draw_chart(path: Chart, *, title: str, name: str, alt: str) -> tuple[str, bytes]:
    """Return the SVG and PNG of a monitor's path."""
    lines = canvas.heading(title)
    upwards = canvas.wrapped(f"Upwards: {path.measured}", width=canvas.INSIDE)
    below = [line for words in _words_below(path) for line in canvas.wrapped(words, width=canvas.INSIDE)]
    start = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 5
    top = start + canvas.LINE * len(upwards) + 8
    box = canvas.Box(left=LEFT, top=top, width=BROAD, height=BODY)
    end = box.bottom + 16
    height = end + canvas.LINE * len(below) + 10
    with canvas.sheet(height=height) as drawn:
        canvas.write_heading(drawn, lines, height=height)
        canvas.write(drawn, upwards, left=canvas.SIDE, top=start, height=height, colour=canvas.MUTED)
        axes = canvas.plot(drawn, box, height=height)
        _scale(axes, path)
        _draw_limits(axes, path)
        _draw_path(axes, path)
        canvas.write(drawn, below, left=canvas.SIDE, top=end + 2, height=height, colour=canvas.MUTED)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _scale(axes: "Axes", path: Chart) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    values = [value for _, value in path.known]
    marks = [one for one in (path.upper, path.lower, path.centre) if one is not None]
    low, high = min(*values, *marks, values[0]), max(*values, *marks, values[0])
    room = (high - low or abs(high) or 1.0) * 0.14
    axes.set_ylim(low - (room if path.lower is not None or low < 0 else room / 4), high + room)
    axes.set_xlim(-0.5, len(path.points) - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: _short(number)))
    places = _named_steps(path)
    axes.set_xticks(places, [path.points[place].label for place in places])
    if len(places) > 1:
        panels.hold_inside(axes)


def _named_steps(path: Chart) -> list[int]:
    """Return as many steps, first and last among them, as their names fit under the axis."""
    last = len(path.points) - 1
    for number in (5, 4, 3):
        places = sorted({round(last * step / (number - 1)) for step in range(number)})
        widest = max(canvas.breadth(path.points[place].label) for place in places)
        nearest = min((after - before for before, after in pairwise(places)), default=0)
        if len(places) == number and 1.5 * widest + 6 <= BROAD * nearest / last:
            return places
    return [] if _named_in_words(path) else sorted({0, last})


def _named_in_words(path: Chart) -> bool:
    """True if not even the first and the last name fit under the axis; they then stand below it."""
    names = {path.points[0].label, path.points[-1].label}
    return sum(map(canvas.breadth, names)) + 6 > BROAD


def _draw_limits(axes: "Axes", path: Chart) -> None:
    """Draw the limits and the centre, each with its words on its own line."""
    if path.centre is not None:
        axes.axhline(path.centre, color=canvas.MUTED, linewidth=0.8, zorder=1)
    for limit, word, above in ((path.upper, "limit", True), (path.lower, "lower limit", False)):
        if limit is None:
            continue
        axes.axhline(limit, color=canvas.INK, linewidth=1.3, linestyle=DASHES, zorder=1)
        words = f"{word} {_short(limit)}"
        axes.annotate(
            words,
            (_free_share(axes, path, limit, words=words, above=above), limit),
            xycoords=("axes fraction", "data"),
            xytext=(3, 2 if above else -3),
            textcoords="offset points",
            va="bottom" if above else "top",
            color=canvas.INK,
        )


def _free_share(axes: "Axes", path: Chart, limit: float, *, words: str, above: bool) -> float:
    """Return how far across the words of a limit begin so that the path runs through them least."""
    low, high = axes.get_ylim()
    tall = (canvas.LINE + 4) * (high - low) / BODY
    span = (limit, limit + tall) if above else (limit - tall, limit)
    wide = (canvas.breadth(words) + 6) / BROAD
    steps = [(place / max(len(path.points) - 1, 1), value) for place, value in path.known]

    def touched(start: float) -> int:
        inside = [value for share, value in steps if start - 0.02 <= share <= start + wide + 0.02]
        return sum(span[0] <= value <= span[1] for value in inside)

    starts = [(1 - wide) * number / 8 for number in range(9)]
    return min(starts, key=touched)


def _draw_path(axes: "Axes", path: Chart) -> None:
    for stretch in _stretches(_thinned(path)):
        marker = "." if len(path.points) == 1 else ""
        axes.plot(*zip(*stretch, strict=True), color=canvas.ACCENT, linewidth=1.5, marker=marker, zorder=2)
    marked = path.alarms if len(path.alarms) <= MOST_MARKED else path.alarms[:1]
    for place in marked:
        canvas.place(axes, canvas.mark(Outcome.FAIL), x=place, y=path.points[place].value or 0.0)


def _words_below(path: Chart) -> list[str]:
    ends = f", from {path.points[0].label} to {path.points[-1].label}" if _named_in_words(path) else ""
    words = [f"Across: {path.along}, {_steps(path)}{ends}"]
    words.append(f"\u25c6 {_alarm_in_words(path)}" if path.alarms else "No alarm")
    return [*words, path.designed] if path.designed else words


def _steps(path: Chart) -> str:
    return "1 step" if len(path.points) == 1 else f"{len(path.points):,} steps"


def _alarm_in_words(path: Chart) -> str:
    first = path.points[path.alarms[0]]
    again = len(path.alarms) - 1
    more = f", and {again} more later" if again else ""
    return f"first alarm at {first.label} with {_short(first.value or 0.0)}{more}"


def _in_words(path: Chart, *, title: str) -> str:
    values = [value for _, value in path.known]
    parts = [f"{title}: {path.measured} along {path.along}, {_steps(path)}."]
    parts.append(f"It runs between {_short(min(values))} and {_short(max(values))} and ends at {_short(values[-1])}.")
    limits = [("upper", path.upper), ("lower", path.lower)]
    parts += [f"The {word} limit is {_short(limit)}." for word, limit in limits if limit is not None]
    parts.append(f"It raises its {_alarm_in_words(path)}." if path.alarms else "It raises no alarm.")
    if unknown := len(path.points) - len(values):
        parts.append(f"Steps without a value: {unknown}.")
    return " ".join([*parts, f"{path.designed.rstrip('.')}."] if path.designed else parts)


def _listed(path: Chart) -> list[int]:
    """Return the places that the table lists: all of them, or the alarms and steps evenly between."""
    last = len(path.points) - 1
    if last < MOST_LISTED:
        return list(range(last + 1))
    alarms = path.alarms[: MOST_LISTED // 2]
    even = MOST_LISTED - len(alarms)
    return sorted({*(round(last * step / (even - 1)) for step in range(even)), *alarms})


def _row(path: Chart, place: int) -> tuple[str, ...]:
    one = path.points[place]
    value = _number(one.value)
    if value is None:
        return (one.label, "not known", "")
    return (one.label, _short(value), f"{path.side(value)} the limit" if path.side(value) else "no")


def _thinned(path: Chart) -> list[tuple[int, float | None]]:
    """Return as many steps as can be drawn, keeping the lowest and the highest of each stretch."""
    steps = [(place, _number(one.value)) for place, one in enumerate(path.points)]
    if len(steps) <= MOST_DRAWN:
        return steps
    size = math.ceil(2 * len(steps) / MOST_DRAWN)
    kept: list[tuple[int, float | None]] = []
    for start in range(0, len(steps), size):
        known = [(place, value) for place, value in steps[start : start + size] if value is not None]
        ends = {min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])} if known else set()
        kept += sorted(ends) or [(start, None)]
    return kept


def _stretches(steps: Sequence[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    """Return the steps with values, parted where one is missing, so that no line spans what is not known."""
    parted: list[list[tuple[int, float]]] = [[]]
    for place, value in steps:
        if value is None:
            parted.append([])
        else:
            parted[-1].append((place, value))
    return [stretch for stretch in parted if stretch]


def _number(value: float | None) -> float | None:
    """Return a value if it is a number that can be drawn."""
    return value if value is not None and math.isfinite(value) else None


def _short(number: float) -> str:
    """Return a number with three figures, as few characters as it takes."""
    if abs(number) >= THOUSAND:
        text = f"{number:,.0f}" if abs(number) < 10 * THOUSAND else f"{number / THOUSAND:,.3g}k"
    else:
        text = re.sub(r"e-0?", "e-", f"{number:.3g}")
    return text.replace("-", "\u2212")
