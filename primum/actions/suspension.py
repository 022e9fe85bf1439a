"""Stopping is never blocked: one person, one transaction, nothing outside the database (P10)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from primum.actions.directory import institution
from primum.actions.submission import UnknownPerson
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused, load_people
from primum.ledger import reading
from primum.ledger.exposures import expose
from primum.ledger.incident_tables import SuspensionNotice
from primum.ledger.tables import Suspension
from primum.ledger.transactions import Transaction
from primum.roadmap.exposure import HANDED_OUT_WITHIN
from primum.roadmap.incident_rules import IncidentRule
from primum.roadmap.people import MAY_SUSPEND, People, Person


class CannotSuspend(Exception):
    """The suspension was refused; the message is shown to the person."""


def why_not_suspend(*, rollout: str, person: Person, at: datetime) -> str | None:
    """Return the one reason this person may not suspend this rollout, if there is one (V19)."""
    if person.roles_at(rollout=rollout, at=at) & MAY_SUSPEND:
        return None
    roles = ", ".join(sorted(MAY_SUSPEND))
    return f"{person.name} holds none of the roles that may suspend {rollout}: {roles}."


def suspend(
    *, rollout: str, person: Person, reason: str, at: datetime, workplace: Workplace, harm: bool = False
) -> str:
    """
    Send a rollout back to standard care at once; suspending twice gives the same suspension.

    Needs neither Prefect nor MLflow nor Slack. With ``harm`` going on takes what the policy asks after harm,
    by default a gate. Returns the suspension's id.

    :raises CannotSuspend: if nobody registered the rollout or this person may not suspend it
    """
    if problem := why_not_suspend(rollout=rollout, person=person, at=at):
        raise CannotSuspend(problem)
    if not reason.strip():
        raise CannotSuspend("A suspension carries a reason; a few words are enough.")
    with workplace.ledger.transaction() as tx:
        made = halt(tx=tx, rollout=rollout, person=person.id, reason=reason, at=at, harm=harm)
    let_answers_leave()
    return made


def let_answers_leave() -> None:
    """Wait until answers that were under way at a stop have left; whoever stopped is told after them (P10)."""
    # No replica tells anybody of its own answers; none hands one out later than this, and as much again is for safety.
    sleep(2 * HANDED_OUT_WITHIN.total_seconds())


def halt(*, tx: Transaction, rollout: str, person: str, reason: str, at: datetime, harm: bool = True) -> str:
    """
    Suspend in a transaction that is under way, and tell every site; return the suspension that is in force then.

    :param harm: that patients were or may have been harmed; a suspension that stands already takes it over

    :raises CannotSuspend: if nobody registered the rollout
    """
    record = tx.lock_rollout(rollout)
    if record is None:
        raise CannotSuspend(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    if standing := reading.suspension(tx.session, rollout=rollout):
        if harm and not standing.for_harm:
            standing.for_harm = True
            tx.session.add(standing)
            said = {"suspension": standing.id}
            tx.record(kind="rollout.suspended-for-harm", rollout=rollout, person=person, at=at, body=said)
        return standing.id
    row = Suspension(rollout=rollout, person=person, at=at, reason=reason, for_harm=harm)
    tx.session.add(row)
    expose(tx, rollout=rollout, at=at, state="off", cause=row.id)
    tx.record(kind="rollout.suspended", rollout=rollout, person=person, at=at, body={"suspension": row.id})
    tx.notify(kind="rollout.suspended", rollout=rollout, gate=None, body={"suspension": row.id}, at=at)
    _tell_sites(tx, row, json.loads(record.spec), at)
    return row.id


def _tell_sites(tx: Transaction, row: Suspension, kept: Mapping[str, Any], at: datetime) -> None:
    """Each site is told, and acknowledges by when the policy of the last registration says."""
    due_at = at + timedelta(minutes=rule_of(kept).acknowledge_minutes)
    for site in kept.get("sites", ()):
        notice = SuspensionNotice(rollout=row.rollout, suspension_id=row.id, site=site["id"], due_at=due_at, at=at)
        tx.session.add(notice)
        told = {"suspension": row.id, "site": site["id"]}
        tx.notify(kind="site.suspended", rollout=row.rollout, gate=None, body=told, at=at)


def rule_of(kept: Mapping[str, Any]) -> IncidentRule:
    """Return what the policy of the last registration said about incidents; for an older one, what holds else."""
    return IncidentRule.model_validate(kept["incidents"]) if "incidents" in kept else IncidentRule()


def people_who_may_stop(*, rollout: str, workplace: Workplace) -> tuple[Person, ...]:
    """
    Return the people of a rollout: from people.yaml, or as last registered when that file is broken.

    A broken file must not keep anybody from stopping (P10).

    :raises CannotSuspend: if nobody registered the rollout
    """
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    if record is None:
        raise CannotSuspend(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    kept = json.loads(record.spec)
    try:
        return load_people(Path(record.spec_path).parent / kept["rollout"]["people"]).people
    except ConfigurationRefused:
        return People.model_validate(kept["people"]).people


def person_at(rollout: str, *, id_: str, workplace: Workplace) -> Person:
    """
    Return one of the people of a rollout, else of the institution, also when files are broken (P10).

    What another rollout's people.yaml says of them counts for nothing here.

    :raises CannotSuspend: if nobody registered the rollout
    :raises UnknownPerson: if neither has them
    """
    own = people_who_may_stop(rollout=rollout, workplace=workplace)
    return person_of(people=(*own, *_of_institution(workplace)), id_=id_)


def _of_institution(workplace: Workplace) -> tuple[Person, ...]:
    try:
        return institution(workplace)
    except ConfigurationRefused:
        return ()


def person_of(*, people: tuple[Person, ...], id_: str) -> Person:
    """
    Return a person by id.

    :raises UnknownPerson: if nobody has it
    """
    for person in people:
        if person.id == id_:
            return person
    raise UnknownPerson(
        f"Nobody has the id '{id_}'; known are {', '.join(dict.fromkeys(person.id for person in people))}."
    )
