"""What an operator watches, as numbers: gates, rollouts, seats, messages, people signed in; never a patient's (P9)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from primum.actions import outbox
from primum.actions.monitor_silence import silence_in
from primum.actions.sessions import IDLE
from primum.actions.workplace import Workplace
from primum.integrations.heartbeats import SLACK, last_beat
from primum.ledger import monitor_reading, reading
from primum.ledger.people_tables import Account, WebSession
from primum.ledger.slack_tables import SlackReceipt
from primum.ledger.tables import Gate, GateTransition, OutboxMessage, Record, RolloutRecord, Vote
from primum.roadmap.gates import OPEN_STATES, GateState
from primum.roadmap.monitors import AlarmAction
from primum.roadmap.stages import Stage

# A gate in one of these is being worked on; what it waits for is evidence or a run, and no seat.
WORKED_ON = frozenset({GateState.COLLECTING, GateState.HELD, GateState.READY})
ASKED = "gate.awaiting-seats"
EXPOSURES = ("off", *(str(stage) for stage in Stage))


@dataclass(frozen=True, kw_only=True)
class SeatTimes:
    """By role: how many seconds gates waited for it, until it signed or they were decided; and its empty chairs now."""

    waiting: Mapping[str, float]
    empty: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PeopleNow:
    """How many are signed in, have an account, are locked out; and failures to sign in since the last success."""

    sessions: int
    accounts: int
    locked: int
    failed_sign_ins: int


@dataclass(frozen=True, kw_only=True)
class WatchNow:
    """Monitors that watch, those that are silent (the dead man's switch), and alarms that stand by what they do."""

    monitors: int
    silent: int
    alarms: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """
    One look at an installation, each number by the label it is known by; seconds are seconds of the clock.

    ``working`` is how long gates were in the hands of those who make evidence, by gate name; what they wait for
    people is in ``seats``. An age is ``None`` where nothing runs.
    """

    gates: Mapping[str, int]
    rollouts: Mapping[str, int]
    exposures: Mapping[str, int]
    suspended: int
    working: Mapping[str, float]
    seats: SeatTimes
    people: PeopleNow
    outbox: outbox.Condition
    receipts_waiting: int
    watch: WatchNow
    slack_age: timedelta | None


@dataclass(frozen=True, kw_only=True)
class Span:
    """One stay of a gate in one state; ``until`` is now for the state it is in."""

    state: GateState
    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long it was."""
        return max(0.0, (self.until - self.since).total_seconds())


def measure(*, at: datetime, workplace: Workplace) -> Measurements:
    """Count and add up what the ledger holds."""
    with workplace.ledger.reading() as session:
        rollouts = reading.rollouts(session)
        gates = reading.gates(session)
        spans = _spans(session, gates, at)
        return Measurements(
            gates=_counted(GateState, Counter(gate.state for gate in gates)),
            rollouts=_counted(Stage, Counter(one.stage for one in rollouts)),
            exposures=_counted(EXPOSURES, Counter(_exposure(session, one) for one in rollouts)),
            suspended=sum(reading.suspension(session, rollout=one.id) is not None for one in rollouts),
            working=_working(gates, spans),
            seats=_seats(session, spans, at),
            people=_people(session, at),
            outbox=outbox.condition(at=at, workplace=workplace),
            watch=_watch(session, at),
            receipts_waiting=_number(session, SlackReceipt, col(SlackReceipt.done_at).is_(None)),
            slack_age=socket_age(at=at, workplace=workplace),
        )


def socket_age(*, at: datetime, workplace: Workplace) -> timedelta | None:
    """Return how long ago Slack was last heard; ``None`` if no client of ours runs."""
    last = last_beat(home=workplace.home, part=SLACK)
    return None if last is None else max(timedelta(0), at - (last.heard_at or last.at))


def _counted(known: Iterable[str], found: Mapping[str, int]) -> dict[str, int]:
    return {str(name): found.get(str(name), 0) for name in known}


def _exposure(session: Session, rollout: RolloutRecord) -> str:
    row = reading.exposure(session, rollout=rollout.id)
    return row.state if row else "off"


def _spans(session: Session, gates: Sequence[Gate], at: datetime) -> dict[str, list[Span]]:
    """Every stay of every gate in a state, in order; a final state has no end and is left out."""
    steps = {gate.id: [(GateState.COLLECTING, gate.opened_at)] for gate in gates}
    for row in session.exec(select(GateTransition).order_by(col(GateTransition.at))).all():
        steps[row.gate_id].append((GateState(row.state_to), row.at))
    return {gate: _stays(moves, at) for gate, moves in steps.items()}


def _stays(moves: Sequence[tuple[GateState, datetime]], at: datetime) -> list[Span]:
    last = moves[-1][0]
    ends = [*moves, (last, at)] if last in OPEN_STATES else moves
    return [Span(state=state, since=since, until=until) for (state, since), (_, until) in pairwise(ends)]


def _working(gates: Sequence[Gate], spans: Mapping[str, Sequence[Span]]) -> dict[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for gate in gates:
        seconds[gate.name] += sum(span.seconds for span in spans[gate.id] if span.state in WORKED_ON)
    return dict(seconds)


def _seats(session: Session, spans: Mapping[str, Sequence[Span]], at: datetime) -> SeatTimes:
    waiting: dict[str, float] = defaultdict(float)
    empty: dict[str, int] = defaultdict(int)
    signed: dict[str, list[Vote]] = defaultdict(list)
    for vote in session.exec(select(Vote).order_by(col(Vote.at))).all():
        signed[vote.gate_id].append(vote)
    for gate, chairs in _chairs(session).items():
        for span in (one for one in spans.get(gate, ()) if one.state is GateState.AWAITING_SEATS):
            for role, until in _taken(chairs, signed[gate], span):
                waiting[role] += max(0.0, (until - span.since).total_seconds())
                empty[role] += until == at
    return SeatTimes(waiting=dict(waiting), empty={role: count for role, count in empty.items() if count})


def _chairs(session: Session) -> dict[str, Counter[str]]:
    """The chairs of each gate whose seats were asked, as the people were told then."""
    asked = select(OutboxMessage).where(OutboxMessage.kind == ASKED)
    return {one.gate: Counter(one.body["seats"]) for one in session.exec(asked).all() if one.gate}


def _taken(chairs: Mapping[str, int], votes: Sequence[Vote], span: Span) -> Iterator[tuple[str, datetime]]:
    """Each chair and until when it was waited for: its signature, or the end of the asking."""
    for role, count in chairs.items():
        times = [vote.at for vote in votes if vote.seat == role and span.since <= vote.at <= span.until]
        yield from ((role, until) for until in (times + [span.until] * count)[:count])


def _people(session: Session, at: datetime) -> PeopleNow:
    in_force = (
        col(WebSession.ended_at).is_(None),
        col(WebSession.ends_at) > at,
        col(WebSession.seen_at) > at - IDLE,
    )
    still = col(Account.ended_at).is_(None)
    failures = session.exec(select(func.coalesce(func.sum(Account.failures), 0))).one()
    return PeopleNow(
        sessions=_number(session, WebSession, *in_force),
        accounts=_number(session, Account, still),
        locked=_number(session, Account, still, col(Account.locked_until) > at),
        failed_sign_ins=int(failures),
    )


def _watch(session: Session, at: datetime) -> WatchNow:
    found = silence_in(session, at=at)
    standing = Counter(one.action for one in monitor_reading.alarms(session, is_open=True))
    return WatchNow(monitors=found.monitors, silent=len(found.silent), alarms=_counted(map(str, AlarmAction), standing))


def _number(session: Session, table: type[Record], *where: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()
