"""One rollout: how it stands, what is open, and everything that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.delegation import InForce
from primum.actions.events import Event
from primum.actions.resumption import why_not_resume
from primum.actions.suspension import people_who_may_stop, why_not_suspend
from primum.actions.timeline import GateLine, OpenContingency, RolloutReport, Stopped, rollout_report
from primum.ledger import reading
from primum.roadmap.gates import GateState
from primum.roadmap.stages import GATE_OF, Stage
from primum.web.board import exposed_to
from primum.web.console.board_page import standing_mark
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, left_until, when
from primum.web.marks import SUSPENDED, state_mark
from primum.web.showing import show
from primum.web.views import FactView, Mark

router = APIRouter()
DONE = {
    "suspended": "Suspended. Nobody receives output; it is standard care until it is resumed.",
    "agreed": "Your signature that it may go on is recorded.",
    "resumed": "Resumed. Exposure is what it was before.",
    "delegated": "Your seat is handed over for that time.",
    "revoked": "The delegation is ended.",
    "interest": "Your interest is recorded; you are not asked to sign on this rollout.",
    "withdrawn": "Your interest is withdrawn.",
    "closed": "Recorded as done.",
}
SYMBOLS = {
    "suspended": Mark(word="", symbol="■", kind="fail"),
    "incident": Mark(word="", symbol="!", kind="fail"),
    "incident.confirmed": Mark(word="", symbol="!", kind="fail"),
    "promoted": Mark(word="", symbol="→", kind="pass"),
    "resumed": Mark(word="", symbol="→", kind="pass"),
    "signed.approve": Mark(word="", symbol="✓", kind="pass"),
    "signed.reject": Mark(word="", symbol="✕", kind="fail"),
    "gate.granted": Mark(word="", symbol="✓", kind="pass"),
    "gate.held": Mark(word="", symbol="✕", kind="fail"),
    "gate.rejected": Mark(word="", symbol="✕", kind="fail"),
    "gate.awaiting-seats": Mark(word="", symbol="✎", kind="wait"),
}
OVERDUE = Mark(word="Overdue", symbol="!", kind="fail")
DUE = Mark(word="Open", symbol="○", kind="wait")
PLAIN = Mark(word="", symbol="·", kind="plain")


@dataclass(frozen=True, kw_only=True)
class StageView:
    """One stage of the way, and how the rollout stands to it."""

    name: str
    words: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One thing that happened."""

    at: When
    mark: Mark
    person: str
    words: str
    gate: str
    link: str


@dataclass(frozen=True, kw_only=True)
class GateRow:
    """One gate in a table."""

    gate: str
    mark: Mark
    since: When
    until: str


@dataclass(frozen=True, kw_only=True)
class PromiseView:
    """What an approval left to be done."""

    id: str
    what: str
    owner: str
    due: When
    mark: Mark
    gate: str
    closable: bool


@dataclass(frozen=True, kw_only=True)
class StandInView:
    """Somebody stands in for somebody."""

    id: str
    words: str
    until: When
    mine: bool


@dataclass(frozen=True, kw_only=True)
class StopView:
    """A suspension that stands."""

    id: str
    by: str
    at: When
    reason: str
    signed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What was written into a form that was refused, and why it was."""

    suspend: str = ""
    resume: str = ""
    trouble: str = ""


NOTHING = Filled()


@dataclass(frozen=True, kw_only=True)
class RolloutPage:
    """The whole page of a rollout."""

    rollout: str
    title: str
    above: str
    mark: Mark
    standing: str
    done: str
    stages: tuple[StageView, ...]
    facts: tuple[FactView, ...]
    stop: StopView | None
    quorum: str
    may_stop: str
    may_resume: str
    filled: Filled
    gates: tuple[GateRow, ...]
    promises: tuple[PromiseView, ...]
    stand_ins: tuple[StandInView, ...]
    incidents: int
    events: tuple[EventView, ...]


@router.get("/rollouts/{rollout}")
def rollout(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show one rollout."""
    reader.admit(rollout)
    report = rollout_report(rollout=rollout, at=reader.at, workplace=reader.workplace)
    page = rollout_page(report, reader=reader, done=done)
    return show("console/rollout.html", request=request, page=page)


def why_no_stop(rollout: str, reader: Reader) -> str | None:
    """Return why the reader may not suspend a rollout, if so."""
    people = people_who_may_stop(rollout=rollout, workplace=reader.workplace)
    person = next((one for one in people if one.id == reader.person), None)
    if person is None:
        return f"{reader.name} is not among the people of this rollout; its people may suspend it."
    return why_not_suspend(rollout=rollout, person=person, at=reader.at)


def why_no_resume(rollout: str, reader: Reader) -> str | None:
    """Return why the reader may not sign that a suspended rollout goes on, if so."""
    people = people_who_may_stop(rollout=rollout, workplace=reader.workplace)
    person = next((one for one in people if one.id == reader.person), None)
    if person is None:
        return f"{reader.name} is not among the people of this rollout; its people may sign that it goes on."
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        return why_not_resume(record=record, person=person, reason=None, at=reader.at, session=session)


