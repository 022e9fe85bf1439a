"""What a browser is told: where it may go next, and which way to the provider it is on."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from primum.actions.invitations import digest_of_secret
from primum.actions.provider_login import WAY_LASTS, Aim, set_out
from primum.integrations.openid import Client, ProviderRefused, ProviderUnreachable, client_of
from primum.web.desk import Desk, desk_of
from primum.web.session_cookies import WAY, clear_cookie, cookie_name, set_cookie
from primum.web.throttling import Throttle

CALLBACK = "/sign-in/callback"
# A hospital is one address to us: many people, a few tries each.
TRIES = partial(Throttle, most=60, lasts=timedelta(minutes=5))
A_PLACE = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*", re.ASCII)
LONGEST_PLACE = 1_000


@dataclass(frozen=True, kw_only=True)
class OnTheWay:
    """What a browser remembers of its way to the provider."""

    secret: str
    aim: Aim
    about: str


def safe_place(wanted: str) -> str:
    """Return a page of ours that somebody wanted to go to; the board if it is not one of ours."""
    return wanted if len(wanted) <= LONGEST_PLACE and A_PLACE.fullmatch(wanted) else "/"


def onward(place: str) -> RedirectResponse:
    """Send a browser on with GET."""
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def count_try(request: Request) -> None:
    """
    Count one try to get in from the address a request came from.

    :raises TooMany: if it has none left for now
    """
    state = request.app.state
    if not hasattr(state, "tries"):
        state.tries = TRIES()
    address = request.client.host if request.client else ""
    state.tries.count(address=address, at=desk_of(request).clock())


def provider(request: Request) -> Client | None:
    """
    Return the provider people sign in at, if there is one; made once for each console.

    :raises ProviderUnreachable: if only half of it is set up
    """
    state = request.app.state
    if not hasattr(state, "provider"):
        desk = desk_of(request)
        state.provider = client_of(desk.workplace.settings, redirect=desk.link(CALLBACK))
    client: Client | None = state.provider
    return client


def needed_provider(request: Request) -> Client:
    """
    Return the provider.

    :raises ProviderUnreachable: if there is none
    """
    client = provider(request)
    if client is None:
        raise ProviderUnreachable("No sign-in provider is set up here; sign in with your id and password.")
    return client


def provider_name(request: Request) -> str:
    """Return the provider as people know it: the host of its address; empty if there is none."""
    issuer = desk_of(request).workplace.settings.oidc_issuer
    return (urlsplit(issuer).hostname or issuer) if issuer else ""


def send_out(request: Request, *, aim: Aim, about: str) -> Response:
    """Send a browser to the provider, with what it needs to come back."""
    desk = desk_of(request)
    way = set_out(aim=aim, about=about, client=needed_provider(request), at=desk.clock(), workplace=desk.workplace)
    answer = onward(way.address)
    held = base64.urlsafe_b64encode(f"{aim}\n{about}".encode()).decode()
    seconds = int(WAY_LASTS.total_seconds())
    set_cookie(answer, desk=desk, name=_name(way.state), value=f"{way.secret}.{held}", seconds=seconds)
    return answer


def on_the_way(request: Request, *, state: str) -> OnTheWay:
    """
    Return what this browser remembers of its way.

    :raises ProviderRefused: if it remembers none
    """
    kept = request.cookies.get(cookie_name(desk_of(request), name=_name(state)), "")
    secret, _, held = kept.partition(".")
    try:
        aim, _, about = base64.urlsafe_b64decode(held).decode().partition("\n")
        return OnTheWay(secret=secret, aim=Aim(aim), about=about)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ProviderRefused(
            "This browser did not begin this sign-in, or more than ten minutes ago; begin again."
        ) from None


def forget_way(answer: Response, *, state: str, desk: Desk) -> None:
    """Let the browser forget its way; it worked once."""
    clear_cookie(answer, desk=desk, name=_name(state))


def _name(state: str) -> str:
    """Return the cookie's name: one for each way, so that two tabs do not disturb each other."""
    return f"{WAY}-{digest_of_secret(state)[:12]}"
