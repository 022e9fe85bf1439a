"""Everything that stands between a gate and its promotion, asked the same way by everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions import (
    alarm_answers,
    change_release,
    change_standing,
    contingencies,
    deviations,
    gates,
    incidents,
    limits,
    projection,
    regulator_clocks,
    sustain_gates,
    voting,
)
from primum.actions.intake import inspect_tables
from primum.actions.registration import bundle_now
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations import sources
from primum.integrations.documents import DocumentRefused, documents_of
from primum.integrations.tracking import TrackingUnreachable
from primum.integrations.tracking_reading import read_back
from primum.ledger import reading, scale_reading
from primum.ledger.tables import EvaluationRecord, Gate, RolloutRecord
from primum.roadmap.freshness import document_findings, why_stale
from primum.roadmap.gates import MEANING, GateState
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One thing that must hold before a gate is applied, and one sentence on how it stands."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class World:
    """What was read outside the database just before the gate's row is locked."""

    conditions: tuple[Condition, ...]
    subject: str | None


def _condition(name: str, problem: str | None, good: str) -> Condition:
    return Condition(name=name, holds=problem is None, sentence=problem or good)


def ask_the_world(*, gate: Gate, submission: Submission, at: datetime, workplace: Workplace) -> World:
    """Read again what lies outside the database: tables, documents, policy, bundle, tracked run."""
    with workplace.ledger.reading() as session:
        record = reading.evaluation(session, evaluation=gate.evaluation_id or "")
    submission, judged = change_release.behind(gate=gate, submission=submission, workplace=workplace)
    return World(
        conditions=(
            _condition("evidence unchanged", _why_tables_differ(record, judged), "Every table reads as it did."),
            _condition("evidence fresh", _why_old(judged, Stage(gate.stage), at), "Every table is recent enough."),
            _condition(
                "documents in force", _why_documents_fail(gate, record, submission, at), "Every document is in force."
            ),
            _condition("policy in force", _why_policy_differs(record, submission), "The policy is the one it was."),
            _condition("release bundle", _why_bundle_differs(record, submission), "The bundle is the one evaluated."),
            _condition(
                "tracked run", _why_run_differs(record, workplace), "The tracked run still says what the gate read."
            ),
            _condition("model alias", _why_alias_moved(gate, workplace), "The model is where we left it."),
        ),
        subject=gate.subject_digest,
    )


def _snapshot(record: EvaluationRecord | None, key: str) -> object:
    return None if record is None else gates.snapshot_of(record).get(key)


def _digests(record: EvaluationRecord | None, key: str, name: str) -> dict[str, str]:
    listed = _snapshot(record, key)
    if not isinstance(listed, list):
        return {}
    return {str(one[name]): str(one["digest"]) for one in listed}


def _why_tables_differ(record: EvaluationRecord | None, submission: Submission) -> str | None:
    if record is None:
        return "The gate has no evaluation; run the stage again."
    try:
        now = {table.name: table.digest for table in inspect_tables(submission=submission, stage=Stage(record.stage))}
    except sources.SourceRefused as refused:
        return str(refused)
    then = _digests(record, "tables", "name")
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    return f"Table '{changed[0]}' is not the one that was evaluated; run the stage again." if changed else None


def _why_old(submission: Submission, stage: Stage, at: datetime) -> str | None:
    replay = submission.rollout.kind == "replay"
    reasons = (
        why_stale(evidence=evidence, policy=submission.policy, at=at, replay=replay)
        for evidence in submission.tables_of(stage)
    )
    return next((reason for reason in reasons if reason), None)


def _why_documents_fail(
    gate: Gate, record: EvaluationRecord | None, submission: Submission, at: datetime
) -> str | None:
    try:
        documents = documents_of(submission.rollout, base=submission.base)
    except DocumentRefused as refused:
        return str(refused)
    if {document.kind: document.digest for document in documents} != _digests(record, "documents", "kind"):
        return "A document was added, removed or changed since the evaluation; run the stage again."
    found = document_findings(
        policy=submission.policy, rollout=submission.rollout, gate=GateName(gate.name), documents=documents, at=at
    )
    return next((one.sentence for one in found if one.binds and one.outcome is not Outcome.PASS), None)


def _why_policy_differs(record: EvaluationRecord | None, submission: Submission) -> str | None:
    if _snapshot(record, "policy_digest") == submission.policy_digest:
        return None
    return f"Policy {submission.policy.id} changed since the evaluation; run the stage again."


def _why_bundle_differs(record: EvaluationRecord | None, submission: Submission) -> str | None:
    if _snapshot(record, "bundle_digest") == bundle_now(submission).digest:
        return None
    return "Model, prompt, guideline, suites, protocol or analysis changed since the evaluation; run the stage again."


def _why_run_differs(record: EvaluationRecord | None, workplace: Workplace) -> str | None:
    if record is None or not record.tracking_run or not record.tracking_manifest:
        return "The evaluation was not tracked; run the stage again."
    try:
        read = read_back(
            run_id=record.tracking_run, manifest_digest=record.tracking_manifest, settings=workplace.settings
        )
    except TrackingUnreachable as unreachable:
        return str(unreachable)
    return None if read.unchanged else f"The MLflow run was changed since the evaluation: {read.differences[0]}"


def _why_alias_moved(gate: Gate, workplace: Workplace) -> str | None:
    try:
        return projection.why_alias_moved(rollout=gate.rollout, workplace=workplace)
    except TrackingUnreachable as unreachable:
        return str(unreachable)


