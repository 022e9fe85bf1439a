"""Signing in with a password, and signing out."""

import asyncio
import time
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from primum.actions import accounts, directory, sessions
from primum.actions.accounts import CannotSignIn
from primum.actions.sessions import Opened
from primum.integrations.openid import ProviderUnreachable
from primum.web.desk import AtDesk, Desk
from primum.web.session_cookies import clear_cookie, set_cookie
from primum.web.showing import show
from primum.web.signing_in.browsers import count_try, onward, provider, provider_name, safe_place
from primum.web.signing_in.views import SignedOutPage, SignInPage
from primum.web.visitors import SignedIn, someone

router = APIRouter()
# Longer than the work takes: how long a refusal takes tells nobody who exists.
REFUSED_AFTER_SECONDS = 0.75
ONWARD = "Sign in to go on to the page you asked for."


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 -- the name browsers know
    """Show where to say who one is; somebody signed in goes on."""
    place = safe_place(next)
    return onward(place) if someone(request) else sign_in_form(request, place=place)


def sign_in_form(request: Request, *, place: str, person: str = "", trouble: str = "", status: int = 200) -> Response:
    """Return the sign-in page, with what went wrong if something did."""
    try:
        name = provider_name(request) if provider(request) else ""
    except ProviderUnreachable as problem:
        name, trouble = "", trouble or str(problem)
    page = SignInPage(
        next=place,
        person=person,
        trouble=trouble,
        note=ONWARD if place != "/" and not trouble else "",
        provider=name,
        provider_link=f"/sign-in/provider?next={quote(place, safe='')}",
    )
    return show("signing_in/sign_in.html", request=request, page=page, status=status)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    desk: AtDesk,
    person: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 -- the name browsers know
    zone: Annotated[str, Form()] = "",
) -> Response:
    """Sign in; a refusal says and takes the same whoever was named."""
    count_try(request)
    place, began = safe_place(next), time.monotonic()
    visitor = someone(request)
    before = visitor.session if visitor else ""
    try:
        opened = await run_in_threadpool(_opened, desk, person.strip(), password=password, zone=zone, instead_of=before)
    except CannotSignIn as refusal:
        await asyncio.sleep(max(0.0, began + REFUSED_AFTER_SECONDS - time.monotonic()))
        return sign_in_form(request, place=place, person=person, trouble=str(refusal), status=422)
    return entered(opened, desk=desk, place=place)


def _opened(desk: Desk, person: str, *, password: str, zone: str, instead_of: str) -> Opened:
    at = desk.clock()
    return accounts.sign_in(
        person=person,
        password=password,
        at=at,
        workplace=desk.workplace,
        zone=zone_for(person, asked=zone, desk=desk),
        instead_of=instead_of,
    )


def zone_for(person: str, *, asked: str = "", desk: Desk) -> str:
    """Return the zone to show somebody's times in: what the browser said, else that of their first site."""
    if directory.is_zone(asked):
        return asked
    return directory.zone_of(person, at=desk.clock(), workplace=desk.workplace)


def entered(opened: Opened, *, desk: Desk, place: str) -> Response:
    """Send a browser on in its new session."""
    answer = onward(place)
    set_cookie(answer, desk=desk, value=opened.cookie)
    return answer


@router.post("/sign-out")
def sign_out(desk: AtDesk, visitor: SignedIn) -> Response:
    """End this session."""
    if visitor.session:
        sessions.end(digest=visitor.session, at=desk.clock(), workplace=desk.workplace)
    answer = onward("/signed-out")
    clear_cookie(answer, desk=desk)
    return answer


@router.get("/signed-out")
def signed_out(request: Request, desk: AtDesk) -> Response:
    """Say so, and lead to signing out at the provider if it has such a page."""
    try:
        client = provider(request)
        link = client.end_address(back=desk.link("/signed-out"), at=desk.clock()) if client else None
    except ProviderUnreachable:
        link = None
    page = SignedOutPage(provider=provider_name(request) if link else "", provider_link=link or "")
    return show("signing_in/signed_out.html", request=request, page=page)
