"""Who calls, and whether their token may do this kind of thing: asked before anything of the request is looked at."""

from typing import Annotated

from fastapi import Depends

from primum.actions import suspension
from primum.roadmap.people import Person
from primum.web.console.readers import Reader, reader
from primum.web.visitors import Scope, SignedIn, may

CHANNEL = "api"
Asking = Annotated[Reader, Depends(reader)]


def _reads(visitor: SignedIn, asking: Asking) -> Reader:
    may(visitor, Scope.READ)
    return asking


def _signs(visitor: SignedIn, asking: Asking) -> Reader:
    may(visitor, Scope.SIGN)
    return asking


def _stops(visitor: SignedIn, asking: Asking) -> Reader:
    may(visitor, Scope.SUSPEND)
    return asking


def _reports(visitor: SignedIn, asking: Asking) -> Reader:
    may(visitor, Scope.REPORT)
    return asking


def _publishes(visitor: SignedIn, asking: Asking) -> Reader:
    may(visitor, Scope.PUBLISH)
    return asking


Reads = Annotated[Reader, Depends(_reads)]
Signs = Annotated[Reader, Depends(_signs)]
Stops = Annotated[Reader, Depends(_stops)]
Reports = Annotated[Reader, Depends(_reports)]
Publishes = Annotated[Reader, Depends(_publishes)]


def person_at(rollout: str, *, caller: Reader) -> Person:
    """
    Return the caller as the people of a rollout know them, also when its files are broken (P10).

    :raises NotAllowed: if they hold no role for it now
    :raises UnknownPerson: if its people do not have them
    """
    caller.admit(rollout)
    return suspension.person_at(rollout, id_=caller.person, workplace=caller.workplace)