def rollout_page(report: RolloutReport, *, reader: Reader, done: str = "", filled: Filled = NOTHING) -> RolloutPage:
    """Return the page as plain strings, moments in the reader's zone."""
    zone = reader.zone
    stop = report.stopped
    newest = next((gate for gate in reversed(report.gates) if gate.name == GATE_OF[Stage(report.stage)]), None)
    return RolloutPage(
        rollout=report.rollout,
        title=report.title,
        above=f"{report.institution} · {'replay of a finished study' if report.kind == 'replay' else 'rollout'}",
        mark=SUSPENDED if stop else standing_mark(newest.state if newest else ""),
        standing=_standing(report),
        done=DONE.get(done, ""),
        stages=_stages(report, zone),
        facts=_facts(report, zone),
        stop=_stop(stop, zone) if stop else None,
        quorum=_quorum(stop) if stop else "",
        may_stop="" if stop else why_no_stop(report.rollout, reader) or "",
        may_resume=why_no_resume(report.rollout, reader) or "" if stop else "",
        filled=filled,
        gates=tuple(_gate_row(one, reader) for one in reversed(report.gates)),
        promises=tuple(_promise(one, reader) for one in report.contingencies),
        stand_ins=tuple(_stand_in(one, reader) for one in report.stand_ins),
        incidents=len(report.open_incidents),
        events=_events(report.events, zone),
    )


def _stop(stop: Stopped, zone: str) -> StopView:
    return StopView(
        id=stop.id,
        by=stop.by,
        at=when(stop.at, zone=zone),
        reason=stop.reason,
        signed=tuple(f"{name}, {role.replace('-', ' ')}," for name, role, _ in stop.signed),
    )


def _quorum(stop: Stopped) -> str:
    left = stop.needed - len(stop.signed)
    return f"It takes {stop.needed} people, each with a reason: {len(stop.signed)} signed, {left} to go."


def _standing(report: RolloutReport) -> str:
    if report.stopped:
        return "Standard care: nobody receives output."
    limits = f" Only {'; '.join(report.conditions)}." if report.conditions else ""
    return f"Stage {report.stage}; {exposed_to(report.exposure)}.{limits}"


def _stages(report: RolloutReport, zone: str) -> tuple[StageView, ...]:
    order = list(Stage)
    place = order.index(Stage(report.stage))
    words = {-1: "done", 0: f"since {when(report.stage_since, zone=zone).local.partition(',')[0]}", 1: "later"}
    return tuple(
        StageView(name=str(stage), words=words[(number > place) - (number < place)], current=number == place)
        for number, stage in enumerate(order)
    )


def _facts(report: RolloutReport, zone: str) -> tuple[FactView, ...]:
    since = f", since {when(report.exposed_since, zone=zone)}" if report.exposed_since else ""
    return (
        FactView(name="Exposure", value=f"{exposed_to(report.exposure)}{since}"),
        FactView(name="Conditions of approvals", value="; ".join(report.conditions) or "none"),
        FactView(name="Risk tier", value=report.tier),
        FactView(name="Policy", value=report.policy),
        FactView(name="Release bundle", value=report.bundle, code=True),
    )


def _gate_row(gate: GateLine, reader: Reader) -> GateRow:
    waits = gate.state == GateState.AWAITING_SEATS and gate.expires_at is not None
    return GateRow(
        gate=gate.gate,
        mark=state_mark(gate.state),
        since=when(gate.state_since, zone=reader.zone),
        until=f"{left_until(gate.expires_at, at=reader.at)} left" if waits and gate.expires_at else "",
    )


def _promise(one: OpenContingency, reader: Reader) -> PromiseView:
    return PromiseView(
        id=one.id,
        what=one.what,
        owner=one.owner_name,
        due=when(one.due_at, zone=reader.zone),
        mark=OVERDUE if one.overdue else DUE,
        gate=one.gate,
        closable=one.owner != reader.person,
    )


def _stand_in(one: InForce, reader: Reader) -> StandInView:
    return StandInView(
        id=one.id,
        words=f"{one.deputy_name} for {one.person_name}, as {one.role.replace('-', ' ')}",
        until=when(one.ends_at, zone=reader.zone),
        mine=one.person == reader.person,
    )


def _title(one: Event) -> str:
    return f"Exposure: {exposed_to(one.title)}" if one.kind == "exposure" else one.title


def _events(events: Sequence[Event], zone: str) -> tuple[EventView, ...]:
    return tuple(
        EventView(
            at=when(one.at, zone=zone),
            mark=replace(SYMBOLS.get(one.kind, PLAIN), word=_title(one)),
            person=one.person,
            words=one.words,
            gate=one.gate,
            link=f"/gates/{one.gate}" if one.gate else "",
        )
        for one in events
    )
