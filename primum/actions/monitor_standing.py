"""Which monitors say nothing that counts now, and why: a review rests on what was read and not on what was declared."""

from datetime import datetime

from sqlmodel import Session

from primum.actions.monitor_silence import silent_in
from primum.actions.watched import watched
from primum.ledger import monitor_reading, reading
from primum.roadmap.monitors import Cause

WHY = {
    "insufficient": "has too little to go on yet",
    "estimated": "is only estimated, since outcomes are not known yet",
    "error": "cannot read",
}


def unread(session: Session, *, rollout: str, at: datetime) -> dict[str, str]:
    """
    Return the monitors of a rollout whose last word does not count now, each with its sentence (P8, R4.2, R4.3).

    Those are monitors that do not read in this stage, that never read or are late, that could tell of no place, and
    those of which an alarm stands: what is behind it is for its owner to say.

    :raises NotWatched: if the monitors as registered cannot be read
    """
    if reading.rollout(session, rollout=rollout) is None:
        return {}
    of = watched(rollout=rollout, session=session)
    last = monitor_reading.newest_readings(session, rollout=rollout)
    late = {one.monitor: one.sentence for one in silent_in(of, session=session, at=at)}
    found = {one.id: f"the monitor '{one.id}' does not read in stage {of.stage}." for one in of.monitors}
    for monitor in (one.id for one in of.reading):
        row = last.get(monitor)
        if row is None:
            found[monitor] = f"the monitor '{monitor}' has not read yet."
        elif monitor in late:
            found[monitor] = f"the monitor '{monitor}' is late. {late[monitor]}"
        elif not row.quiet + row.alarms:
            # One small site that cannot tell yet is no reason not to hear the others.
            found[monitor] = f"the monitor '{monitor}' {WHY.get(row.state, WHY['insufficient'])}."
        else:
            del found[monitor]
    for alarm in monitor_reading.alarms(session, rollout=rollout, is_open=True):
        if alarm.cause == Cause.READING and alarm.monitor not in found:
            found[alarm.monitor] = (
                f"an alarm of the monitor '{alarm.monitor}' of {alarm.raised_at:%Y-%m-%d} stands; its owner says first "
                "what was found and done."
            )
    return found
