"""The looks of a pilot as plain strings for a page: what the team reads, and for the board what it saw by arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from primum.actions.blinding import ArmSeen, LooksView, LookView, SafetySeen
from primum.integrations.figures import NothingToDraw, looks
from primum.integrations.figures_flow import FlowDoesNotAddUp, flow
from primum.web.console.times import When, when
from primum.web.evaluation_page import PlaceRefused
from primum.web.files import write_whole
from primum.web.rendering import figure_view, filled
from primum.web.views import FactView, FigureView, Mark

MARKS: Mapping[str, Mark] = {
    "taken": Mark(word="Taken", symbol="✓", kind="plain"),
    "continue": Mark(word="No boundary crossed", symbol="✓", kind="plain"),
    "stop-for-harm": Mark(word="Stopped for harm", symbol="■", kind="fail"),
    "crossed-efficacy": Mark(word="Efficacy boundary crossed", symbol="→", kind="pass"),
    "crossed-futility": Mark(word="Futility boundary crossed", symbol="∅", kind="unknown"),
    "blocked": Mark(word="Blocked, nothing read", symbol="✕", kind="fail"),
    "insufficient": Mark(word="Not yet known", symbol="?", kind="unknown"),
    "error": Mark(word="Could not be read", symbol="!", kind="fail"),
}


@dataclass(frozen=True, kw_only=True)
class ArmRow:
    """One endpoint in one arm."""

    endpoint: str
    arm: str
    events: str
    n: str


@dataclass(frozen=True, kw_only=True)
class LookRow:
    """One look; ``arms`` and ``bounds`` are empty for the team."""

    id: str
    heading: str
    mark: Mark
    sentence: str
    at: When
    facts: tuple[FactView, ...]
    arms: tuple[ArmRow, ...]
    bounds: tuple[FactView, ...]


@dataclass(frozen=True, kw_only=True)
class LooksPage:
    """The whole page."""

    rollout: str
    title: str
    planned: str
    why_blinded: str
    looks: tuple[LookRow, ...]
    figures: tuple[FigureView, ...]
    left_out: tuple[str, ...]
    done: str = ""


def looks_page(view: LooksView, *, zone: str, done: str = "") -> LooksPage:
    """Return the page as plain strings, moments in a zone; it has what the view has and no more."""
    drawn, left_out = _figures(view)
    planned = ", ".join(f"{at:,}" for at in view.planned)
    return LooksPage(
        rollout=view.rollout,
        title=view.title,
        planned=f"Planned at {planned} {view.unit}s with a known outcome." if view.planned else "No look is planned.",
        why_blinded=view.why_blinded,
        looks=tuple(_row(one, view, zone) for one in reversed(view.looks)),
        figures=drawn,
        left_out=left_out,
        done=done,
    )


def render_looks(view: LooksView, *, zone: str) -> str:
    """Return the page as one self-contained HTML file."""
    return filled("looks.html", page=looks_page(view, zone=zone))


def write_looks_page(view: LooksView, *, zone: str, out: Path) -> Path:
    """
    Write the page and return where it is.

    :raises PlaceRefused: if nothing can be written there
    """
    try:
        return write_whole(out, render_looks(view, zone=zone))
    except OSError as error:
        raise PlaceRefused(f"{out} cannot be written: {error.strerror}. Choose another place.") from None


def _figures(view: LooksView) -> tuple[tuple[FigureView, ...], tuple[str, ...]]:
    drawn, left_out = [], [view.flow.words] if view.flow.words else []
    if view.results:
        planned = max(view.planned)
        drawn.append(figure_view(looks(view.results, title="Looks against their boundaries", planned_units=planned)))
    if view.flow.people is not None:
        try:
            title = "Flow of the pilot"
            drawn.append(figure_view(flow(view.flow.people, title=title, smallest_cell=view.smallest_cell)))
        except (FlowDoesNotAddUp, NothingToDraw) as refused:
            left_out.append(str(refused))
    return tuple(drawn), tuple(left_out)


def heading_of(look: LookView, *, of: int) -> str:
    """Return what a look is called."""
    return f"Look {look.number} of {of}" if look.number is not None else "A look that nobody planned"


def _row(look: LookView, view: LooksView, zone: str) -> LookRow:
    board = look.board
    return LookRow(
        id=look.id,
        heading=heading_of(look, of=len(view.planned)),
        mark=MARKS[board.state if board else look.told],
        sentence=board.sentence if board else look.sentence,
        at=when(look.at, zone=zone),
        facts=_facts(look, view.unit),
        arms=_arms(look) if board else (),
        bounds=_bounds(look) if board else (),
    )


def _facts(look: LookView, unit: str) -> tuple[FactView, ...]:
    share = 100 * look.information / look.planned
    found = [
        ("Information", f"{look.information:,} of {look.planned:,} {unit}s ({share:.1f} %)"),
        ("Taken by", look.by),
    ]
    if look.reason:
        found.append(("Why", look.reason))
    if look.sample_ratio is not None:
        found.append(("Sample ratio", f"p {look.sample_ratio:.3g}"))
    if look.pooled:
        found.append(("Primary endpoint, all arms together", look.pooled))
    return tuple(FactView(name=name, value=value) for name, value in found)


def _arms(look: LookView) -> tuple[ArmRow, ...]:
    board = look.board
    assert board is not None
    rows = [_arm("Primary endpoint", one) for one in board.arms]
    return (*rows, *(_arm(safety.name, one) for safety in board.safety for one in safety.arms))


def _arm(endpoint: str, one: ArmSeen) -> ArmRow:
    return ArmRow(endpoint=endpoint, arm=one.name, events=one.events, n=one.n)


def _bounds(look: LookView) -> tuple[FactView, ...]:
    board = look.board
    assert board is not None
    found = [(f"Safety, {one.name}", _safety(one)) for one in board.safety]
    if board.efficacy:
        found += _efficacy(board.efficacy)
    if board.price:
        price = board.price
        words = f"spends {price['spent']:.4g}; last boundary {price['final_with']:.4f}"
        found.append(("What this look cost", f"{words} instead of {price['final_without']:.4f}"))
    return tuple(FactView(name=name, value=value) for name, value in found)


def _safety(one: SafetySeen) -> str:
    bound = "nothing would stop here" if one.boundary is None else f"{one.boundary:.4g} stops"
    return f"{one.seen:.4g}; {bound}"


def _efficacy(seen: Mapping[str, Any]) -> list[tuple[str, str]]:
    bound = "cannot be crossed here" if seen["boundary"] is None else f"{seen['boundary']:.4f}"
    found = [("z", f"{seen['z']:.4f}, boundary {bound}")]
    if seen["futility"] is not None:
        found.append(("Futility bound", f"{seen['futility']:.4f}"))
    if seen["lower"] is not None and seen["upper"] is not None:
        ends = f"{100 * seen['lower']:.2f} to {100 * seen['upper']:.2f}"
        found.append(("Benefit, repeated interval", f"{100 * seen['value']:.2f} points ({ends})"))
    if seen["repeated_p"] is not None:
        found.append(("Repeated p, one-sided", f"{seen['repeated_p']:.4f}"))
    found.append(("Error spent so far", f"{seen['spent']:.6f}"))
    if seen["conditional"] is not None:
        words = f"{100 * seen['conditional']:.1f} % at the current trend, predictive {100 * seen['predictive']:.1f} %"
        found.append(("Conditional power", words))
    return found
