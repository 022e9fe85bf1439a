"""Suspending in one action, and resuming with a quorum: the two forms on the page of a rollout."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import resumption, suspension
from primum.actions.resumption import CannotResume
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend
from primum.actions.timeline import rollout_report
from primum.roadmap.people import Person
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.rollout_page import Filled, rollout_page
from primum.web.showing import show
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
CHANNEL = "console"
ANOTHER = "The rollout was suspended again since this page was shown; read why, and then sign."


@router.post("/rollouts/{rollout}/suspend")
def suspend(
    request: Request,
    visitor: SignedIn,
    reader: ReadBy,
    rollout: str,
    reason: Annotated[str, Form()] = "",
    harm: Annotated[str, Form()] = "",
) -> Response:
    """Send a rollout back to standard care at once; nothing but the ledger is needed."""
    may(visitor, Scope.SUSPEND)
    reader.admit(rollout)
    try:
        suspension.suspend(
            rollout=rollout,
            person=_person(rollout, reader),
            reason=reason,
            at=reader.at,
            workplace=reader.workplace,
            harm=bool(harm),
        )
    except (CannotSuspend, UnknownPerson) as refused:
        return _again(request, reader, rollout, Filled(suspend=reason, trouble=str(refused)))
    return RedirectResponse(f"/rollouts/{rollout}?done=suspended", status_code=303)


@router.post("/rollouts/{rollout}/resume")
def resume(
    request: Request,
    visitor: SignedIn,
    reader: ReadBy,
    rollout: str,
    reason: Annotated[str, Form(alias="resume-reason")] = "",
    shown: Annotated[str, Form(alias="suspension")] = "",
) -> Response:
    """Sign that a suspended rollout goes on; the last signature of the quorum lifts the suspension."""
    may(visitor, Scope.SUSPEND)
    reader.admit(rollout)
    report = rollout_report(rollout=rollout, at=reader.at, workplace=reader.workplace)
    if report.stopped is not None and report.stopped.id != shown:
        return _again(request, reader, rollout, Filled(resume=reason, trouble=ANOTHER))
    try:
        agreed = resumption.agree(
            rollout=rollout,
            person=reader.person,
            reason=reason,
            channel=CHANNEL,
            authentication=reader.method,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (CannotResume, CannotSuspend, UnknownPerson) as refused:
        return _again(request, reader, rollout, Filled(resume=reason, trouble=str(refused)))
    return RedirectResponse(f"/rollouts/{rollout}?done={'resumed' if agreed.is_lifted else 'agreed'}", status_code=303)


def _person(rollout: str, reader: Reader) -> Person:
    return suspension.person_at(rollout, id_=reader.person, workplace=reader.workplace)


def _again(request: Request, reader: Reader, rollout: str, filled: Filled) -> Response:
    report = rollout_report(rollout=rollout, at=reader.at, workplace=reader.workplace)
    page = rollout_page(report, reader=reader, filled=filled)
    return show("console/rollout.html", request=request, page=page, status=409)
