"""What a gate message needs to know, as plain values; numbers arrive in words, small cells already hidden (P9)."""

from dataclasses import dataclass
from datetime import datetime

from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a click or a signature is about: a gate, its revision, and the digest of its evidence (64 hex digits)."""

    gate: str
    revision: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """A page of ours, behind signing in: its full address and the words a reader sees."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure that was uploaded as a private file: Slack's id of the file, and what the figure shows in words."""

    file: str
    alt: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class CriterionLine:
    """One criterion in words: ``97.9%``, ``95% interval 95.9% to 99.1%``, ``more than 95%``; empty where unknown."""

    title: str
    outcome: Outcome
    value: str
    interval: str = ""
    limit: str = ""
    binds: bool = True


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """One check that is not met or not known, in one sentence; ``check`` is its id, ``binds`` if it holds the gate."""

    check: str
    title: str
    outcome: Outcome
    sentence: str
    binds: bool
    waived: bool = False


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many binding checks there are of each outcome."""

    met: int
    not_met: int = 0
    not_known: int = 0
    not_checked: int = 0


@dataclass(frozen=True, kw_only=True)
class SeatLine:
    """
    One seat of a gate and who signed on it.

    ``signed_by`` is a printed name, empty while the seat is empty; ``on_behalf_of`` is the printed name of the
    person who delegated, empty if nobody did.
    """

    role: Role
    signed_by: str = ""
    on_behalf_of: str = ""
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A suspension that stands: since when, and the printed name of who suspended."""

    at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What one approval is limited to; empty means no limit. ``share`` is written as whole numbers, ``1/4``."""

    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    share: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """What one approval leaves to be done, as a person typed it, by whom (printed name), until when."""

    what: str
    owner: str
    due: datetime
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class GateView:
    """
    A gate as its message shows it, read from the ledger when the message is sent.

    ``unmet`` has every check that is not a pass, worst first, binding or not. ``criteria`` is in any order.
    ``page`` is the gate's page in the console; ``links`` are further pages. ``limits`` and ``to_do`` are the
    conditions and contingencies of the approvals. ``decided_by`` (a printed name) and ``reason`` (as it was typed)
    tell of what closed the gate. ``blinded`` is the policy's independent review. ``safe`` is false where the
    channel is not private, or shared with another organisation.
    """

    subject: Subject
    rollout: str
    title: str
    name: GateName
    stage: Stage
    state: GateState
    recommendation: Outcome
    tally: Tally
    criteria: tuple[CriterionLine, ...]
    unmet: tuple[Unmet, ...]
    policy: str
    seats: tuple[SeatLine, ...]
    page: Link
    links: tuple[Link, ...] = ()
    figure: Figure | None = None
    open_until: datetime | None = None
    since: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    limits: tuple[Limit, ...] = ()
    to_do: tuple[ToDo, ...] = ()
    blinded: bool = False
    stopped: Stop | None = None
    safe: bool = True
    repeated: bool = False
