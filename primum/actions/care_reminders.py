"""Telling the next person in time: reports owed (P4.5), serious ones nobody confirmed (N3), silent sites (V19)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlmodel import Session

from primum.actions.acknowledgements import still_silent
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend, people_who_may_stop, rule_of
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading, signing_reading
from primum.ledger.incident_tables import CareReminder
from primum.roadmap.incident_rules import IncidentRule
from primum.roadmap.incidents import MAY_CONFIRM, SERIOUS_HARM
from primum.roadmap.people import MAY_SUSPEND, Person
from primum.roadmap.reminding import moment_of
from primum.roadmap.roles import Role
from primum.roadmap.signing_rules import ReminderStep

OVER = "over"
CLOCK, UNCONFIRMED, SILENT = "incident.clock-reminded", "incident.unconfirmed", "site.silent"


@dataclass(frozen=True, kw_only=True)
class _Owed:
    """Something that somebody owes by a moment; ``subject`` is what it is told of once for each step."""

    kind: str
    rollout: str
    subject: str
    about: tuple[tuple[str, str], ...]
    opened_at: datetime
    due_at: datetime
    roles: frozenset[Role]


def remind_of_care(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Tell whoever is due now of everything that is owed; doing it twice tells once. Return what was told.

    At a half and nine tenths of the time who owes it, then deputies, then governance, each part as the policy says;
    once it is over, everybody of these and the channel. Harm waits for no waking hour.
    """
    with workplace.ledger.reading() as session:
        owed = [(one, _rule(session, one.rollout)) for one in _everything_owed(session)]
        before = {one.subject: incident_reading.reminded(session, subject=one.subject) for one, _ in owed}
    told: list[str] = []
    for one, rule in owed:
        step = _step_due(one, rule, at)
        if step is None or _name(step) in before[one.subject]:
            continue
        recipients = _recipients(one, step, rule, at, workplace)
        if _tell(one, step, recipients, by=person, at=at, workplace=workplace):
            told.append(f"{one.kind} {one.subject} {_name(step)}")
    return tuple(told)


def _everything_owed(session: Session) -> Iterator[_Owed]:
    yield from _clocks(session)
    yield from _unconfirmed(session)
    yield from _silent(session)


def _clocks(session: Session) -> Iterator[_Owed]:
    for clock in incident_reading.running_clocks(session):
        if clock.due_at is not None:
            yield _Owed(
                kind=CLOCK,
                rollout=clock.rollout,
                subject=clock.id,
                about=(("incident", clock.incident_id), ("clock", clock.id)),
                opened_at=clock.aware_at,
                due_at=clock.due_at,
                roles=MAY_CONFIRM,
            )


def _unconfirmed(session: Session) -> Iterator[_Owed]:
    for row in incident_reading.unconfirmed(session, severities=sorted(SERIOUS_HARM)):
        due = row.reported_at + timedelta(hours=_rule(session, row.rollout).confirm_hours)
        about = (("incident", row.id), ("severity", row.severity))
        yield _Owed(
            kind=UNCONFIRMED,
            rollout=row.rollout,
            subject=f"confirm {row.id}",
            about=about,
            opened_at=row.reported_at,
            due_at=due,
            roles=MAY_CONFIRM,
        )


def _silent(session: Session) -> Iterator[_Owed]:
    for row in incident_reading.suspensions_in_force(session):
        silent = still_silent(session, suspension=row.id)
        for notice in incident_reading.notices(session, suspension=row.id):
            if notice.site in silent:
                yield _Owed(
                    kind=SILENT,
                    rollout=row.rollout,
                    subject=f"{row.id} {notice.site}",
                    about=(("suspension", row.id), ("site", notice.site)),
                    opened_at=notice.at,
                    due_at=notice.due_at,
                    roles=MAY_SUSPEND,
                )


def _rule(session: Session, rollout: str) -> IncidentRule:
    record = reading.rollout(session, rollout=rollout)
    return rule_of(json.loads(record.spec)) if record is not None else IncidentRule()


def _step_due(one: _Owed, rule: IncidentRule, at: datetime) -> ReminderStep | str | None:
    """The latest step whose moment has come; who is told of a late one is not told of an earlier one as well."""
    if at >= one.due_at:
        return OVER
    due = [step for step in rule.steps if at >= moment_of(step=step, opened_at=one.opened_at, expires_at=one.due_at)]
    return max(due, key=lambda step: Fraction(step.after), default=None)


def _name(step: ReminderStep | str) -> str:
    return step if isinstance(step, str) else step.name


def _recipients(
    one: _Owed, step: ReminderStep | str, rule: IncidentRule, at: datetime, workplace: Workplace
) -> tuple[str, ...]:
    try:
        people = people_who_may_stop(rollout=one.rollout, workplace=workplace)
    except (CannotSuspend, UnknownPerson):
        return ()
    holders = [person for person in people if person.roles_at(rollout=one.rollout, at=at) & one.roles]
    if isinstance(step, str):
        roles = {governed.role for governed in rule.steps if governed.role is not None}
        above = [person for person in people if person.roles_at(rollout=one.rollout, at=at) & roles]
        return tuple(dict.fromkeys(person.id for person in (*holders, *above)))
    if step.role is not None:
        return tuple(one_.id for one_ in people if step.role in one_.roles_at(rollout=one.rollout, at=at))
    if step.to == "deputy":
        return _deputies(one, holders, people, at, workplace)
    called = [person for person in holders if _is_called(person, one, at)]
    return tuple(person.id for person in called or holders)


def _is_called(person: Person, one: _Owed, at: datetime) -> bool:
    return any(person.is_on_call(role=role, rollout=one.rollout, at=at) for role in one.roles)


def _deputies(
    one: _Owed, holders: list[Person], people: tuple[Person, ...], at: datetime, workplace: Workplace
) -> tuple[str, ...]:
    """Who stands in for a holder now; where nobody does, every holder."""
    with workplace.ledger.reading() as session:
        rows = [row for row in signing_reading.delegations(session, at=at) if row.starts_at <= at]
    mine = {person.id for person in holders}
    covers = {
        row.deputy
        for row in rows
        if row.person in mine and row.role in one.roles and (one.rollout in row.rollouts or "*" in row.rollouts)
    }
    found = tuple(person.id for person in people if person.id in covers)
    return found or tuple(person.id for person in holders)


def _tell(
    one: _Owed, step: ReminderStep | str, people: tuple[str, ...], *, by: str, at: datetime, workplace: Workplace
) -> bool:
    name = _name(step)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(one.rollout)
        if name in incident_reading.reminded(tx.session, subject=one.subject):
            return False
        row = CareReminder(rollout=one.rollout, subject=one.subject, step=name, people=list(people), at=at)
        tx.session.add(row)
        kind = f"{one.kind}.over" if name == OVER else one.kind
        said = {**dict(one.about), "step": name, "due": one.due_at.isoformat()}
        tx.record(kind=kind, rollout=one.rollout, person=by, at=at, body=said)
        tx.notify(kind=kind, rollout=one.rollout, gate=None, body={**said, "people": list(people)}, at=at)
        return True
