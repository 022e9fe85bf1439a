"""Publishing a guideline version: kept once, in order, told to everybody whose rollout follows it (P6.7)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions import guideline_changes
from primum.actions.directory import INSTITUTION, Directory, directory
from primum.actions.workplace import Workplace
from primum.ledger import guideline_reading, reading
from primum.ledger.guideline_tables import GuidelineVersion
from primum.ledger.transactions import Transaction
from primum.ledger.witness import canonical
from primum.roadmap.bundle import ReleaseBundle
from primum.roadmap.guidelines import Guideline
from primum.roadmap.people import Person
from primum.roadmap.roles import MAY_PUBLISH_GUIDELINES

KIND = "guideline.published"
REGISTRY = "guideline-registry"


class CannotPublish(Exception):
    """The version was not kept; the message is shown to the person or the registry."""


class UnknownGuideline(LookupError):
    """No such version was published; the message says which there are."""


@dataclass(frozen=True, kw_only=True)
class AffectedRollout:
    """A rollout whose release bundle declares another version of the guideline, and whom of it to tell."""

    rollout: str
    title: str
    stage: str
    follows: str
    people: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What became of a publication; ``is_new`` is false where the very same version was kept before."""

    guideline: Guideline
    is_new: bool
    affected: tuple[AffectedRollout, ...]


def publish(*, guideline: Guideline, person: Person, channel: str, at: datetime, workplace: Workplace) -> Published:
    """
    Keep a version and tell the people of every rollout that follows an older one, in one transaction (P6.7).

    Publishing the same content again changes nothing.

    :raises CannotPublish: with the one reason: the role, the same version with other words, an older version
    """
    known = directory(workplace)
    with workplace.ledger.reading() as session:
        problem = why_not_publish(guideline=guideline, person=person, known=known, at=at, session=session)
    if problem:
        raise CannotPublish(problem)
    return _kept(guideline, publisher=person.id, channel=channel, known=known, at=at, workplace=workplace)


def receive(*, guideline: Guideline, at: datetime, workplace: Workplace) -> Published:
    """
    Keep a version that an outside registry sent; its signature stands for its authority and was checked before.

    :raises CannotPublish: if the version is kept with other words, or is older than the newest
    """
    known = directory(workplace)
    return _kept(guideline, publisher=REGISTRY, channel="webhook", known=known, at=at, workplace=workplace)


def why_not_publish(
    *, guideline: Guideline, person: Person, known: Directory, at: datetime, session: Session
) -> str | None:
    """Return why somebody may not publish: they steward guidelines for every rollout that follows this one, or not."""
    followers = [one.rollout for one in _followers(session, guideline.id, known, at)]
    places = followers or list(known.of_rollouts) or [INSTITUTION]
    held = [one for one in places if known.roles(person=person.id, rollout=one, at=at) & MAY_PUBLISH_GUIDELINES]
    if len(held) == len(places) or (held and not followers):
        return None
    roles = " or ".join(sorted(MAY_PUBLISH_GUIDELINES))
    first = next(one for one in places if one not in held)
    where = f" for {first}, which follows {guideline.id}" if followers else ""
    return f"{person.name} is no {roles}{where}; a guideline is published by who stewards it where it is followed."


def affected_by(
    *, guideline: Guideline, known: Directory, at: datetime, session: Session
) -> tuple[AffectedRollout, ...]:
    """Return the rollouts whose bundle declares an older version, or one that was never published here (P8)."""
    newer = {
        f"{row.guideline}@{row.version}"
        for row in guideline_reading.versions(session, guideline=guideline.id)
        if row.published_on >= guideline.published_on.isoformat()
    }
    followers = _followers(session, guideline.id, known, at)
    return tuple(one for one in followers if one.follows not in newer | {guideline.name})


def version_named(name: str, *, session: Session) -> Guideline:
    """
    Return a published version by its name, ``hypertension@2025``.

    :raises UnknownGuideline: if there is none
    """
    row = guideline_reading.version(session, name=name)
    if row is None:
        there = ", ".join(f"{one.guideline}@{one.version}" for one in guideline_reading.versions(session)) or "none"
        raise UnknownGuideline(f"No guideline '{name}' was published; there are: {there}.")
    return guideline_reading.content(row)


