"""Registering a rollout, and registering again what changed in its file."""

import json
from datetime import datetime
from pathlib import Path

from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.evidence import analysis_version
from primum.integrations.suites import suite_digests
from primum.ledger.tables import RolloutRecord
from primum.ledger.transactions import Transaction
from primum.roadmap.bundle import ReleaseBundle, bundle_of
from primum.roadmap.roles import Role
from primum.roadmap.uses import why_not_register, why_not_tier


class RegistrationRefused(Exception):
    """The use is not one that may be registered; the message is shown to the person."""


def bundle_now(submission: Submission) -> ReleaseBundle:
    """Return the release bundle as the files say it now."""
    return bundle_of(
        rollout=submission.rollout,
        policy_digest=submission.policy_digest,
        suite_digests=suite_digests(submission.rollout, base=submission.base),
        analysis_version=analysis_version(),
    )


def register(*, path: Path, person: str, at: datetime, workplace: Workplace) -> Submission:
    """
    Register a rollout from its file, or take in what changed since.

    :raises RegistrationRefused: if the use is prohibited, the tier lowered without two people, or
        the policy is not meant for this kind of rollout
    """
    submission = read_submission(path)
    submission.person(person)
    take_in(submission=submission, person=person, at=at, workplace=workplace)
    return submission


def take_in(*, submission: Submission, person: str, at: datetime, workplace: Workplace) -> None:
    """
    Register what was read; the same again changes nothing.

    :raises RegistrationRefused: if the files ask for what may not be registered
    """
    if reason := why_not(submission):
        raise RegistrationRefused(reason)
    enter(submission=submission, bundle=bundle_now(submission), person=person, at=at, workplace=workplace)


def enter(*, submission: Submission, bundle: ReleaseBundle, person: str, at: datetime, workplace: Workplace) -> None:
    """Write a submission into the ledger; one that says nothing new changes nothing."""
    with workplace.ledger.transaction() as tx:
        _write(tx, submission, bundle, person=person, at=at)


def enter_within(*, tx: Transaction, submission: Submission, bundle: ReleaseBundle, person: str, at: datetime) -> None:
    """Write a submission within a transaction that is under way, such as the promotion of an update."""
    _write(tx, submission, bundle, person=person, at=at)


def why_not(submission: Submission) -> str | None:
    """Return the one reason a submission is refused, if there is one."""
    rollout, use = submission.rollout, submission.rollout.use
    if submission.policy.scope == "table":
        return f"Policy {submission.policy.id} shows figures and decides nothing; no rollout may be run by it."
    if submission.policy.scope == "replay" and rollout.kind != "replay":
        return f"Policy {submission.policy.id} is for replays of finished studies; {rollout.rollout} is a rollout."
    if reason := why_not_register(purpose=use.purpose, mode=use.mode, human_decision=use.human_decision):
        return reason
    if rollout.monitors and (reason := _why_not_watch(submission)):
        return reason
    if rollout.tier is None:
        return None
    approvers = frozenset(submission.person(one).id for one in rollout.tier.approvers)
    return why_not_tier(
        declared=rollout.tier.tier, purpose=use.purpose, approvers=approvers, reason=rollout.tier.reason
    )


def _why_not_watch(submission: Submission) -> str | None:
    """A monitor that nobody answers, or that cannot be what it is declared to be, watches nothing."""
    from primum.actions.monitor_readings import why_not_watch

    known = {person.id for person in submission.people} | {str(role) for role in Role}
    for monitor in submission.rollout.monitors:
        if monitor.owner not in known:
            return f"Monitor '{monitor.id}' is owned by '{monitor.owner}', who is neither a person here nor a role."
    return next(iter(why_not_watch(submission.rollout.monitors)), None)


def _write(tx: Transaction, submission: Submission, bundle: ReleaseBundle, *, person: str, at: datetime) -> None:
    rollout = submission.rollout
    record = tx.lock_rollout(rollout.rollout)
    if record is not None and _unchanged(record, submission, bundle):
        return
    said = _said(submission, bundle)
    if record is None:
        record = RolloutRecord(
            id=rollout.rollout,
            stage=rollout.enters_at,
            stage_since=at,
            registered_by=person,
            registered_at=at,
            revision=0,
            **said,
        )
    for name, value in said.items():
        setattr(record, name, value)
    record.revision += 1
    tx.session.add(record)
    tx.record(
        kind="rollout.registered",
        rollout=rollout.rollout,
        person=person,
        at=at,
        body={
            "revision": record.revision,
            "kind": rollout.kind,
            "stage": str(record.stage),
            "tier": str(record.tier),
            "spec": submission.spec_digest,
            "bundle": bundle.digest,
            "policy": submission.policy_digest,
        },
    )


def _said(submission: Submission, bundle: ReleaseBundle) -> dict[str, str]:
    """What the files say, by column."""
    rollout = submission.rollout
    return {
        "title": rollout.title,
        "institution": rollout.institution,
        "kind": rollout.kind,
        "tier": str(rollout.risk_tier),
        "policy_id": submission.policy.id,
        "policy_digest": submission.policy_digest,
        "bundle_digest": bundle.digest,
        "bundle": bundle.model_dump_json(),
        "spec": _kept(submission),
        "spec_path": str(submission.path),
    }


def _unchanged(record: RolloutRecord, submission: Submission, bundle: ReleaseBundle) -> bool:
    return all(getattr(record, name) == value for name, value in _said(submission, bundle).items())


def _kept(submission: Submission) -> str:
    """The rollout, its people and sites as JSON: what stopping and going on need even when a file is broken."""
    people = {"people": [person.model_dump(mode="json") for person in submission.people]}
    kept = {
        "rollout": submission.rollout.model_dump(mode="json"),
        "people": people,
        "sites": [site.model_dump(mode="json") for site in submission.sites],
        "resumption": submission.policy.resumption.people,
        "resumption_gate": submission.policy.resumption.gate,
        "incidents": submission.policy.incidents.model_dump(mode="json"),
        "smallest_cell": submission.policy.smallest_cell,
        "sustain": submission.policy.sustain.model_dump(mode="json"),
    }
    return json.dumps(kept, sort_keys=True)
