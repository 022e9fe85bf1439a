"""From a view to one HTML file that needs nothing else: escaped always, no script, no address to ask."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from primum.integrations.figures import Figure
from primum.integrations.figures_canvas import ACCENT, COLOURS, FAINT, INK, MUTED
from primum.roadmap.verdicts import Outcome
from primum.web.views import BoardPage, EvaluationView, FigureView, GatePage

if TYPE_CHECKING:
    from jinja2 import Environment

# Inside a page a drawing takes the page's colours, so that it can be read in the dark.
PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FAINT: "var(--line)",
    ACCENT: "var(--link)",
    "#ffffff": "var(--paper)",
    COLOURS[Outcome.PASS]: "var(--pass)",
    COLOURS[Outcome.FAIL]: "var(--fail)",
    COLOURS[Outcome.INSUFFICIENT]: "var(--unknown)",
}


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    room = Path(__file__).parent
    # Escaping goes by the switch, not by the name: what ends in .html.j2 would not be escaped.
    return Environment(
        loader=FileSystemLoader((room / "templates", room / "static")),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: str, *, page: GatePage | BoardPage | EvaluationView) -> str:
    """Return a page as HTML; every string of it is escaped."""
    return _environment().get_template(template).render(page=page)


def filled(template: str, **named: object) -> str:
    """Return a page of the console; every string that is named is escaped."""
    return _environment().get_template(template).render(**named)


def figure_view(figure: Figure) -> FigureView:
    """Return a figure as it stands in a page; our own drawing is the one thing that is not escaped again."""
    svg = _without_styles(figure.svg)
    for colour, variable in PAGE_COLOURS.items():
        svg = svg.replace(colour, variable)
    return FigureView(title=figure.title, svg=Markup(svg), columns=figure.columns, rows=figure.rows)  # noqa: S704 -- our own drawing, its texts escaped when it was made


def _without_styles(svg: str) -> str:
    """Say as attributes what a drawing says as styles: the console's pages let no style stand inside them."""
    plain = re.sub(r"<style\b.*?</style>\s*", "", svg, flags=re.DOTALL)
    return re.sub(r'style="([^"]*)"', _attributes, plain)


def _attributes(style: re.Match[str]) -> str:
    said = (one.partition(":") for one in style[1].split(";") if one.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _, value in said)
