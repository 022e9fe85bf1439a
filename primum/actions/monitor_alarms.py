"""Alarms of monitors: raised for what was read, broken or late, and what each leads to, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.actions.model_cards import on_failure
from primum.actions.monitor_readings import ERROR, Read, false_alarm_rate
from primum.actions.monitor_silence import LateSite
from primum.actions.suspension import halt
from primum.actions.watched import WatchedRollout
from primum.ledger import monitor_reading, scale_reading
from primum.ledger.monitor_tables import MonitorAlarm
from primum.ledger.scale_tables import Hold
from primum.ledger.transactions import Transaction
from primum.roadmap.card_versions import Occasion
from primum.roadmap.monitors import (
    ACTION_WORDS,
    AlarmAction,
    Cause,
    Monitor,
    Subject,
    what_follows,
    why_badly_designed,
)
from primum.roadmap.roles import Role

# Whoever answers for the care hears of everything that held or stopped a rollout.
HEAR_OF_STOPS = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER})
BINDING = frozenset({AlarmAction.HOLD, AlarmAction.ROLLBACK})
LATELY = timedelta(days=180)
WATCHMAN = Role.ML_OPS


@dataclass(kw_only=True)
class Raising:
    """What one tick raises and ends; written together with its readings."""

    tx: Transaction
    of: WatchedRollout
    person: str
    at: datetime
    open: Sequence[MonitorAlarm] = ()
    raised: list[MonitorAlarm] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    def standing(self, monitor: str, cause: Cause) -> list[MonitorAlarm]:
        """Return the alarms of a monitor that stand for this cause."""
        return [one for one in (*self.open, *self.raised) if one.monitor == monitor and one.cause == cause]

    def alarm(
        self, monitor: Monitor | None, *, cause: Cause, sentence: str, action: AlarmAction, about: Subject, period: str
    ) -> None:
        """Raise one alarm."""
        row = MonitorAlarm(
            rollout=self.of.rollout,
            monitor=monitor.id if monitor else "",
            cause=cause,
            site=about.site,
            subgroup=about.group,
            measure=about.measure,
            period=period,
            action=action,
            owner=monitor.owner if monitor else str(WATCHMAN),
            sentence=sentence,
            raised_at=self.at,
        )
        self.tx.session.add(row)
        self.raised.append(row)

    def end(self, alarms: Sequence[MonitorAlarm]) -> None:
        """End alarms that are over by themselves: what was broken or silent reads again."""
        for row in alarms:
            row.over_at = self.at
            self.tx.session.add(row)
            self.over.append(row.id)


def follow(raising: Raising, *, reads: Sequence[Read], late: Sequence[LateSite]) -> None:
    """Raise what these readings ask for and end what is over; nothing is acted on yet."""
    for read in reads:
        _follow_reading(raising, read)
        _follow_breakage(raising, read)
        _follow_lateness(raising, read.monitor, [one for one in late if one.monitor == read.monitor.id])
    _follow_design(raising, reads)


def act(raising: Raising) -> None:
    """
    Do what the raised alarms lead to, each once: tell, hold, go back to standard care; with its entry and message.

    The hold or suspension that stands already is the one that an alarm names.
    """
    for monitor in dict.fromkeys(one.monitor for one in raising.raised):
        rows = [one for one in raising.raised if one.monitor == monitor]
        action = max((AlarmAction(one.action) for one in rows), key=list(AlarmAction).index)
        said = {"monitor": monitor, "alarms": [one.id for one in rows], "action": str(action)}
        raising.tx.record(
            kind="alarm.raised", rollout=raising.of.rollout, person=raising.person, at=raising.at, body=said
        )
        told = {**said, "people": list(_told(raising, rows[0].owner, action))}
        raising.tx.notify(kind="alarm.raised", rollout=raising.of.rollout, gate=None, body=told, at=raising.at)
        _do(raising, [one for one in rows if one.action == action], action)


def _do(raising: Raising, rows: Sequence[MonitorAlarm], action: AlarmAction) -> None:
    if action is AlarmAction.WARN:
        return
    reason = f"Alarm {rows[0].id} of the monitor '{rows[0].monitor}': {ACTION_WORDS[action]}."
    _on_the_card(raising, rows[0], action)
    for row in rows:
        if action is AlarmAction.HOLD:
            row.hold_id = hold_now(
                tx=raising.tx, rollout=raising.of.rollout, person=raising.person, reason=reason, at=raising.at
            )
        else:
            row.suspension_id = halt(
                tx=raising.tx, rollout=raising.of.rollout, person=raising.person, reason=reason, at=raising.at
            )
        raising.tx.session.add(row)


def _on_the_card(raising: Raising, row: MonitorAlarm, action: AlarmAction) -> None:
    """A failed guardrail stays on the model card, by its id and what it led to (P3.11)."""
    on_failure(
        tx=raising.tx,
        rollout=raising.of.rollout,
        cause=Occasion.MONITOR,
        subject=row.id,
        sentence=f"Alarm {row.id} of the monitor '{row.monitor}' on {raising.at:%Y-%m-%d}: {ACTION_WORDS[action]}.",
        person=raising.person,
        at=raising.at,
    )


def hold_now(*, tx: Transaction, rollout: str, person: str, reason: str, at: datetime) -> str:
    """Hold a rollout in a transaction that is under way; return the hold that is in force then."""
    if there := scale_reading.hold(tx.session, rollout=rollout):
        return there.id
    row = Hold(rollout=rollout, person=person, reason=reason, at=at)
    tx.session.add(row)
    tx.session.flush()
    tx.record(kind="rollout.held", rollout=rollout, person=person, at=at, body={"hold": row.id})
    tx.notify(kind="rollout.held", rollout=rollout, gate=None, body={"hold": row.id}, at=at)
    return row.id


def _follow_reading(raising: Raising, read: Read) -> None:
    standing = {
        Subject(site=one.site, group=one.subgroup, measure=one.measure)
        for one in raising.standing(read.monitor.id, Cause.READING)
    }
    consequence = what_follows(monitor=read.monitor, alarming=tuple(read.alarming), standing=standing)
    for subject in consequence.raised:
        said = read.alarming[subject]
        raising.alarm(
            read.monitor,
            cause=Cause.READING,
            sentence=said.sentence,
            action=consequence.action or AlarmAction.WARN,
            about=subject,
            period=said.period,
        )


def _follow_breakage(raising: Raising, read: Read) -> None:
    there = raising.standing(read.monitor.id, Cause.BROKEN)
    if read.state != ERROR:
        raising.end(there)
    elif not there:
        raising.alarm(
            read.monitor,
            cause=Cause.BROKEN,
            sentence=f"The monitor '{read.monitor.id}' cannot read: {read.sentence}",
            action=AlarmAction.WARN,
            about=Subject(),
            period="",
        )


def _follow_lateness(raising: Raising, monitor: Monitor, late: Sequence[LateSite]) -> None:
    there = raising.standing(monitor.id, Cause.SILENT)
    raising.end([one for one in there if one.site not in {site.site for site in late}])
    for site in late:
        if site.site not in {one.site for one in there}:
            raising.alarm(
                monitor,
                cause=Cause.SILENT,
                sentence=site.sentence,
                action=AlarmAction.WARN,
                about=Subject(site=site.site),
                period=site.last,
            )


def _follow_design(raising: Raising, reads: Sequence[Read]) -> None:
    """Only a monitor that alarms can alarm too often, so the others are not asked about."""
    asked = [read.monitor for read in reads if read.alarms]
    if not asked:
        return
    counted = rates_of(raising.of, session=raising.tx.session, at=raising.at)
    charts = {read.monitor.id: read.places for read in reads}
    now = {read.monitor.id: (read.fresh, read.places - read.alarms + read.fresh) for read in reads}
    for monitor in asked:
        alarms, places = (a + b for a, b in zip(counted.get(monitor.id, (0, 0)), now[monitor.id], strict=True))
        why = why_fires(monitor, alarms=alarms, readings=places, places=charts[monitor.id])
        if why and not raising.standing(monitor.id, Cause.DESIGN):
            raising.alarm(
                monitor, cause=Cause.DESIGN, sentence=why, action=AlarmAction.WARN, about=Subject(), period=""
            )


def rates_of(of: WatchedRollout, *, session: Session, at: datetime) -> Mapping[str, tuple[int, int]]:
    """Return by monitor how many places alarmed anew and how many were read, in the last half year."""
    return monitor_reading.rates(session, rollout=of.rollout, since=at - LATELY)


def why_fires(monitor: Monitor, *, alarms: int, readings: int, places: int) -> str | None:
    """Return why a monitor is badly designed, by how often it alarmed against its design; ``None`` if it is not."""
    designed = false_alarm_rate(monitor, places=places)
    return None if designed is None else why_badly_designed(alarms=alarms, readings=readings, designed=designed)


def _told(raising: Raising, owner: str, action: AlarmAction) -> tuple[str, ...]:
    people = raising.of.owners(owner, at=raising.at)
    if action is AlarmAction.WARN:
        return people
    heard = tuple(
        person.id
        for person in raising.of.people
        if person.roles_at(rollout=raising.of.rollout, at=raising.at) & HEAR_OF_STOPS
    )
    return tuple(dict.fromkeys((*people, *heard)))
