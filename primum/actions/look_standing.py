"""Whether a look may be taken, and the looks that were: what the ledger knows before anything is read."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions.evaluation import UnknownRollout
from primum.actions.looks_held import facts_of, looks_held
from primum.actions.protocol_lock import lock_standing
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.trials.look_bounds import KeptBound
from primum.ledger import reading
from primum.ledger.look_tables import Look
from primum.roadmap.locking import LockStanding, protocol_findings
from primum.roadmap.look_rules import LookRule
from primum.roadmap.looks import READ_SAFETY, LookFacts, LookState
from primum.roadmap.protocol import Protocol
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome


class CannotLook(Exception):
    """No look was taken; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class LookStanding:
    """What a look starts from: rule, protocol, its version, and the looks of this trial so far."""

    submission: Submission
    rule: LookRule
    protocol: Protocol
    version: int
    since: datetime | None
    suspended_since: datetime | None
    held: tuple[Look, ...]

    @property
    def replay(self) -> bool:
        """True if the trial is over and is looked at afterwards."""
        return self.submission.rollout.kind == "replay"

    @property
    def taken(self) -> tuple[LookFacts, ...]:
        """The looks that were taken, as the rules need them."""
        return tuple(facts_of(one) for one in self.held)

    @property
    def bounds(self) -> tuple[KeptBound, ...]:
        """The looks that were charged, with the bounds they had."""
        kept = [_bound(one) for one in self.held if facts_of(one).charged]
        return tuple(sorted((one for one in kept if one is not None), key=lambda one: one.information))

    @property
    def safety(self) -> Mapping[str, Sequence[int]]:
        """By safety event, the information at each look that read it."""
        found: dict[str, list[int]] = {}
        for one in self.held:
            if LookState(one.outcome) in READ_SAFETY:
                for seen in statistics_of(one).get("safety", ()):
                    found.setdefault(seen["event"], []).append(int(seen["information"]))
        return found


def statistics_of(look: Look) -> dict[str, Any]:
    """Return what a look saw; it is for the monitoring board."""
    found: dict[str, Any] = json.loads(look.statistics)
    return found


def _bound(look: Look) -> KeptBound | None:
    seen = statistics_of(look).get("efficacy")
    if not seen:
        return None
    boundary = math.inf if seen["boundary"] is None else float(seen["boundary"])
    return KeptBound(information=look.information, boundary=boundary, futility=seen["futility"])


def standing_of_looks(*, submission: Submission, workplace: Workplace, registered: bool = True) -> LookStanding:
    """
    Return what a look would start from.

    :param registered: false before the tables of now are registered; when they were taken is asked afterwards

    :raises UnknownRollout: if the rollout was never registered
    :raises CannotLook: with the one reason why none may be taken
    """
    with workplace.ledger.reading() as session:
        return standing_in(session, submission=submission, registered=registered)


def standing_in(session: Session, *, submission: Submission, registered: bool = True) -> LookStanding:
    """Return the same within a session."""
    rollout = submission.rollout
    record = reading.rollout(session, rollout=rollout.rollout)
    if record is None:
        raise UnknownRollout(f"No rollout '{rollout.rollout}' is registered; `primum run FILE` registers one.")
    rule, protocol = submission.policy.looks, rollout.protocol
    if rule is None:
        raise CannotLook(f"Policy {submission.policy.id} does not say how interim looks are taken; add its `looks`.")
    if protocol is None:
        raise CannotLook(f"{rollout.rollout} declares no protocol; a look follows one.")
    lock = lock_standing(session, rollout=rollout.rollout)
    if rollout.kind == "rollout":
        _refuse_too_early(submission, stage=record.stage, lock=lock if registered else replace(lock, tables=()))
    stopped = reading.suspension(session, rollout=rollout.rollout)
    since = lock.valid_since
    held = looks_held(session, rollout=rollout.rollout, since=since)
    return LookStanding(
        submission=submission,
        rule=rule,
        protocol=protocol,
        version=lock.versions[-1].version if lock.versions else 0,
        since=since,
        suspended_since=stopped.at if stopped else None,
        held=held,
    )


def _refuse_too_early(submission: Submission, *, stage: str, lock: LockStanding) -> None:
    rollout = submission.rollout
    if stage != Stage.PILOT:
        raise CannotLook(f"{rollout.rollout} is in stage {stage}; looks are taken in its pilot.")
    found = protocol_findings(policy=submission.policy, rollout=rollout, gate=GateName.G2, standing=lock)
    broken = next((one for one in found if one.outcome is not Outcome.PASS), None)
    if broken:
        raise CannotLook(f"No look is taken: {broken.sentence}")
