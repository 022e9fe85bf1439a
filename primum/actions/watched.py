"""What a registered rollout says about how it is watched, read from the ledger alone: a moved file stops no watch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, func, select

from primum.ledger import reading
from primum.ledger.tables import Entry, RolloutRecord
from primum.roadmap.monitors import WATCHED, Monitor
from primum.roadmap.people import Person
from primum.roadmap.stages import Stage

# Nothing is shown of a rollout that was registered before its policy's smallest cell was kept; running it keeps it.
HIDE_ALL = 2**31


class NotWatched(Exception):
    """The monitors of a rollout cannot be read or do not exist; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class WatchedRollout:
    """One rollout as its monitors see it: what is watched, where, who answers, and since when."""

    rollout: str
    title: str
    stage: Stage
    kind: str
    monitors: tuple[Monitor, ...]
    sites: tuple[str, ...]
    people: tuple[Person, ...]
    smallest_cell: int
    since: datetime

    @property
    def reading(self) -> tuple[Monitor, ...]:
        """The monitors that read in the stage it is in; those of a replay read what happened then."""
        if self.stage not in WATCHED:
            return ()
        return tuple(one for one in self.monitors if self.stage in one.stages)

    def monitor(self, id_: str) -> Monitor:
        """
        Return one monitor.

        :raises NotWatched: if there is none of this id
        """
        for one in self.monitors:
            if one.id == id_:
                return one
        known = ", ".join(one.id for one in self.monitors) or "none"
        raise NotWatched(f"Rollout '{self.rollout}' has no monitor '{id_}'; it has {known}.")

    def owners(self, owner: str, *, at: datetime) -> tuple[str, ...]:
        """Return the ids of the people an owner stands for: one person, or whoever holds the role now."""
        if any(person.id == owner for person in self.people):
            return (owner,)
        held = ((person.id, person.roles_at(rollout=self.rollout, at=at)) for person in self.people)
        return tuple(id_ for id_, roles in held if owner in roles)


@cache
def _monitors() -> TypeAdapter[tuple[Monitor, ...]]:
    return TypeAdapter(tuple[Monitor, ...])


@cache
def _people() -> TypeAdapter[tuple[Person, ...]]:
    return TypeAdapter(tuple[Person, ...])


def watched_of(record: RolloutRecord, *, since: datetime | None = None) -> WatchedRollout:
    """
    Return how a rollout is watched, as it was last registered.

    :raises NotWatched: if what was registered cannot be read any more
    """
    kept = json.loads(record.spec)
    said = kept.get("rollout", {})
    try:
        monitors = _monitors().validate_python(said.get("monitors", ()))
        people = _people().validate_python(kept.get("people", {}).get("people", ()))
    except ValidationError as error:
        raise NotWatched(
            f"The monitors of '{record.id}' as registered cannot be read ({error.error_count()} problems); "
            "`primum run` with its file registers it again."
        ) from None
    return WatchedRollout(
        rollout=record.id,
        title=record.title,
        stage=Stage(record.stage),
        kind=record.kind,
        monitors=monitors,
        sites=tuple(str(site["id"]) for site in kept.get("sites", ())),
        people=people,
        smallest_cell=int(kept.get("smallest_cell", HIDE_ALL)),
        since=since or record.stage_since,
    )


def watched(*, rollout: str, session: Session) -> WatchedRollout:
    """
    Return how one rollout is watched.

    :raises NotWatched: if nobody registered it, or what was registered cannot be read
    """
    record = reading.rollout(session, rollout=rollout)
    if record is None:
        raise NotWatched(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    registered = registered_at(session, rollouts=[rollout])
    return watched_of(record, since=max(record.stage_since, registered.get(rollout, record.stage_since)))


def registered_at(session: Session, *, rollouts: Sequence[str] = ()) -> Mapping[str, datetime]:
    """Return when each rollout was last registered: a monitor that never read is expected from then on."""
    query = select(Entry.rollout, func.max(col(Entry.at))).where(Entry.kind == "rollout.registered")
    if rollouts:
        query = query.where(col(Entry.rollout).in_(list(rollouts)))
    return dict(session.exec(query.group_by(Entry.rollout)).all())
