"""Reporting what went wrong, confirming it, closing it; a confirmed serious harm stops the rollout by itself (V19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import regulator_clocks
from primum.actions.incident_basis import basis_at
from primum.actions.model_cards import on_incident
from primum.actions.regulator_places import known_packs
from primum.actions.suspension import halt, let_answers_leave
from primum.actions.workplace import Workplace
from primum.integrations import encounter_keys
from primum.integrations.encounter_keys import KeyNotKept
from primum.integrations.jurisdictions import Pack
from primum.ledger import signing_reading
from primum.ledger.incident_tables import IncidentFinding
from primum.ledger.signing_tables import Incident
from primum.ledger.tables import new_id
from primum.ledger.transactions import Transaction
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.incidents import (
    LIKELY_HARM,
    LONGEST_SITE,
    SERIOUS_HARM,
    SHORTEST,
    Category,
    Harm,
    Severity,
    why_not_confirm,
    why_not_harm,
    why_not_report,
)
from primum.roadmap.people import Person


class CannotReport(Exception):
    """The incident was not kept, confirmed or closed; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """
    What a reporter may add: the harm, who used the output, which encounter it was.

    ``used_by`` is the clinician by their id, the reporter if left out; ``encounter`` stays in the data plane.
    """

    harm: Harm | None = None
    used_by: str = ""
    encounter: str = ""


NO_DETAILS = Details()


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
    details: Details = NO_DETAILS,
) -> str:
    """
    Keep what happened, in words that name nobody (P9); anybody of the rollout may (V37, K4). Return the incident's id.

    Needs nothing but the database, and the data plane for an encounter, of which the ledger holds a salted digest
    alone. Who let the rollout in and on what evidence is read from the ledger (P4.1, P4.2), and the clocks of the
    regulators begin (P4.5). While a serious incident is open, nothing is promoted (N3).

    :raises CannotReport: with the one reason
    """
    harm = details.harm or LIKELY_HARM[severity]
    problem = why_not_report(what=what, site=site, occurred_at=occurred_at, at=at) or _why_not_user(details.used_by)
    if problem := problem or why_not_harm(severity=severity, harm=harm):
        raise CannotReport(problem)
    known, id_ = known_packs(workplace), new_id()
    with workplace.ledger.transaction() as tx:
        _lock(tx, rollout)
        row = Incident(
            id=id_,
            rollout=rollout,
            site=site.strip(),
            severity=severity,
            category=category,
            what=what.strip(),
            reporter=person.id,
            channel=channel,
            occurred_at=occurred_at,
            reported_at=at,
            harm=harm,
            used_by=details.used_by.strip() or person.id,
            encounter=_kept(details.encounter, rollout, id_, at, workplace),
            basis=basis_at(rollout=rollout, moment=occurred_at, session=tx.session),
        )
        report_within(tx=tx, incident=row, person=person.id, known=known, at=at)
        return row.id


def report_within(*, tx: Transaction, incident: Incident, person: str, known: Sequence[Pack], at: datetime) -> None:
    """
    Keep an incident in a transaction that is under way, tell of it, and begin the regulators' clocks (P4.5).

    :param known: the packs of jurisdictions, read before the transaction began
    """
    _write(tx, incident, kind="incident.reported", person=person, at=at)
    tx.session.flush()
    regulator_clocks.start(tx=tx, incident=incident, person=person, known=known, at=at)


def confirm(
    *, incident: str, person: Person, at: datetime, workplace: Workplace, severity: Severity | None = None
) -> str | None:
    """
    Confirm an incident, grading it anew if need be; a serious harm suspends the rollout in this transaction (V19).

    Return the id of the suspension in force because of it, if it is serious.

    :raises CannotReport: with the one reason
    """
    known = known_packs(workplace)
    with workplace.ledger.transaction() as tx:
        row = locked(tx=tx, incident=incident)
        _refuse(row, person, at)
        if row.confirmed_at is not None:
            raise CannotReport("This incident is confirmed already; what is left is to close it.")
        row.confirmed_by, row.confirmed_at = person.id, at
        if severity is not None and severity != row.severity:
            _grade(tx, row, severity, None, person=person, note="", at=at)
        _stop_for(tx, row, person=person, at=at)
        _write(tx, row, kind="incident.confirmed", person=person.id, at=at)
        regulator_clocks.adjust(tx=tx, incident=row, person=person.id, known=known, at=at)
        on_incident(tx=tx, incident=row, person=person.id, at=at)
        stopped = row.suspension_id
    if stopped:
        let_answers_leave()
    return stopped


def regrade(
    *,
    incident: str,
    person: Person,
    severity: Severity,
    note: str,
    at: datetime,
    workplace: Workplace,
    harm: Harm | None = None,
) -> str | None:
    """
    Grade an incident anew, saying why; one that is confirmed and becomes serious suspends (V19). Return as ``confirm``.

    :raises CannotReport: with the one reason
    """
    known = known_packs(workplace)
    with workplace.ledger.transaction() as tx:
        row = locked(tx=tx, incident=incident)
        _refuse(row, person, at)
        if problem := why_not_note(note):
            raise CannotReport(problem)
        if severity == row.severity and harm in {None, row.harm}:
            raise CannotReport(f"It is graded {severity} already.")
        _grade(tx, row, severity, harm, person=person, note=note, at=at)
        if row.confirmed_at is not None:
            _stop_for(tx, row, person=person, at=at)
        _write(tx, row, kind="incident.graded", person=person.id, at=at)
        regulator_clocks.adjust(tx=tx, incident=row, person=person.id, known=known, at=at)
        stopped = row.suspension_id
    if stopped:
        let_answers_leave()
    return stopped


