"""Incidents: the list, reporting one, confirming it, closing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from primum.actions import directory, incidents, suspension
from primum.actions.incidents import CannotReport
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Incident
from primum.roadmap.incidents import MAY_CONFIRM, Category, Harm, Severity
from primum.roadmap.people import Person
from primum.web.console.fields import FormRefused, Option, chosen, moment_of, options_of, plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.sign_form import CHANNEL
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import Mark
from primum.web.visitors import NotAllowed, Scope, SignedIn, may

router = APIRouter()
DONE = {
    "reported": "Reported. Those who may confirm it are told.",
    "confirmed": "Confirmed.",
    "suspended": "Confirmed. It was a serious harm, so the rollout is suspended: standard care.",
    "closed": "Closed.",
}
CLOSED = Mark(word="Closed", symbol="✓", kind="pass")
CONFIRMED = Mark(word="Confirmed", symbol="!", kind="fail")
REPORTED = Mark(word="Reported, not yet confirmed", symbol="?", kind="wait")


class ReportForm(BaseModel):
    """What was sent to report an incident."""

    rollout: str = ""
    site: str = ""
    severity: str = ""
    category: str = ""
    what: str = ""
    occurred: str = ""
    harm: str = ""
    used_by: str = ""
    encounter: str = ""


@dataclass(frozen=True, kw_only=True)
class IncidentRow:
    """One incident."""

    id: str
    rollout: str
    title: str
    mark: Mark
    severity: str
    category: str
    site: str
    what: str
    occurred: When
    reported: When
    reporter: str
    told: tuple[str, ...]
    may_confirm: bool
    may_close: bool
    stops: bool
    note: str
    trouble: str


@dataclass(frozen=True, kw_only=True)
class IncidentsPage:
    """The list."""

    done: str
    rollout: str
    rows: tuple[IncidentRow, ...]
    severities: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """The form."""

    rollouts: tuple[Option, ...]
    severities: tuple[Option, ...]
    categories: tuple[Option, ...]
    harms: tuple[Option, ...]
    form: ReportForm
    zone: str
    trouble: str


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Which incident's form was refused, why, and what stood in it."""

    incident: str = ""
    sentence: str = ""
    note: str = ""


NOTHING = Refused()


@router.get("/incidents")
def listed(request: Request, reader: ReadBy, rollout: str = "", done: str = "") -> Response:
    """Show the incidents of the rollouts that the reader may see."""
    return _list(request, reader, rollout=rollout, done=DONE.get(done, ""))


@router.get("/incidents/report")
def ask(request: Request, reader: ReadBy, rollout: str = "") -> Response:
    """Show the form that reports an incident."""
    return _report_form(request, reader, ReportForm(rollout=rollout))


@router.post("/incidents/report")
def report(request: Request, visitor: SignedIn, reader: ReadBy, form: Annotated[ReportForm, Form()]) -> Response:
    """Keep what happened."""
    may(visitor, Scope.REPORT)
    if form.rollout:
        reader.admit(form.rollout)
    try:
        _refuse_nowhere(form)
        incidents.report(
            rollout=form.rollout,
            person=_person(form.rollout, reader),
            site=form.site,
            severity=chosen(Severity, form.severity, what="how bad it was"),
            category=chosen(Category, form.category, what="what kind of thing it was"),
            what=form.what,
            occurred_at=moment_of(form.occurred, zone=reader.zone, what="when it happened"),
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
            details=incidents.Details(
                harm=chosen(Harm, form.harm, what="what came of it") if form.harm else None,
                used_by=form.used_by,
                encounter=form.encounter,
            ),
        )
    except (FormRefused, CannotReport) as refused:
        return _report_form(request, reader, form, trouble=str(refused))
    return RedirectResponse("/incidents?done=reported", status_code=303)


@router.post("/incidents/{one}/confirm")
def confirm(
    request: Request, visitor: SignedIn, reader: ReadBy, one: str, severity: Annotated[str, Form()] = ""
) -> Response:
    """Confirm an incident, graded anew if need be; a serious harm suspends the rollout."""
    may(visitor, Scope.REPORT)
    row = _row(reader, one)
    try:
        graded = chosen(Severity, severity, what="how bad it was") if severity else None
        stopped = incidents.confirm(
            incident=one,
            person=_person(row.rollout, reader),
            at=reader.at,
            workplace=reader.workplace,
            severity=graded,
        )
    except (FormRefused, CannotReport) as refused:
        return _list(request, reader, refused=Refused(incident=one, sentence=str(refused)))
    return RedirectResponse(f"/incidents?done={'suspended' if stopped else 'confirmed'}", status_code=303)


