"""Reporting what went wrong, confirming it, closing it; a confirmed serious harm stops the rollout by itself (V19)."""

from datetime import datetime

from sqlmodel import Session

from primum.actions.suspension import halt
from primum.actions.workplace import Workplace
from primum.ledger import signing_reading
from primum.ledger.signing_tables import Incident
from primum.ledger.transactions import Transaction
from primum.roadmap.incidents import SERIOUS_HARM, SHORTEST, Category, Severity, why_not_confirm, why_not_report
from primum.roadmap.people import Person


class CannotReport(Exception):
    """The incident was not kept, confirmed or closed; the message is shown to the person."""


def report(
    *,
    rollout: str,
    person: Person,
    site: str,
    severity: Severity,
    category: Category,
    what: str,
    occurred_at: datetime,
    channel: str,
    at: datetime,
    workplace: Workplace,
) -> str:
    """
    Keep what happened, in words that name nobody (P9); anybody of the rollout may (V37, K4). Return the incident's id.

    Needs nothing but the database. While a serious one is open, nothing is promoted (N3).

    :raises CannotReport: with the one reason
    """
    if problem := why_not_report(what=what, site=site, occurred_at=occurred_at, at=at):
        raise CannotReport(problem)
    with workplace.ledger.transaction() as tx:
        _lock(tx, rollout)
        row = Incident(
            rollout=rollout,
            site=site.strip(),
            severity=severity,
            category=category,
            what=what.strip(),
            reporter=person.id,
            channel=channel,
            occurred_at=occurred_at,
            reported_at=at,
        )
        _write(tx, row, kind="incident.reported", person=person, at=at)
        return row.id


def confirm(
    *, incident: str, person: Person, at: datetime, workplace: Workplace, severity: Severity | None = None
) -> str | None:
    """
    Confirm an incident, grading it anew if need be; a serious harm suspends the rollout in this transaction (V19).

    Return the id of the suspension in force because of it, if it is serious.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _locked(tx, incident)
        _refuse(row, person, at)
        if row.confirmed_at is not None:
            raise CannotReport("This incident is confirmed already; what is left is to close it.")
        row.confirmed_by, row.confirmed_at, row.severity = person.id, at, severity or row.severity
        serious = Severity(row.severity) in SERIOUS_HARM
        if serious:
            reason = f"Incident {row.id} was confirmed as {row.severity}."
            row.suspension_id = halt(tx=tx, rollout=row.rollout, person=person.id, reason=reason, at=at)
        _write(tx, row, kind="incident.confirmed", person=person, at=at)
        return row.suspension_id


def close(*, incident: str, person: Person, note: str, at: datetime, workplace: Workplace) -> None:
    """
    Close an incident that was dealt with, saying how; a rollout it suspended stays suspended.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _locked(tx, incident)
        _refuse(row, person, at)
        if Severity(row.severity) in SERIOUS_HARM and row.confirmed_at is None:
            raise CannotReport("A serious incident is confirmed or graded anew before it is closed.")
        if len(note.strip()) < SHORTEST:
            raise CannotReport(f"Say in at least {SHORTEST} characters what was found and done.")
        row.closed_by, row.closed_at, row.note = person.id, at, note
        _write(tx, row, kind="incident.closed", person=person, at=at)


def why_open(*, rollout: str, session: Session) -> str | None:
    """Return why a rollout may not move on for an incident, if so: any serious one that nobody closed (N3)."""
    listed = signing_reading.incidents(session, rollout=rollout, is_open=True)
    serious = [one for one in listed if Severity(one.severity) in SERIOUS_HARM]
    if not serious:
        return None
    first = serious[-1]
    state = "confirmed" if first.confirmed_at else "not yet confirmed"
    return f"Incident {first.id} ({first.severity}, {state}) of {first.reported_at:%Y-%m-%d} is open; close it first."


def _lock(tx: Transaction, rollout: str) -> None:
    if tx.lock_rollout(rollout) is None:
        raise CannotReport(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")


def _locked(tx: Transaction, incident: str) -> Incident:
    row = signing_reading.incident(tx.session, incident=incident)
    if row is None:
        raise CannotReport(f"There is no incident '{incident}'; `primum incident list` shows those there are.")
    tx.lock_rollout(row.rollout)
    tx.session.refresh(row)
    return row


def _refuse(row: Incident, person: Person, at: datetime) -> None:
    if problem := why_not_confirm(person=person, rollout=row.rollout, at=at):
        raise CannotReport(problem)
    if row.closed_at is not None:
        raise CannotReport("This incident is closed already; report what is new.")


def _write(tx: Transaction, row: Incident, *, kind: str, person: Person, at: datetime) -> None:
    """Of the incident itself, messages carry only its id and severity (P9)."""
    tx.session.add(row)
    said = {"incident": row.id, "severity": str(row.severity)}
    tx.record(kind=kind, rollout=row.rollout, person=person.id, at=at, body=said)
    tx.notify(kind=kind, rollout=row.rollout, gate=None, body=said, at=at)
