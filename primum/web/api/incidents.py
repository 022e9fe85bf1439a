"""Incidents: reported in words that name nobody, confirmed, closed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from primum.actions import incidents
from primum.actions.incidents import CannotReport
from primum.ledger import signing_reading
from primum.ledger.signing_tables import Incident
from primum.roadmap.incidents import Category, Harm, Severity
from primum.web.api.callers import CHANNEL, Reads, Reports, person_at
from primum.web.api.rollout_shapes import NoteAsked
from primum.web.api.shapes import Asked, Done, Id, Limit, Line, Moment, Named, Offset, Page, Said, Shape, Words, paged
from primum.web.console.readers import Reader

router = APIRouter(tags=["incidents"])


class UnknownIncident(CannotReport):
    """There is no such incident, or it is not the reader's to see; the message is shown to the person."""


class IncidentShape(Shape):
    """Something happened, or nearly did."""

    id: str
    rollout: str
    site: str
    severity: Severity
    category: Category
    what: Said
    reporter: str
    occurred_at: datetime
    reported_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    suspension_id: str | None = Field(description="The suspension it led to, if it did.")
    closed_by: str | None
    closed_at: datetime | None


class IncidentAsked(Asked):
    """What happened, in words that name nobody."""

    site: Line
    severity: Severity
    category: Category
    what: Words = Field(description="What happened; no name, number or date of a patient.")
    occurred_at: Moment
    harm: Harm | None = Field(default=None, description="What came of it; left out, what the severity suggests.")
    used_by: Line = Field(default="", description="Id of the clinician who used the output; left out, the reporter.")
    encounter: Line = Field(default="", description="Which encounter; it stays in the data plane.")


class ConfirmationAsked(Asked):
    """How bad it was after all; left out, as it was reported."""

    severity: Severity | None = None


@router.get("/incidents")
def every_incident(
    caller: Reads,
    rollout: Annotated[Named | None, Query(description="Only of this rollout.")] = None,
    is_open: Annotated[bool, Query(alias="open", description="Only those nobody closed.")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[IncidentShape]:
    """List the incidents of your rollouts, the newest first."""
    with caller.workplace.ledger.reading() as session:
        rows = signing_reading.incidents(session, rollout=rollout, is_open=is_open)
    told = [_told(row) for row in rows if row.rollout in caller.rollouts]
    return paged(IncidentShape, told, limit=limit, offset=offset)


@router.get("/incidents/{incident}")
def one_incident(caller: Reads, incident: Id) -> IncidentShape:
    """Tell one incident."""
    return IncidentShape.model_validate(_told(_row(incident, caller)))


@router.post("/rollouts/{rollout}/incidents", status_code=201)
def report(caller: Reports, rollout: Id, asked: IncidentAsked) -> Done:
    """Report an incident; while a serious one is open nothing is promoted."""
    person = person_at(rollout, caller=caller)
    done = incidents.report(
        rollout=rollout,
        person=person,
        site=asked.site,
        severity=asked.severity,
        category=asked.category,
        what=asked.what,
        occurred_at=asked.occurred_at,
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
        details=incidents.Details(harm=asked.harm, used_by=asked.used_by, encounter=asked.encounter),
    )
    return Done(id=done, sentence=f"The incident is reported as {asked.severity}; it is confirmed by somebody else.")


@router.post("/incidents/{incident}/confirmation")
def confirm(caller: Reports, incident: Id, asked: ConfirmationAsked) -> Done:
    """Confirm an incident, graded anew if need be; a serious harm suspends its rollout at once."""
    row = _row(incident, caller)
    stopped = incidents.confirm(
        incident=incident,
        person=person_at(row.rollout, caller=caller),
        severity=asked.severity,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=incident, sentence=f"Confirmed. {row.rollout} is suspended." if stopped else "Confirmed.")


@router.post("/incidents/{incident}/closing")
def close(caller: Reports, incident: Id, asked: NoteAsked) -> Done:
    """Close an incident that was dealt with; a rollout it suspended stays suspended."""
    row = _row(incident, caller)
    incidents.close(
        incident=incident,
        person=person_at(row.rollout, caller=caller),
        note=asked.note,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=incident, sentence="Closed.")


def _row(incident: str, caller: Reader) -> Incident:
    with caller.workplace.ledger.reading() as session:
        row = signing_reading.incident(session, incident=incident)
    if row is None or row.rollout not in caller.rollouts:
        raise UnknownIncident(f"There is no incident '{incident}' at a rollout you may read.")
    return row


def _told(row: Incident) -> dict[str, object]:
    return {name: getattr(row, name) for name in IncidentShape.model_fields}
