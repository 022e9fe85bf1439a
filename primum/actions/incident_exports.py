"""An incident for a regulator, as FHIR or as a form; and what the public is told, once a person lets it out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from primum.actions.incident_findings import Statement, statements_of
from primum.actions.incidents import CannotReport
from primum.actions.regulator_places import places_of
from primum.actions.workplace import Workplace
from primum.integrations.encounter_keys import encounter_of
from primum.ledger import incident_reading, reading, scale_reading
from primum.ledger.incident_tables import IncidentFinding, IncidentPublication, Redress, RegulatorClock
from primum.ledger.signing_tables import Incident
from primum.ledger.tables import RolloutRecord
from primum.roadmap.digests import digest
from primum.roadmap.identifiers import findings as pointing
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.incidents import Category, Causality, Disclosure, Harm, Severity
from primum.roadmap.people import Person
from primum.roadmap.public_report import CountedIncident, PublicReport, public_report
from primum.roadmap.roles import Role
from primum.roadmap.seats import why_not_reason
from primum.roadmap.told_incident import ToldClock, ToldIncident

MAY_PUBLISH = frozenset({Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.EXECUTIVE_SPONSOR})
SMALLEST_CELL = 10
NOT_REPEATED = "The words are recorded and not repeated here."


@dataclass(frozen=True, kw_only=True)
class IncidentFile:
    """Everything the ledger holds on one incident."""

    incident: Incident
    clocks: tuple[RegulatorClock, ...]
    findings: tuple[IncidentFinding, ...]
    redress: tuple[Redress, ...]
    statements: tuple[Statement, ...]

    def found(self, kind: str) -> IncidentFinding | None:
        """Return the finding of a kind that is in force."""
        return next((one for one in reversed(self.findings) if one.kind == kind), None)


def incident_file(*, incident: str, workplace: Workplace) -> IncidentFile:
    """
    Return everything the ledger holds on one incident, by its id or the beginning of one.

    :raises CannotReport: if there is none, or more than one begins so
    """
    with workplace.ledger.reading() as session:
        rows = incident_reading.incident_named(session, beginning=incident)
        if not incident or len(rows) != 1:
            few = "More than one incident begins with" if rows else "There is no incident"
            raise CannotReport(f"{few} '{incident}'; `primum incident list` shows those there are.")
        row = rows[0]
        return IncidentFile(
            incident=row,
            clocks=tuple(incident_reading.clocks(session, incident=row.id)),
            findings=tuple(incident_reading.findings(session, incident=row.id)),
            redress=tuple(incident_reading.redress_of(session, incident=row.id)),
            statements=statements_of(incident=row, session=session),
        )


def encounter_for(*, incident: Incident, workplace: Workplace) -> str | None:
    """Return the encounter an incident was about, for whoever sits at the data plane; it goes nowhere else (P9)."""
    if incident.encounter is None:
        return None
    return encounter_of(
        folder=workplace.home, rollout=incident.rollout, incident=incident.id, digest=incident.encounter
    )


def told(*, incident: str, workplace: Workplace) -> ToldIncident:
    """
    Return an incident as exports tell it.

    :raises CannotReport: if there is no such incident
    """
    file = incident_file(incident=incident, workplace=workplace)
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=file.incident.rollout)
    if record is None:
        raise CannotReport(f"No rollout '{file.incident.rollout}' is registered; `primum status` lists those that are.")
    return _told(file, record)


def _told(file: IncidentFile, record: RolloutRecord) -> ToldIncident:
    row, kept = file.incident, json.loads(record.spec)
    causality, limitation = file.found("causality"), file.found("limitation")
    places = places_of(site=row.site, kept=kept)
    return ToldIncident(
        id=row.id,
        rollout=row.rollout,
        title=record.title,
        institution=record.institution,
        site=row.site,
        country=places[0].country if len(places) == 1 else "",
        severity=Severity(row.severity),
        category=Category(row.category),
        harm=Harm(row.harm or Harm.UNKNOWN),
        causality=Causality(causality.value) if causality else None,
        disclosure=Disclosure(limitation.value) if limitation else None,
        what=NOT_REPEATED if pointing(row.what) else row.what,
        occurred_at=row.occurred_at,
        reported_at=row.reported_at,
        confirmed_at=row.confirmed_at,
        closed_at=row.closed_at,
        suspended=row.suspension_id is not None,
        model={name: str(kept["rollout"]["model"].get(name, "")) for name in ("name", "version", "provider")},
        approved=_approved(row.basis or {}),
        clocks=tuple(_told_clock(one) for one in file.clocks if one.ended_at is None),
    )


def _approved(basis: Mapping[str, Any]) -> dict[str, str]:
    """Who let it in, by role, and on which evidence; names stay in the ledger."""
    seats = ", ".join(sorted(str(one["seat"]) for one in basis.get("signers", ())))
    found = {"Gate": basis.get("gate", ""), "Signed by": seats, "Evidence": basis.get("evidence", "")}
    found |= {"Policy": basis.get("policy", ""), "Release bundle": basis.get("bundle", "")}
    return {name: str(value) for name, value in found.items() if value}


def _told_clock(row: RegulatorClock) -> ToldClock:
    return ToldClock(
        jurisdiction=row.jurisdiction,
        rule=row.rule,
        source=row.source,
        due_at=row.due_at,
        submitted_at=row.submitted_at,
        reference=row.reference or "",
    )


def public_draft(*, rollout: str, begins: date, ends: date, workplace: Workplace) -> PublicReport:
    """
    Return what the public would be told of a rollout's incidents reported on these days; nothing is let out yet.

    :raises CannotReport: if the rollout is not registered, or the days are no span of time
    """
    if ends < begins:
        raise CannotReport("A time ends on the day it begins or later.")
    since = datetime.combine(begins, time(0), tzinfo=UTC)
    until = datetime.combine(ends + timedelta(days=1), time(0), tzinfo=UTC)
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        if record is None:
            raise CannotReport(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
        rows = incident_reading.incidents_reported(session, rollout=rollout, since=since, until=until)
        counted = [
            CountedIncident(severity=Severity(one.severity), category=Category(one.category), site=one.site)
            for one in rows
        ]
        stops = [one for one in scale_reading.suspensions(session, rollout=rollout) if since <= one.at < until]
    return public_report(
        counted,
        title=record.title,
        institution=record.institution,
        begins=begins,
        ends=ends,
        suspensions=len(stops),
        smallest_cell=int(json.loads(record.spec).get("smallest_cell", SMALLEST_CELL)),
    )


def publish(
    *, rollout: str, begins: date, ends: date, person: Person, reason: str, at: datetime, workplace: Workplace
) -> tuple[PublicReport, str]:
    """
    Let a public report out, by a named person with a reason (N6); the ledger keeps it. Return it and its id.

    :raises CannotReport: with the one reason
    """
    held = person.roles_at(rollout=rollout, at=at) & MAY_PUBLISH
    if not held:
        roles = ", ".join(sorted(MAY_PUBLISH))
        raise CannotReport(f"{person.name} holds none of the roles that publish on {rollout}: {roles}.")
    if problem := why_not_reason(reason) or why_not_say(reason):
        raise CannotReport(problem)
    report = public_draft(rollout=rollout, begins=begins, ends=ends, workplace=workplace)
    content = report.plain()
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        row = IncidentPublication(
            rollout=rollout,
            begins=begins.isoformat(),
            ends=ends.isoformat(),
            content=content,
            digest=digest(content),
            person=person.id,
            printed_name=person.name,
            role=min(held),
            reason=reason,
            at=at,
        )
        tx.session.add(row)
        said = {"publication": row.id, "digest": row.digest}
        tx.record(kind="incidents.published", rollout=rollout, person=person.id, at=at, body=said)
        return report, row.id