def locked(*, tx: Transaction, incident: str) -> Incident:
    """Return an incident as it is now, its rollout locked; refuse one that is not there."""
    row = signing_reading.incident(tx.session, incident=incident)
    if row is None:
        raise CannotReport(f"There is no incident '{incident}'; `primum incident list` shows those there are.")
    tx.lock_rollout(row.rollout)
    tx.session.refresh(row)
    return row


def close(*, incident: str, person: Person, note: str, at: datetime, workplace: Workplace) -> None:
    """
    Close an incident that was dealt with, saying how; a rollout it suspended stays suspended.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = locked(tx=tx, incident=incident)
        _refuse(row, person, at)
        if Severity(row.severity) in SERIOUS_HARM and row.confirmed_at is None:
            raise CannotReport("A serious incident is confirmed or graded anew before it is closed.")
        if len(note.strip()) < SHORTEST:
            raise CannotReport(f"Say in at least {SHORTEST} characters what was found and done.")
        row.closed_by, row.closed_at, row.note = person.id, at, note
        _write(tx, row, kind="incident.closed", person=person.id, at=at)


def why_open(*, rollout: str, session: Session) -> str | None:
    """Return why a rollout may not move on for an incident, if so: any serious one that nobody closed (N3)."""
    listed = signing_reading.incidents(session, rollout=rollout, is_open=True)
    serious = [one for one in listed if Severity(one.severity) in SERIOUS_HARM]
    if not serious:
        return None
    first = serious[-1]
    state = "confirmed" if first.confirmed_at else "not yet confirmed"
    return f"Incident {first.id} ({first.severity}, {state}) of {first.reported_at:%Y-%m-%d} is open; close it first."


def why_confirmed(*, rollout: str, session: Session) -> str | None:
    """Return why a stopped rollout may not go on for an incident, if so: a confirmed serious one that is open."""
    listed = signing_reading.incidents(session, rollout=rollout, is_open=True)
    serious = [one for one in listed if one.confirmed_at is not None and Severity(one.severity) in SERIOUS_HARM]
    if not serious:
        return None
    first = serious[-1]
    return (
        f"Incident {first.id} ({first.severity}, confirmed) of {first.reported_at:%Y-%m-%d} is open; "
        "close it first, saying what was found and done."
    )


def why_not_note(note: str) -> str | None:
    """Return why what somebody found cannot be kept as it was written, if so."""
    if len(note.strip()) < SHORTEST:
        return f"Say why in at least {SHORTEST} characters."
    return why_not_say(note)


def _why_not_user(used_by: str) -> str | None:
    if len(used_by.strip()) > LONGEST_SITE:
        return f"Name who used the output by an id of at most {LONGEST_SITE} characters."
    return why_not_say(used_by) if used_by.strip() else None


def _kept(encounter: str, rollout: str, incident: str, at: datetime, workplace: Workplace) -> str | None:
    if not encounter.strip():
        return None
    try:
        return encounter_keys.keep(
            folder=workplace.home, rollout=rollout, incident=incident, encounter=encounter.strip(), at=at
        )
    except KeyNotKept as problem:
        raise CannotReport(f"{problem} Report it without the encounter; it can be added to the notes there.") from None


def _grade(
    tx: Transaction, row: Incident, severity: Severity, harm: Harm | None, *, person: Person, note: str, at: datetime
) -> None:
    """Grade anew and keep what it was before; a harm that no longer fits becomes the likely one."""
    before = {"severity": row.severity, "harm": row.harm}
    kept = harm or Harm(row.harm or LIKELY_HARM[severity])
    if problem := why_not_harm(severity=severity, harm=kept):
        if harm is not None:
            raise CannotReport(problem)
        kept = LIKELY_HARM[severity]
    row.severity, row.harm = severity, kept
    finding = finding_of(row, kind="severity", value=str(severity), basis=before, person=person, note=note, at=at)
    tx.session.add(finding)


def finding_of(
    row: Incident, *, kind: str, value: str, basis: dict[str, Any] | None, person: Person, note: str, at: datetime
) -> IncidentFinding:
    """Return what a person found about an incident, to be written."""
    return IncidentFinding(
        rollout=row.rollout,
        incident_id=row.id,
        kind=kind,
        value=value,
        basis=basis,
        person=person.id,
        note=note.strip(),
        at=at,
    )


def _stop_for(tx: Transaction, row: Incident, *, person: Person, at: datetime) -> None:
    if Severity(row.severity) in SERIOUS_HARM and row.suspension_id is None:
        reason = f"Incident {row.id} was confirmed as {row.severity}."
        row.suspension_id = halt(tx=tx, rollout=row.rollout, person=person.id, reason=reason, at=at, harm=True)


def _lock(tx: Transaction, rollout: str) -> None:
    if tx.lock_rollout(rollout) is None:
        raise CannotReport(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")


def _refuse(row: Incident, person: Person, at: datetime) -> None:
    if problem := why_not_confirm(person=person, rollout=row.rollout, at=at):
        raise CannotReport(problem)
    if row.closed_at is not None:
        raise CannotReport("This incident is closed already; report what is new.")


def _write(tx: Transaction, row: Incident, *, kind: str, person: str, at: datetime) -> None:
    """Of the incident itself, messages carry only its id and severity (P9)."""
    tx.session.add(row)
    said = {"incident": row.id, "severity": str(row.severity)}
    tx.record(kind=kind, rollout=row.rollout, person=person, at=at, body=said)
    tx.notify(kind=kind, rollout=row.rollout, gate=None, body=said, at=at)
