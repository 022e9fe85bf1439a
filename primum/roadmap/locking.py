"""Whether a pilot was fixed before its outcomes were seen: its lock, and what may follow it (P2.1, P2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from primum.roadmap.digests import digest
from primum.roadmap.people import Person
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.protocol import Protocol, why_not_analyse
from primum.roadmap.roles import Role
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Finding, Level, Outcome

MAY_LOCK = frozenset({Role.CLINICAL_LEAD, Role.STATISTICIAN})
Change = Literal["lock", "restart", "by-version"]
REQUIREMENTS = ("P2.1", "P2.3", "R2.4")
VERSION_COLUMN = "version"
ANSWERS = frozenset(
    {
        "primary_benefit",
        "primary_noninferiority",
        "primary_ratio",
        "gap_benefit",
        "benefit_by_site",
        "wedge_effect",
        "reader_area",
        "reader_sensitivity",
        "reader_specificity",
    }
)
"""Metrics that answer the question; harm and the conduct of the trial are read whatever was declared."""


@dataclass(frozen=True, kw_only=True)
class LockedVersion:
    """One version of a protocol as it was locked: what it said, what was asked of it, and when."""

    version: int
    change: str
    digest: str
    criteria_digest: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SeenTable:
    """A table of the pilot that was registered: when its data were taken, and when it came in."""

    name: str
    measured_on: datetime
    registered_at: datetime


@dataclass(frozen=True, kw_only=True)
class LockStanding:
    """What the ledger knows of a protocol: the versions that were locked, and every table of outcomes it ever saw."""

    versions: tuple[LockedVersion, ...] = ()
    tables: tuple[SeenTable, ...] = ()

    @property
    def valid_since(self) -> datetime | None:
        """When the trial that counts was fixed: the first lock, or the last one that started it again."""
        starts = [one.at for one in self.versions if one.change != "by-version"]
        return starts[-1] if starts else None


NEVER_LOCKED = LockStanding()


def criteria_digest(*, policy: Policy, rollout: Rollout) -> str:
    """Return the digest of every criterion that the pilot is judged by; editing one afterwards changes it."""
    asked = (one for one in policy.criteria if GateName.G2 in one.gates and binds(applies=one.applies, rollout=rollout))
    return digest([one.model_dump(mode="json") for one in asked])


def why_not_lock(
    *, rollout: Rollout, person: Person, change: Change, reason: str, standing: LockStanding, at: datetime
) -> str | None:
    """Return the one reason why this person may not lock or amend the protocol so, if there is one."""
    protocol = rollout.protocol
    if protocol is None:
        return f"{rollout.rollout} declares no protocol; write one before it is locked."
    if not person.roles_at(rollout=rollout.rollout, at=at) & MAY_LOCK:
        roles = ", ".join(sorted(MAY_LOCK))
        return f"{person.name} holds none of the roles that lock and amend protocols of {rollout.rollout}: {roles}."
    if not reason.strip():
        return "A lock carries a reason, such as the minute that approved the protocol."
    if why := why_not_analyse(protocol):
        return f"The protocol is not complete: {why}."
    if change == "lock" and standing.versions:
        last = standing.versions[-1]
        return f"The protocol was locked on {last.at.date()} as version {last.version}; a change is an amendment."
    if change == "lock":
        return _why_seen(standing.tables, before=at)
    if not standing.versions:
        return "The protocol was never locked; there is nothing to amend."
    if standing.versions[-1].digest == protocol.digest:
        return "The protocol says what its last locked version says; there is nothing to amend."
    return None


def _why_seen(tables: Sequence[SeenTable], *, before: datetime) -> str | None:
    """Return the sentence about the first table of outcomes that was seen before a moment."""
    for table in tables:
        if table.registered_at < before:
            return (
                f"Table '{table.name}' with outcomes of the pilot was registered on {table.registered_at.date()}, "
                "before the protocol was locked; a protocol is fixed before its first outcome is read."
            )
        if table.measured_on < before:
            return (
                f"Table '{table.name}' holds outcomes taken on {table.measured_on.date()}, before the protocol was "
                f"locked on {before.date()}; a protocol is fixed before its first outcome is read."
            )
    return None


def protocol_findings(
    *, policy: Policy, rollout: Rollout, gate: GateName, standing: LockStanding
) -> tuple[Finding, ...]:
    """
    Return the findings on the question of the pilot: whether it is whole, and whether it was fixed in time.

    Asked at G2 under a policy for rollouts. A replay was locked by those who ran the trial.
    """
    if gate is not GateName.G2 or policy.scope != "rollout" or rollout.protocol is None:
        return ()
    found = [_estimand(rollout.protocol)]
    if rollout.kind == "rollout":
        found.append(_lock(policy=policy, rollout=rollout, protocol=rollout.protocol, standing=standing))
    return tuple(found)


def why_not_read(*, criterion: Criterion, rollout: Rollout, policy: Policy) -> str | None:
    """Return why a criterion that answers the question of the pilot is not read yet, if it is not (ICH E9(R1))."""
    answers = criterion.metric in ANSWERS and policy.scope == "rollout"
    return why_not_analyse(rollout.protocol) if answers else None


def unread(*, criterion: Criterion, reason: str) -> Finding:
    """Return the finding of a criterion that nobody may read yet; unknown is never a pass (P8)."""
    return Finding(
        check=criterion.id,
        outcome=Outcome.INSUFFICIENT,
        level=criterion.level,
        sentence=f"{criterion.title} is not read: {reason}.",
        requirements=criterion.requirements,
    )


def _estimand(protocol: Protocol) -> Finding:
    why = why_not_analyse(protocol)
    sentence = f"No analysis is started: {why}." if why else "The estimand says what is estimated, and for whom."
    return _finding("estimand", Outcome.INSUFFICIENT if why else Outcome.PASS, sentence, ("P2.3", "R2.2"))


def _lock(*, policy: Policy, rollout: Rollout, protocol: Protocol, standing: LockStanding) -> Finding:
    since = standing.valid_since
    if since is None:
        sentence = "The protocol was never locked; `primum protocol lock` fixes it before the first outcome is read."
        return _finding("protocol-lock", Outcome.INSUFFICIENT, sentence, REQUIREMENTS)
    problem = _why_broken(policy=policy, rollout=rollout, protocol=protocol, standing=standing, since=since)
    last = standing.versions[-1]
    amended = f", version {last.version} since {last.at.date()}" if last.version > 1 else ""
    sentence = problem or f"The protocol was locked on {since.date()}{amended}, before any outcome was read."
    return _finding("protocol-lock", Outcome.FAIL if problem else Outcome.PASS, sentence, REQUIREMENTS)


def _why_broken(
    *, policy: Policy, rollout: Rollout, protocol: Protocol, standing: LockStanding, since: datetime
) -> str | None:
    last = standing.versions[-1]
    if protocol.digest != last.digest:
        return (
            f"The protocol says something else than version {last.version}, locked on {last.at.date()}; "
            "restore it, or amend it with `primum protocol amend`."
        )
    if criteria_digest(policy=policy, rollout=rollout) != last.criteria_digest:
        return (
            f"A criterion of the pilot was edited after the protocol was locked on {last.at.date()}; "
            "restore the policy, or amend the protocol."
        )
    in_force = {evidence.name for evidence in rollout.evidence if Stage.PILOT in evidence.stages}
    counted = [table for table in standing.tables if table.name in in_force]
    if seen := _why_seen(_of_this_trial(counted, standing), before=since):
        return seen
    here = [one for one in rollout.evidence if Stage.PILOT in one.stages]
    if _by_version(standing) and any(one.kind == "readings" for one in here):
        return (
            "The protocol of a reader study was amended while it ran. Its readings are analysed as one study and not "
            "by version; amend it as a restart, and read again."
        )
    trials = [one for one in here if one.kind == "trial"]
    if _by_version(standing) and not all(VERSION_COLUMN in one.columns for one in trials):
        return (
            "The protocol was amended while it ran and is to be analysed by version; "
            f"map the column `{VERSION_COLUMN}` of the trial's table."
        )
    return None


def _of_this_trial(tables: Sequence[SeenTable], standing: LockStanding) -> Sequence[SeenTable]:
    """A trial that was started again does not count what it had read before; the newest of each table does."""
    restarted = any(one.change == "restart" for one in standing.versions)
    newest: Mapping[str, SeenTable] = {table.name: table for table in tables}
    return tuple(newest.values()) if restarted else tables


def _by_version(standing: LockStanding) -> bool:
    since = standing.valid_since
    return since is not None and any(one.change == "by-version" and one.at > since for one in standing.versions)


def _finding(check: str, outcome: Outcome, sentence: str, requirements: tuple[str, ...]) -> Finding:
    return Finding(
        check=check,
        kind="protocol",
        outcome=outcome,
        level=Level.MANDATORY,
        sentence=sentence,
        requirements=requirements,
    )
