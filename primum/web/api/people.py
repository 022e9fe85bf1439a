"""People: oneself, everybody for an administrator, and what waits for oneself."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from primum.actions.directory import Directory, directory
from primum.actions.inbox import inbox
from primum.web.api.callers import Reads
from primum.web.api.shapes import NAMED, Limit, Offset, Page, Said, Shape, paged
from primum.web.console.readers import Reader
from primum.web.visitors import SignedIn

router = APIRouter(tags=["people"])


class PersonShape(Shape):
    """One person and the roles they hold now, by rollout."""

    id: str
    name: str
    organisation: str
    roles: dict[str, list[str]] = Field(description="Rollout id to roles.")


class SelfShape(Shape):
    """Who is asking."""

    id: str
    name: str
    administrator: bool
    method: str = Field(description="How you showed who you are: token, password, or the provider.")
    scopes: list[str] = Field(description="What this token, or session, may do.")
    roles: dict[str, list[str]]


class WaitingShape(Shape):
    """A seat you could sign now."""

    gate: str
    rollout: str
    title: str
    stage: str
    role: str
    for_name: str = Field(description="Whom you stand in for, if anybody.")
    opened_at: datetime
    expires_at: datetime | None
    soon: bool


class OwedShape(Shape):
    """What an approval left for you to do."""

    id: str
    gate: str
    rollout: str
    title: str
    what: Said
    due_at: datetime
    overdue: bool


class DecisionShape(Shape):
    """An answer you gave, and what became of the gate."""

    gate: str
    rollout: str
    title: str
    role: str
    answer: str
    at: datetime
    state: str


class WaitingAlarmShape(Shape):
    """An alarm of a monitor that stands and that you may answer."""

    id: str
    rollout: str
    title: str
    monitor: str = Field(description="Empty for an alarm of the watch itself.")
    site: str
    sentence: str
    action: str = Field(description="What it led to: rollback, hold or warn.")
    owner: str
    raised_at: datetime


class InboxShape(Shape):
    """Everything that waits for you, and what you decided in the last thirty days."""

    seats: list[WaitingShape]
    alarms: list[WaitingAlarmShape]
    owed: list[OwedShape]
    stopped: list[str] = Field(description="Your rollouts that are suspended.")
    decisions: list[DecisionShape]
    unreadable: list[str] = Field(description="Rollouts whose files cannot be read now.")


@router.get("/me", responses=dict(NAMED))
def me(caller: Reads, visitor: SignedIn) -> SelfShape:
    """Tell who you are here and what you may do."""
    return SelfShape(
        id=caller.person,
        name=caller.name,
        administrator=caller.administrator,
        method=caller.method,
        scopes=sorted(str(scope) for scope in visitor.scopes),
        roles=_roles(caller.person, known=directory(caller.workplace), caller=caller),
    )


@router.get("/people")
def people(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[PersonShape]:
    """List everybody for an administrator, and yourself for anybody else; people.yaml is where they are changed."""
    known = directory(caller.workplace)
    everybody = known.everybody()
    told = [
        PersonShape(
            id=one.id, name=one.name, organisation=one.organisation, roles=_roles(one.id, known=known, caller=caller)
        )
        for one in sorted(everybody.values(), key=lambda person: person.id)
        if caller.administrator or one.id == caller.person
    ]
    return paged(PersonShape, told, limit=limit, offset=offset)


@router.get("/inbox")
def waiting(caller: Reads) -> InboxShape:
    """Tell what waits for you."""
    found = inbox(person=caller.person, rollouts=caller.rollouts, at=caller.at, workplace=caller.workplace)
    told = {name: getattr(found, name) for name in InboxShape.model_fields}
    return InboxShape.model_validate(told | {"stopped": [rollout for rollout, _ in found.stopped]})


def _roles(person: str, *, known: Directory, caller: Reader) -> dict[str, list[str]]:
    held = {one: known.roles(person=person, rollout=one, at=caller.at) for one in sorted(caller.rollouts)}
    return {rollout: sorted(str(role) for role in roles) for rollout, roles in held.items() if roles}
