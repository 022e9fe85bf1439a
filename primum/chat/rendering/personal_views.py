"""What a thread, a digest, a Home tab and a short note need to know, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from primum.chat.rendering.views import Link
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """
    One entry of the ledger about a gate or its rollout, by its position and kind (``gate.signed``).

    ``person`` is a printed name, empty where Primum itself acted; ``on_behalf_of``, ``to`` (a deputy, somebody
    reminded) are printed names too. ``hidden`` in an independent review that is not complete.
    """

    position: int
    kind: str
    at: datetime
    person: str = ""
    role: Role | None = None
    on_behalf_of: str = ""
    answer: Answer | None = None
    to: str = ""
    until: datetime | None = None
    reason: str = ""
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """A gate that waits for somebody: ``way`` is where it leads, in words."""

    gate: str
    title: str
    way: str
    role: Role
    page: Link
    open_until: datetime | None = None
    on_behalf_of: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """Something an approval left to be done, and when it is due; its words stay in the ledger."""

    gate: str
    title: str
    due: datetime
    page: Link
    overdue: bool = False


@dataclass(frozen=True, kw_only=True)
class DecidedLine:
    """A gate that was decided, or on which somebody signed."""

    gate: str
    title: str
    state: GateState
    at: datetime
    page: Link
    answer: Answer | None = None
    stepped_up: bool = False


@dataclass(frozen=True, kw_only=True)
class IncidentLine:
    """An incident: its id, its severity and its page behind signing in, and nothing else (P9)."""

    incident: str
    severity: str
    page: Link


@dataclass(frozen=True, kw_only=True)
class AlarmLine:
    """An alarm to answer: its monitor, its rollout, what it led to, and the page behind signing in; no count (P9)."""

    alarm: str
    monitor: str
    title: str
    action: str
    page: Link


@dataclass(frozen=True, kw_only=True)
class StoppedLine:
    """A rollout that is suspended, by its printed title, and its page."""

    title: str
    page: Link


@dataclass(frozen=True, kw_only=True)
class DelegationLine:
    """Somebody stands in for somebody, both by printed name, until a moment."""

    role: Role
    person: str
    deputy: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class DigestView:
    """A person's morning: what waits, what is due soon, what was decided yesterday, what happened."""

    person: str
    waiting: tuple[WaitingLine, ...] = ()
    due_soon: tuple[WaitingLine, ...] = ()
    alarms: tuple[AlarmLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    decided: tuple[DecidedLine, ...] = ()
    incidents: tuple[IncidentLine, ...] = ()
    page: Link


@dataclass(frozen=True, kw_only=True)
class HomeView:
    """
    A person's Home tab. ``digest`` says when the digest comes: ``weekdays at 08:30, Europe/Zurich``; empty for never.

    ``decisions`` are those of the last 30 days. ``can_delegate`` and ``can_suspend`` if ``/gates`` would let them.
    ``unreadable`` rollouts have broken files, so that nobody can tell what waits there.
    """

    person: str
    roles: tuple[Role, ...]
    page: Link
    waiting: tuple[WaitingLine, ...] = ()
    alarms: tuple[AlarmLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    decisions: tuple[DecidedLine, ...] = ()
    delegations: tuple[DelegationLine, ...] = ()
    incidents: tuple[IncidentLine, ...] = ()
    stopped: tuple[StoppedLine, ...] = ()
    unreadable: int = 0
    digest: str = ""
    read_at: datetime
    can_suspend: bool = False