@router.post("/incidents/{one}/close")
def close(request: Request, visitor: SignedIn, reader: ReadBy, one: str, note: Annotated[str, Form()] = "") -> Response:
    """Close an incident that was dealt with."""
    may(visitor, Scope.REPORT)
    row = _row(reader, one)
    try:
        incidents.close(
            incident=one, person=_person(row.rollout, reader), note=note, at=reader.at, workplace=reader.workplace
        )
    except CannotReport as refused:
        return _list(request, reader, refused=Refused(incident=one, sentence=str(refused), note=note))
    return RedirectResponse("/incidents?done=closed", status_code=303)


def _refuse_nowhere(form: ReportForm) -> None:
    if not form.rollout:
        raise FormRefused("Choose which rollout it was.")


def _person(rollout: str, reader: Reader) -> Person:
    return suspension.person_at(rollout, id_=reader.person, workplace=reader.workplace)


def _row(reader: Reader, one: str) -> Incident:
    with reader.workplace.ledger.reading() as session:
        row = signing_reading.incident(session, incident=one)
    if row is None:
        raise NotAllowed("There is no such incident at a rollout that you may read.")
    reader.admit(row.rollout)
    return row


def _list(
    request: Request, reader: Reader, *, rollout: str = "", done: str = "", refused: Refused = NOTHING
) -> Response:
    with reader.workplace.ledger.reading() as session:
        titles = {one.id: one.title for one in reading.rollouts(session) if one.id in reader.rollouts}
        found = [one for one in signing_reading.incidents(session) if one.rollout in titles]
    page = IncidentsPage(
        done=done,
        rollout=titles.get(rollout, ""),
        rows=_rows([one for one in found if not rollout or one.rollout == rollout], titles, reader, refused=refused),
        severities=options_of(Severity),
    )
    return show("console/incidents.html", request=request, page=page, status=409 if refused.sentence else 200)


def _rows(
    found: Sequence[Incident], titles: dict[str, str], reader: Reader, *, refused: Refused = NOTHING
) -> tuple[IncidentRow, ...]:
    """Return incidents as plain strings, with a form where the reader may confirm or close."""
    known = directory.directory(reader.workplace)
    names = {id_: person.name for id_, person in known.everybody().items()}
    mine = {one: known.roles(person=reader.person, rollout=one, at=reader.at) & MAY_CONFIRM for one in titles}
    rows = (_view(one, titles[one.rollout], names, reader, refused) for one in found)
    return tuple(row if mine[row.rollout] else replace(row, may_confirm=False, may_close=False) for row in rows)


def _view(one: Incident, title: str, names: dict[str, str], reader: Reader, refused: Refused) -> IncidentRow:
    told = []
    if one.confirmed_at:
        who = names.get(one.confirmed_by or "", one.confirmed_by or "")
        told.append(f"Confirmed by {who}, {when(one.confirmed_at, zone=reader.zone)}.")
    if one.closed_at:
        who = names.get(one.closed_by or "", one.closed_by or "")
        told.append(f"Closed by {who}, {when(one.closed_at, zone=reader.zone)}: {one.note}")
    mine = refused.incident == one.id
    return IncidentRow(
        id=one.id,
        rollout=one.rollout,
        title=title,
        mark=CLOSED if one.closed_at else (CONFIRMED if one.confirmed_at else REPORTED),
        severity=one.severity,
        category=plain(one.category),
        site=one.site,
        what=one.what,
        occurred=when(one.occurred_at, zone=reader.zone),
        reported=when(one.reported_at, zone=reader.zone),
        reporter=names.get(one.reporter, one.reporter),
        told=tuple(told),
        may_confirm=one.confirmed_at is None and one.closed_at is None,
        may_close=one.closed_at is None,
        stops=one.suspension_id is not None,
        note=refused.note if mine else "",
        trouble=refused.sentence if mine else "",
    )


def _report_form(request: Request, reader: Reader, form: ReportForm, trouble: str = "") -> Response:
    with reader.workplace.ledger.reading() as session:
        known = [one for one in reading.rollouts(session) if one.id in reader.rollouts]
    page = ReportPage(
        rollouts=tuple(Option(value=one.id, label=one.title) for one in known),
        severities=options_of(Severity),
        categories=options_of(Category),
        harms=(Option(value="", label="What is usual for its severity"), *options_of(Harm)),
        form=form,
        zone=reader.zone,
        trouble=trouble,
    )
    return show("console/report.html", request=request, page=page, status=409 if trouble else 200)
