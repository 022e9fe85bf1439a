"""One incident: clocks and what is left of them, who used it and who let it in, findings, redress, exports."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from primum.actions import incident_findings, incidents, regulator_clocks, suspension
from primum.actions.incident_exports import IncidentFile, incident_file, told
from primum.actions.incidents import CannotReport
from primum.actions.regulator_clocks import CannotSubmit
from primum.roadmap.fhir_adverse_event import adverse_event
from primum.roadmap.incidents import Causality, RedressOutcome, RedressWay, Severity
from primum.roadmap.medwatch import medwatch, medwatch_page
from primum.roadmap.people import Person
from primum.web.console.fields import FormRefused, chosen, moment_of
from primum.web.console.incident_view import PAGE, page_of
from primum.web.console.readers import ReadBy, Reader
from primum.web.showing import show
from primum.web.visitors import NotAllowed, Scope, SignedIn, may

router = APIRouter()
DONE = {
    "found": "Recorded.",
    "suspended": "Recorded. It is a serious harm, so the rollout is suspended: standard care.",
    "submitted": "Recorded as submitted.",
    "redress": "Recorded.",
}


class FindingForm(BaseModel):
    """What was sent about an incident: which finding, its value, and why."""

    kind: str = ""
    value: str = ""
    note: str = ""


class SubmissionForm(BaseModel):
    """What was sent about a report to a regulator."""

    reference: str = ""
    sent: str = ""


class RedressForm(BaseModel):
    """What was offered, or how an offer ended."""

    way: str = ""
    what: str = ""
    offer: str = ""
    outcome: str = ""


@router.get("/incidents/{one}")
def shown(request: Request, reader: ReadBy, one: str, done: str = "") -> Response:
    """Show one incident."""
    return _page(request, reader, _file(reader, one), done=DONE.get(done, ""))


@router.get("/incidents/{one}/export/{shape}")
def export(reader: ReadBy, one: str, shape: str) -> Response:
    """Hand an incident over as FHIR or as Form 3500A; it names no patient."""
    file = _file(reader, one)
    found = told(incident=file.incident.id, workplace=reader.workplace)
    if shape == PAGE:
        return Response(medwatch_page(found), media_type="text/html; charset=utf-8")
    made: Mapping[str, object]
    if shape == "medwatch":
        made = medwatch(found)
    elif shape in {"fhir-r4", "fhir-r5"}:
        made = adverse_event(found, release="R4" if shape == "fhir-r4" else "R5")
    else:
        raise NotAllowed("There is no such export of an incident.")
    media = "application/json" if shape == "medwatch" else "application/fhir+json"
    return Response(json.dumps(made, indent=2, ensure_ascii=False), media_type=media)


@router.post("/incidents/{one}/findings")
def find(
    request: Request, visitor: SignedIn, reader: ReadBy, one: str, form: Annotated[FindingForm, Form()]
) -> Response:
    """Record what a person found: severity, cause, the card's statement, a remedy, or words that were missing."""
    may(visitor, Scope.REPORT)
    file = _file(reader, one)
    try:
        stopped = _found(file, form, reader)
    except (FormRefused, CannotReport) as refused:
        return _page(request, reader, file, trouble=str(refused))
    return RedirectResponse(f"/incidents/{one}?done={'suspended' if stopped else 'found'}", status_code=303)


def _found(file: IncidentFile, form: FindingForm, reader: Reader) -> bool:
    person = _person(file, reader)
    id_, at, place = file.incident.id, reader.at, reader.workplace
    if form.kind == "severity":
        graded = chosen(Severity, form.value, what="how bad it was")
        before = file.incident.suspension_id
        after = incidents.regrade(incident=id_, person=person, severity=graded, note=form.note, at=at, workplace=place)
        return after is not None and before is None
    if form.kind == "causality":
        cause = chosen(Causality, form.value, what="how surely the output brought it about")
        incident_findings.assess_causality(
            incident=id_, person=person, causality=cause, note=form.note, at=at, workplace=place
        )
    elif form.kind == "limitation":
        incident_findings.compare_with_card(
            incident=id_, person=person, statement=form.value, note=form.note, at=at, workplace=place
        )
    elif form.kind == "remedy":
        incident_findings.need_remedy(incident=id_, person=person, note=form.note, at=at, workplace=place)
    elif form.kind == "words":
        incident_findings.add_words(incident=id_, person=person, words=form.note, at=at, workplace=place)
    else:
        raise FormRefused("Choose what you found.")
    return False


@router.post("/incidents/{one}/clocks/{clock}/submit")
def submit(
    request: Request, visitor: SignedIn, reader: ReadBy, one: str, clock: str, form: Annotated[SubmissionForm, Form()]
) -> Response:
    """Record that a report went to the regulator."""
    may(visitor, Scope.REPORT)
    file = _file(reader, one)
    try:
        _refuse_unknown(file, clock)
        regulator_clocks.submit(
            clock=clock,
            person=_person(file, reader),
            submitted_at=moment_of(form.sent, zone=reader.zone, what="when it went out"),
            reference=form.reference,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (FormRefused, CannotSubmit) as refused:
        return _page(request, reader, file, trouble=str(refused))
    return RedirectResponse(f"/incidents/{one}?done=submitted", status_code=303)


def _person(file: IncidentFile, reader: Reader) -> Person:
    return suspension.person_at(file.incident.rollout, id_=reader.person, workplace=reader.workplace)


def _refuse_unknown(file: IncidentFile, clock: str) -> None:
    if clock not in {row.id for row in file.clocks}:
        raise FormRefused("This incident has no such clock.")


@router.post("/incidents/{one}/redress")
def redress(
    request: Request, visitor: SignedIn, reader: ReadBy, one: str, form: Annotated[RedressForm, Form()]
) -> Response:
    """Record what a patient who was harmed was offered, or how an offer ended."""
    may(visitor, Scope.REPORT)
    file = _file(reader, one)
    person = _person(file, reader)
    try:
        if form.offer:
            ended = chosen(RedressOutcome, form.outcome, what="how it ended")
            incident_findings.close_redress(
                redress=form.offer,
                person=person,
                outcome=ended,
                note=form.what,
                at=reader.at,
                workplace=reader.workplace,
            )
        else:
            way = chosen(RedressWay, form.way, what="what was offered")
            incident_findings.offer_redress(
                incident=file.incident.id,
                person=person,
                way=way,
                what=form.what,
                at=reader.at,
                workplace=reader.workplace,
            )
    except (FormRefused, CannotReport) as refused:
        return _page(request, reader, file, trouble=str(refused))
    return RedirectResponse(f"/incidents/{one}?done=redress", status_code=303)


def _file(reader: Reader, one: str) -> IncidentFile:
    try:
        file = incident_file(incident=one, workplace=reader.workplace)
    except CannotReport:
        file = None
    if file is None or file.incident.id != one or file.incident.rollout not in reader.rollouts:
        raise NotAllowed("There is no such incident at a rollout that you may read.")
    return file


def _page(request: Request, reader: Reader, file: IncidentFile, *, done: str = "", trouble: str = "") -> Response:
    page = page_of(file, reader=reader, done=done, trouble=trouble)
    return show("console/incident.html", request=request, page=page, status=409 if trouble else 200)
