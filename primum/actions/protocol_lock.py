"""Locking a protocol before its first outcome is read, and amending it in the open (P2.1, P2.3, R2.4)."""

import json
from datetime import datetime

from sqlmodel import Session

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import trial_reading
from primum.ledger.trial_tables import ProtocolVersion
from primum.roadmap.locking import Change, LockedVersion, LockStanding, SeenTable, criteria_digest, why_not_lock
from primum.roadmap.people import Person
from primum.roadmap.protocol import Protocol
from primum.roadmap.stages import Stage

KINDS_WITH_OUTCOMES = frozenset({"trial", "readings", "outcomes"})
MEANING = "responsibility"


class CannotLock(Exception):
    """The protocol was not locked or amended; the message is shown to the person."""


def lock_standing(session: Session, *, rollout: str) -> LockStanding:
    """Return what the ledger knows of a rollout's protocol."""
    versions = tuple(
        LockedVersion(
            version=row.version,
            change=row.change,
            digest=row.digest,
            criteria_digest=row.criteria_digest,
            at=row.at,
        )
        for row in trial_reading.protocol_versions(session, rollout=rollout)
    )
    tables = tuple(
        SeenTable(name=row.name, measured_on=row.measured_on, registered_at=row.registered_at)
        for row in trial_reading.tables_ever(session, rollout=rollout)
        if row.kind in KINDS_WITH_OUTCOMES and str(Stage.PILOT) in row.stages
    )
    return LockStanding(versions=versions, tables=tables)


def lock(
    *,
    submission: Submission,
    person: Person,
    reason: str,
    channel: str,
    authentication: str,
    zone: str,
    at: datetime,
    workplace: Workplace,
    change: Change = "lock",
) -> LockedVersion:
    """
    Lock the protocol as the files say it now, or amend the locked one; the signature goes into the ledger.

    ``restart`` begins the trial again: what was read before does not count. ``by-version`` goes on, and
    the analysis tells the versions apart. A signature as 21 CFR 11.50 asks: name, time, meaning.

    :raises CannotLock: with the one reason
    """
    rollout = submission.rollout
    with workplace.ledger.transaction() as tx:
        if tx.lock_rollout(rollout.rollout) is None:
            raise CannotLock(f"No rollout '{rollout.rollout}' is registered; `primum run FILE` registers one.")
        standing = lock_standing(tx.session, rollout=rollout.rollout)
        problem = why_not_lock(rollout=rollout, person=person, change=change, reason=reason, standing=standing, at=at)
        if problem:
            raise CannotLock(problem)
        row = _row(submission, person, version=len(standing.versions) + 1, change=change, at=at)
        row.reason, row.channel, row.authentication, row.zone = reason, channel, authentication, zone
        tx.session.add(row)
        tx.record(
            kind="protocol.locked" if change == "lock" else "protocol.amended",
            rollout=rollout.rollout,
            person=person.id,
            at=at,
            body={"version": row.version, "change": change, "protocol": row.digest, "criteria": row.criteria_digest},
        )
    return LockedVersion(
        version=row.version, change=change, digest=row.digest, criteria_digest=row.criteria_digest, at=at
    )


def _row(submission: Submission, person: Person, *, version: int, change: Change, at: datetime) -> ProtocolVersion:
    rollout, protocol = submission.rollout, submission.rollout.protocol
    assert protocol is not None
    return ProtocolVersion(
        rollout=rollout.rollout,
        version=version,
        change=change,
        digest=protocol.digest,
        criteria_digest=criteria_digest(policy=submission.policy, rollout=rollout),
        content=protocol.model_dump_json(),
        person=person.id,
        printed_name=person.name,
        roles=", ".join(sorted(person.roles_at(rollout=rollout.rollout, at=at))),
        meaning=MEANING,
        reason="",
        channel="",
        authentication="",
        at=at,
    )


def locked_versions(*, rollout: str, workplace: Workplace) -> tuple[ProtocolVersion, ...]:
    """Return every version of a protocol that was locked, with its signature."""
    with workplace.ledger.reading() as session:
        return tuple(trial_reading.protocol_versions(session, rollout=rollout))


def locked_protocol(session: Session, *, rollout: str) -> Protocol | None:
    """Return the protocol in force, as it was locked last; ``None`` if none ever was."""
    versions = trial_reading.protocol_versions(session, rollout=rollout)
    return Protocol.model_validate(json.loads(versions[-1].content)) if versions else None
