"""Signing a gate on its page: the same checks as everywhere, and the form still filled when one refuses."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import voting
from primum.actions.reporting import GateReport, gate_report
from primum.actions.submission import Submission, UnknownPerson
from primum.actions.voting import Ballot, CannotVote, SeatOffer
from primum.ledger.tables import Gate
from primum.roadmap.gates import GateState
from primum.roadmap.seats import Answer
from primum.web.console.gate_page import why_not_sign
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.sign_form import FormRefused, SignForm, ballot_of, sign_page, why_unticked
from primum.web.showing import show
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
DONE = {GateState.GRANTED: "granted", GateState.REJECTED: "rejected", GateState.HELD: "held"}


@router.get("/gates/{gate}/sign")
def ask(request: Request, reader: ReadBy, gate: str, answer: str = "") -> Response:
    """Show the form of a signature."""
    row = reader.gate(gate)
    submission = reader.submission(row.rollout)
    form = SignForm(answer=answer if answer in set(Answer) else "", digest=row.subject_digest or "")
    return _form(request, reader, row, submission, form)


@router.post("/gates/{gate}/sign")
def sign(request: Request, visitor: SignedIn, reader: ReadBy, gate: str, form: Annotated[SignForm, Form()]) -> Response:
    """Record an answer, or lead on to showing again who one is; a refusal keeps what was written."""
    may(visitor, Scope.SIGN)
    row = reader.gate(gate)
    submission = reader.submission(row.rollout)
    try:
        ballot = ballot_of(form, reader=reader)
        _refuse_unticked(form, ballot, row, submission, reader)
        return _signed(row, ballot, submission, reader)
    except (FormRefused, CannotVote) as refused:
        return _form(request, reader, row, submission, form, trouble=str(refused))


def _refuse_unticked(form: SignForm, ballot: Ballot, row: Gate, submission: Submission, reader: Reader) -> None:
    """Whatever forbids the signature itself is said before what was overlooked on the page; signing asks it anyway."""
    left = why_unticked(form, report=_report(row, submission, reader), policy=submission.policy)
    if not left:
        return
    with reader.workplace.ledger.reading() as session:
        reason = voting.why_not_vote(
            gate=row.id, person=reader.person, ballot=ballot, submission=submission, at=reader.at, session=session
        )
    raise CannotVote(reason) if reason else FormRefused(left)


def _signed(row: Gate, ballot: Ballot, submission: Submission, reader: Reader) -> Response:
    if voting.needs_step_up(gate=row.id, submission=submission):
        intended = voting.intend(
            gate=row.id,
            ballot=ballot,
            submission=submission,
            person=reader.person,
            at=reader.at,
            workplace=reader.workplace,
        )
        return RedirectResponse(f"/sign/{intended.code}", status_code=303)
    state = voting.vote(
        gate=row.id,
        ballot=ballot,
        submission=submission,
        person=reader.person,
        at=reader.at,
        workplace=reader.workplace,
    )
    return RedirectResponse(f"/gates/{row.id}?done={DONE.get(state, 'signed')}", status_code=303)


def _form(
    request: Request, reader: Reader, row: Gate, submission: Submission, form: SignForm, trouble: str = ""
) -> Response:
    page = sign_page(
        _report(row, submission, reader),
        submission=submission,
        reader=reader,
        offers=_offers(row, submission, reader),
        why_not=why_not_sign(row, submission=submission, reader=reader) or "",
        form=form,
        trouble=trouble,
    )
    return show("console/sign.html", request=request, page=page, status=409 if trouble else 200)


def _report(row: Gate, submission: Submission, reader: Reader) -> GateReport:
    return gate_report(gate=row.id, submission=submission, workplace=reader.workplace, reader=reader.person)


def _offers(row: Gate, submission: Submission, reader: Reader) -> tuple[SeatOffer, ...]:
    try:
        with reader.workplace.ledger.reading() as session:
            return voting.seats_for(
                person=reader.person, gate=row.id, submission=submission, at=reader.at, session=session
            )
    except UnknownPerson:
        return ()