def _followers(session: Session, guideline: str, known: Directory, at: datetime) -> tuple[AffectedRollout, ...]:
    found = []
    for record in reading.rollouts(session):
        declared = ReleaseBundle.model_validate_json(record.bundle).guidelines
        follows = next((one for one in declared if one.partition("@")[0] == guideline), None)
        if follows is not None:
            people = _told(known.of_rollouts.get(record.id, ()), record.id, at)
            found.append(
                AffectedRollout(
                    rollout=record.id, title=record.title, stage=record.stage, follows=follows, people=people
                )
            )
    return tuple(found)


def _told(people: Iterable[Person], rollout: str, at: datetime) -> tuple[str, ...]:
    return tuple(one.id for one in people if one.roles_at(rollout=rollout, at=at))


def _kept(
    guideline: Guideline, *, publisher: str, channel: str, known: Directory, at: datetime, workplace: Workplace
) -> Published:
    with workplace.ledger.transaction() as tx:
        affected = affected_by(guideline=guideline, known=known, at=at, session=tx.session)
        if _is_kept(tx.session, guideline):
            return Published(guideline=guideline, is_new=False, affected=affected)
        for one in sorted(affected, key=lambda one: one.rollout):
            tx.lock_rollout(one.rollout)
        _record(tx, guideline, affected, publisher=publisher, at=at)
        # Asked again where appending has let one through at a time: two versions may come at one moment.
        if _is_kept(tx.session, guideline):
            raise CannotPublish(
                f"{guideline.name} was published by somebody else at this moment; nothing is left to do."
            )
        tx.session.add(_row(guideline, publisher=publisher, channel=channel, at=at))
        guideline_changes.open_changes(
            tx=tx,
            guideline=guideline.name,
            rollouts={one.rollout: one.follows for one in affected},
            person=publisher,
            at=at,
        )
        tx.session.flush()
    return Published(guideline=guideline, is_new=True, affected=affected)


def _record(
    tx: Transaction, guideline: Guideline, affected: Collection[AffectedRollout], *, publisher: str, at: datetime
) -> None:
    body = {"guideline": guideline.name, "digest": guideline.digest}
    rollouts = sorted(one.rollout for one in affected)
    tx.record(kind=KIND, rollout=INSTITUTION, person=publisher, at=at, body={**body, "affected": rollouts})
    for one in affected:
        said: Mapping[str, object] = {**body, "follows": one.follows}
        tx.record(kind=KIND, rollout=one.rollout, person=publisher, at=at, body=said)
        tx.notify(kind=KIND, rollout=one.rollout, gate=None, body={**said, "people": list(one.people)}, at=at)


def _is_kept(session: Session, guideline: Guideline) -> bool:
    """
    Return whether this very version is kept.

    :raises CannotPublish: if it is kept with other words, or a newer one is
    """
    rows = guideline_reading.versions(session, guideline=guideline.id)
    same = next((row for row in rows if row.version == guideline.version), None)
    if same is not None and same.digest == guideline.digest:
        return True
    if same is not None:
        raise CannotPublish(
            f"{guideline.name} was published on {same.at:%Y-%m-%d} and says something else; what is published never "
            "changes. Give the new words another version."
        )
    newest = rows[-1] if rows else None
    if newest is not None and guideline.published_on.isoformat() <= newest.published_on:
        raise CannotPublish(
            f"{guideline.name} is of {guideline.published_on}, and {newest.guideline}@{newest.version} of "
            f"{newest.published_on} is kept already; a new version is of a later day than the newest."
        )
    return False


def _row(guideline: Guideline, *, publisher: str, channel: str, at: datetime) -> GuidelineVersion:
    return GuidelineVersion(
        guideline=guideline.id,
        version=guideline.version,
        digest=guideline.digest,
        content=canonical(guideline.model_dump(mode="json")),
        published_on=guideline.published_on.isoformat(),
        effective_on=guideline.effective_on.isoformat(),
        publisher=publisher,
        channel=channel,
        at=at,
    )
