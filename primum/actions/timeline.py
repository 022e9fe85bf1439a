"""What happened to one rollout, in the order in which it happened, and how it stands now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from primum.actions.delegation import InForce, named
from primum.actions.evaluation import UnknownRollout
from primum.actions.events import (
    Event,
    conditions_in_words,
    delegations_of,
    events_of,
    names_in,
    rows_of,
)
from primum.actions.resumption import people_needed
from primum.actions.sittings import stand_in_of
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.signing_tables import Contingency, Incident, ResumptionVote
from primum.ledger.tables import Gate, RolloutRecord
from primum.roadmap.conditions import exposed


@dataclass(frozen=True, kw_only=True)
class OpenContingency:
    """What an approval left to be done and is not closed."""

    id: str
    gate: str
    what: str
    owner: str
    owner_name: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class GateLine:
    """One gate of the rollout in short."""

    gate: str
    name: str
    state: str
    opened_at: datetime
    state_since: datetime
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A suspension that stands, and who has signed so far that the rollout may go on."""

    id: str
    by: str
    at: datetime
    reason: str
    needed: int
    signed: tuple[tuple[str, str, datetime], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RolloutReport:
    """One rollout: how it stands, and everything that happened, newest first."""

    rollout: str
    title: str
    institution: str
    kind: str
    stage: str
    stage_since: datetime
    tier: str
    policy: str
    bundle: str
    exposure: str
    exposed_since: datetime | None
    conditions: tuple[str, ...]
    stopped: Stopped | None
    gates: tuple[GateLine, ...]
    contingencies: tuple[OpenContingency, ...]
    stand_ins: tuple[InForce, ...]
    open_incidents: tuple[str, ...]
    events: tuple[Event, ...] = field(repr=False)

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def rollout_report(*, rollout: str, at: datetime, workplace: Workplace) -> RolloutReport:
    """
    Return how a rollout stands and what happened to it; reads nothing but the ledger, so it works when files do not.

    What was answered on a gate that still waits for others is not told, so that reviews stay independent.

    :raises UnknownRollout: if it was never registered
    """
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        if record is None:
            raise UnknownRollout(f"No rollout '{rollout}' is registered; `primum run FILE` registers one.")
        names = names_in(record)
        exposure = reading.exposure(session, rollout=rollout)
        events = sorted(events_of(session, record=record, names=names), key=lambda event: event.at)
        return RolloutReport(
            rollout=record.id,
            title=record.title,
            institution=record.institution,
            kind=record.kind,
            stage=record.stage,
            stage_since=record.stage_since,
            tier=record.tier,
            policy=record.policy_id,
            bundle=record.bundle_digest,
            exposure=exposed(state=exposure.state, conditions=exposure.conditions, at=at) if exposure else "off",
            exposed_since=exposure.at if exposure else None,
            conditions=conditions_in_words(exposure.conditions if exposure else None),
            stopped=_stopped(session, record, names),
            gates=tuple(_gate_line(gate) for gate in reading.gates(session, rollout=rollout)),
            contingencies=_contingencies(session, rollout, names, at),
            stand_ins=_stand_ins(session, rollout, names, at),
            open_incidents=tuple(
                one.id for one in rows_of(session, table=Incident, rollout=rollout) if one.closed_at is None
            ),
            events=tuple(reversed(events)),
        )


def _open_incidents(session: Session, rollout: str) -> tuple[str, ...]:
    rows = rows_of(session, table=Incident, rollout=rollout)
    return tuple(one.id for one in rows if one.closed_at is None)


def _gate_line(gate: Gate) -> GateLine:
    return GateLine(
        gate=gate.id,
        name=gate.name,
        state=gate.state,
        opened_at=gate.opened_at,
        state_since=gate.state_since,
        expires_at=gate.expires_at,
    )


def _stopped(session: Session, record: RolloutRecord, names: Mapping[str, str]) -> Stopped | None:
    row = reading.suspension(session, rollout=record.id)
    if row is None:
        return None
    query = select(ResumptionVote).where(ResumptionVote.suspension_id == row.id).order_by(col(ResumptionVote.at))
    signed = tuple((one.printed_name, one.role, one.at) for one in session.exec(query))
    return Stopped(
        id=row.id,
        by=names.get(row.person, row.person),
        at=row.at,
        reason=row.reason,
        needed=people_needed(record),
        signed=signed,
    )


def _contingencies(
    session: Session, rollout: str, names: Mapping[str, str], at: datetime
) -> tuple[OpenContingency, ...]:
    rows = [one for one in rows_of(session, table=Contingency, rollout=rollout) if one.closed_at is None]
    return tuple(
        OpenContingency(
            id=one.id,
            gate=one.gate_id,
            what=one.what,
            owner=one.owner,
            owner_name=names.get(one.owner, one.owner),
            due_at=one.due_at,
            overdue=at >= one.due_at,
        )
        for one in sorted(rows, key=lambda one: one.due_at)
    )


def _stand_ins(session: Session, rollout: str, names: Mapping[str, str], at: datetime) -> tuple[InForce, ...]:
    return tuple(
        named(stand_in_of(one), names=names)
        for one in delegations_of(session, rollout=rollout)
        if one.revoked_at is None and at < one.ends_at
    )
