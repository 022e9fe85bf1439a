"""What every page and every call is served with: the workplace, the clock, the address people know us by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from primum.actions.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One console: its workplace, where it reads the clock, and its public address without a slash at the end."""

    workplace: Workplace
    clock: Callable[[], datetime]
    address: str

    @property
    def is_secure(self) -> bool:
        """True if people reach it over TLS, so that cookies are sent over TLS alone."""
        return self.address.startswith("https://")

    def link(self, path: str) -> str:
        """Return the whole address of a page, for messages and redirects."""
        return f"{self.address.rstrip('/')}/{path.lstrip('/')}"


def desk_of(request: Request) -> Desk:
    """Return the desk a request is served at."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]
