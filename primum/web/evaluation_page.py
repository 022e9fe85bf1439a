"""The page of the evaluation of a table: one HTML file, for somebody who is no programmer."""

from pathlib import Path

from primum.actions.table_evaluation import TableEvaluation
from primum.actions.table_request import RequestRefused
from primum.integrations.figures_table import TableFigures, figures_of_table
from primum.web.evaluation_view import view_of
from primum.web.files import write_whole
from primum.web.rendering import rendered


class PlaceRefused(RequestRefused):
    """A page or figure cannot be written there; the message says why."""


def render_evaluation(found: TableEvaluation) -> str:
    """Return the page as one self-contained HTML file."""
    return rendered("evaluation.html", page=view_of(found, figures=_figures(found)))


def write_evaluation_page(found: TableEvaluation, *, out: Path) -> Path:
    """
    Write the page and return where it is.

    :raises PlaceRefused: if nothing can be written there
    """
    return _written(out, render_evaluation(found))


def write_figures(found: TableEvaluation, *, folder: Path) -> tuple[Path, ...]:
    """
    Write each figure as SVG and PNG, with its description as text; return the files.

    :raises PlaceRefused: if nothing can be written there
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaceRefused(f"The folder {folder} cannot be made: {error.strerror}. Choose another place.") from None
    written: list[Path] = []
    for figure in _figures(found).drawn:
        forms: dict[str, str | bytes] = {"svg": figure.svg, "png": figure.png, "txt": f"{figure.alt}\n"}
        written += [_written(folder / f"{figure.name}.{form}", content) for form, content in forms.items()]
    return tuple(written)


def _figures(found: TableEvaluation) -> TableFigures:
    judged = found.judged
    return figures_of_table(verdict=found.verdict, cells=found.cells, rollout=judged.rollout, policy=judged.policy)


def _written(path: Path, content: str | bytes) -> Path:
    try:
        return write_whole(path, content)
    except OSError as error:
        raise PlaceRefused(f"{path} cannot be written: {error.strerror}. Choose another place.") from None
