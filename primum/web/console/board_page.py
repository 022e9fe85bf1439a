"""The board: every rollout the reader may see, by stage, with its exposure and for whom its gate waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.inbox import inbox
from primum.actions.portfolio import PortfolioLine, portfolio
from primum.roadmap.stages import Stage
from primum.web.board import exposed_to
from primum.web.console.readers import ReadBy
from primum.web.console.times import When, when
from primum.web.marks import NOT_ASKED, state_mark
from primum.web.showing import show
from primum.web.views import Mark

router = APIRouter()
UNDER_WAY = Mark(word="Under way", symbol="▸", kind="pass")


@dataclass(frozen=True, kw_only=True)
class Card:
    """One rollout on the board."""

    rollout: str
    title: str
    mark: Mark
    reason: str
    more: str
    exposure: str
    gate: str
    gate_link: str
    waiting_for: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One stage with its rollouts."""

    stage: str
    rows: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """The whole board."""

    at: When
    summary: str
    waiting: str
    columns: tuple[Column, ...]


@router.get("/")
def board(request: Request, reader: ReadBy) -> Response:
    """Show the board."""
    place = reader.workplace
    lines = portfolio(rollouts=reader.rollouts, at=reader.at, workplace=place)
    waiting = inbox(person=reader.person, rollouts=reader.rollouts, at=reader.at, workplace=place)
    page = board_of(lines, at=when(reader.at, zone=reader.zone), waiting=len(waiting.seats))
    return show("console/board.html", request=request, page=page)


def board_of(lines: Sequence[PortfolioLine], *, at: When, waiting: int) -> Board:
    """Return the board as plain strings; a column for each stage, empty ones too."""
    cards = [(one.line.stage, _card(one)) for one in lines]
    columns = tuple(
        Column(stage=str(stage), rows=tuple(card for where, card in cards if where == stage)) for stage in Stage
    )
    return Board(at=at, summary=_summary([card for _, card in cards]), waiting=_waiting(waiting), columns=columns)


def standing_mark(state: str) -> Mark:
    """Return how a rollout stands: as its gate does, and under way before the gate of its stage is asked."""
    mark = state_mark(state)
    return UNDER_WAY if mark == NOT_ASKED else mark


def _card(one: PortfolioLine) -> Card:
    line = one.line
    more = len(line.reasons) - 1
    limits = f", only {'; '.join(one.conditions)}" if one.conditions else ""
    return Card(
        rollout=line.rollout,
        title=line.title,
        mark=standing_mark(line.state),
        reason=line.reason,
        more=f"And {more} more {'reason' if more == 1 else 'reasons'}." if more > 0 else "",
        exposure=f"{exposed_to(line.exposure)}{limits}",
        gate=f"{'Gate ' if one.gate_exists else 'Not asked yet: gate '}{line.gate.removeprefix(f'{line.rollout}.')}",
        gate_link=f"/gates/{line.gate}" if one.gate_exists else "",
        waiting_for="; ".join(one.waiting_for),
        kind="Replay of a finished study; no patient is exposed" if line.kind == "replay" else "",
    )


def _summary(cards: Sequence[Card]) -> str:
    if not cards:
        return "You hold no role for any registered rollout now."
    states = dict.fromkeys(card.mark.word for card in cards)
    counted = ", ".join(f"{sum(card.mark.word == word for card in cards)} {word.lower()}" for word in states)
    return f"{len(cards)} {'rollout' if len(cards) == 1 else 'rollouts'}: {counted}."


def _waiting(seats: int) -> str:
    if not seats:
        return ""
    return f"{seats} {'seat waits' if seats == 1 else 'seats wait'} for you"
