"""The board as one person may see it: every rollout they may read, and for whom its gate waits."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlmodel import Session

from primum.actions import inbox, reporting
from primum.actions.events import conditions_in_words
from primum.actions.reporting import BoardLine
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading
from primum.ledger.tables import Exposure
from primum.roadmap.conditions import exposed
from primum.roadmap.gates import GateState

UNREADABLE = "its files cannot be read now, so nobody can sign"


@dataclass(frozen=True, kw_only=True)
class PortfolioLine:
    """One rollout on the board: how it stands, for whom it waits, and what its exposure is limited to."""

    line: BoardLine
    waiting_for: tuple[str, ...]
    conditions: tuple[str, ...]
    gate_exists: bool

    def plain(self) -> dict[str, object]:
        """Return the line as JSON-ready values."""
        return asdict(self)


def portfolio(*, rollouts: Collection[str], at: datetime, workplace: Workplace) -> tuple[PortfolioLine, ...]:
    """Return one line for each of these rollouts; a broken file of one takes nothing from the others."""
    lines = [line for line in reporting.board(workplace=workplace) if line.rollout in set(rollouts)]
    with workplace.ledger.reading() as session:
        return tuple(_line(session, line, at) for line in lines)


def _line(session: Session, line: BoardLine, at: datetime) -> PortfolioLine:
    exposure = reading.exposure(session, rollout=line.rollout)
    return PortfolioLine(
        line=replace(line, exposure=_exposed(exposure, at)),
        waiting_for=_waiting_for(session, line, at),
        conditions=conditions_in_words(exposure.conditions if exposure else None),
        gate_exists=reading.gate(session, gate=line.gate) is not None,
    )


def _exposed(exposure: Exposure | None, at: datetime) -> str:
    """Return the exposure in force: none once the time that the approvals allowed is over."""
    return exposed(state=exposure.state, conditions=exposure.conditions, at=at) if exposure else "off"


def _waiting_for(session: Session, line: BoardLine, at: datetime) -> tuple[str, ...]:
    gate, record = reading.gate(session, gate=line.gate), reading.rollout(session, rollout=line.rollout)
    if gate is None or record is None or gate.state != GateState.AWAITING_SEATS:
        return ()
    try:
        submission = inbox.submission_of(record)
    except ConfigurationRefused:
        return (UNREADABLE,)
    return inbox.still_to_sign(gate=gate, submission=submission, at=at, session=session)
