"""What a form needs to know before it is shown, and what comes back from it, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from primum.chat.rendering.buttons import Deed
from primum.chat.rendering.views import Link, Subject, Unmet
from primum.roadmap.roles import Role
from primum.roadmap.seats import Meaning
from primum.roadmap.verdicts import Outcome


@dataclass(frozen=True, kw_only=True)
class SeatChoice:
    """A seat this person may take: their own, or for a person (by id, with printed name) who delegated it."""

    role: Role
    on_behalf_of: str = ""
    on_behalf_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody a person may choose, by id, with printed name and the role that makes them a choice."""

    person: str
    name: str
    role: Role | None = None


@dataclass(frozen=True, kw_only=True)
class FormView:
    """
    A form for one person and one deed on one gate.

    ``seats`` are those this person may take, at least one. ``unmet`` are the checks they must acknowledge one by
    one. ``step_up`` if signing goes on at a page of ours. ``sites`` are ids of sites an approval may be limited
    to. ``colleagues`` are the owners of a contingency, or the deputies of a delegation. ``latest`` is the last
    day a delegation may run to.
    """

    deed: Deed
    subject: Subject
    title: str
    recommendation: Outcome
    summary: str
    person: str
    printed_name: str
    seats: tuple[SeatChoice, ...]
    page: Link
    unmet: tuple[Unmet, ...] = ()
    step_up: bool = False
    sites: tuple[str, ...] = ()
    colleagues: tuple[Colleague, ...] = ()
    latest: date | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an approval is limited to: sites, units, a share in per cent, a last day; empty means no limit."""

    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    share: int | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Left:
    """What an approval leaves to be done, by whom (person id), until which day."""

    what: str = ""
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class FormValues:
    """
    What a person filled in.

    ``seat`` and ``meaning`` are ``None`` where nothing or nothing known was chosen; ``ticked`` holds the ids of the
    checks that were acknowledged; ``deputy`` is a person id, ``deputy_user`` the Slack user that was chosen instead.
    ``unreadable`` says, by block id, what was filled in and could not be read.
    """

    reason: str = ""
    seat: SeatChoice | None = None
    meaning: Meaning | None = None
    ticked: frozenset[str] = frozenset()
    limits: Limits = Limits()
    left: Left = Left()
    deputy: str = ""
    deputy_user: str = ""
    until: date | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
