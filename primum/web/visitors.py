"""Who is asking: a session of the console or a token of the API, read once for each request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from primum.actions import sessions, tokens
from primum.actions.tokens import Scope
from primum.web.desk import AtDesk, Desk
from primum.web.session_cookies import cookie_name

TOKEN = "token"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person known to us who is asking now, and how we know; ``session`` is the digest of the session's cookie."""

    person: str
    administrator: bool
    method: str
    authenticated_at: datetime
    scopes: frozenset[Scope]
    csrf: str = ""
    session: str = ""
    zone: str = "UTC"


class NotSignedIn(Exception):
    """Nobody we know is asking; a page leads to signing in, the API answers 401."""


class NotAllowed(Exception):
    """The person may not do this or see this; the message is shown to them."""


def visitor_of(request: Request, *, desk: Desk) -> Visitor | None:
    """Find out who is asking from the token or the cookie; a token that is wrong is not made good by a cookie."""
    at = desk.clock()
    if "authorization" in request.headers:
        return _by_token(request.headers["authorization"], at, desk)
    cookie = request.cookies.get(cookie_name(desk), "")
    return _by_session(cookie, at, desk) if cookie else None


def _by_token(header: str, at: datetime, desk: Desk) -> Visitor | None:
    kind, _, secret = header.partition(" ")
    bearer = tokens.present(secret=secret.strip(), at=at, workplace=desk.workplace)
    if kind.lower() != "bearer" or bearer is None:
        return None
    return Visitor(
        person=bearer.token.person,
        administrator=bearer.administrator,
        method=TOKEN,
        authenticated_at=bearer.token.made_at,
        scopes=frozenset(Scope(scope) for scope in bearer.token.scopes),
    )


def _by_session(cookie: str, at: datetime, desk: Desk) -> Visitor | None:
    present = sessions.present(cookie=cookie, at=at, workplace=desk.workplace)
    if present is None:
        return None
    row = present.session
    return Visitor(
        person=row.person,
        administrator=present.administrator,
        method=row.method,
        authenticated_at=row.authenticated_at,
        scopes=frozenset(Scope),
        csrf=row.csrf,
        session=row.digest,
        zone=row.zone,
    )


def someone(request: Request) -> Visitor | None:
    """Return who is asking, or ``None``; set by the app before any page is served."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor


def signed_in(request: Request) -> Visitor:
    """
    Return who is asking.

    :raises NotSignedIn: if nobody we know is
    """
    visitor = someone(request)
    if visitor is None:
        raise NotSignedIn("Sign in first.")
    return visitor


def may(visitor: Visitor, scope: Scope) -> None:
    """
    Let through who may do this kind of thing.

    :raises NotAllowed: if a token does not have the scope
    """
    if scope not in visitor.scopes:
        raise NotAllowed(f"This token may not {scope}; make one with the scope '{scope}'.")


SignedIn = Annotated[Visitor, Depends(signed_in)]
__all__ = [
    "AtDesk",
    "NotAllowed",
    "NotSignedIn",
    "Scope",
    "SignedIn",
    "Visitor",
    "may",
    "signed_in",
    "someone",
    "visitor_of",
]
