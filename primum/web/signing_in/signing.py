"""Signing what was meant: shown once more, then who one is is shown once more."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from primum.actions import accounts, directory, sessions, step_up
from primum.actions.accounts import PASSWORD, CannotSignIn
from primum.actions.casting import CannotVote
from primum.actions.intents import Intention
from primum.actions.provider_login import Aim
from primum.actions.reporting import GateReport, gate_report
from primum.actions.sessions import Opened
from primum.actions.step_up import Signed
from primum.actions.submission import Submission
from primum.chat.rendering.wording import MEANINGS, role_words
from primum.integrations.openid import ProviderUnreachable
from primum.roadmap.gates import MEANING as STATE_MEANS
from primum.roadmap.seats import Answer
from primum.roadmap.suppression import publishable
from primum.web.console.times import when
from primum.web.desk import AtDesk, desk_of
from primum.web.findings import reasons_of, verdict_sentence
from primum.web.marks import state_mark
from primum.web.session_cookies import set_cookie
from primum.web.showing import show
from primum.web.signing_in.browsers import count_try, provider, provider_name, send_out
from primum.web.signing_in.views import Fact, SignedPage, SigningPage
from primum.web.visitors import NotAllowed, SignedIn, Visitor, signed_in

router = APIRouter()
ANSWERS = {
    Answer.APPROVE: "Approve",
    Answer.REJECT: "Reject",
    Answer.REQUEST_EVIDENCE: "Ask for more evidence",
}


@router.get("/sign/{code}")
def signing_page(request: Request, visitor: SignedIn, code: str) -> Response:
    """Show what is about to be signed, to the person it was meant by."""
    refuse_program(visitor)
    return _shown(request, visitor, code)


@router.post("/sign/{code}")
async def sign(
    request: Request, desk: AtDesk, visitor: SignedIn, code: str, password: Annotated[str, Form()] = ""
) -> Response:
    """Sign with the password typed again."""
    refuse_program(visitor)
    count_try(request)
    return await run_in_threadpool(_sign, request, desk, visitor, code, password)


def _sign(request: Request, desk: AtDesk, visitor: Visitor, code: str, password: str) -> Response:
    at, place = desk.clock(), desk.workplace
    try:
        outcome = step_up.sign_with_password(
            code=code, person=visitor.person, password=password, at=at, workplace=place
        )
    except (CannotVote, CannotSignIn) as refusal:
        return not_signed(request, code=code, trouble=str(refusal))
    opened = sessions.begin(
        person=visitor.person,
        method=PASSWORD,
        at=at,
        workplace=place,
        zone=visitor.zone,
        instead_of=visitor.session,
    )
    return signed(request, outcome=outcome, opened=opened)


@router.get("/sign/{code}/provider")
def to_provider(request: Request, desk: AtDesk, visitor: SignedIn, code: str) -> Response:
    """Go to the provider, that it asks anew who one is."""
    refuse_program(visitor)
    count_try(request)
    step_up.shown(code=code, person=visitor.person, at=desk.clock(), workplace=desk.workplace)
    return send_out(request, aim=Aim.SIGNING, about=code)


def refuse_program(visitor: Visitor) -> None:
    """
    Let only people sign here.

    :raises NotAllowed: for a token, which cannot show who holds it
    """
    if not visitor.session:
        raise NotAllowed("A token cannot show again who you are; open this link in a browser and sign in there.")


def not_signed(request: Request, *, code: str, trouble: str) -> Response:
    """Show again what was not signed and why; a code that is over says only that."""
    try:
        return _shown(request, signed_in(request), code, trouble=trouble)
    except CannotVote as over:
        # The sentence of the last try says more than that the link is over now.
        raise CannotVote(trouble) from over


def signed(request: Request, *, outcome: Signed, opened: Opened) -> Response:
    """Say what was signed, in the new session that showing again who one is began."""
    desk = desk_of(request)
    page = SignedPage(
        gate=outcome.gate,
        gate_link=f"/gates/{outcome.gate}",
        sentence=STATE_MEANS.get(outcome.state, ""),
        state=state_mark(outcome.state).word,
    )
    # The bar on top signs out the session that has just begun.
    request.state.visitor = _renewed(signed_in(request), opened)
    answer = show("signing_in/signed.html", request=request, page=page)
    set_cookie(answer, desk=desk, value=opened.cookie)
    return answer


def _renewed(visitor: Visitor, opened: Opened) -> Visitor:
    return Visitor(
        person=visitor.person,
        administrator=visitor.administrator,
        method=opened.session.method,
        authenticated_at=opened.session.authenticated_at,
        scopes=visitor.scopes,
        csrf=opened.session.csrf,
        session=opened.session.digest,
        zone=visitor.zone,
    )


def _shown(request: Request, visitor: Visitor, code: str, *, trouble: str = "") -> Response:
    desk = desk_of(request)
    at = desk.clock()
    intention = step_up.shown(code=code, person=visitor.person, at=at, workplace=desk.workplace)
    submission = step_up.submission_for(intention.gate, workplace=desk.workplace)
    report = gate_report(gate=intention.gate, submission=submission, workplace=desk.workplace, reader=visitor.person)
    by_password = _has_password(visitor, request)
    outside = publishable(report.evaluation, smallest_cell=submission.policy.smallest_cell)
    page = SigningPage(
        code=code,
        gate=intention.gate,
        gate_link=f"/gates/{intention.gate}",
        title=submission.rollout.title,
        verdict=verdict_sentence(outside.verdict),
        reasons=tuple(f"{one.mark.word}: {one.sentence}" for one in reasons_of(outside.verdict)),
        facts=_facts(intention, report, submission),
        reason=intention.ballot.reason,
        meaning=MEANINGS[intention.ballot.meaning],
        until=when(intention.expires_at, zone=visitor.zone),
        left=_left(intention, at=at),
        name=directory.name_of(visitor.person, workplace=desk.workplace),
        trouble=trouble,
        by_password=by_password,
        provider="" if by_password else _provider(request),
    )
    return show("signing_in/signing.html", request=request, page=page, status=422 if trouble else 200)


def _has_password(visitor: Visitor, request: Request) -> bool:
    """True if this person came in by password: one shows again who one is in the way one did before."""
    account = accounts.of(person=visitor.person, workplace=desk_of(request).workplace)
    return visitor.method == PASSWORD and account is not None and account.password is not None


def _provider(request: Request) -> str:
    try:
        return provider_name(request) if provider(request) else ""
    except ProviderUnreachable:
        return ""


def _left(intention: Intention, *, at: datetime) -> str:
    minutes = int((intention.expires_at - at).total_seconds() // 60)
    if minutes < 1:
        return "is less than a minute"
    return f"{'is' if minutes == 1 else 'are'} {minutes} {'minute' if minutes == 1 else 'minutes'}"


def _facts(intention: Intention, report: GateReport, submission: Submission) -> tuple[Fact, ...]:
    ballot = intention.ballot
    names = {one.id: one.name for one in submission.people}
    facts = [
        Fact(name="Answer", value=ANSWERS[ballot.answer]),
        Fact(name="Seat", value=role_words(ballot.role)),
        Fact(name="In place of", value=names.get(ballot.on_behalf_of or "", "")),
        Fact(name="To be done", value=_contingency(intention)),
        Fact(name="Only for", value=ballot.conditions.words() if ballot.conditions else ""),
        Fact(name="Gate", value=f"{report.name}, revision {report.revision}, of {submission.rollout.rollout}"),
        Fact(name="Evidence digest", value=ballot.shown_digest, code=True),
        Fact(name="Policy", value=f"{submission.policy.id} {submission.policy_digest}", code=True),
    ]
    return tuple(fact for fact in facts if fact.value)


def _contingency(intention: Intention) -> str:
    asked = intention.ballot.contingency
    return f"{asked.what} ({asked.owner}, until {asked.due_at:%Y-%m-%d})" if asked else ""
