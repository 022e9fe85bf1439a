"""Small panels side by side that share their axes, and the scale of per cent that they carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from primum.integrations import figures_canvas as canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

LEFT = 38.0
RIGHT = 12.0
BETWEEN = 15.0
TICKS = 15.0
AFTER = 10.0


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel: the lines above it, and where its lines and its drawing begin, in points from the top."""

    words: tuple[str, ...]
    words_top: float
    box: canvas.Box
    first_column: bool

    @property
    def fine(self) -> bool:
        """True if the panel is as wide as the sheet, with room for words and more ticks."""
        return self.box.width > canvas.WIDTH / 2


def square(number: int) -> float:
    """Return the side of each of so many panels."""
    columns = 1 if number == 1 else 2
    return (canvas.WIDTH - LEFT - RIGHT - BETWEEN * (columns - 1)) / columns


def panels(words: Sequence[str], *, top: float, below: float = 0.0) -> tuple[tuple[Panel, ...], float]:
    """
    Return a square panel for each text, and where the last row ends; one alone fills the sheet.

    :param below: points kept free under each square, before the numbers of its axis
    """
    columns = 1 if len(words) == 1 else 2
    side = square(len(words))
    laid: list[Panel] = []
    for start in range(0, len(words), columns):
        row = [_lines(one, side) for one in words[start : start + columns]]
        above = canvas.LINE * max(map(len, row)) + 5
        for column, lines in enumerate(row):
            left = LEFT + column * (side + BETWEEN)
            box = canvas.Box(left=left, top=top + above, width=side, height=side)
            laid.append(Panel(words=tuple(lines), words_top=top, box=box, first_column=column == 0))
        top += above + side + below + TICKS + AFTER
    return tuple(laid), top - AFTER


def _lines(words: str, side: float) -> list[str]:
    return [line for part in words.split("\n") for line in canvas.wrapped(part, width=side + 6)]


def write_words(drawn: "Sheet", panel: Panel, *, height: float) -> None:
    """Write what a panel is about above it."""
    canvas.write(drawn, panel.words, left=panel.box.left, top=panel.words_top, height=height)


def scale_in_per_cent(axes: "Axes", *, fine: bool, across: bool = True, upwards: bool = True) -> None:
    """Let both axes run from 0 to 100 per cent; the outer numbers across stay inside the panel."""
    places = [0, 0.25, 0.5, 0.75, 1] if fine else [0, 0.5, 1]
    words = ["0", *(f"{100 * place:.0f}%" for place in places[1:])]
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xticks(places, words if across else [""] * len(words))
    axes.set_yticks(places, words if upwards else [""] * len(words))
    hold_inside(axes)


def hold_inside(axes: "Axes") -> None:
    """Keep the first and the last number across within the width of the axes."""
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")


def say_nothing(axes: "Axes", sentence: str, *, width: float) -> None:
    """Write inside a panel why nothing is drawn there."""
    lines = canvas.wrapped(sentence, width=width - 12)
    axes.text(0.5, 0.5, "\n".join(lines), ha="center", va="center", color=canvas.INK, transform=axes.transAxes)
