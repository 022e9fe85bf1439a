"""What waits for the reader: seats, things promised, rollouts that stand still; and what they decided lately."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.alarm_answers import WaitingAlarm
from primum.actions.inbox import Decision, Inbox, Owed, WaitingSeat, inbox
from primum.roadmap.monitors import ACTION_WORDS, AlarmAction
from primum.web.console.fields import plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, left_until, when
from primum.web.marks import ANSWERS, state_mark
from primum.web.showing import show
from primum.web.views import Mark

router = APIRouter()
SOON = Mark(word="Due soon", symbol="!", kind="wait")
WAITS = Mark(word="Waits for you", symbol="✎", kind="wait")
OVERDUE = Mark(word="Overdue", symbol="!", kind="fail")
OPEN = Mark(word="Open", symbol="○", kind="wait")
ALARM = Mark(word="Alarm", symbol="!", kind="fail")
SAID: Mapping[str, Mark] = {str(answer): mark for answer, mark in ANSWERS.items()}


@dataclass(frozen=True, kw_only=True)
class SeatRow:
    """A seat that waits."""

    gate: str
    title: str
    mark: Mark
    role: str
    stage: str
    until: When | None
    left: str


@dataclass(frozen=True, kw_only=True)
class OwedRow:
    """Something promised."""

    gate: str
    title: str
    mark: Mark
    what: str
    due: When


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """An alarm that stands."""

    id: str
    title: str
    mark: Mark
    sentence: str
    monitor: str
    leads_to: str
    raised: When
    answer: str


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """Something decided."""

    gate: str
    title: str
    mark: Mark
    role: str
    at: When
    state: Mark


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """The whole page."""

    name: str
    seats: tuple[SeatRow, ...]
    alarms: tuple[AlarmRow, ...]
    owed: tuple[OwedRow, ...]
    stopped: tuple[tuple[str, str], ...]
    decisions: tuple[DecisionRow, ...]
    unreadable: tuple[str, ...]


@router.get("/inbox")
def waiting(request: Request, reader: ReadBy) -> Response:
    """Show what waits for the reader."""
    found = inbox(person=reader.person, rollouts=reader.rollouts, at=reader.at, workplace=reader.workplace)
    return show("console/inbox.html", request=request, page=inbox_page(found, reader=reader))


def inbox_page(found: Inbox, *, reader: Reader) -> InboxPage:
    """Return the page as plain strings."""
    return InboxPage(
        name=reader.name,
        seats=tuple(_seat(one, reader) for one in found.seats),
        alarms=tuple(_alarm(one, reader) for one in found.alarms),
        owed=tuple(_owed(one, reader) for one in found.owed),
        stopped=found.stopped,
        decisions=tuple(_decision(one, reader) for one in found.decisions),
        unreadable=found.unreadable,
    )


def _seat(one: WaitingSeat, reader: Reader) -> SeatRow:
    role = plain(one.role)
    return SeatRow(
        gate=one.gate,
        title=one.title,
        mark=SOON if one.soon else WAITS,
        role=f"{role}, for {one.for_name}" if one.for_name else role,
        stage=one.stage,
        until=when(one.expires_at, zone=reader.zone) if one.expires_at else None,
        left=f"{left_until(one.expires_at, at=reader.at)} left" if one.expires_at else "",
    )


def _alarm(one: WaitingAlarm, reader: Reader) -> AlarmRow:
    leads = ACTION_WORDS[AlarmAction(one.action)]
    return AlarmRow(
        id=one.id,
        title=one.title,
        mark=ALARM,
        sentence=one.sentence,
        monitor=one.monitor or "the watch itself",
        leads_to=f"{leads[:1].upper()}{leads[1:]}.",
        raised=when(one.raised_at, zone=reader.zone),
        answer=f"/rollouts/{one.rollout}/monitors#alarm-{one.id}",
    )


def _owed(one: Owed, reader: Reader) -> OwedRow:
    return OwedRow(
        gate=one.gate,
        title=one.title,
        mark=OVERDUE if one.overdue else OPEN,
        what=one.what,
        due=when(one.due_at, zone=reader.zone),
    )


def _decision(one: Decision, reader: Reader) -> DecisionRow:
    return DecisionRow(
        gate=one.gate,
        title=one.title,
        mark=SAID[one.answer],
        role=plain(one.role),
        at=when(one.at, zone=reader.zone),
        state=state_mark(one.state),
    )
