"""A pilot rehearsed on simulated counts, through its own protocol, policy and gate rules; nothing is written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from primum.actions.evaluation import criterion_finding
from primum.actions.submission import Submission, read_submission
from primum.evidence.counts.cells import Cells
from primum.evidence.measures.registry import READING_KEYS
from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.reach import months_for
from primum.evidence.rehearsing.counts import shape_of
from primum.evidence.rehearsing.reader_studies import reader_studies, reader_world
from primum.evidence.rehearsing.readings import columns_of as readings_columns
from primum.evidence.rehearsing.readings import reading_world, readings
from primum.evidence.rehearsing.runs import Decide, Ending, Outlook, Run, held_by, outlook, rehearse
from primum.evidence.rehearsing.truths import World, world_of
from primum.evidence.trials.cluster_trials import READINGS, as_asked, shares_cases
from primum.evidence.trials.trial_arms import columns_of
from primum.roadmap.designs import design_finding
from primum.roadmap.locking import NEVER_LOCKED, protocol_findings
from primum.roadmap.policy import Criterion, EvidenceKind
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Evidence
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.truths import Truth
from primum.roadmap.verdicts import BINDING, Finding, Outcome, Verdict

GATE = GateName.G2
ON_READINGS = (GateName.G1, GateName.G3, GateName.GS)
NEVER = datetime.min.replace(tzinfo=UTC)
TAKEN_FOR_GRANTED = (
    "Taken for granted: sound tables, documents in force, the lock of the protocol, and people who sign. "
    "Every count was simulated; nothing of it is evidence."
)


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What a rehearsal of a rollout's pilot came to under one truth."""

    rollout: str
    gate: str
    truth: Truth
    runs: int
    seed: int
    looks: tuple[int, ...]
    months: tuple[int | None, ...]
    allowed: float | None
    outlook: Outlook
    checks: tuple[str, ...]
    note: str = TAKEN_FOR_GRANTED

    @property
    def keeps(self) -> bool | None:
        """Whether the gate opens no more often than its error allows, as far as so many runs can tell."""
        if self.allowed is None:
            return None
        return self.outlook.endings[Ending.OPENED].interval.lower <= self.allowed

    def plain(self) -> dict[str, object]:
        """Return the rehearsal as JSON-ready values."""
        return {**asdict(self), "keeps": self.keeps}


