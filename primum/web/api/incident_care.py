"""What follows an incident and a stop: findings, clocks, redress, exports, and which sites have seen a suspension."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request

from primum.actions import acknowledgements, incident_findings, incidents, regulator_clocks
from primum.actions.incident_exports import IncidentFile, incident_file, told
from primum.actions.site_keys import SiteKeys
from primum.ledger import incident_reading
from primum.ledger.incident_tables import RegulatorClock
from primum.roadmap.clocks import countdown
from primum.roadmap.fhir_adverse_event import adverse_event
from primum.roadmap.incidents import Causality, Harm
from primum.roadmap.medwatch import medwatch
from primum.web.api.callers import CHANNEL, Reads, Reports, person_at
from primum.web.api.incident_care_shapes import (
    CareShape,
    ClockShape,
    FindingAsked,
    FindingShape,
    GradingAsked,
    RedressAsked,
    RedressEnded,
    RedressShape,
    SiteAsked,
    StatementShape,
    SubmissionAsked,
    SuspensionShape,
    SystemAsked,
)
from primum.web.api.incidents import UnknownIncident
from primum.web.api.shapes import Done, Id, Shape
from primum.web.console.readers import Reader
from primum.web.console.suspension_page import gate_for
from primum.web.desk import AtDesk
from primum.web.visitors import NotSignedIn

router = APIRouter(tags=["incidents"])


@router.get("/incidents/{incident}/care")
def care(caller: Reads, incident: Id) -> CareShape:
    """Tell what follows an incident: clocks, findings, redress, who used it, who let it in and on what."""
    file = _file(incident, caller)
    row = file.incident
    return CareShape(
        incident=row.id,
        harm=Harm(row.harm) if row.harm else None,
        used_by=row.used_by,
        has_encounter=row.encounter is not None,
        basis=row.basis,
        clocks=[_clock(one, caller.at) for one in file.clocks],
        findings=FindingShape.each([_named(FindingShape, one) for one in file.findings]),
        redress=RedressShape.each([_named(RedressShape, one) for one in file.redress]),
        statements=StatementShape.each(file.statements),
    )


@router.get("/incidents/{incident}/export/{shape}")
def export(caller: Reads, incident: Id, shape: Literal["fhir-r4", "fhir-r5", "medwatch"]) -> dict[str, Any]:
    """Hand an incident over as FHIR AdverseEvent or in the shape of Form 3500A; it names no patient."""
    found = told(incident=_file(incident, caller).incident.id, workplace=caller.workplace)
    if shape == "medwatch":
        return dict(medwatch(found))
    return adverse_event(found, release="R4" if shape == "fhir-r4" else "R5")


@router.post("/incidents/{incident}/grading")
def grade(caller: Reports, incident: Id, asked: GradingAsked) -> Done:
    """Grade an incident anew; its clocks follow, and one that is confirmed and becomes serious suspends."""
    row = _file(incident, caller).incident
    stopped = incidents.regrade(
        incident=row.id,
        person=person_at(row.rollout, caller=caller),
        severity=asked.severity,
        harm=asked.harm,
        note=asked.note,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=row.id, sentence=f"Graded. {row.rollout} is suspended." if stopped else "Graded.")


@router.post("/incidents/{incident}/findings", status_code=201)
def find(caller: Reports, incident: Id, asked: FindingAsked) -> Done:
    """Record what a person found about an incident."""
    row = _file(incident, caller).incident
    person = person_at(row.rollout, caller=caller)
    at, place = caller.at, caller.workplace
    if asked.kind == "causality":
        cause = _cause(asked.value)
        incident_findings.assess_causality(
            incident=row.id, person=person, causality=cause, note=asked.note, at=at, workplace=place
        )
        return Done(id=row.id, sentence=f"Recorded: {cause}.")
    if asked.kind == "limitation":
        found = incident_findings.compare_with_card(
            incident=row.id, person=person, statement=asked.value, note=asked.note, at=at, workplace=place
        )
        return Done(id=row.id, sentence=f"Recorded: the limitation behind it was {found}.")
    if asked.kind == "words":
        incident_findings.add_words(incident=row.id, person=person, words=asked.note, at=at, workplace=place)
        return Done(id=row.id, sentence="Added.")
    begun = incident_findings.need_remedy(incident=row.id, person=person, note=asked.note, at=at, workplace=place)
    return Done(id=row.id, sentence=f"Recorded; {begun} more clocks run.")


@router.post("/clocks/{clock}/submission")
def submit(caller: Reports, clock: Id, asked: SubmissionAsked) -> Done:
    """Record that a report went to the regulator: when, and under which reference."""
    with caller.workplace.ledger.reading() as session:
        row = incident_reading.clock(session, clock=clock)
    if row is None or row.rollout not in caller.rollouts:
        raise UnknownIncident(f"There is no clock '{clock}' at a rollout you may read.")
    regulator_clocks.submit(
        clock=clock,
        person=person_at(row.rollout, caller=caller),
        submitted_at=asked.submitted_at,
        reference=asked.reference,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=clock, sentence="Recorded as submitted.")


@router.post("/incidents/{incident}/redress", status_code=201)
def offer(caller: Reports, incident: Id, asked: RedressAsked) -> Done:
    """Record what a patient who was harmed was offered."""
    row = _file(incident, caller).incident
    made = incident_findings.offer_redress(
        incident=row.id,
        person=person_at(row.rollout, caller=caller),
        way=asked.way,
        what=asked.what,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=made, sentence="Recorded.")


@router.post("/incidents/{incident}/redress/{redress}/closing")
def ended(caller: Reports, incident: Id, redress: Id, asked: RedressEnded) -> Done:
    """Record how an offer of redress ended."""
    row = _file(incident, caller).incident
    incident_findings.close_redress(
        redress=redress,
        person=person_at(row.rollout, caller=caller),
        outcome=asked.outcome,
        note=asked.note,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=redress, sentence="Recorded.")


@router.get("/rollouts/{rollout}/suspension")
def suspension(caller: Reads, rollout: Id) -> SuspensionShape | None:
    """Tell the suspension in force, or the last one, and which sites have seen it; null if there never was one."""
    caller.admit(rollout)
    found = acknowledgements.standing_of(rollout=rollout, at=caller.at, workplace=caller.workplace)
    if found is None:
        return None
    gate, needs_gate = gate_for(rollout, found.suspension, reader=caller)
    told = {name: getattr(found, name) for name in SuspensionShape.model_fields if hasattr(found, name)}
    asked = {"needs_gate": needs_gate, "gate": gate and gate[0], "gate_state": gate and gate[1]}
    return SuspensionShape.model_validate({**told, **asked})


@router.post("/rollouts/{rollout}/suspension/acknowledgements", status_code=201)
def acknowledge(caller: Reports, rollout: Id, asked: SiteAsked) -> Done:
    """Say for a site that it has seen the suspension."""
    person = person_at(rollout, caller=caller)
    acknowledgements.acknowledge(
        rollout=rollout, site=asked.site, person=person, channel=CHANNEL, at=caller.at, workplace=caller.workplace
    )
    return Done(id=asked.site, sentence=f"Noted: {asked.site} has seen it.")


@router.post("/systems/acknowledgements", status_code=201)
def acknowledge_by_system(request: Request, desk: AtDesk, asked: SystemAsked) -> Done:
    """Say for a site, by its own system and the key of that site, that it has seen the suspension."""
    at, keys = desk.clock(), SiteKeys(workplace=desk.workplace)
    sites = keys.sites_of(header=request.headers.get("authorization", ""), at=at)
    if not sites:
        raise NotSignedIn("Show the key of a site: Authorization: Bearer ...")
    acknowledgements.acknowledge_by_key(
        rollout=asked.rollout, site=asked.site, sites=sites, at=at, workplace=desk.workplace
    )
    return Done(id=asked.site, sentence=f"Noted: {asked.site} has seen it.")


def _cause(value: str) -> Causality:
    try:
        return Causality(value)
    except ValueError:
        listed = ", ".join(Causality)
        raise incidents.CannotReport(f"'{value}' is no causality; it is one of {listed}.") from None


def _file(incident: str, caller: Reader) -> IncidentFile:
    try:
        file = incident_file(incident=incident, workplace=caller.workplace)
    except incidents.CannotReport:
        file = None
    if file is None or file.incident.id != incident or file.incident.rollout not in caller.rollouts:
        raise UnknownIncident(f"There is no incident '{incident}' at a rollout you may read.")
    return file


def _clock(row: RegulatorClock, at: datetime) -> ClockShape:
    left = countdown(
        started_at=row.aware_at, due=row.due_at, at=at, submitted_at=row.submitted_at, ended_at=row.ended_at
    )
    names = set(ClockShape.model_fields) - {"state", "words"}
    return ClockShape(**{name: getattr(row, name) for name in names}, state=left.state, words=left.words)


def _named(shape: type[Shape], row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in shape.model_fields}