def conditions(
    *, gate: Gate, world: World, session: Session, submission: Submission, at: datetime
) -> tuple[Condition, ...]:
    """Return every condition of a promotion; `apply` raises the first that does not hold."""
    rollout = reading.rollout(session, rollout=gate.rollout)
    given = reading.votes(session, gate=gate.id)
    record = reading.evaluation(session, evaluation=gate.evaluation_id or "")
    empty = voting.seats_still_empty(gate=gate, submission=submission, at=at, session=session)
    missing = ", ".join(str(seat.role) for seat in empty)
    shown = None if world.subject == gate.subject_digest else "The gate changed while it was being read; ask again."
    return (
        *_nothing_stands_against(gate, submission, at, session),
        _condition("stage", _why_other_stage(rollout, gate), f"The rollout is in stage {gate.stage}."),
        _condition("verdict", _why_verdict_fails(record), "The evidence meets the policy."),
        *world.conditions,
        _condition("same evidence", shown, "The gate is the one that was read."),
        _condition("in time", _why_late(gate, at), "The gate is open."),
        _condition("quorum", f"Still to sign: {missing}." if missing else None, _signed(given)),
        _condition("granted", _why_not_granted(gate), "Every seat has signed."),
        _condition(
            "limits of the approval",
            limits.why_nothing_left(gate=gate, submission=submission, at=at, session=session),
            limits.in_words(gate=gate, submission=submission, session=session),
        ),
    )


def _nothing_stands_against(
    gate: Gate, submission: Submission, at: datetime, session: Session
) -> tuple[Condition, ...]:
    """What would keep the rollout from moving on, whatever this gate found."""
    return (
        _condition("not suspended", _why_suspended(session, gate), "The rollout is not suspended."),
        _condition("not held", _why_held(session, gate), "Nobody holds the rollout."),
        _condition(
            "no open serious incident",
            incidents.why_open(rollout=gate.rollout, session=session),
            "No serious incident is open.",
        ),
        _condition(
            "no overdue report",
            regulator_clocks.why_overdue(rollout=gate.rollout, at=at, session=session),
            "No report to a regulator is overdue.",
        ),
        _condition(
            "no alarm stands",
            alarm_answers.why_open(rollout=gate.rollout, session=session, at=at),
            "No alarm of a guardrail stands, and every guardrail reads.",
        ),
        _condition(
            "no open deviation",
            deviations.why_unreviewed(rollout=gate.rollout, session=session),
            "No output that was shown without leave waits for a review.",
        ),
        _condition(
            "new evidence taken up", _why_behind(gate, submission, at, session), "No guideline change is overdue."
        ),
        _condition(
            "no overdue contingency",
            contingencies.why_overdue(rollout=gate.rollout, at=at, session=session),
            "Nothing an approval left to do is overdue.",
        ),
    )


def _why_behind(gate: Gate, submission: Submission, at: datetime, session: Session) -> str | None:
    if gate.name == GateName.GU:
        return None
    days = submission.policy.evidence_fresh_days
    return change_standing.why_overdue(rollout=gate.rollout, days=days, at=at, session=session)


def _signed(given: Sequence[object]) -> str:
    return f"{len(given)} signatures fill every seat."


def _why_suspended(session: Session, gate: Gate) -> str | None:
    suspension = reading.suspension(session, rollout=gate.rollout)
    if suspension is None:
        return None
    return f"The rollout is suspended since {suspension.at:%Y-%m-%d %H:%M %Z}; it must be resumed first."


def _why_held(session: Session, gate: Gate) -> str | None:
    hold = scale_reading.hold(session, rollout=gate.rollout)
    # An approval that has ended is renewed by the very gate it holds.
    if hold is None or (gate.name == GateName.GS and hold.person == sustain_gates.CALENDAR):
        return None
    return f"{hold.person} holds the rollout since {hold.at:%Y-%m-%d %H:%M %Z}; the hold is lifted first."


def _why_other_stage(rollout: RolloutRecord | None, gate: Gate) -> str | None:
    if rollout is None:
        return "The rollout is not registered."
    if rollout.stage == gate.stage:
        return None
    return f"The rollout is in stage {rollout.stage}, and this gate ends stage {gate.stage}."


def _why_verdict_fails(record: EvaluationRecord | None) -> str | None:
    if record is not None and record.outcome == Outcome.PASS:
        return None
    reasons = _snapshot(record, "reasons")
    first = reasons[0] if isinstance(reasons, list) and reasons else "It was not evaluated."
    return f"The evidence does not meet the policy: {first}"


def _why_late(gate: Gate, at: datetime) -> str | None:
    if gate.expires_at is None or at < gate.expires_at:
        return None
    return f"The gate was open until {gate.expires_at:%Y-%m-%d %H:%M %Z}; nobody decided in time."


def _why_not_granted(gate: Gate) -> str | None:
    if gate.state == GateState.GRANTED:
        return None
    return f"The gate is {gate.state}: {MEANING[GateState(gate.state)]}."


def explain(*, gate: str, submission: Submission, at: datetime, workplace: Workplace) -> tuple[Condition, ...]:
    """
    Return the list that `apply` will ask, before anyone tries.

    :raises UnknownGate: if there is no such gate
    """
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
    if row is None:
        raise gates.UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
    world = ask_the_world(gate=row, submission=submission, at=at, workplace=workplace)
    with workplace.ledger.reading() as session:
        return conditions(gate=row, world=world, session=session, submission=submission, at=at)
