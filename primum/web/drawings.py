"""Figures of a gate for the console, drawn once and kept: drawing takes a second, reading a file does not."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from primum.evidence import analysis_version
from primum.integrations.figures import Figure
from primum.integrations.figures_evaluation import figures_of
from primum.roadmap.digests import digest
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Rollout
from primum.web.files import write_whole
from primum.web.rendering import figure_view
from primum.web.views import FigureView

KEPT = 64


def figures_kept(
    *, evaluation: Evaluation, known_as: str, rollout: Rollout, policy: Policy, folder: Path
) -> tuple[FigureView, ...]:
    """
    Return the figures of an evaluation as they stand in a page, from the folder if they were drawn before.

    :param known_as: digest of the evaluation's snapshot; with protocol and policy it says what is drawn
    """
    protocol = rollout.protocol.model_dump(mode="json") if rollout.protocol else {}
    key = digest(
        {
            "evaluation": known_as,
            "protocol": protocol,
            "smallest_cell": policy.smallest_cell,
            "criteria": [criterion.model_dump(mode="json") for criterion in policy.criteria],
            "drawn_by": analysis_version(),
        }
    )
    file = folder / f"{key.removeprefix('sha256:')}.json"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        drawn = figures_of(evaluation=evaluation, rollout=rollout, policy=policy)
        write_whole(file, json.dumps([_plain(figure) for figure in drawn]))
    return _read(file)


@lru_cache(maxsize=KEPT)
def _read(file: Path) -> tuple[FigureView, ...]:
    return tuple(figure_view(_figure(plain)) for plain in json.loads(file.read_text(encoding="utf-8")))


def _plain(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "title": figure.title,
        "svg": figure.svg,
        "alt": figure.alt,
        "columns": figure.columns,
        "rows": figure.rows,
    }


def _figure(plain: dict[str, str | Sequence[str] | Sequence[Sequence[str]]]) -> Figure:
    return Figure(
        name=str(plain["name"]),
        title=str(plain["title"]),
        svg=str(plain["svg"]),
        png=b"",
        alt=str(plain["alt"]),
        columns=tuple(map(str, plain["columns"])),
        rows=tuple(tuple(map(str, row)) for row in plain["rows"]),
    )
