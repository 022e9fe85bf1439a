"""Scale in waves: begin the next when the last has earned it, walk back at once, hold, acknowledge (R3.1-R3.3)."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import gates
from primum.actions.alarm_answers import why_open as why_alarmed
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.calendars import why_closed
from primum.ledger import reading, scale_reading
from primum.ledger.exposures import STEP, expose
from primum.ledger.scale_tables import Hold, SiteAcknowledgement, WaveStep
from primum.ledger.transactions import Transaction
from primum.roadmap.conditions import Conditions, merged
from primum.roadmap.people import Person
from primum.roadmap.roles import MAY_SUSPEND, Role
from primum.roadmap.seats import why_not_reason
from primum.roadmap.stages import Stage
from primum.roadmap.verdicts import Outcome
from primum.roadmap.waves import Scale, Wave, WaveStanding, wave_after, why_not_next

MAY_WIDEN = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.ML_OPS})
MAY_HOLD = MAY_SUSPEND | MAY_WIDEN
RELEASED = frozenset({"bundle", "model", "approved"})
MAY_LIFT = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER})


class CannotWiden(Exception):
    """The next wave does not begin; the message gives every reason."""


class CannotHold(Exception):
    """The hold, or its end, or the acknowledgement was refused; the message is shown to the person."""


def begin_first(
    *, tx: Transaction, submission: Submission, approved: Conditions, person: str, at: datetime
) -> Wave | None:
    """Note the first wave within the promotion that enters scale, and return it; ``None`` without waves."""
    scale = submission.rollout.scale
    if scale is None:
        return None
    wave = scale.waves[0]
    _note(tx, submission.rollout.rollout, wave, approved, person=person, reason="Scale begins.", at=at)
    return wave


def advance(*, submission: Submission, person: Person, reason: str, at: datetime, workplace: Workplace) -> str:
    """
    Begin the next wave; everything it has to have earned is asked with the rollout locked. Return its name.

    :raises CannotWiden: with every reason why it does not begin yet
    :raises WindowRefused: if a window of the rollout's file cannot be read
    """
    rollout = submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        scale = _scale_of(tx.session, submission)
        now = standing(session=tx.session, submission=submission, at=at)
        following = wave_after(scale, now.wave.name)
        reasons = why_not_next(standing=now, following=following, at=at)
        refused = (_why_not_role(person, rollout, MAY_WIDEN, "widen", at), why_not_reason(reason), *reasons)
        if following is None or any(refused):
            raise CannotWiden(" ".join(one for one in refused if one))
        _expose(tx, rollout, following, person=person.id, reason=reason, at=at, back=False)
        return following.name


def walk_back(*, submission: Submission, person: Person, reason: str, at: datetime, workplace: Workplace) -> str:
    """
    Go back to the wave before, at once, by one person; return its name. From the first, suspend.

    :raises CannotWiden: if there is no wave before, or this person may not
    """
    rollout = submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        scale = _scale_of(tx.session, submission)
        names, now = [wave.name for wave in scale.waves], _current(tx.session, scale, rollout)[0]
        before = names.index(now.name) - 1
        if problem := _why_not_role(person, rollout, MAY_HOLD, "walk back", at) or _why_no_words(reason):
            raise CannotWiden(problem)
        if reading.suspension(tx.session, rollout=rollout):
            raise CannotWiden(f"{rollout} is suspended: standard care is further back than any wave.")
        if before < 0:
            raise CannotWiden(f"'{now.name}' is the first wave; `primum suspend {rollout}` goes back to standard care.")
        _expose(tx, rollout, scale.waves[before], person=person.id, reason=reason, at=at, back=True)
        return scale.waves[before].name


def standing(*, session: Session, submission: Submission, at: datetime) -> WaveStanding:
    """
    Return what is known of the wave in force.

    :raises CannotWiden: if the rollout is not in scale, or has no waves
    """
    rollout = submission.rollout.rollout
    scale = _scale_of(session, submission)
    wave, step = _current(session, scale, rollout)
    held = scale_reading.hold(session, rollout=rollout)
    return WaveStanding(
        wave=wave,
        began_at=step.at,
        held_since=_held_since(session, rollout, step.at),
        suspended=reading.suspension(session, rollout=rollout) is not None,
        hold=held.reason if held else None,
        acknowledged=frozenset(one.site for one in scale_reading.acknowledgements(session, subject=step.id)),
        passed=_passed(session, rollout, step.at),
        issued=_issued(session, rollout, step.at),
        closed=why_closed(windows=scale.windows, at=at) or why_alarmed(rollout=rollout, session=session, at=at),
    )


def hold(*, rollout: str, person: Person, reason: str, at: datetime, workplace: Workplace) -> str:
    """
    Keep a rollout from widening, by one person; holding twice gives the same hold. Return its id.

    :raises CannotHold: if this person may not, or gives no reason
    """
    if problem := _why_not_role(person, rollout, MAY_HOLD, "hold", at) or _why_no_words(reason):
        raise CannotHold(problem)
    with workplace.ledger.transaction() as tx:
        if tx.lock_rollout(rollout) is None:
            raise CannotHold(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
        if there := scale_reading.hold(tx.session, rollout=rollout):
            return there.id
        row = Hold(rollout=rollout, person=person.id, reason=reason, at=at)
        tx.session.add(row)
        tx.record(kind="rollout.held", rollout=rollout, person=person.id, at=at, body={"hold": row.id})
        tx.notify(kind="rollout.held", rollout=rollout, gate=None, body={"hold": row.id}, at=at)
        return row.id


def lift(*, rollout: str, person: Person, reason: str, at: datetime, workplace: Workplace) -> None:
    """
    End a hold; the days a wave has held are counted anew from here.

    :raises CannotHold: if there is none, or this person may not, or the reason is too short
    """
    if problem := _why_not_role(person, rollout, MAY_LIFT, "lift a hold on", at) or why_not_reason(reason):
        raise CannotHold(problem)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        row = scale_reading.hold(tx.session, rollout=rollout)
        if row is None:
            raise CannotHold(f"Nobody holds rollout '{rollout}'.")
        row.lifted_by, row.lifted_at, row.lifted_reason = person.id, at, reason
        tx.session.add(row)
        tx.record(kind="rollout.hold-lifted", rollout=rollout, person=person.id, at=at, body={"hold": row.id})
        tx.notify(kind="rollout.hold-lifted", rollout=rollout, gate=None, body={"hold": row.id}, at=at)


def acknowledge(
    *, submission: Submission, site: str, person: Person, channel: str, at: datetime, workplace: Workplace
) -> None:
    """
    Note that a site has seen the wave in force; a second time changes nothing.

    :raises CannotHold: if the wave does not reach this site, or the person holds no role here
    :raises CannotWiden: if the rollout is not in scale, or has no waves
    """
    rollout = submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        wave, step = _current(tx.session, _scale_of(tx.session, submission), rollout)
        if site not in wave.sites:
            raise CannotHold(
                f"Wave '{wave.name}' does not reach the site '{site}'; it reaches {', '.join(wave.sites)}."
            )
        if not person.roles_at(rollout=rollout, at=at):
            raise CannotHold(f"{person.name} holds no role for {rollout} at this time.")
        if site in {one.site for one in scale_reading.acknowledgements(tx.session, subject=step.id)}:
            return
        tx.session.add(
            SiteAcknowledgement(rollout=rollout, subject=step.id, site=site, person=person.id, channel=channel, at=at)
        )
        said = {"step": step.id, "site": site}
        tx.record(kind="site.acknowledged", rollout=rollout, person=person.id, at=at, body=said)


# -- what the ledger knows -------------------------------------------------------------------


def _scale_of(session: Session, submission: Submission) -> Scale:
    rollout, scale = submission.rollout.rollout, submission.rollout.scale
    record = reading.rollout(session, rollout=rollout)
    if record is None or record.stage != Stage.SCALE:
        raise CannotWiden(f"Rollout '{rollout}' is not in stage scale; waves are for that stage.")
    if scale is None:
        raise CannotWiden(f"Rollout '{rollout}' declares no `scale` with waves in its file.")
    return scale


def _current(session: Session, scale: Scale, rollout: str) -> tuple[Wave, WaveStep]:
    taken = scale_reading.steps(session, rollout=rollout)
    wave = next((wave for wave in scale.waves if taken and wave.name == taken[-1].wave), None)
    if wave is None:
        last = f"'{taken[-1].wave}'" if taken else "none"
        raise CannotWiden(f"The wave in force is {last}, which the file does not name; put its name back.")
    return wave, taken[-1]


def _held_since(session: Session, rollout: str, began: datetime) -> datetime:
    ends = [one.lifted_at for one in scale_reading.suspensions(session, rollout=rollout)]
    ends += [one.lifted_at for one in scale_reading.holds(session, rollout=rollout)]
    return max([began, *(end for end in ends if end is not None)])


def _passed(session: Session, rollout: str, since: datetime) -> frozenset[str]:
    record = scale_reading.newest_evaluation(session, rollout=rollout, stage=Stage.SCALE)
    if record is None or record.at < since:
        return frozenset()
    snapshot: Any = gates.snapshot_of(record)
    findings = snapshot["verdict"]["findings"]
    return frozenset(str(one["check"]) for one in findings if one["outcome"] == Outcome.PASS and not one["waived"])


def _issued(session: Session, rollout: str, since: datetime) -> frozenset[str]:
    documents = reading.documents_in_force(session, rollout=rollout)
    return frozenset(document.kind for document in documents if document.issued_on >= since)


# -- what is written -------------------------------------------------------------------------


def _expose(tx: Transaction, rollout: str, wave: Wave, *, person: str, reason: str, at: datetime, back: bool) -> None:
    last = reading.exposure(tx.session, rollout=rollout)
    if last is None:
        raise CannotWiden(f"Rollout '{rollout}' was never promoted; nothing is exposed that could be widened.")
    taken = scale_reading.steps(tx.session, rollout=rollout)
    at = max([at, *(step.at + STEP for step in taken)])
    said: dict[str, Any] = last.conditions if last.conditions is not None else dict[str, Any]()
    approved = Conditions.read(said.get("approved"))
    step = _note(tx, rollout, wave, approved, person=person, reason=reason, at=at, back=back)
    released = {name: value for name, value in said.items() if name in RELEASED}
    conditions: dict[str, Any] = {**released, "wave": wave.name, **merged([approved, wave.limits]).plain()}
    expose(tx, rollout=rollout, at=at, state=last.state, conditions=conditions, cause=step.id)


def _note(
    tx: Transaction,
    rollout: str,
    wave: Wave,
    approved: Conditions,
    *,
    person: str,
    reason: str,
    at: datetime,
    back: bool = False,
) -> WaveStep:
    limits = merged([approved, wave.limits]).plain()
    step = WaveStep(rollout=rollout, wave=wave.name, limits=limits, back=back, person=person, reason=reason, at=at)
    tx.session.add(step)
    kind = "wave.walked-back" if back else "wave.began"
    tx.record(kind=kind, rollout=rollout, person=person, at=at, body={"wave": wave.name, "step": step.id})
    tx.notify(kind=kind, rollout=rollout, gate=None, body={"wave": wave.name, "sites": list(wave.sites)}, at=at)
    return step


def _why_not_role(person: Person, rollout: str, roles: frozenset[Role], what: str, at: datetime) -> str | None:
    if person.roles_at(rollout=rollout, at=at) & roles:
        return None
    return f"{person.name} holds none of the roles that may {what} {rollout}: {', '.join(sorted(roles))}."


def _why_no_words(reason: str) -> str | None:
    return None if reason.strip() else "It carries a reason; a few words are enough."
