"""People and their seats, as the YAML files say now; deputies and pinned identities as the ledger says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions import directory
from primum.actions.identities import OPENID, SLACK
from primum.ledger import people_reading, reading, signing_reading
from primum.ledger.signing_tables import Delegation
from primum.roadmap.people import Authority, Person
from primum.web.console.fields import plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.marks import day
from primum.web.showing import show
from primum.web.views import Mark

router = APIRouter()
NOW = Mark(word="In force", symbol="✓", kind="pass")
LATER = Mark(word="Not yet", symbol="○", kind="plain")
OVER = Mark(word="Over", symbol="✕", kind="fail")
PINNED = Mark(word="Pinned", symbol="✓", kind="pass")
NOT_PINNED = Mark(word="Not pinned", symbol="○", kind="plain")


@dataclass(frozen=True, kw_only=True)
class RoleRow:
    """One role that somebody holds."""

    mark: Mark
    words: str


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One person of a rollout."""

    id: str
    name: str
    organisation: str
    roles: tuple[RoleRow, ...]
    slack: Mark
    openid: Mark
    interests: str


@dataclass(frozen=True, kw_only=True)
class Deputy:
    """One delegation in force or to come."""

    words: str
    until: When


@dataclass(frozen=True, kw_only=True)
class RolloutPeople:
    """The people of one rollout."""

    rollout: str
    title: str
    people: tuple[PersonRow, ...]
    deputies: tuple[Deputy, ...]


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """The whole page."""

    rollouts: tuple[RolloutPeople, ...]


@router.get("/people")
def people(request: Request, reader: ReadBy) -> Response:
    """Show the people of the rollouts that the reader may see."""
    return show("console/people.html", request=request, page=people_page(reader))


def people_page(reader: Reader) -> PeoplePage:
    """Return the people of each rollout as plain strings."""
    known = directory.directory(reader.workplace)
    with reader.workplace.ledger.reading() as session:
        records = [one for one in reading.rollouts(session) if one.id in reader.rollouts]
        delegations = signing_reading.delegations(session, at=reader.at)
        declared = {
            record.id: {one.person for one in signing_reading.conflicts(session, rollout=record.id)}
            for record in records
        }
        pinned = {
            one.id: {row.kind for row in people_reading.identities(session, person=one.id)}
            for record in records
            for one in known.of_rollouts[record.id]
        }
    return PeoplePage(
        rollouts=tuple(
            RolloutPeople(
                rollout=record.id,
                title=record.title,
                people=tuple(
                    _person(one, record.id, pinned, one.id in declared[record.id], reader.at)
                    for one in known.of_rollouts[record.id]
                ),
                deputies=_deputies(delegations, record.id, known.of_rollouts[record.id], reader),
            )
            for record in records
        )
    )


def _person(one: Person, rollout: str, pinned: Mapping[str, set[str]], declared: bool, at: datetime) -> PersonRow:
    kinds = pinned[one.id]
    interests = [*(["declared for this rollout"] if declared else []), *one.conflicts]
    return PersonRow(
        id=one.id,
        name=one.name,
        organisation=one.organisation,
        roles=tuple(_role(held, at) for held in one.authorities if {"*", rollout} & set(held.rollouts)),
        slack=PINNED if SLACK in kinds else NOT_PINNED,
        openid=PINNED if OPENID in kinds else NOT_PINNED,
        interests=", ".join(interests),
    )


def _role(held: Authority, at: datetime) -> RoleRow:
    mark = LATER if at < held.valid_from else (OVER if at >= held.valid_until else NOW)
    words = f"{plain(held.role)}, {day(held.valid_from.isoformat())} to {day(held.valid_until.isoformat())}"
    return RoleRow(mark=mark, words=words)


def _deputies(
    delegations: Sequence[Delegation], rollout: str, known: Sequence[Person], reader: Reader
) -> tuple[Deputy, ...]:
    names = {one.id: one.name for one in known}
    return tuple(
        Deputy(
            words=f"{names.get(one.deputy, one.deputy)} for {names.get(one.person, one.person)}, as {plain(one.role)}",
            until=when(one.ends_at, zone=reader.zone),
        )
        for one in delegations
        if {"*", rollout} & set(one.rollouts)
    )
