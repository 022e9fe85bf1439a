"""One tick of the watch: every monitor that is due reads its counts, and what follows is done in one transaction."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from sqlalchemy import insert
from sqlmodel import Session

from primum.actions.monitor_alarms import Raising, act, follow
from primum.actions.monitor_readings import STATES, Read, found_text, read, remembers
from primum.actions.monitor_silence import LateSite, late_sites, silence_in
from primum.actions.watched import NotWatched, WatchedRollout, registered_at, watched_of
from primum.actions.workplace import Workplace
from primum.evidence import analysis_version
from primum.evidence.watching.stored import Place, StoredRow
from primum.ledger import monitor_reading, reading
from primum.ledger.monitor_reading import BASELINE
from primum.ledger.monitor_tables import MonitorAlarm, MonitorReading, MonitorTick
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.tables import RolloutRecord, new_id
from primum.ledger.transactions import Transaction
from primum.roadmap.conditions import Conditions
from primum.roadmap.monitors import WATCHED, AlarmAction, Cause, Monitor, Subject, is_due, slot
from primum.roadmap.periods import day_after, form_of
from primum.roadmap.stages import Stage

FIRST_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """What one tick did: monitors that read by state, alarms that were raised, and what could not be read."""

    rollouts: int
    states: Mapping[str, int]
    alarms: tuple[str, ...]
    unreadable: tuple[str, ...]

    @property
    def readings(self) -> int:
        """How many monitors read."""
        return sum(self.states.values())

    @property
    def sentence(self) -> str:
        """The tick in a sentence."""
        states = ", ".join(f"{count} {state}" for state, count in self.states.items() if count)
        return f"{self.readings} monitors of {self.rollouts} rollouts read: {states or 'none was due'}."


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """What the due monitors of one rollout work on."""

    rows: Mapping[str, Sequence[StoredRow]]
    anew: Mapping[str, Mapping[Place, str]]
    sites: tuple[str, ...]


def watch(*, at: datetime, person: str, workplace: Workplace, rollout: str | None = None) -> Ticked:
    """
    Let every monitor read that is due, write readings and alarms, and act on them; doing it twice does it once.

    One rollout after the other, each in one transaction: a rollout that cannot be read is named and keeps no other
    from being watched (P2.2, GI3).

    :param rollout: only this one
    """
    with workplace.ledger.reading() as session:
        records = [one for one in reading.rollouts(session) if rollout in (None, one.id) and _is_watched(one)]
        registered = registered_at(session)
        last = monitor_reading.last_slots(session, rollout=rollout)
    done: list[tuple[Read, ...]] = []
    alarms: list[str] = []
    unreadable: list[str] = []
    for record in records:
        try:
            of = watched_of(record, since=max(record.stage_since, registered.get(record.id, record.stage_since)))
            with _uncollected():
                reads, raised = _tick(of, last, at=at, person=person, workplace=workplace)
        except LedgerUnreachable:
            raise
        except NotWatched as refused:
            unreadable.append(str(refused))
            continue
        except Exception as fault:  # noqa: BLE001 -- no rollout keeps the others from being watched; its words are withheld
            unreadable.append(f"'{record.id}' was not watched: a fault of Primum's own, {type(fault).__name__}.")
            continue
        if reads:
            done.append(reads)
            alarms += raised
    states = [one.state for reads in done for one in reads]
    return Ticked(
        rollouts=len(done),
        states={state: states.count(state) for state in STATES},
        alarms=tuple(alarms),
        unreadable=tuple(unreadable),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Many thousands of rows hold no circles of references; to look for some takes a quarter of a tick."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _is_watched(record: RolloutRecord) -> bool:
    return Stage(record.stage) in WATCHED


def _tick(
    of: WatchedRollout,
    last: Mapping[tuple[str, str], datetime],
    *,
    at: datetime,
    person: str,
    workplace: Workplace,
) -> tuple[tuple[Read, ...], list[str]]:
    due = [one for one in of.reading if is_due(cadence=one.cadence, last=last.get((of.rollout, one.id)), at=at)]
    if not due:
        return (), []
    with workplace.ledger.reading() as session:
        counts = _counts(of, due, session=session, at=at)
    # What takes time is done before anything is locked.
    reads = tuple(_read(of, one, counts, at=at) for one in due)
    late = [site for one in due for site in _late(of, one, counts, at=at)]
    with workplace.ledger.transaction() as tx:
        return _write(tx, of, reads, late, at=at, person=person)


def _counts(of: WatchedRollout, due: Sequence[Monitor], *, session: Session, at: datetime) -> _Counts:
    spans = [None if remembers(one) else one.last_days for one in due]
    longest = None if None in spans else max(span for span in spans if span is not None)
    since = f"{at - timedelta(days=longest):%Y}" if longest else ""
    ids = () if len(due) == len(of.monitors) else [one.id for one in due]
    rows: dict[str, Sequence[StoredRow]] = {}
    found = monitor_reading.counts_in_force(session, rollout=of.rollout, monitors=ids, since=since)
    for monitor, of_it in groupby(found, key=itemgetter(4)):
        rows[monitor] = list(of_it)
    anew: dict[str, dict[Place, str]] = {}
    for (monitor, site, group), period in monitor_reading.begun_anew(session, rollout=of.rollout).items():
        anew.setdefault(monitor, {})[site, group] = period
    now = reading.exposure(session, rollout=of.rollout)
    reached = Conditions.read(now.conditions if now else None).sites
    # Where nobody receives output there is nothing to report.
    sites = () if now is None or now.state == "off" else of.sites if reached is None else reached
    return _Counts(rows=rows, anew=anew, sites=sites)


def _read(of: WatchedRollout, monitor: Monitor, counts: _Counts, *, at: datetime) -> Read:
    rows = counts.rows.get(monitor.id, [])
    if monitor.last_days is not None:
        first = at.date() - timedelta(days=monitor.last_days)
        latest = [row for row in rows if row[0] == BASELINE or _day_after(row[0]) > first]
        is_new = any(row[0] != BASELINE for row in latest)
        rows = rows if is_new and remembers(monitor) else latest
    return read(
        monitor,
        rows=rows,
        anew=counts.anew.get(monitor.id, {}),
        smallest_cell=of.smallest_cell,
        slot=slot(cadence=monitor.cadence, at=at),
    )


@lru_cache(maxsize=4096)
def _day_after(period: str) -> date:
    return day_after(period) if form_of(period) else date.max


def _late(of: WatchedRollout, monitor: Monitor, counts: _Counts, *, at: datetime) -> tuple[LateSite, ...]:
    rows = counts.rows.get(monitor.id, [])
    return late_sites(monitor, rows=rows, sites=counts.sites, since=of.since.date(), today=at.date())


def _write(
    tx: Transaction,
    of: WatchedRollout,
    reads: Sequence[Read],
    late: Sequence[LateSite],
    *,
    at: datetime,
    person: str,
) -> tuple[tuple[Read, ...], list[str]]:
    """Whoever came first has read: what another tick wrote meanwhile is left as it is."""
    tx.lock_rollout(of.rollout)
    last = monitor_reading.last_slots(tx.session, rollout=of.rollout)
    left = tuple(one for one in reads if one.slot > last.get((of.rollout, one.monitor.id), one.slot - timedelta(1)))
    if not left:
        return (), []
    tick = _tick_of(tx, of, left, at=at)
    raising = Raising(tx=tx, of=of, person=person, at=at, open=_open(tx, of))
    follow(raising, reads=left, late=[one for one in late if one.monitor in {read.monitor.id for read in left}])
    tx.session.flush()
    said = {
        "tick": tick.id,
        "readings": tick.readings,
        "digest": tick.digest,
        "states": {state: sum(one.state == state for one in left) for state in STATES},
        "raised": [one.id for one in raising.raised],
        "over": raising.over,
    }
    tx.record(kind="monitors.read", rollout=of.rollout, person=person, at=at, body=said)
    act(raising)
    return left, [one.id for one in raising.raised]


def _open(tx: Transaction, of: WatchedRollout) -> list[MonitorAlarm]:
    return list(monitor_reading.alarms(tx.session, rollout=of.rollout, is_open=True))


def _tick_of(tx: Transaction, of: WatchedRollout, reads: Sequence[Read], *, at: datetime) -> MonitorTick:
    tick = new_id()
    rows = [
        {
            "rollout": of.rollout,
            "monitor": one.monitor.id,
            "slot": one.slot,
            "state": one.state,
            "period": one.period,
            "places": one.places,
            "alarms": one.alarms,
            "fresh": one.fresh,
            "quiet": one.quiet,
            "shadow": one.monitor.shadow,
            "sentence": one.sentence,
            "found": found_text(one, smallest_cell=of.smallest_cell),
            "tick": tick,
            "at": at,
        }
        for one in sorted(reads, key=lambda one: one.monitor.id)
    ]
    tx.session.execute(insert(MonitorReading), rows)
    row = MonitorTick(
        id=tick,
        rollout=of.rollout,
        readings=len(rows),
        digest=monitor_reading.readings_digest(rows),
        analysis_version=analysis_version(),
        at=at,
    )
    tx.session.add(row)
    return row


def say_who_is_silent(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Raise one alarm for each rollout whose monitors did not read, and end it when they do; return the rollouts.

    It is asked for by another flow than the tick, so that a tick that died is noticed (the dead man's switch).
    """
    with workplace.ledger.reading() as session:
        found = silence_in(session, at=at).silent
        standing = {
            one.rollout for one in monitor_reading.alarms(session, is_open=True) if _is_of_the_whole(one.monitor)
        }
        silent = {one.rollout: [other for other in found if other.rollout == one.rollout] for one in found}
        records = {one.id: one for one in reading.rollouts(session) if one.id in {*silent, *standing}}
    changed = [one for one in records if (one in silent) != (one in standing)]
    for rollout in changed:
        try:
            of = watched_of(records[rollout])
        except NotWatched:
            # What cannot be read is said by the tick and by the doctor.
            continue
        sentences = [f"{one.monitor}: {one.sentence}" for one in silent.get(rollout, [])]
        _say_silent(of, sentences, at=at, person=person, workplace=workplace)
    return tuple(one for one in changed if one in silent)


def _is_of_the_whole(monitor: str) -> bool:
    return not monitor


def _say_silent(
    of: WatchedRollout, sentences: Sequence[str], *, at: datetime, person: str, workplace: Workplace
) -> None:
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(of.rollout)
        raising = Raising(tx=tx, of=of, person=person, at=at, open=_open(tx, of))
        there = raising.standing("", Cause.SILENT)
        if bool(there) == bool(sentences):
            return
        if sentences:
            more = f" And {len(sentences) - FIRST_SHOWN} more." if len(sentences) > FIRST_SHOWN else ""
            told = f"{len(sentences)} monitors did not read. {' '.join(sentences[:FIRST_SHOWN])}{more}"
            raising.alarm(None, cause=Cause.SILENT, sentence=told, action=AlarmAction.WARN, about=Subject(), period="")
            tx.session.flush()
            act(raising)
            return
        raising.end(there)
        tx.record(kind="monitors.read-again", rollout=of.rollout, person=person, at=at, body={"over": raising.over})
