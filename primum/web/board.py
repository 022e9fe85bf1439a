"""The portfolio: every rollout by stage, with its state and the main reason."""

from collections.abc import Sequence

from primum.roadmap.stages import Stage
from primum.web.marks import moment, state_mark
from primum.web.rendering import rendered
from primum.web.views import BoardColumn, BoardPage, BoardRow

EXPOSED = {
    "off": "nobody receives output",
    "pilot": "the pilot's arms receive output",
    "scale": "units of the current wave receive output",
    "sustain": "all units in scope receive output",
    "suspended": "suspended; standard care",
}


def exposed_to(exposure: str) -> str:
    """Return in words who receives output under an exposure."""
    return EXPOSED.get(exposure, exposure)


def board_row(
    *,
    rollout: str,
    title: str,
    kind: str,
    stage: str,
    gate: str,
    state: str,
    exposure: str,
    reasons: Sequence[str],
    link: str = "",
) -> BoardRow:
    """Return one rollout as plain strings, its main reason first."""
    mark = state_mark(state)
    return BoardRow(
        rollout=rollout,
        title=title,
        kind="Replay of a finished study" if kind == "replay" else "Rollout",
        stage=stage,
        gate=gate,
        state=mark.word,
        mark=mark,
        exposure=exposed_to(exposure),
        reasons=tuple(reasons),
        link=link,
    )


def render_board(rows: Sequence[BoardRow], *, at: str) -> str:
    """Return the board as one self-contained HTML file; ``at`` is ISO 8601."""
    return rendered("board.html", page=board_page(rows, at=at))


def board_page(rows: Sequence[BoardRow], *, at: str) -> BoardPage:
    """Return the board as plain strings: a column for each stage, empty ones too."""
    columns = tuple(
        BoardColumn(stage=str(stage), rows=tuple(row for row in rows if row.stage == stage)) for stage in Stage
    )
    return BoardPage(at=moment(at), summary=_summary(rows), columns=columns)


def _summary(rows: Sequence[BoardRow]) -> str:
    if not rows:
        return "No rollout is registered yet."
    states = dict.fromkeys(row.state for row in rows)
    counted = ", ".join(f"{sum(row.state == state for row in rows)} {state.lower()}" for state in states)
    return f"{len(rows)} {'rollout' if len(rows) == 1 else 'rollouts'}: {counted}."
