"""To the provider and back: for signing in, for accepting an invitation, for a signature; and logout from there."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from primum.actions import provider_login, step_up
from primum.actions.casting import CannotVote
from primum.actions.identities import CannotPin
from primum.actions.invitations import InvitationRefused
from primum.actions.provider_login import Aim, Back
from primum.integrations.openid import ProviderRefused, ProviderUnreachable, sentence_of
from primum.web.desk import AtDesk, Desk
from primum.web.signing_in.browsers import (
    OnTheWay,
    count_try,
    forget_way,
    needed_provider,
    on_the_way,
    safe_place,
    send_out,
)
from primum.web.signing_in.entry import entered, sign_in_form, zone_for
from primum.web.signing_in.signing import not_signed, signed
from primum.web.visitors import someone

router = APIRouter()
ASKED = frozenset({"code", "state", "error", "iss"})
OVER = "Your session here ended meanwhile, so nothing was signed. Sign in and open the link again."


@router.get("/sign-in/provider")
def to_provider(request: Request, next: str = "/") -> Response:  # noqa: A002 -- the name browsers know
    """Go to the provider to sign in."""
    count_try(request)
    return send_out(request, aim=Aim.SIGN_IN, about=safe_place(next))


@router.get("/sign-in/callback")
def callback(request: Request, desk: AtDesk) -> Response:
    """Take somebody back from the provider, once."""
    answer = {name: value for name, value in request.query_params.items() if name in ASKED}
    state = answer.get("state", "")
    try:
        way = on_the_way(request, state=state)
    except ProviderRefused as refusal:
        # Some providers send an error back without the state it belongs to; nothing follows from it but a sentence.
        said = sentence_of(answer["error"]) if "error" in answer and not state else str(refusal)
        return sign_in_form(request, place="/", trouble=said, status=422)
    try:
        response = _arrived(request, desk, _back(request, desk, way, answer))
    except (ProviderRefused, ProviderUnreachable, InvitationRefused, CannotPin) as refusal:
        response = _turned_away(request, desk, way, str(refusal))
    forget_way(response, state=state, desk=desk)
    return response


def _back(request: Request, desk: Desk, way: OnTheWay, answer: dict[str, str]) -> Back:
    return provider_login.come_back(
        aim=way.aim,
        about=way.about,
        secret=way.secret,
        answer=answer,
        client=needed_provider(request),
        at=desk.clock(),
        workplace=desk.workplace,
    )


def _arrived(request: Request, desk: Desk, back: Back) -> Response:
    at, visitor = desk.clock(), someone(request)
    before = visitor.session if visitor else ""
    if back.aim is Aim.SIGNING:
        return _sign(request, desk, back)
    if back.aim is Aim.INVITATION:
        provider_login.accept(back=back, at=at, workplace=desk.workplace)
    person = provider_login.who_is(back.identified, workplace=desk.workplace) or ""
    opened = provider_login.sign_in(
        back=back, at=at, workplace=desk.workplace, zone=zone_for(person, desk=desk), instead_of=before
    )
    return entered(opened, desk=desk, place=back.about if back.aim is Aim.SIGN_IN else "/")


def _sign(request: Request, desk: Desk, back: Back) -> Response:
    visitor, at = someone(request), desk.clock()
    if visitor is None:
        return sign_in_form(request, place=f"/sign/{back.about}", trouble=OVER, status=422)
    try:
        outcome = step_up.sign_with_provider(back=back, person=visitor.person, at=at, workplace=desk.workplace)
    except CannotVote as refusal:
        return not_signed(request, code=back.about, trouble=str(refusal))
    opened = provider_login.open_session(
        person=visitor.person,
        back=back,
        at=at,
        workplace=desk.workplace,
        zone=visitor.zone,
        instead_of=visitor.session,
    )
    return signed(request, outcome=outcome, opened=opened)


def _turned_away(request: Request, desk: Desk, way: OnTheWay, sentence: str) -> Response:
    visitor = someone(request)
    if way.aim is Aim.SIGNING and visitor is not None:
        step_up.failed(code=way.about, person=visitor.person, at=desk.clock(), workplace=desk.workplace)
        return not_signed(request, code=way.about, trouble=sentence)
    place = way.about if way.aim is Aim.SIGN_IN else "/"
    return sign_in_form(request, place=place, trouble=sentence, status=422)


@router.post("/sign-in/logged-out")
def logged_out(request: Request, desk: AtDesk, logout_token: Annotated[str, Form()] = "") -> Response:
    """End what the provider logged out (back-channel logout)."""
    count_try(request)
    try:
        provider_login.logged_out(
            token=logout_token, client=needed_provider(request), at=desk.clock(), workplace=desk.workplace
        )
    except ProviderRefused as refusal:
        return JSONResponse({"error": "invalid_request", "error_description": str(refusal)}, status_code=400)
    return Response(status_code=200)
