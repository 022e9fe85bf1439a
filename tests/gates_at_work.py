"""Gates brought to a stage through the real actions, without the tables and services of a whole run."""

from dataclasses import replace
from pathlib import Path

from primum.actions import gates, registration, voting
from primum.actions.explaining import Condition, World
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.tracking import TrackedRun
from primum.roadmap.bundle import bundle_of
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import Evaluation, TableFacts
from primum.roadmap.judging import judge
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer, Meaning
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Verdict
from primum.settings import Settings
from tests import factories
from tests.factories import MORNING

PEOPLE = (
    factories.person("amara-okafor", Role.CLINICAL_LEAD),
    factories.person("leila-haddad", Role.ETHICIST),
    factories.person("tomas-silva", Role.PATIENT_REPRESENTATIVE),
    factories.person("mei-lin", Role.TECHNOLOGIST),
    factories.person("second-lead", Role.CLINICAL_LEAD),
    factories.person("two-hats", Role.CLINICAL_LEAD, Role.ETHICIST),
    factories.person("noah-kim", Role.TECHNOLOGIST),
    factories.person("hana-sato", Role.ETHICIST),
)
SUBMITTER = "noah-kim"
QUORUM = (
    ("amara-okafor", Role.CLINICAL_LEAD),
    ("leila-haddad", Role.ETHICIST),
    ("tomas-silva", Role.PATIENT_REPRESENTATIVE),
    ("mei-lin", Role.TECHNOLOGIST),
)
RUN = TrackedRun(
    run_id="run-1", experiment="primum/test-rollout", snapshot_digest="sha256:s", manifest_digest="sha256:m"
)
REASON = "I read the tables and the figures myself."


def submission(**changes) -> Submission:
    """A rollout whose evidence was made by Hana Sato and handed in by Noah Kim."""
    rollout = factories.rollout(evidence=(factories.evidence(author="hana-sato"),), **changes)
    return Submission(
        path=Path("rollout.yaml"),
        rollout=rollout,
        policy=factories.policy(),
        policy_digest="sha256:policy",
        people=PEOPLE,
        sites=(),
    )


def workplace(ledger, home: Path) -> Workplace:
    return Workplace(ledger=ledger, settings=Settings(home=home))


def evaluation(
    *, estimate: Estimate | None = None, table: str = "sha256:first", rollout: str = "test-rollout"
) -> Evaluation:
    """An evaluation whose only criterion passes unless another estimate is given."""
    finding = judge(criterion=factories.criterion(), estimates=[estimate or factories.estimate()])
    return Evaluation(
        rollout=rollout,
        stage=Stage.ASSESS,
        gate=GateName.G1,
        at=MORNING.isoformat(),
        analysis_version="test",
        policy_id="test-policy",
        policy_digest="sha256:policy",
        bundle_digest="sha256:bundle",
        tables=(
            TableFacts(
                name="readings",
                kind="diagnostic",
                location="readings.csv",
                digest=table,
                rows=500,
                columns=("case_id",),
                author="hana-sato",
                measured_on=MORNING.isoformat(),
            ),
        ),
        documents=(),
        data_checks=(),
        verdict=Verdict(findings=(finding,)),
    )


def register(handed_in: Submission, place: Workplace) -> None:
    bundle = bundle_of(
        rollout=handed_in.rollout, policy_digest="sha256:policy", suite_digests=(), analysis_version="test"
    )
    registration.enter(submission=handed_in, bundle=bundle, person=SUBMITTER, at=MORNING, workplace=place)


def awaiting(handed_in: Submission, place: Workplace, result: Evaluation | None = None) -> str:
    """A gate that has asked its seats; returns its id."""
    register(handed_in, place)
    gate = gates.open_gate(
        submission=handed_in,
        evaluation=result or evaluation(),
        run=RUN,
        person=SUBMITTER,
        at=MORNING,
        workplace=place,
    )
    gates.ask_seats(gate=gate, submission=handed_in, person=SUBMITTER, at=MORNING, workplace=place)
    return gate


def ballot(role: Role, *, digest: str, answer: Answer = Answer.APPROVE, reason: str = REASON) -> voting.Ballot:
    return voting.Ballot(
        role=role,
        answer=answer,
        meaning=Meaning.APPROVAL,
        reason=reason,
        shown_digest=digest,
        channel="test",
        authentication="test",
        zone="UTC",
    )


def sign(gate: str, person: str, role: Role, handed_in: Submission, place: Workplace, *, at=MORNING, **changes):
    digest = changes.pop("digest", gates.subject_of(evaluation()))
    return voting.vote(
        gate=gate,
        ballot=ballot(role, digest=digest, **changes),
        submission=handed_in,
        person=person,
        at=at,
        workplace=place,
    )


def granted(handed_in: Submission, place: Workplace) -> str:
    """A gate whose every seat has signed; returns its id."""
    gate = awaiting(handed_in, place)
    for person, role in QUORUM:
        sign(gate, person, role, handed_in, place)
    return gate


def world(*, subject: str | None = None, problem: str | None = None) -> World:
    """The world outside the database, unchanged unless a problem is given."""
    condition = Condition(name="evidence unchanged", holds=problem is None, sentence=problem or "Unchanged.")
    return World(conditions=(condition,), subject=subject or gates.subject_of(evaluation()))


def without(handed_in: Submission, person: str) -> Submission:
    """The same submission after somebody lost every authority."""
    people = tuple(one.model_copy(update={"authorities": ()}) if one.id == person else one for one in handed_in.people)
    return replace(handed_in, people=people)
