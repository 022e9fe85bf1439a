"""A gate on disk that asks its seats, and one answer to it: what every entrance is handed when it must refuse."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from primum.actions import gates, registration, voting
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import load_policy
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.people import Person, Role
from primum.roadmap.policy import Policy, SignatureRule
from primum.roadmap.seats import Answer, Meaning
from primum.roadmap.stages import GateName, Stage
from tests import factories, rollouts_on_disk
from tests import gates_at_work as work

GATE = "small-trial.G2.1"
REASON = "I read the tables and the figures myself."
LEAD, DEPUTY, SAFETY = "amara-okafor", "second-lead", "ines-moreau"
HOSPITAL = "Riverside University Hospital"
PEOPLE: tuple[Person, ...] = (
    factories.person(LEAD, Role.CLINICAL_LEAD),
    factories.person(DEPUTY, Role.CLINICAL_LEAD),
    factories.person("third-lead", Role.CLINICAL_LEAD),
    factories.person("leila-haddad", Role.ETHICIST),
    factories.person("tomas-silva", Role.PATIENT_REPRESENTATIVE),
    factories.person("mei-lin", Role.TECHNOLOGIST),
    factories.person("priya-raman", Role.STATISTICIAN),
    factories.person("oskar-lindqvist", Role.AUDITOR, organisation="Nordic Institute"),
    factories.person("inside-auditor", Role.AUDITOR, organisation=HOSPITAL),
    factories.person(SAFETY, Role.SAFETY_OFFICER),
    factories.person("noah-kim", Role.TECHNOLOGIST),
    factories.person("hana-sato", Role.ETHICIST),
)
SEATS = (
    factories.seat_rule(Role.CLINICAL_LEAD),
    factories.seat_rule(Role.PATIENT_REPRESENTATIVE),
    factories.seat_rule(Role.ETHICIST),
    factories.seat_rule(Role.TECHNOLOGIST),
    factories.seat_rule(Role.STATISTICIAN),
    factories.seat_rule(Role.AUDITOR, other_organisation=True),
)
QUORUM = (
    (LEAD, Role.CLINICAL_LEAD),
    ("tomas-silva", Role.PATIENT_REPRESENTATIVE),
    ("leila-haddad", Role.ETHICIST),
    ("mei-lin", Role.TECHNOLOGIST),
    ("priya-raman", Role.STATISTICIAN),
    ("oskar-lindqvist", Role.AUDITOR),
)
STEP_UP = SignatureRule(method="step_up", gates=tuple(GateName), source=factories.LOCAL)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who wants to answer what at ``GATE``, and the sentence that refuses it."""

    person: str
    sentence: str
    digest: str
    role: Role = Role.CLINICAL_LEAD
    answer: Answer = Answer.APPROVE
    reason: str = REASON
    meaning: Meaning = Meaning.APPROVAL
    on_behalf_of: str | None = None
    contingency: ContingencyAsked | None = None
    conditions: Conditions | None = None
    gate: str = GATE

    def ballot(self, *, channel: str = "test") -> voting.Ballot:
        return voting.Ballot(
            role=self.role,
            answer=self.answer,
            meaning=self.meaning,
            reason=self.reason,
            shown_digest=self.digest,
            channel=channel,
            authentication="test",
            zone="UTC",
            contingency=self.contingency,
            conditions=self.conditions,
            on_behalf_of=self.on_behalf_of,
        )


@dataclass
class Scene:
    """A small trial on disk, its ledger, and the moment ``at`` in which everything happens."""

    folder: Path
    place: Workplace
    at: datetime
    digest: str = ""

    @property
    def submission(self) -> Submission:
        """The files as they are now."""
        return read_submission(self.folder / "rollout.yaml")

    def write(self, *, people: tuple[Person, ...] = PEOPLE, **policy: Any) -> None:
        """Write the rollout's files; a policy asks six seats unless changed."""
        made = rollouts_on_disk.write(self.folder)
        made.change("policy: replay-of-a-published-trial", "policy: policy.yaml")
        self.write_people(people)
        self.write_policy(**policy)

    def write_people(self, people: tuple[Person, ...]) -> None:
        plain = {"people": [one.model_dump(mode="json", exclude_none=True) for one in people]}
        (self.folder / "people.yaml").write_text(json.dumps(plain), encoding="utf-8")

    def write_policy(self, **changes: Any) -> None:
        shipped = load_policy("replay-of-a-published-trial", base=self.folder)
        policy: Policy = shipped.model_copy(update={"sources": (), "seats": SEATS, "gate_open_days": 30} | changes)
        plain = policy.model_dump(mode="json", exclude_none=True)
        (self.folder / "policy.yaml").write_text(json.dumps(plain), encoding="utf-8")

    def register(self, *, person: str = "noah-kim") -> None:
        handed_in = self.submission
        bundle = registration.bundle_now(handed_in)
        registration.enter(submission=handed_in, bundle=bundle, person=person, at=self.at, workplace=self.place)

    def awaiting(self, *, opened: datetime | None = None, people: tuple[Person, ...] = PEOPLE, **policy: Any) -> None:
        """Bring ``GATE`` to where it asks its seats."""
        self.write(people=people, **policy)
        self.register()
        self.ask(opened=opened)

    def ask(self, *, opened: datetime | None = None, table: str = "sha256:first") -> None:
        """Open the gate on an evaluation and ask its seats."""
        handed_in, result = self.submission, self.evaluation(table=table)
        gate = gates.open_gate(
            submission=handed_in,
            evaluation=result,
            run=work.RUN,
            person="noah-kim",
            at=opened or self.at,
            workplace=self.place,
        )
        gates.ask_seats(gate=gate, submission=handed_in, person="noah-kim", at=opened or self.at, workplace=self.place)
        self.digest = gates.subject_of(result)

    def evaluation(self, *, table: str) -> Evaluation:
        """An evaluation whose only criterion passes."""
        handed_in = self.submission
        made = work.evaluation(rollout=handed_in.rollout.rollout, table=table)
        return replace(
            made,
            stage=Stage.PILOT,
            gate=GateName.G2,
            at=self.at.isoformat(),
            policy_id=handed_in.policy.id,
            policy_digest=handed_in.policy_digest,
            bundle_digest=registration.bundle_now(handed_in).digest,
        )

    def sign(self, person: str, role: Role, **changes: Any) -> None:
        """Answer as a person would: by a click, or by showing again who one is where the policy asks for it."""
        ballot = Asked(person=person, role=role, sentence="", digest=self.digest, **changes).ballot()
        asked = {"submission": self.submission, "person": person, "at": self.at, "workplace": self.place}
        if not voting.needs_step_up(gate=GATE, submission=self.submission):
            voting.vote(gate=GATE, ballot=ballot, **asked)
            return
        meant = voting.intend(gate=GATE, ballot=ballot, **asked)
        voting.sign_intended(code=meant.code, authentication="password", authenticated_at=self.at, **asked)

    def asks(self, sentence: str, *, person: str = LEAD, **changes: Any) -> Asked:
        """Return an answer to the gate that is refused with this sentence."""
        return Asked(person=person, sentence=sentence, digest=changes.pop("digest", self.digest), **changes)

    def days(self, number: float) -> datetime:
        """Return so many days from this moment on."""
        return self.at + timedelta(days=number)
