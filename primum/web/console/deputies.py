"""Handing a seat to a deputy, ending that, and declaring an interest."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from primum.actions import conflicts, delegation
from primum.actions.conflicts import CannotDeclare
from primum.actions.delegation import CannotDelegate
from primum.actions.submission import Submission, UnknownPerson
from primum.ledger import signing_reading
from primum.roadmap.people import Role
from primum.web.console.fields import FormRefused, Option, chosen, end_of_day, plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.sign_form import CHANNEL
from primum.web.showing import show
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()


class DelegateForm(BaseModel):
    """What was sent to hand a seat over."""

    role: str = ""
    deputy: str = ""
    until: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DelegatePage:
    """The page on which a seat is handed over."""

    rollout: str
    title: str
    roles: tuple[Option, ...]
    deputies: tuple[Option, ...]
    longest: int
    form: DelegateForm
    trouble: str


@dataclass(frozen=True, kw_only=True)
class InterestPage:
    """The page on which an interest is declared or withdrawn."""

    rollout: str
    title: str
    declared: bool
    reason: str
    trouble: str


@router.get("/rollouts/{rollout}/delegate")
def ask_delegate(request: Request, reader: ReadBy, rollout: str) -> Response:
    """Show the form that hands a seat over."""
    return _delegate_form(request, reader, reader.submission(rollout), DelegateForm())


@router.post("/rollouts/{rollout}/delegate")
def delegate(
    request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, form: Annotated[DelegateForm, Form()]
) -> Response:
    """Hand the reader's seats of a role to a deputy for a time."""
    may(visitor, Scope.SIGN)
    submission = reader.submission(rollout)
    try:
        delegation.delegate(
            submission=submission,
            person=reader.person,
            deputy=form.deputy,
            role=chosen(Role, form.role, what="the role you hand over"),
            ends_at=end_of_day(form.until, zone=reader.zone, what="the last day of the delegation"),
            reason=form.reason,
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (FormRefused, CannotDelegate, UnknownPerson) as refused:
        return _delegate_form(request, reader, submission, form, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}?done=delegated", status_code=303)


@router.post("/rollouts/{rollout}/delegations/{one}/end")
def end(visitor: SignedIn, reader: ReadBy, rollout: str, one: str) -> Response:
    """End a delegation of the reader's before its time."""
    may(visitor, Scope.SIGN)
    delegation.revoke(
        delegation=one,
        submission=reader.submission(rollout),
        person=reader.person,
        at=reader.at,
        workplace=reader.workplace,
    )
    return RedirectResponse(f"/rollouts/{rollout}?done=revoked", status_code=303)


@router.get("/rollouts/{rollout}/interest")
def ask_interest(request: Request, reader: ReadBy, rollout: str) -> Response:
    """Show the form that declares an interest."""
    return _interest_form(request, reader, reader.submission(rollout))


@router.post("/rollouts/{rollout}/interest")
def interest(
    request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Declare that the reader has an interest in a rollout."""
    may(visitor, Scope.SIGN)
    submission = reader.submission(rollout)
    try:
        conflicts.declare(
            submission=submission,
            person=reader.person,
            reason=reason,
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (CannotDeclare, UnknownPerson) as refused:
        return _interest_form(request, reader, submission, reason=reason, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}?done=interest", status_code=303)


@router.post("/rollouts/{rollout}/interest/withdraw")
def withdraw(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str) -> Response:
    """Withdraw an interest that is over."""
    may(visitor, Scope.SIGN)
    submission = reader.submission(rollout)
    try:
        conflicts.withdraw(submission=submission, person=reader.person, at=reader.at, workplace=reader.workplace)
    except (CannotDeclare, UnknownPerson) as refused:
        return _interest_form(request, reader, submission, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}?done=withdrawn", status_code=303)


def _delegate_form(
    request: Request, reader: Reader, submission: Submission, form: DelegateForm, trouble: str = ""
) -> Response:
    rollout = submission.rollout.rollout
    mine = next((one for one in submission.people if one.id == reader.person), None)
    held = mine.roles_at(rollout=rollout, at=reader.at) if mine else frozenset()
    others = [
        (one, sorted(one.roles_at(rollout=rollout, at=reader.at) & held))
        for one in submission.people
        if one.id != reader.person
    ]
    page = DelegatePage(
        rollout=rollout,
        title=submission.rollout.title,
        roles=tuple(Option(value=role, label=plain(role).capitalize()) for role in sorted(held)),
        deputies=tuple(
            Option(value=one.id, label=f"{one.name} ({', '.join(map(plain, same))})") for one, same in others if same
        ),
        longest=submission.policy.delegation.longest_days,
        form=form,
        trouble=trouble,
    )
    return show("console/delegate.html", request=request, page=page, status=409 if trouble else 200)


def _interest_form(
    request: Request, reader: Reader, submission: Submission, reason: str = "", trouble: str = ""
) -> Response:
    rollout = submission.rollout
    with reader.workplace.ledger.reading() as session:
        declared = {one.person for one in signing_reading.conflicts(session, rollout=rollout.rollout)}
    page = InterestPage(
        rollout=rollout.rollout,
        title=rollout.title,
        declared=reader.person in declared,
        reason=reason,
        trouble=trouble,
    )
    return show("console/interest.html", request=request, page=page, status=409 if trouble else 200)
