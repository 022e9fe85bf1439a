"""Accepting an invitation: with a password of one's own, or at the provider."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from primum.actions import accounts, directory, sessions
from primum.actions.accounts import PASSWORD, PasswordRefused
from primum.actions.provider_login import Aim
from primum.integrations.openid import ProviderUnreachable
from primum.web.console.times import when
from primum.web.desk import AtDesk
from primum.web.showing import show
from primum.web.signing_in.browsers import count_try, provider, provider_name, send_out
from primum.web.signing_in.entry import entered, zone_for
from primum.web.signing_in.views import InvitationPage
from primum.web.visitors import someone

router = APIRouter()
DIFFERENT = "The two passwords are not the same; type it twice."


@router.get("/invited/{secret}")
def invitation(request: Request, desk: AtDesk, secret: str) -> Response:
    """Show an invitation; looking at it does not use it up, so that a link checker may."""
    count_try(request)
    return _page(request, desk, secret)


def _page(request: Request, desk: AtDesk, secret: str, *, trouble: str = "") -> Response:
    invited = accounts.invited(secret=secret, at=desk.clock(), workplace=desk.workplace)
    try:
        name = provider_name(request) if provider(request) else ""
    except ProviderUnreachable:
        name = ""
    page = InvitationPage(
        secret=secret,
        person=invited.person,
        name=directory.name_of(invited.person, workplace=desk.workplace),
        administrator=invited.administrator,
        until=when(invited.expires_at, zone=zone_for(invited.person, desk=desk)),
        trouble=trouble,
        provider=name,
    )
    return show("signing_in/invitation.html", request=request, page=page, status=422 if trouble else 200)


@router.post("/invited/{secret}")
def accept(
    request: Request,
    desk: AtDesk,
    secret: str,
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Use the invitation with a password, and go in."""
    count_try(request)
    if password != again:
        return _page(request, desk, secret, trouble=DIFFERENT)
    at, visitor = desk.clock(), someone(request)
    try:
        person = accounts.accept(secret=secret, password=password, at=at, workplace=desk.workplace)
    except PasswordRefused as refusal:
        return _page(request, desk, secret, trouble=str(refusal))
    opened = sessions.begin(
        person=person,
        method=PASSWORD,
        at=at,
        workplace=desk.workplace,
        zone=zone_for(person, desk=desk),
        instead_of=visitor.session if visitor else "",
    )
    return entered(opened, desk=desk, place="/")


@router.get("/invited/{secret}/provider")
def to_provider(request: Request, desk: AtDesk, secret: str) -> Response:
    """Go to the provider to accept the invitation with the identity there."""
    count_try(request)
    accounts.invited(secret=secret, at=desk.clock(), workplace=desk.workplace)
    return send_out(request, aim=Aim.INVITATION, about=secret)
