"""Everybody Primum knows: the people of all registered rollouts, and the institution's own file."""

import json
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from primum.actions.submission import UnknownPerson
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused, load_people, load_sites
from primum.ledger import people_reading, reading
from primum.ledger.tables import RolloutRecord
from primum.roadmap.people import People, Person
from primum.roadmap.roles import Role

# What concerns no single rollout is written in the log under this name.
INSTITUTION = "*"
AN_ID = re.compile(r"[a-z][a-z0-9-]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Directory:
    """People by rollout as their files say now, and those of the institution's own file."""

    of_rollouts: Mapping[str, tuple[Person, ...]]
    of_institution: tuple[Person, ...]

    def everybody(self) -> Mapping[str, Person]:
        """Return each person once, by id; the institution's file has the first word on name and organisation."""
        listed = [*self.of_institution, *(one for people in self.of_rollouts.values() for one in people)]
        return {person.id: person for person in reversed(listed)}

    def roles(self, *, person: str, rollout: str, at: datetime) -> frozenset[Role]:
        """Return the roles somebody holds now for a registered rollout."""
        known = (*self.of_institution, *self.of_rollouts.get(rollout, ()))
        return frozenset(role for one in known if one.id == person for role in one.roles_at(rollout=rollout, at=at))


def directory(workplace: Workplace) -> Directory:
    """
    Return everybody as the files say now, so that nobody is locked out of stopping by a broken file (P10).

    A rollout's broken people.yaml counts as last registered; the institution's own as empty.
    """
    with workplace.ledger.reading() as session:
        records = reading.rollouts(session)
    try:
        own = institution(workplace)
    except ConfigurationRefused:
        own = ()
    return Directory(of_rollouts={record.id: _people_of(record) for record in records}, of_institution=own)


def institution(workplace: Workplace) -> tuple[Person, ...]:
    """
    Return the people of the institution's own file; nobody if there is none.

    :raises ConfigurationRefused: if the file is broken
    """
    own = workplace.settings.people
    return _read(own) if own.is_file() else ()


def person(id_: str, *, workplace: Workplace) -> Person:
    """
    Return somebody by id.

    :raises UnknownPerson: if no file names them
    """
    known = directory(workplace).everybody().get(id_)
    if known is None:
        raise UnknownPerson(
            f"Nobody has the id '{id_}' in a rollout's people.yaml or in {workplace.settings.people}; add them there."
        )
    return known


def name_of(id_: str, *, workplace: Workplace) -> str:
    """Return somebody's printed name; the id itself for an administrator no file names."""
    known = directory(workplace).everybody().get(id_)
    return known.name if known else id_


def readable(*, person: str, at: datetime, workplace: Workplace) -> tuple[str, ...]:
    """Return the rollouts somebody may read: those they hold a role for now, every one for an administrator."""
    known = directory(workplace)
    if is_administrator(person, workplace=workplace):
        return tuple(known.of_rollouts)
    return tuple(one for one in known.of_rollouts if known.roles(person=person, rollout=one, at=at))


def may_read(*, person: str, rollout: str, at: datetime, workplace: Workplace) -> bool:
    """True if somebody may read a rollout now; nobody may read one that is not registered."""
    return rollout in readable(person=person, at=at, workplace=workplace)


def zone_of(id_: str, *, at: datetime, workplace: Workplace) -> str:
    """Return the zone of the first site of a rollout somebody holds a role for; UTC if there is none."""
    known = directory(workplace)
    with workplace.ledger.reading() as session:
        records = reading.rollouts(session)
    for record in records:
        if known.roles(person=id_, rollout=record.id, at=at) and (zone := _zone_of(record)):
            return zone
    return "UTC"


def is_zone(name: str) -> bool:
    """True if this is a zone of the IANA database."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zones() -> tuple[str, ...]:
    """Return the zones people choose from: those of places, and UTC."""
    return ("UTC", *sorted(one for one in _zones() if "/" in one and not one.startswith(("Etc/", "posix/", "right/"))))


def _zone_of(record: RolloutRecord) -> str | None:
    kept = json.loads(record.spec)
    try:
        sites = load_sites(Path(record.spec_path).parent / kept["rollout"]["sites"]).sites
    except (ConfigurationRefused, OSError):
        return None
    return next((site.timezone for site in sites if is_zone(site.timezone)), None)


def is_id(name: str) -> bool:
    """True if this could be somebody's id in people.yaml."""
    return AN_ID.fullmatch(name) is not None


def is_administrator(id_: str, *, workplace: Workplace) -> bool:
    """True if somebody's account is in force and manages the others."""
    with workplace.ledger.reading() as session:
        account = people_reading.account(session, person=id_)
    return account is not None and account.ended_at is None and account.administrator


def _people_of(record: RolloutRecord) -> tuple[Person, ...]:
    kept = json.loads(record.spec)
    try:
        return _read(Path(record.spec_path).parent / kept["rollout"]["people"])
    except (ConfigurationRefused, OSError):
        return People.model_validate(kept["people"]).people


def _read(path: Path) -> tuple[Person, ...]:
    found = path.stat()
    return _as_of(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _as_of(path: Path, _changed: int, _size: int) -> tuple[Person, ...]:
    """Read a file once for each time it changes: every page asks who somebody is."""
    return load_people(path).people