def rehearse_pilot(
    *, path: Path, truth: Truth, runs: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> Rehearsed:
    """
    Rehearse the pilot that a rollout's files describe.

    :raises NoPlan: if the protocol does not say what a rehearsal draws from
    """
    return rehearsed(read_submission(path), truth=truth, runs=runs, seed=seed, progress=progress)


def rehearse_gates(
    *, path: Path, truth: Truth, runs: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> tuple[Rehearsed, ...]:
    """
    Rehearse every gate that simulated counts can answer: those on readings where cases are planned, and the pilot's.

    :raises NoPlan: if the protocol does not say what a rehearsal draws from
    """
    submission = read_submission(path)
    pilot = rehearsed(submission, truth=truth, runs=runs, seed=seed, progress=progress)
    every = (*on_readings(submission, truth=truth, runs=runs, seed=seed), pilot)
    return tuple(sorted(every, key=lambda one: one.gate))


def on_readings(submission: Submission, *, truth: Truth, runs: int, seed: int) -> tuple[Rehearsed, ...]:
    """Rehearse the gates that ask for a table of readings, each on one of the planned cases; none without these."""
    protocol = submission.rollout.protocol
    assert protocol is not None
    world = reading_world(protocol=protocol, policy=submission.policy, truth=truth)
    if world is None or protocol.planning is None:
        return ()
    told = _with_table(submission, kind="diagnostic", columns=readings_columns(world), attribute=world.attribute)
    cases, found = protocol.planning.cases, []
    for gate in ON_READINGS:
        asked = _asked(told, gate=gate, kind="diagnostic")
        if not asked:
            continue
        every = readings(world=world, protocol=protocol, runs=runs, generator=np.random.default_rng(seed))
        gone = [_one_table(cells, told, asked) for cells in every]
        found.append(
            Rehearsed(
                rollout=submission.rollout.rollout,
                gate=str(gate),
                truth=truth,
                runs=runs,
                seed=seed,
                looks=(cases,),
                months=(months_for(units=cases, sites=protocol.sites),),
                allowed=world.allowed,
                outlook=outlook(runs=gone, looks=1),
                checks=tuple(criterion.id for criterion in asked),
            )
        )
    return tuple(found)


def _one_table(cells: Cells, submission: Submission, asked: tuple[Criterion, ...]) -> Run:
    tables = {"diagnostic": cells}
    findings = tuple(criterion_finding(one, submission=submission, cells=tables) for one in asked)
    if Verdict(findings=findings).opens:
        return Run(ending=Ending.OPENED, look=1, units=cells.total())
    return Run(ending=Ending.HELD, look=1, units=cells.total(), held_by=held_by(findings))


def rehearsed(
    submission: Submission,
    *,
    truth: Truth,
    runs: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Rehearsed:
    """
    Rehearse a submission's pilot: the gate's own criteria on counts drawn under a truth (P2.7).

    :raises NoPlan: if the protocol does not say what a rehearsal draws from
    """
    protocol = submission.rollout.protocol
    if protocol is None or protocol.planning is None:
        raise NoPlan(f"{submission.rollout.rollout} has no protocol with a `planning`; nothing can be rehearsed.")
    world = world_of(protocol=protocol, policy=submission.policy, truth=truth)
    if shares_cases(protocol):
        return _reader_study(submission, protocol, world, runs=runs, seed=seed, progress=progress)
    columns = ("unit_id", "arm", "site", "cluster", "period", *columns_of(protocol))
    told = _with_table(submission, kind="trial", columns=columns, attribute=world.attribute)
    asked = _asked(told, gate=GATE, kind="trial")
    gone: list[Run] = list(
        rehearse(
            shape=shape_of(protocol=protocol, world=world),
            decide=_decide(told, asked),
            runs=runs,
            seed=seed,
            progress=progress,
        )
    )
    enrolled = [round(at / (1 - world.loss)) for at in protocol.planned_looks]
    return Rehearsed(
        rollout=submission.rollout.rollout,
        gate=str(GATE),
        truth=truth,
        runs=runs,
        seed=seed,
        looks=protocol.planned_looks,
        months=tuple(months_for(units=units, sites=protocol.sites) for units in enrolled),
        allowed=world.allowed,
        outlook=outlook(runs=gone, looks=len(protocol.planned_looks)),
        checks=tuple(criterion.id for criterion in asked),
    )


def _reader_study(
    submission: Submission,
    protocol: Protocol,
    world: World,
    *,
    runs: int,
    seed: int,
    progress: Callable[[int], None],
) -> Rehearsed:
    """Rehearse a crossed reader study: it is read once, at its end, on the counts of its paired readings."""
    drawn_from = reader_world(protocol=protocol, world=world)
    told = _with_table(submission, kind=READINGS, columns=(*READING_KEYS, "rating"), attribute=world.attribute)
    asked = _asked(told, gate=GATE, kind=READINGS)
    standing, gone = _standing(told), []
    studies = reader_studies(world=drawn_from, runs=runs, generator=np.random.default_rng(seed))
    for number, tables in enumerate(studies, start=1):
        found = (criterion_finding(one, submission=told, cells=tables) for one in asked)
        verdict = Verdict(findings=(*standing, *found))
        ending = Ending.OPENED if verdict.opens else Ending.HELD
        held = () if verdict.opens else held_by(verdict.findings)
        gone.append(Run(ending=ending, look=1, units=drawn_from.cases, held_by=held))
        progress(number)
    return Rehearsed(
        rollout=submission.rollout.rollout,
        gate=str(GATE),
        truth=world.truth,
        runs=runs,
        seed=seed,
        looks=protocol.planned_looks,
        months=(months_for(units=drawn_from.cases, sites=protocol.sites),),
        allowed=world.allowed,
        outlook=outlook(runs=gone, looks=1),
        checks=tuple(criterion.id for criterion in asked),
    )


def _with_table(submission: Submission, *, kind: EvidenceKind, columns: Sequence[str], attribute: str) -> Submission:
    """Return the submission with one table, which says what the simulated counts tell apart."""
    table = Evidence.model_construct(
        name="simulated",
        kind=kind,
        stages=tuple(Stage),
        source="",
        columns={column: column for column in (*columns, *([attribute] if attribute else []))},
        values={},
        subgroups=(attribute,) if attribute else (),
        suites=(),
        measured_on=NEVER,
        author="",
        synthetic=True,
    )
    rollout = submission.rollout.model_copy(update={"evidence": (table,)})
    return Submission(
        path=submission.path,
        rollout=rollout,
        policy=submission.policy,
        policy_digest=submission.policy_digest,
        people=submission.people,
        sites=submission.sites,
    )


def _asked(submission: Submission, *, gate: GateName, kind: EvidenceKind) -> tuple[Criterion, ...]:
    """Return the criteria that bind at a gate and are measured on a table of this kind."""
    return tuple(
        one
        for one in submission.policy.criteria
        if gate in one.gates
        and as_asked(one, submission.rollout.protocol).evidence == kind
        and one.level in BINDING
        and binds(applies=one.applies, rollout=submission.rollout)
    )


def _standing(submission: Submission) -> tuple[Finding, ...]:
    """Return what the gate finds whatever is counted: the design and the question; the lock is taken for granted."""
    rollout, policy = submission.rollout, submission.policy
    design = design_finding(policy=policy, rollout=rollout, gate=GATE)
    question = protocol_findings(policy=policy, rollout=rollout, gate=GATE, standing=NEVER_LOCKED)
    return tuple(one for one in (design, *question) if one is not None and one.check != "protocol-lock")


def _decide(submission: Submission, asked: tuple[Criterion, ...]) -> Decide:
    standing = _standing(submission)

    def decide(cells: Cells, last: bool) -> Verdict:
        tables: Mapping[str, Cells] = {"trial": cells}
        found = (criterion_finding(one, submission=submission, cells=tables) for one in asked)
        return Verdict(findings=(*standing, *(found if last else _until_held(found))))

    return decide


def _until_held(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings up to the first that holds the gate; before the last look no more need be known."""
    kept: list[Finding] = []
    for finding in findings:
        kept.append(finding)
        if finding.binds and finding.outcome is not Outcome.PASS:
            break
    return tuple(kept)
