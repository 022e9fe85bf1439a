"""Telling every place that uses a changed model, and what happens when one stays silent (P6.11)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.actions.change_standing import silent_sites
from primum.actions.change_steps import (
    CannotChange,
    found,
    locked,
    refuse_person,
    refuse_step,
    write_step,
)
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.submission import Submission
from primum.actions.suspension import halt
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import change_reading, reading, scale_reading
from primum.ledger.change_tables import ChangeStep, GuidelineChange
from primum.ledger.scale_tables import SiteAcknowledgement
from primum.ledger.tables import RolloutRecord
from primum.ledger.transactions import Transaction
from primum.roadmap.change_plans import Telling
from primum.roadmap.changes import Step
from primum.roadmap.people import Person
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import Stage

ESCALATED, SUSPENDED = "escalated", "suspended"


@dataclass(frozen=True, kw_only=True)
class SiteTold:
    """One site that was told of a change: until when it is to answer, and who answered."""

    site: str
    due_at: datetime
    person: str
    acknowledged_at: datetime | None


def tell(*, change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> tuple[str, ...]:
    """
    Tell every site that the changed release is in use, with the time until which each acknowledges; return them.

    :raises CannotChange: if the release is not in use yet, or was told already
    """
    with workplace.ledger.transaction() as tx:
        row = locked(tx, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(tx.session, row=row, step=Step.TOLD)
        if there := change_reading.last(tx.session, change=change, step=Step.TOLD):
            return tuple(there.said["sites"])
        record = tx.lock_rollout(row.rollout)
        telling = submission.rollout.change_plan.telling if submission.rollout.change_plan else Telling()
        sites = _reached(record) if record else ()
        said = {
            "sites": list(sites),
            "due_at": (at + timedelta(hours=telling.hours)).isoformat(),
            "suspend_at": (at + timedelta(hours=telling.suspend_after_hours)).isoformat(),
        }
        write_step(tx, row=row, step=Step.TOLD, said=said, person=person.id, at=at, submission=submission)
        for site in sites:
            body = {"change": row.id, "guideline": row.guideline, "site": site, "due_at": said["due_at"]}
            tx.notify(kind="site.change", rollout=row.rollout, gate=None, body=body, at=at)
        return sites


def _reached(record: RolloutRecord) -> tuple[str, ...]:
    """Where the rollout is in use: what its stage reaches, else every site it was registered with."""
    kept = json.loads(record.spec)
    widening = Rollout.model_validate(kept["rollout"]).widening_of(Stage(record.stage))
    if widening is not None:
        return tuple(sorted(set(widening.sites)))
    return tuple(str(site["id"]) for site in kept.get("sites", ()))


def acknowledge(*, change: str, site: str, person: Person, channel: str, at: datetime, workplace: Workplace) -> bool:
    """
    Note that a site knows of the change; a second time changes nothing and returns False.

    :raises CannotChange: if the site was not told, or the person holds no role for the rollout
    """
    with workplace.ledger.transaction() as tx:
        row = locked(tx, change=change)
        if not person.roles_at(rollout=row.rollout, at=at):
            raise CannotChange(f"{person.name} holds no role for {row.rollout} at this time.")
        _refuse_untold(tx.session, row, site)
        if site in {one.site for one in scale_reading.acknowledgements(tx.session, subject=row.id)}:
            return False
        tx.session.add(
            SiteAcknowledgement(
                rollout=row.rollout, subject=row.id, site=site, person=person.id, channel=channel, at=at
            )
        )
        said = {"change": row.id, "site": site}
        tx.record(kind="change.acknowledged", rollout=row.rollout, person=person.id, at=at, body=said)
        tx.notify(kind="change.acknowledged", rollout=row.rollout, gate=None, body=said, at=at)
        return True


def _refuse_untold(session: Session, row: GuidelineChange, site: str) -> None:
    told = change_reading.last(session, change=row.id, step=Step.TOLD)
    if told is None:
        raise CannotChange(f"No site was told of change {row.id} yet.")
    if site not in told.said["sites"]:
        raise CannotChange(f"Site '{site}' was not told of this change; told were {', '.join(told.said['sites'])}.")


def sites_told(*, change: str, workplace: Workplace) -> tuple[SiteTold, ...]:
    """
    Return each site that was told, until when it is to answer, and whether it did.

    :raises UnknownChange: if there is no such change
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        told = change_reading.last(session, change=row.id, step=Step.TOLD)
        answered = {one.site: one for one in scale_reading.acknowledgements(session, subject=row.id)}
    if told is None:
        return ()
    due = datetime.fromisoformat(told.said["due_at"])
    return tuple(
        SiteTold(
            site=site,
            due_at=due,
            person=answered[site].person if site in answered else "",
            acknowledged_at=answered[site].at if site in answered else None,
        )
        for site in told.said["sites"]
    )


def see_to_silence(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Escalate every change that a site has not acknowledged in time, and then suspend its rollout; once each.

    Return what was done, as ``change escalated`` or ``change suspended``.
    """
    with workplace.ledger.reading() as session:
        late = [row.id for row in change_reading.open_changes(session) if _due(session, row, at)]
    done = []
    for change in late:
        with workplace.ledger.transaction() as tx:
            row = locked(tx, change=change)
            step = _due(tx.session, row, at)
            if step is not None:
                _see_to(tx, row, step, at=at, person=person, workplace=workplace)
                done.append(f"{change} {step}")
    return tuple(done)


def _due(session: Session, row: GuidelineChange, at: datetime) -> str | None:
    told = change_reading.last(session, change=row.id, step=Step.TOLD)
    if told is None or not silent_sites(session, row=row):
        return None
    if change_reading.last(session, change=row.id, step=SUSPENDED) is not None:
        return None
    for step, moment in _deadlines(told):
        if at >= moment and change_reading.last(session, change=row.id, step=step) is None:
            return step
    return None


def _deadlines(told: ChangeStep) -> Iterator[tuple[str, datetime]]:
    yield SUSPENDED, datetime.fromisoformat(told.said["suspend_at"])
    yield ESCALATED, datetime.fromisoformat(told.said["due_at"])


def _see_to(
    tx: Transaction, row: GuidelineChange, step: str, *, at: datetime, person: str, workplace: Workplace
) -> None:
    silent = silent_sites(tx.session, row=row)
    said: dict[str, object] = {"silent": list(silent)}
    if step == SUSPENDED and reading.suspension(tx.session, rollout=row.rollout) is None:
        reason = f"Guideline change {row.id} was not acknowledged by {', '.join(silent)}."
        said["suspension"] = halt(tx=tx, rollout=row.rollout, person=person, reason=reason, at=at)
    submission = _read(row.rollout, workplace)
    write_step(tx, row=row, step=step, said=said, person=person, at=at, submission=submission)


def _read(rollout: str, workplace: Workplace) -> Submission | None:
    """A file that cannot be read does not keep anybody from being told, nor from being suspended (P10)."""
    try:
        return submitted(rollout=rollout, workplace=workplace)
    except (ConfigurationRefused, FileMoved):
        return None
