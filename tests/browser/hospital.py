"""A hospital's portfolio as the console shows it, made through the real actions: held, waiting, decided, stopped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from primum.actions import conflicts, delegation, gates, incidents, promotion, registration, suspension, voting
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace, open_workplace
from primum.integrations.tracking import TrackedRun
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.people import People, Person, Role, Site, Sites
from primum.roadmap.policy import Policy
from primum.roadmap.seats import Answer, Meaning
from primum.roadmap.signing_rules import ReviewRule, SignatureRule
from primum.roadmap.stages import GateName, Stage
from primum.settings import Settings
from tests import factories, web_factories
from tests.unit.integrations.test_figures import INDOMETHACIN

AT = datetime.fromisoformat("2026-11-22T08:30:00+00:00")
LEAD, SECOND, SAFETY, ETHICIST = "amara-okafor", "samir-rahal", "ines-moreau", "leila-haddad"
PEOPLE: tuple[Person, ...] = tuple(
    factories.person(id_, *roles, name=name)
    for id_, name, roles in (
        (LEAD, "Dr Amara Okafor", (Role.CLINICAL_LEAD,)),
        (SECOND, "Dr Samir Rahal", (Role.CLINICAL_LEAD,)),
        (ETHICIST, "Leila Haddad", (Role.ETHICIST,)),
        ("tomas-silva", "Tomás Silva", (Role.PATIENT_REPRESENTATIVE,)),
        ("mei-lin", "Mei Lin", (Role.TECHNOLOGIST,)),
        (SAFETY, "Dr Inès Moreau", (Role.SAFETY_OFFICER,)),
        ("noah-kim", "Noah Kim", (Role.ML_OPS,)),
        ("nia-okafor", "Nia Okafor", (Role.ML_OPS,)),
    )
)
SITES = Sites(
    sites=(
        Site(id="north", name="North Clinic", country="CH", timezone="Europe/Zurich", resource_level="high"),
        Site(id="south", name="South Clinic", country="CH", timezone="Europe/Zurich", resource_level="middle"),
    )
)
EVERYWHERE = {"gates": tuple(GateName), "source": factories.LOCAL}
STEP_UP = SignatureRule(method="step_up", **EVERYWHERE)
INDEPENDENT = ReviewRule(review="independent", **EVERYWHERE)
RUN = TrackedRun(run_id="run-1", experiment="primum/test", snapshot_digest="sha256:s", manifest_digest="sha256:m")
REASON = "I read the tables and the figures myself, for every site."


@dataclass(frozen=True, kw_only=True)
class Hospital:
    """A workplace, the folder of its files, and the moment in which everything happens."""

    home: Path
    place: Workplace
    at: datetime = AT

    def write(self, name: str, *, title: str, policy: Policy | None = None, **changes: Any) -> Submission:
        """Write the files of a rollout and register it; JSON is YAML too."""
        folder = self.home / name
        folder.mkdir(parents=True)
        rollout = web_factories.rollout(name, title=title, policy="policy.yaml", **changes)
        files = {
            "rollout.yaml": rollout.model_dump(mode="json", exclude_none=True),
            "policy.yaml": (policy or web_factories.policy(id="policy")).model_dump(mode="json", exclude_none=True),
            "people.yaml": People(people=PEOPLE).model_dump(mode="json", exclude_none=True),
            "sites.yaml": SITES.model_dump(mode="json"),
        }
        for file, plain in files.items():
            (folder / file).write_text(json.dumps(plain), encoding="utf-8")
        handed_in = read_submission(folder / "rollout.yaml")
        bundle = registration.bundle_now(handed_in)
        registration.enter(
            submission=handed_in, bundle=bundle, person="noah-kim", at=self.at - timedelta(days=9), workplace=self.place
        )
        return handed_in

    def ask(self, handed_in: Submission, evaluation: Evaluation, *, days: int = 5) -> str:
        """Open the gate on an evaluation so many days ago and ask its seats, if it may open."""
        made = replace(
            evaluation,
            rollout=handed_in.rollout.rollout,
            policy_id=handed_in.policy.id,
            policy_digest=handed_in.policy_digest,
            bundle_digest=registration.bundle_now(handed_in).digest,
        )
        at = self.at - timedelta(days=days)
        common = {"submission": handed_in, "person": "noah-kim", "at": at, "workplace": self.place}
        gate = gates.open_gate(evaluation=made, run=RUN, **common)
        gates.ask_seats(gate=gate, **common)
        return gate

    def digest(self, gate: str) -> str:
        with self.place.ledger.reading() as session:
            row = session.get(gates.Gate, gate)
            return row.subject_digest or ""

    def sign(self, gate: str, person: str, role: Role, handed_in: Submission, **changes: Any) -> None:
        given = {
            "role": role,
            "answer": Answer.APPROVE,
            "meaning": Meaning.APPROVAL,
            "reason": REASON,
            "shown_digest": self.digest(gate),
            "channel": "console",
            "authentication": "password",
            "zone": "Europe/Zurich",
        }
        ballot = voting.Ballot(**(given | changes))
        at = self.at - timedelta(hours=3)
        voting.vote(gate=gate, ballot=ballot, submission=handed_in, person=person, at=at, workplace=self.place)


def open_hospital(home: Path) -> Hospital:
    """An empty hospital."""
    home.mkdir(parents=True, exist_ok=True)
    return Hospital(home=home / "rollouts", place=open_workplace(Settings(home=home / "primum")))


def ready(*findings: Any, stage: Stage = Stage.ASSESS) -> Evaluation:
    """An evaluation whose binding checks all pass, with one that does not bind and is not met."""
    share, judged = web_factories.share, web_factories.judged
    sites = [
        share("site_sensitivity", 198 - number, 200, f"site={name}")
        for number, name in enumerate(("North Clinic", "South Clinic"))
    ]
    advisory = judged("readings", web_factories.gap("workload_ratio", 0.021, -0.02, 0.06, 900, "all", unit="readings"))
    document = web_factories.document()
    found = (judged("sensitivity", share("sensitivity", 395, 400)), judged("site-sensitivity", *sites))
    return web_factories.evaluation(stage=stage, findings=(*found, advisory, document, *findings))


def fill(hospital: Hospital) -> None:
    """Everything a page can show: a held gate, one that waits for step-up, one in independent review, one stopped."""
    held = hospital.write("cardiac-second-opinion", title="A second opinion on coronary disease for cardiologists")
    hospital.ask(held, web_factories.heart())
    replay = {"kind": "replay", "enters_at": "pilot", "protocol": INDOMETHACIN}
    other = hospital.write("preterm-care-replay", title="Replay of the OPT trial", **replay)
    hospital.ask(other, web_factories.opt())
    fill_with_decisions(hospital)


def fill_with_decisions(hospital: Hospital) -> None:
    """What people have to do with: a gate that waits, one in review, and a rollout that stands still."""
    _waiting(hospital)
    _reviewed(hospital)
    _stopped(hospital)


def _waiting(hospital: Hospital) -> None:
    """A gate that waits for step-up signatures, and a deputy."""
    policy = web_factories.policy(id="policy", signatures=(STEP_UP,))
    release = {"guidelines": ["ESC chest pain 2023", "Triage standard 4.1"]}
    handed_in = hospital.write("chest-pain-triage", title="Triage of chest pain", policy=policy, release=release)
    hospital.ask(handed_in, ready())
    delegation.delegate(
        submission=handed_in,
        person=SECOND,
        deputy=LEAD,
        role=Role.CLINICAL_LEAD,
        ends_at=hospital.at + timedelta(days=10),
        reason="I am away for a conference until the second of December.",
        channel="console",
        at=hospital.at - timedelta(days=1),
        workplace=hospital.place,
    )


def _reviewed(hospital: Hospital) -> None:
    """A gate in independent review that two people have answered, one with a contingency and a condition."""
    policy = web_factories.policy(id="policy", reviews=(INDEPENDENT,))
    handed_in = hospital.write("discharge-letters", title="Drafts of discharge letters", policy=policy)
    gate = hospital.ask(handed_in, ready(), days=25)
    promised = ContingencyAsked(
        what="Show the letters of ten more wards to a pharmacist.",
        owner="mei-lin",
        due_at=hospital.at + timedelta(days=30),
    )
    hospital.sign(gate, ETHICIST, Role.ETHICIST, handed_in, contingency=promised)
    limits = Conditions(sites=("north",), share="1/4")
    hospital.sign(gate, "tomas-silva", Role.PATIENT_REPRESENTATIVE, handed_in, conditions=limits)
    conflicts.declare(
        submission=handed_in,
        person=SECOND,
        reason="My brother works for the maker of the model.",
        channel="console",
        at=hospital.at,
        workplace=hospital.place,
    )


def _stopped(hospital: Hospital) -> None:
    """A rollout that was promoted, with an incident, and that stands still."""
    handed_in = hospital.write("stroke-imaging", title="Reading of stroke images")
    gate = hospital.ask(handed_in, ready())
    promised = ContingencyAsked(
        what="Train the night shift on the override.", owner="noah-kim", due_at=hospital.at + timedelta(days=2)
    )
    hospital.sign(gate, LEAD, Role.CLINICAL_LEAD, handed_in, contingency=promised)
    for person, role in _others():
        hospital.sign(gate, person, role, handed_in)
    apply(hospital, gate, handed_in)
    report(hospital, "stroke-imaging", severity=Severity.SERIOUS, what="A bleeding was not flagged for two hours.")
    report(hospital, "stroke-imaging", severity=Severity.NEAR_MISS, what="The list was sorted the wrong way round.")
    suspension.suspend(
        rollout="stroke-imaging",
        person=next(one for one in PEOPLE if one.id == SAFETY),
        reason="A missed bleeding; we look at it first.",
        at=hospital.at - timedelta(hours=1),
        workplace=hospital.place,
    )


def _others() -> Sequence[tuple[str, Role]]:
    return (
        (ETHICIST, Role.ETHICIST),
        ("tomas-silva", Role.PATIENT_REPRESENTATIVE),
        ("mei-lin", Role.TECHNOLOGIST),
    )


def apply(hospital: Hospital, gate: str, handed_in: Submission) -> None:
    """Promote on a granted gate, the world outside the database being as it was."""
    world = promotion.explaining.World(conditions=(), subject=hospital.digest(gate))
    at = hospital.at - timedelta(hours=2)
    promotion.commit(gate=gate, world=world, submission=handed_in, person="noah-kim", at=at, workplace=hospital.place)


def report(hospital: Hospital, rollout: str, *, severity: Severity, what: str) -> str:
    return incidents.report(
        rollout=rollout,
        person=next(one for one in PEOPLE if one.id == ETHICIST),
        site="North Clinic",
        severity=severity,
        category=Category.MISSED_FINDING,
        what=what,
        occurred_at=hospital.at - timedelta(hours=2),
        channel="console",
        at=hospital.at - timedelta(hours=1, minutes=30),
        workplace=hospital.place,
    )
