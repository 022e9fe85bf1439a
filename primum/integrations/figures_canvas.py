"""A drawing surface in points that fits a telephone, and its two renderings; matplotlib without pyplot."""

import io
import re
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from primum.roadmap.verdicts import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet
    from matplotlib.lines import Line2D

# 245 points fill a page 360 pixels wide at a scale of 1.34, so that 9 points become 12 pixels.
WIDTH = 245.0
SIDE = 9.0
INSIDE = WIDTH - 2 * SIDE
FONT = 9.0
LINE = 12.0
DOTS_PER_INCH = 220
# A figure goes into MLflow and into a page; it is drawn once for both. One takes some hundred kilobytes.
KEPT = 32

INK, MUTED, FAINT = "#17212b", "#4d5a66", "#c5ccd3"
# What is measured and not judged; a page shows it in the colour of its links.
ACCENT = "#00568f"
# Blue, vermilion and purple stay apart in every common kind of colour blindness; shapes repeat them.
COLOURS = {Outcome.PASS: "#0068a8", Outcome.FAIL: "#c2410c", Outcome.INSUFFICIENT: "#7a3e9d", Outcome.ERROR: "#7a3e9d"}
MARKERS = {Outcome.PASS: "o", Outcome.FAIL: "D", Outcome.INSUFFICIENT: "^", Outcome.ERROR: "X"}
# The style lives in matplotlib's global state while a figure is drawn; threads take turns.
_TURN = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Box:
    """A place on the sheet in points, from the top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.height


@contextmanager
def sheet(*, height: float) -> Iterator["Sheet"]:
    """Give a sheet ``WIDTH`` points wide with our style in force."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    with _TURN, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("font", family="DejaVu Sans", size=FONT)
        mpl.rc("svg", fonttype="none", hashsalt="primum")
        mpl.rc("text", parse_math=False)
        drawn = Sheet(figsize=(WIDTH / 72, height / 72), facecolor="white")
        FigureCanvasAgg(drawn)
        yield drawn


def panel(drawn: "Sheet", *, height: float, top: float, bottom: float) -> "Axes":
    """Return axes that span the sheet between two margins in points, with only a floor drawn."""
    share = 1 - 2 * SIDE / WIDTH
    axes = drawn.add_axes((SIDE / WIDTH, bottom / height, share, 1 - (top + bottom) / height))
    axes.set_facecolor("none")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=FONT)
    return axes


def plot(drawn: "Sheet", box: Box, *, height: float) -> "Axes":
    """Return axes that fill a box of a sheet ``height`` points high, with a floor and a left wall."""
    place = (box.left / WIDTH, 1 - box.bottom / height, box.width / WIDTH, box.height / height)
    axes = drawn.add_axes(place)
    axes.set_facecolor("none")
    for side in ("right", "top"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=FONT, length=3, pad=3)
    axes.set_axisbelow(True)
    return axes


def write(drawn: "Sheet", lines: Sequence[str], *, left: float, top: float, height: float, colour: str = INK) -> None:
    """Write lines of words from a place in points downwards."""
    for number, line in enumerate(lines):
        y = 1 - (top + number * LINE) / height
        drawn.text(left / WIDTH, y, line, color=colour, va="top", ha="left")


def wrapped(text: str, *, width: float) -> list[str]:
    """Return words broken into lines no wider than ``width`` points; a word that is wider is broken too."""
    lines: list[str] = []
    for word in (piece for one in text.split() for piece in _pieces(one, width)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and breadth(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _pieces(word: str, width: float) -> list[str]:
    pieces, rest = [], word
    while breadth(rest) > width and len(rest) > 1:
        fitting = max((end for end in range(1, len(rest)) if breadth(f"{rest[:end]}-") <= width), default=1)
        pieces.append(f"{rest[:fitting]}-")
        rest = rest[fitting:]
    return [*pieces, rest]


def breadth(text: str) -> float:
    """Return roughly how many points a line of words takes; a little too many rather than too few."""
    narrow = sum(letter in " .,:;'|()ilIjft/-" for letter in text)
    wide = sum(letter in "mwMW%@" for letter in text)
    return 0.62 * FONT * (len(text) - narrow - wide) + 0.4 * FONT * narrow + 0.95 * FONT * wide


def heading(text: str) -> list[str]:
    """Return a title broken into lines that fit."""
    return textwrap.wrap(text, 34) or [""]


def write_heading(drawn: "Sheet", lines: Sequence[str], *, height: float) -> None:
    """Write the title at the top left."""
    for place, line in enumerate(lines):
        y = 1 - (SIDE + place * (LINE + 1)) / height
        drawn.text(SIDE / WIDTH, y, line, fontsize=10, fontweight="bold", color=INK, va="top")


def write_legend(drawn: "Sheet", handles: Sequence["Line2D"]) -> None:
    """Write what the marks mean at the bottom, one below the other."""
    legend = drawn.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(0.02, 0.0),
        frameon=False,
        fontsize=FONT,
        labelcolor=INK,
        handlelength=1.6,
        labelspacing=0.25,
        borderaxespad=0.2,
    )
    legend.set_in_layout(False)


def mark(outcome: Outcome | None, *, label: str = "") -> "Line2D":
    """Return the mark of an outcome, as it stands in a legend; without an outcome a plain one."""
    from matplotlib.lines import Line2D

    colour = COLOURS[outcome] if outcome else INK
    shape = MARKERS[outcome] if outcome else "s"
    fill = "none" if outcome in (Outcome.INSUFFICIENT, Outcome.ERROR) else colour
    return Line2D([], [], linestyle="none", marker=shape, color=colour, markerfacecolor=fill, markersize=6, label=label)


def place(axes: "Axes", point: "Line2D", *, x: float, y: float) -> None:
    """Put a mark on the axes, above every line."""
    point.set_data([x], [y])
    if point.get_markerfacecolor() == "none":
        point.set_markerfacecolor("white")
    point.set_zorder(3)
    point.set_clip_on(False)
    axes.add_line(point)


def rendered(drawn: "Sheet", *, name: str, title: str, alt: str) -> tuple[str, bytes]:
    """Return the sheet as SVG, ready to stand inside a page, and as PNG; the same bytes every time."""
    picture, text = io.BytesIO(), io.StringIO()
    drawn.savefig(picture, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    drawn.savefig(text, format="svg", metadata=nothing)
    return _embeddable(text.getvalue(), name=name, title=title, alt=alt), picture.getvalue()


def _embeddable(svg: str, *, name: str, title: str, alt: str) -> str:
    """Drop prolog, document type and metadata, make ids the figure's own, and name it for a screen reader."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    names = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    words = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(alt)}</desc>'
    opening, _, rest = body.partition(">")
    return f"{opening} {names}>\n{words}{rest}"
