"""Who is asking: a session of the console or a token of the API, read once for each request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

from primum.web.desk import AtDesk


class Scope(StrEnum):
    """What a token of the API may do; a session of the console may do all its person may."""

    READ = "read"
    SIGN = "sign"
    SUSPEND = "suspend"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person known to us who is asking now, and how we know."""

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


SignedIn = Annotated[Visitor, Depends(signed_in)]
__all__ = ["AtDesk", "NotAllowed", "NotSignedIn", "Scope", "SignedIn", "Visitor", "signed_in", "someone"]
