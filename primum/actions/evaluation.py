"""Evaluating a stage: expectations, counts, estimates, findings, one tracked run, one gate row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from primum.actions import gates, monitor_standing, projection
from primum.actions.looks_held import facts_of, looks_held
from primum.actions.protocol_lock import lock_standing
from primum.actions.registration import bundle_now
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence import analysis_version
from primum.evidence.counts.cells import Cells
from primum.evidence.measures.registry import measure
from primum.evidence.measures.tabulation import tabulate, tabulation_of
from primum.evidence.rehearsing.counts import SIMULATED
from primum.evidence.trials.cluster_trials import READINGS, as_asked
from primum.integrations import sources, tracking
from primum.integrations.figures_evaluation import figures_of
from primum.ledger import reading
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.designs import design_finding
from primum.roadmap.evaluations import DocumentFacts, Evaluation, TableFacts
from primum.roadmap.freshness import document_findings, dwell_finding, why_stale
from primum.roadmap.judging import data_finding, judge, missing_evidence
from primum.roadmap.locking import NEVER_LOCKED, LockStanding, protocol_findings, why_not_read
from primum.roadmap.locking import unread as not_read
from primum.roadmap.looks import NO_OUTCOME, LookFacts, look_finding, why_hidden
from primum.roadmap.model_card import card_of
from primum.roadmap.policy import Criterion
from primum.roadmap.seats import binds
from primum.roadmap.stages import GATE_OF, GateName, Stage
from primum.roadmap.verdicts import Finding, Level, Outcome, Verdict
from primum.roadmap.watching_rules import NOTHING, monitor_findings


class UnknownSite(Exception):
    """A table names a place that nobody declared; the message is shown to the person."""


class SimulatedEvidence(Exception):
    """Counts of a rehearsal were handed in as evidence; no gate is ever opened on them."""


class UnknownRollout(Exception):
    """No rollout of this name is registered; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The counts behind an evaluation, kept beside it for figures; they do not leave the data plane."""

    evaluation: Evaluation
    cells: Mapping[str, Cells]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the ledger adds to an evaluation: since when the stage lasts, what is waived, locked, looked at, unread."""

    since: datetime
    waived: frozenset[str] = frozenset()
    lock: LockStanding = NEVER_LOCKED
    looks: tuple[LookFacts, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


def standing_of(*, rollout: str, at: datetime, workplace: Workplace) -> Standing:
    """Return how a registered rollout stands at a moment."""
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        waived = frozenset(
            waiver.criterion
            for waiver in reading.waivers(session, rollout=rollout)
            if waiver.granted_at <= at < waiver.expires_at
        )
        lock = lock_standing(session, rollout=rollout)
        held = looks_held(session, rollout=rollout, since=lock.valid_since)
        unread = monitor_standing.unread(session, rollout=rollout, at=at)
    since, looks = record.stage_since if record else at, tuple(facts_of(one) for one in held)
    return Standing(since=since, waived=waived, lock=lock, looks=looks, unread=unread)


def count_tables(
    *, submission: Submission, tables: tuple[TableFacts, ...], checks: tuple[DataCheck, ...]
) -> dict[str, Cells]:
    """Count every table, one pass each, if the expectations of all hold; tables of one kind are merged."""
    declared = {evidence.name: evidence for evidence in submission.rollout.evidence}
    cells: dict[str, Cells] = {}
    if any(check.outcome is not Outcome.PASS for check in checks):
        return cells
    for facts in tables:
        plan = tabulation_of(
            evidence=declared[facts.name], rollout=submission.rollout, policy=submission.policy, rows=facts.rows
        )
        if not plan.keys:
            continue
        batches = sources.batches(
            evidence=declared[facts.name],
            base=submission.base,
            digest=facts.digest,
            keys=plan.labels,
            numbers=plan.numbers,
        )
        counted = tabulate(batches, plan=plan, sources=(facts.digest,))
        _refuse_unknown_sites(facts.name, counted[facts.kind], submission)
        for name, table in counted.items():
            cells[name] = cells[name].merge(table) if name in cells else table
    return cells


def _refuse_unknown_sites(table: str, counted: Cells, submission: Submission) -> None:
    """A site nobody declared may be an identifier in the wrong column; it is counted and not named (P9)."""
    if "site" not in counted.keys:
        return
    known = {site.id for site in submission.sites}
    found = set(counted.levels[counted.keys.index("site")]) - {""}
    if unknown := found - known:
        raise UnknownSite(
            f"Table '{table}' has {len(unknown)} of {len(found)} sites that are not in {submission.rollout.sites}; "
            f"declare every site there, or correct the column that is mapped to `site`."
        )


def findings_of(
    *,
    submission: Submission,
    stage: Stage,
    checks: tuple[DataCheck, ...],
    cells: Mapping[str, Cells],
    documents: tuple[DocumentFacts, ...],
    lock: LockStanding,
    at: datetime,
    hidden: str = "",
    gate: GateName | None = None,
    unread: Mapping[str, str] = NOTHING,
) -> tuple[Finding, ...]:
    """
    Return every finding of a stage: data, age, criteria, design, protocol and documents.

    Nothing is measured on a stage whose data are not sound, so that nobody sees a result too early.
    """
    rollout, policy, gate = submission.rollout, submission.policy, gate or GATE_OF[stage]
    criteria = [one for one in policy.criteria if gate in one.gates and binds(applies=one.applies, rollout=rollout)]
    sound = all(check.outcome is Outcome.PASS for check in checks)
    found = [data_finding(check) for check in checks]
    found += _age(submission, stage, at)
    found += [
        _hidden(one, hidden) or criterion_finding(one, submission=submission, cells=cells)
        for one in criteria
        if sound and _binds_here(one, submission, stage)
    ]
    if design := design_finding(policy=policy, rollout=rollout, gate=gate):
        found.append(design)
    found += protocol_findings(policy=policy, rollout=rollout, gate=gate, standing=lock)
    found += document_findings(policy=policy, rollout=rollout, gate=gate, documents=documents, at=at)
    found += monitor_findings(policy=policy, rollout=rollout, gate=gate, unread=unread)
    return tuple(found)


def _hidden(criterion: Criterion, reason: str) -> Finding | None:
    """Outcomes of a pilot by arm are read at its looks; until one ends the comparison no gate shows them."""
    by_arm = criterion.evidence in ("trial", READINGS) and criterion.metric not in NO_OUTCOME
    return not_read(criterion=criterion, reason=reason) if reason and by_arm else None


def _binds_here(criterion: Criterion, submission: Submission, stage: Stage) -> bool:
    """A criterion that binds counts even without a table; one that is only shown needs its table."""
    kinds = {evidence.kind for evidence in submission.tables_of(stage)}
    asked = as_asked(criterion, submission.rollout.protocol)
    return asked.evidence in kinds or criterion.level in (Level.MANDATORY, Level.OVERRIDABLE)


def criterion_finding(criterion: Criterion, *, submission: Submission, cells: Mapping[str, Cells]) -> Finding:
    """Return what one criterion says on these counts; a rehearsal asks the same question of simulated ones."""
    criterion = as_asked(criterion, submission.rollout.protocol)
    if criterion.evidence not in cells:
        return missing_evidence(criterion=criterion)
    if refused := why_not_read(criterion=criterion, rollout=submission.rollout, policy=submission.policy):
        return not_read(criterion=criterion, reason=refused)
    estimates = measure(criterion=criterion, cells=cells, rollout=submission.rollout, policy=submission.policy)
    return judge(criterion=criterion, estimates=estimates)


def _age(submission: Submission, stage: Stage, at: datetime) -> list[Finding]:
    replay = submission.rollout.kind == "replay"
    stale = [
        why_stale(evidence=evidence, policy=submission.policy, at=at, replay=replay)
        for evidence in submission.tables_of(stage)
    ]
    return [
        Finding(
            check="age",
            kind="data",
            outcome=Outcome.INSUFFICIENT,
            level=Level.MANDATORY,
            sentence=sentence,
            requirements=("P2.3",),
        )
        for sentence in stale
        if sentence
    ]


def measured(
    *,
    submission: Submission,
    stage: Stage,
    tables: tuple[TableFacts, ...],
    documents: tuple[DocumentFacts, ...],
    checks: tuple[DataCheck, ...],
    standing: Standing,
    at: datetime,
    gate: GateName | None = None,
) -> Measured:
    """
    Count, estimate and judge a stage without writing anything; `plan` and `evaluate` share it.

    :param gate: another gate than the one at the end of the stage, such as that of an update
    :raises SimulatedEvidence: if a table or its counts come from a rehearsal
    """
    cells = count_tables(submission=submission, tables=tables, checks=checks)
    refuse_simulated(digests=[facts.digest for facts in tables], cells=cells)
    found = findings_of(
        submission=submission,
        stage=stage,
        checks=checks,
        cells=cells,
        documents=documents,
        lock=standing.lock,
        at=at,
        gate=gate,
        unread=standing.unread,
        hidden=_why_hidden(submission, stage, standing),
    )
    if dwell := dwell_finding(policy=submission.policy, stage=stage, since=standing.since, at=at):
        found += (dwell,)
    found += _looks(submission, stage, standing)
    evaluation = Evaluation(
        rollout=submission.rollout.rollout,
        stage=stage,
        gate=gate or GATE_OF[stage],
        at=at.isoformat(),
        analysis_version=analysis_version(),
        policy_id=submission.policy.id,
        policy_digest=submission.policy_digest,
        bundle_digest=bundle_now(submission).digest,
        tables=tables,
        documents=documents,
        data_checks=checks,
        verdict=Verdict(findings=tuple(_waive(finding, standing.waived) for finding in found)),
    )
    return Measured(evaluation=evaluation, cells=cells)


def _why_hidden(submission: Submission, stage: Stage, standing: Standing) -> str:
    rollout = submission.rollout
    if stage is not Stage.PILOT or rollout.kind == "replay":
        return ""
    return why_hidden(rule=submission.policy.looks, protocol=rollout.protocol, taken=standing.looks)


def _looks(submission: Submission, stage: Stage, standing: Standing) -> tuple[Finding, ...]:
    rollout = submission.rollout
    if stage is not Stage.PILOT or rollout.kind == "replay":
        return ()
    found = look_finding(rule=submission.policy.looks, protocol=rollout.protocol, taken=standing.looks)
    return (found,) if found else ()


def refuse_simulated(*, digests: Sequence[str], cells: Mapping[str, Cells]) -> None:
    """
    Refuse what a rehearsal made, wherever it comes from (P5.3, AMB11).

    :raises SimulatedEvidence: if a table or its counts are simulated
    """
    sources = [*digests, *(source for one in cells.values() for source in one.sources)]
    if any(source.startswith(SIMULATED) for source in sources):
        raise SimulatedEvidence("These counts were simulated in a rehearsal; no gate is opened on them.")


def _waive(finding: Finding, waived: frozenset[str]) -> Finding:
    may = finding.level is Level.OVERRIDABLE and finding.check in waived
    return replace(finding, waived=True) if may else finding


def evaluate(
    *,
    submission: Submission,
    tables: tuple[TableFacts, ...],
    documents: tuple[DocumentFacts, ...],
    checks: tuple[DataCheck, ...],
    person: str,
    at: datetime,
    workplace: Workplace,
    stage: Stage | None = None,
) -> str:
    """
    Evaluate the rollout's stage, track it, and open, keep or void its gate; return the gate's id.

    :param stage: another stage than the one the rollout is in, whose gate is to be granted anew
    :raises UnknownRollout: if the rollout was never registered
    :raises TrackingUnreachable: if MLflow does not answer; nothing is decided then
    :raises AlreadyRejected: if this very evidence was rejected before
    """
    projection.repair_alias(submission=submission, workplace=workplace)
    stage = stage or stage_of(rollout=submission.rollout.rollout, workplace=workplace)
    result = measured(
        submission=submission,
        stage=stage,
        tables=tables,
        documents=documents,
        checks=checks,
        standing=standing_of(rollout=submission.rollout.rollout, at=at, workplace=workplace),
        at=at,
    )
    kept = gates.gate_with_same_subject(evaluation=result.evaluation, submission=submission, at=at, workplace=workplace)
    if kept:
        return kept
    gates.refuse_rejected(evaluation=result.evaluation, workplace=workplace)
    run = tracking.record(
        evaluation=result.evaluation,
        rollout=submission.rollout,
        figures=figures_of(evaluation=result.evaluation, rollout=submission.rollout, policy=submission.policy),
        card=card_of(
            rollout=submission.rollout, evaluation=result.evaluation, smallest_cell=submission.policy.smallest_cell
        ),
        smallest_cell=submission.policy.smallest_cell,
        settings=workplace.settings,
    )
    return gates.open_gate(
        submission=submission, evaluation=result.evaluation, run=run, person=person, at=at, workplace=workplace
    )


def stage_of(*, rollout: str, workplace: Workplace) -> Stage:
    """
    Return the stage a rollout is in.

    :raises UnknownRollout: if it was never registered
    """
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    if record is None:
        raise UnknownRollout(f"No rollout '{rollout}' is registered; `primum run FILE` registers one.")
    return Stage(record.stage)
