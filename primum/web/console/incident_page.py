"""One incident: clocks and what is left of them, who used it and who let it in, findings, redress, exports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from primum.actions import directory, incident_findings, incidents, regulator_clocks
from primum.actions.incident_exports import IncidentFile, incident_file, told
from primum.actions.incidents import CannotReport
from primum.actions.regulator_clocks import CannotSubmit
from primum.ledger import reading
from primum.ledger.incident_tables import Redress, RegulatorClock
from primum.roadmap.clocks import ClockState, countdown
from primum.roadmap.fhir_adverse_event import adverse_event
from primum.roadmap.incidents import MAY_CONFIRM, Causality, RedressOutcome, RedressWay, Severity
from primum.roadmap.medwatch import medwatch, medwatch_page
from primum.web.console.fields import FormRefused, Option, chosen, moment_of, options_of, plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import FactView, Mark
from primum.web.visitors import NotAllowed, Scope, SignedIn, may

router = APIRouter()
DONE = {
    "found": "Recorded.",
    "suspended": "Recorded. It is a serious harm, so the rollout is suspended: standard care.",
    "submitted": "Recorded as submitted.",
    "redress": "Recorded.",
}
MARKS = {
    ClockState.OVERDUE: "fail",
    ClockState.NOT_TOLD: "fail",
    ClockState.NEARLY_OVER: "fail",
    ClockState.HALF_GONE: "wait",
    ClockState.RUNNING: "wait",
    ClockState.SUBMITTED: "pass",
    ClockState.ENDED: "plain",
}
SYMBOLS = {"fail": "!", "wait": "○", "pass": "✓", "plain": "·"}
EXPORTS = (("fhir-r4", "FHIR R4"), ("fhir-r5", "FHIR R5"), ("medwatch", "Form 3500A, JSON"))
PAGE = "medwatch-html"


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


@dataclass(frozen=True, kw_only=True)
class ClockView:
    """One report that is owed."""

    id: str
    title: str
    to: str
    source: str
    mark: Mark
    due: When | None
    words: str
    open: bool


@dataclass(frozen=True, kw_only=True)
class RedressView:
    """One offer."""

    id: str
    way: str
    what: str
    at: When
    ended: str


@dataclass(frozen=True, kw_only=True)
class Lists:
    """What can be chosen."""

    severities: tuple[Option, ...]
    causes: tuple[Option, ...]
    statements: tuple[Option, ...]
    ways: tuple[Option, ...]
    outcomes: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class IncidentPage:
    """The page of one incident."""

    id: str
    rollout: str
    heading: str
    what: str
    done: str
    trouble: str
    facts: tuple[FactView, ...]
    signers: tuple[str, ...]
    clocks: tuple[ClockView, ...]
    findings: tuple[str, ...]
    redress: tuple[RedressView, ...]
    liability: tuple[str, ...]
    exports: tuple[Option, ...]
    lists: Lists
    severity: str
    may_find: bool
    is_open: bool
    zone: str


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
    person = directory.person(reader.person, workplace=reader.workplace)
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
            person=directory.person(reader.person, workplace=reader.workplace),
            submitted_at=moment_of(form.sent, zone=reader.zone, what="when it went out"),
            reference=form.reference,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (FormRefused, CannotSubmit) as refused:
        return _page(request, reader, file, trouble=str(refused))
    return RedirectResponse(f"/incidents/{one}?done=submitted", status_code=303)


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
    person = directory.person(reader.person, workplace=reader.workplace)
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
    row, known = file.incident, directory.directory(reader.workplace)
    names = {id_: person.name for id_, person in known.everybody().items()}
    roles = known.roles(person=reader.person, rollout=row.rollout, at=reader.at)
    signed = [str(one["name"]) + ", " + plain(str(one["seat"])) for one in (row.basis or {}).get("signers", ())]
    page = IncidentPage(
        id=row.id,
        rollout=row.rollout,
        heading=f"{plain(row.severity).capitalize()}: {plain(row.category)}",
        what=row.what,
        done=done,
        trouble=trouble,
        facts=_facts(file, names, reader.zone),
        signers=tuple(signed),
        clocks=tuple(_clock(one, reader) for one in file.clocks),
        findings=_findings(file, names, reader.zone),
        redress=tuple(_redress(one, reader.zone) for one in file.redress),
        liability=_liability(file, reader),
        exports=tuple(Option(value=shape, label=label) for shape, label in (*EXPORTS, (PAGE, "Form 3500A, a page"))),
        lists=_lists(file),
        severity=row.severity,
        may_find=bool(roles & MAY_CONFIRM),
        is_open=row.closed_at is None,
        zone=reader.zone,
    )
    return show("console/incident.html", request=request, page=page, status=409 if trouble else 200)


def _liability(file: IncidentFile, reader: Reader) -> tuple[str, ...]:
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=file.incident.rollout)
    kept = json.loads(record.spec) if record else {}
    known = regulator_clocks.known_places(kept=kept, workplace=reader.workplace, site=file.incident.site)
    lines = []
    for place in known:
        lines += [place.why_unusable] if place.why_unusable else []
        lines += [f"{place.country}, {name.lower()}: {answer}. {words}" for name, answer, words in place.liability]
    return tuple(lines)


def _lists(file: IncidentFile) -> Lists:
    card = tuple(Option(value=one.id, label=one.words) for one in file.statements)
    return Lists(
        severities=options_of(Severity),
        causes=options_of(Causality),
        statements=(*card, Option(value=incident_findings.NOT_ON_THE_CARD, label="The card did not tell of it")),
        ways=options_of(RedressWay),
        outcomes=options_of(RedressOutcome),
    )


def _facts(file: IncidentFile, names: Mapping[str, str], zone: str) -> tuple[FactView, ...]:
    row, basis = file.incident, file.incident.basis or {}
    used = row.used_by or ""
    return (
        FactView(name="Rollout", value=row.rollout),
        FactView(name="Site", value=row.site),
        FactView(name="Happened", value=str(when(row.occurred_at, zone=zone))),
        FactView(name="Reported", value=f"{when(row.reported_at, zone=zone)}, {names.get(row.reporter, row.reporter)}"),
        FactView(name="Harm", value=plain(row.harm or "not told")),
        FactView(name="Used by", value=names.get(used, used) or "not told"),
        FactView(name="Encounter", value="kept in the data plane" if row.encounter else "not given"),
        FactView(name="Exposure then", value=str(basis.get("exposure", "not known"))),
        FactView(name="Let in by gate", value=str(basis.get("gate", "none"))),
        FactView(name="On the evidence", value=str(basis.get("evidence", "none")), code=True),
        FactView(name="Under the policy", value=str(basis.get("policy", "none")), code=True),
        FactView(name="Release bundle", value=str(basis.get("bundle") or "none"), code=True),
    )


def _clock(row: RegulatorClock, reader: Reader) -> ClockView:
    left = countdown(
        started_at=row.aware_at, due=row.due_at, at=reader.at, submitted_at=row.submitted_at, ended_at=row.ended_at
    )
    kind = MARKS[left.state]
    more = f"Reference {row.reference}." if row.reference else row.unknown or ""
    return ClockView(
        id=row.id,
        title=row.title,
        to=", ".join(row.recipients),
        source=row.source,
        mark=Mark(word=left.words, symbol=SYMBOLS[kind], kind=kind),
        due=when(row.due_at, zone=row.zone) if row.due_at else None,
        words=more,
        open=row.submitted_at is None and row.ended_at is None,
    )


def _findings(file: IncidentFile, names: Mapping[str, str], zone: str) -> tuple[str, ...]:
    return tuple(
        f"{plain(one.kind).capitalize()}: {plain(one.value)}. {one.note} "
        f"({names.get(one.person, one.person)}, {when(one.at, zone=zone)})"
        for one in file.findings
    )


def _redress(row: Redress, zone: str) -> RedressView:
    ended = f"{plain(row.outcome or '').capitalize()}: {row.note}" if row.closed_at else ""
    return RedressView(
        id=row.id, way=plain(row.way).capitalize(), what=row.what, at=when(row.offered_at, zone=zone), ended=ended
    )
