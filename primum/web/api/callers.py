"""Who calls, and whether their token may do this kind of thing: asked before anything of the request is looked at."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends

from primum.actions import suspension
from primum.roadmap.people import Person
from primum.web.console.readers import Reader, reader
from primum.web.visitors import Scope, SignedIn, Visitor, may

CHANNEL = "api"
Asking = Annotated[Reader, Depends(reader)]


def _within(scope: Scope) -> Callable[[Visitor, Reader], Reader]:
    def admitted(visitor: SignedIn, asking: Asking) -> Reader:
        may(visitor, scope)
        return asking

    return admitted


Reads = Annotated[Reader, Depends(_within(Scope.READ))]
Signs = Annotated[Reader, Depends(_within(Scope.SIGN))]
Stops = Annotated[Reader, Depends(_within(Scope.SUSPEND))]
Reports = Annotated[Reader, Depends(_within(Scope.REPORT))]
Publishes = Annotated[Reader, Depends(_within(Scope.PUBLISH))]


def person_at(rollout: str, *, caller: Reader) -> Person:
    """
    Return the caller as the people of a rollout know them, also when its files are broken (P10).

    :raises NotAllowed: if they hold no role for it now
    :raises UnknownPerson: if its people do not have them
    """
    caller.admit(rollout)
    return suspension.person_at(rollout, id_=caller.person, workplace=caller.workplace)
