"""Saying that what an approval left to do is done, and applying a gate whose every seat has signed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import contingencies, projection, promotion
from primum.actions.contingencies import CannotClose
from primum.actions.promotion import CannotPromote
from primum.actions.submission import UnknownPerson
from primum.integrations.tracking_store import TrackingRefused, TrackingUnreachable
from primum.ledger import signing_reading
from primum.ledger.signing_tables import Contingency
from primum.web.console.gate_page import console_gate
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.visitors import NotAllowed, Scope, SignedIn, may

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class ClosePage:
    """The page on which somebody says that a contingency is done."""

    id: str
    rollout: str
    gate: str
    what: str
    owner: str
    due: When
    note: str
    trouble: str


@router.get("/contingencies/{one}/close")
def ask(request: Request, reader: ReadBy, one: str) -> Response:
    """Show the form that closes a contingency."""
    return _form(request, reader, _row(reader, one))


@router.post("/contingencies/{one}/close")
def close(request: Request, visitor: SignedIn, reader: ReadBy, one: str, note: Annotated[str, Form()] = "") -> Response:
    """Record that a contingency is done."""
    may(visitor, Scope.SIGN)
    row = _row(reader, one)
    try:
        contingencies.close(
            contingency=one,
            submission=reader.submission(row.rollout),
            person=reader.person,
            note=note,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (CannotClose, UnknownPerson) as refused:
        return _form(request, reader, row, note=note, trouble=str(refused))
    return RedirectResponse(f"/gates/{row.gate_id}?done=closed", status_code=303)


@router.post("/gates/{gate}/apply")
def apply(request: Request, visitor: SignedIn, reader: ReadBy, gate: str) -> Response:
    """Apply a granted gate: everything is asked once more, and the one reason against it is shown."""
    may(visitor, Scope.SIGN)
    row = reader.gate(gate)
    submission = reader.submission(row.rollout)
    try:
        submission.person(reader.person)
        promotion.apply(
            gate=gate, submission=submission, person=reader.person, at=reader.at, workplace=reader.workplace
        )
    except (CannotPromote, UnknownPerson) as refused:
        page = console_gate(reader.gate(gate), submission=submission, reader=reader, trouble=str(refused))
        return show("console/gate.html", request=request, page=page, status=409)
    try:
        projection.project_alias(submission=submission, workplace=reader.workplace)
    except (TrackingUnreachable, TrackingRefused):
        return RedirectResponse(f"/gates/{gate}?done=applied-alone", status_code=303)
    return RedirectResponse(f"/gates/{gate}?done=applied", status_code=303)


def _row(reader: Reader, one: str) -> Contingency:
    with reader.workplace.ledger.reading() as session:
        row = signing_reading.contingency(session, contingency=one)
    if row is None:
        raise NotAllowed("There is no such contingency at a rollout that you may read.")
    reader.admit(row.rollout)
    return row


def _form(request: Request, reader: Reader, row: Contingency, note: str = "", trouble: str = "") -> Response:
    names = {person.id: person.name for person in reader.submission(row.rollout).people}
    page = ClosePage(
        id=row.id,
        rollout=row.rollout,
        gate=row.gate_id,
        what=row.what,
        owner=names.get(row.owner, row.owner),
        due=when(row.due_at, zone=reader.zone),
        note=note,
        trouble=trouble,
    )
    return show("console/close.html", request=request, page=page, status=409 if trouble else 200)
