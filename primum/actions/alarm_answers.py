"""Alarms answered by their owner, with what was found and done; until then one that binds is in a promotion's way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions.monitor_alarms import BINDING
from primum.actions.monitor_silence import silent_in
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import person_at
from primum.actions.watched import NotWatched, watched
from primum.actions.workplace import Workplace
from primum.ledger import monitor_reading, reading
from primum.ledger.monitor_tables import MonitorAlarm
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.monitors import SHORTEST, AlarmAction, Cause, Found, why_not_acknowledge
from primum.roadmap.people import Person


class CannotAcknowledge(Exception):
    """The alarm was not acknowledged; the message is shown to the person."""


# Whether somebody may answer is asked before there are words; these are long enough.
SOME_WORDS = "x" * SHORTEST


@dataclass(frozen=True, kw_only=True)
class WaitingAlarm:
    """An alarm that stands and that one person may answer."""

    id: str
    rollout: str
    title: str
    monitor: str
    site: str
    sentence: str
    action: str
    owner: str
    raised_at: datetime


def alarms_waiting(
    *, person: str, rollouts: Collection[str], at: datetime, workplace: Workplace
) -> tuple[WaitingAlarm, ...]:
    """
    Return the alarms that wait for one person, the newest first: of their own monitors, and what holds or stops.

    A warning is for its owner; whoever answers for the care itself is shown what binds (P2.2).
    """
    with workplace.ledger.reading() as session:
        rows = [one for one in monitor_reading.alarms(session, is_open=True) if one.rollout in rollouts]
        found = {one: reading.rollout(session, rollout=one) for one in {row.rollout for row in rows}}
    titles = {one: record.title if record else one for one, record in found.items()}
    known = {one: _person_at(one, person, workplace) for one in titles}
    with workplace.ledger.reading() as session:
        return tuple(
            WaitingAlarm(
                id=row.id,
                rollout=row.rollout,
                title=titles[row.rollout],
                monitor=row.monitor,
                site=row.site,
                sentence=row.sentence,
                action=row.action,
                owner=_owner_of(row, session),
                raised_at=row.raised_at,
            )
            for row in rows
            if (who := known[row.rollout]) is not None and _waits_for(row, who, session=session, at=at)
        )


def _person_at(rollout: str, person: str, workplace: Workplace) -> Person | None:
    try:
        return person_at(rollout, id_=person, workplace=workplace)
    except UnknownPerson:
        return None


def _waits_for(row: MonitorAlarm, person: Person, *, session: Session, at: datetime) -> bool:
    if why_not(row, person=person, done=SOME_WORDS, session=session, at=at):
        return False
    owner = _owner_of(row, session)
    owns = owner == person.id or owner in person.roles_at(rollout=row.rollout, at=at)
    return owns or row.action in BINDING


def acknowledge_alarm(
    *, alarm: str, person: Person, found: Found, done: str, channel: str, at: datetime, workplace: Workplace
) -> None:
    """
    Say what was found behind an alarm and what was done; its chart begins anew after what it spoke of.

    A hold or suspension that the alarm led to stays: lifting and resuming are decisions of their own.

    :raises CannotAcknowledge: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = monitor_reading.alarm(tx.session, alarm=alarm)
        if row is None:
            raise CannotAcknowledge(f"There is no alarm '{alarm}'; `primum monitor list` shows those there are.")
        tx.lock_rollout(row.rollout)
        tx.session.refresh(row)
        if problem := why_not(row, person=person, done=done, session=tx.session, at=at):
            raise CannotAcknowledge(problem)
        newest = monitor_reading.newest_readings(tx.session, rollout=row.rollout).get(row.monitor)
        if row.cause == Cause.READING and newest is not None:
            row.period = max(row.period, newest.period)
        row.acknowledged_by, row.acknowledged_at, row.finding, row.note = person.id, at, str(found), done.strip()
        tx.session.add(row)
        said = {"alarm": row.id, "monitor": row.monitor, "finding": str(found), "channel": channel}
        tx.record(kind="alarm.acknowledged", rollout=row.rollout, person=person.id, at=at, body=said)
        tx.notify(kind="alarm.acknowledged", rollout=row.rollout, gate=None, body=said, at=at)


def why_not(row: MonitorAlarm, *, person: Person, done: str, session: Session, at: datetime) -> str | None:
    """Return the one reason this person may not acknowledge an alarm with these words, if there is one."""
    if row.acknowledged_at is not None:
        return f"This alarm was acknowledged by {row.acknowledged_by} already."
    if row.over_at is not None:
        return "This alarm was over by itself; nothing is left to acknowledge."
    owner = _owner_of(row, session)
    problem = why_not_acknowledge(owner=owner, person=person, rollout=row.rollout, done=done, at=at)
    return problem or why_not_say(done)


def _owner_of(row: MonitorAlarm, session: Session) -> str:
    """The owner as declared now; of a monitor that is declared no longer, as it was when the alarm was raised."""
    if not row.monitor:
        return row.owner
    try:
        return watched(rollout=row.rollout, session=session).monitor(row.monitor).owner
    except NotWatched:
        return row.owner


def why_open(*, rollout: str, session: Session, at: datetime) -> str | None:
    """
    Return why a rollout may not move on for its monitors, if so: an alarm that binds stands, or a guardrail is blind.

    A warning that stands does not hold a promotion; a guardrail that cannot be read does (P2.2, GI3, P8).
    """
    rows = monitor_reading.alarms(session, rollout=rollout, is_open=True)
    if why := _why_standing([one for one in rows if one.action in BINDING]):
        return why
    try:
        of = watched(rollout=rollout, session=session)
    except NotWatched as refused:
        return str(refused)
    guards = {one.id: one for one in of.reading if one.action in BINDING and not one.shadow}
    for row in rows:
        if row.cause in (Cause.BROKEN, Cause.SILENT) and row.monitor in guards:
            return f"The guardrail '{row.monitor}' is blind: {row.sentence}"
    blind = [one for one in silent_in(of, session=session, at=at) if one.monitor in guards]
    return f"The guardrail '{blind[0].monitor}' is blind: {blind[0].sentence}" if blind else None


def why_stopped(*, rollout: str, session: Session) -> str | None:
    """
    Return why a rollout that is stopped may not go on for an alarm, if so: one that stops and that nobody answered.

    While it stands its monitor raises no other of the same, so that nothing would stop the rollout again.
    """
    rows = monitor_reading.alarms(session, rollout=rollout, is_open=True)
    return _why_standing([one for one in rows if one.action == AlarmAction.ROLLBACK])


def _why_standing(alarms: Sequence[MonitorAlarm]) -> str | None:
    if not alarms:
        return None
    first = alarms[-1]
    more = f" and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    return (
        f"Alarm {first.id} of the monitor '{first.monitor}' of {first.raised_at:%Y-%m-%d}{more} stands; "
        f"its owner ({first.owner}) says first what was found and done."
    )
