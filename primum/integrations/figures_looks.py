"""Drawing the looks at a trial against their boundary."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from primum.evidence.trials.sequential import LookResult
from primum.integrations import figures_canvas as canvas
from primum.roadmap.verdicts import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

BODY = 150.0
BELOW = 44.0
KEY = 13.5
DASHES = (0, (4, 2))


@lru_cache(maxsize=canvas.KEPT)
def draw_looks(
    results: tuple[LookResult, ...], *, title: str, planned_units: int, name: str, alt: str
) -> tuple[str, bytes]:
    """Return the SVG and PNG of the looks; ``results`` in the order of information."""
    lines = canvas.heading(title)
    keys = _keys(results)
    top = canvas.SIDE + (canvas.LINE + 1) * len(lines) + 8
    bottom = BELOW + KEY * len(keys) + 8
    height = top + BODY + bottom
    with canvas.sheet(height=height) as drawn:
        axes = canvas.panel(drawn, height=height, top=top, bottom=bottom)
        _scale(axes, results, planned_units)
        _draw_boundary(axes, results)
        for look in results:
            _draw_look(axes, look)
        canvas.write_heading(drawn, lines, height=height)
        canvas.write_legend(drawn, keys)
        return canvas.rendered(drawn, name=name, title=title, alt=alt)


def _scale(axes: "Axes", results: Sequence[LookResult], planned_units: int) -> None:
    from matplotlib.ticker import FuncFormatter

    seen = [look.z for look in results if look.z is not None]
    ends = [*(look.boundary for look in results), *seen, 0.0]
    axes.set_ylim(min(ends) - 0.25, max(ends) + 0.6)
    axes.set_xlim(0, max(planned_units, results[-1].information) * 1.06)
    axes.set_xticks(_apart([planned_units, *(look.information for look in reversed(results)), 0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    axes.set_xlabel("units of information", color=canvas.INK, fontsize=canvas.FONT)
    # The numbers of the y axis stand inside the panel, so that it may be as wide as the telephone.
    axes.tick_params(axis="y", direction="in", pad=-4, length=0)
    for label in axes.get_yticklabels():
        label.set_horizontalalignment("left")
    axes.grid(axis="y", color=canvas.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _apart(places: Sequence[int]) -> list[int]:
    """Return the places whose numbers do not run into those of an earlier one."""
    kept: list[int] = []
    for place in places:
        if all(abs(place - other) > 0.13 * max(places) for other in kept):
            kept.append(place)
    return kept


def _draw_boundary(axes: "Axes", results: Sequence[LookResult]) -> None:
    places = [look.information for look in results]
    heights = [look.boundary for look in results]
    axes.plot(places, heights, color=canvas.INK, linewidth=1.4, linestyle=DASHES, marker="_", markersize=9)
    axes.axhline(0, color=canvas.MUTED, linewidth=0.8)
    axes.fill_between(places, heights, axes.get_ylim()[1], color=canvas.FAINT, alpha=0.45, linewidth=0, zorder=0)
    axes.text(0.012, 1, "z", transform=axes.transAxes, fontsize=canvas.FONT, color=canvas.INK, va="bottom")


def _draw_look(axes: "Axes", look: LookResult) -> None:
    crossed = look.z is not None and look.z >= look.boundary
    _annotate(axes, f"{look.boundary:.3f}", look.information, look.boundary, above=not crossed)
    if look.z is None:
        return
    canvas.place(axes, canvas.mark(_outcome(look)), x=look.information, y=look.z)
    _annotate(axes, f"z {look.z:.3f}", look.information, look.z, above=crossed)


def _annotate(axes: "Axes", text: str, x: float, y: float, *, above: bool) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(0, 6 if above else -6),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        color=canvas.INK,
    )


def _outcome(look: LookResult) -> Outcome:
    return Outcome.PASS if look.z is not None and look.z >= look.boundary else Outcome.INSUFFICIENT


def _keys(results: Sequence[LookResult]) -> list["Line2D"]:
    from matplotlib.lines import Line2D

    words_of_boundary = "boundary of the plan"
    keys = [Line2D([], [], label=words_of_boundary, color=canvas.INK, linewidth=1.4, linestyle=DASHES)]
    words = {Outcome.PASS: "observed z, boundary crossed", Outcome.INSUFFICIENT: "observed z, not crossed"}
    seen = {_outcome(look) for look in results if look.z is not None}
    return keys + [canvas.mark(outcome, label=label) for outcome, label in words.items() if outcome in seen]
