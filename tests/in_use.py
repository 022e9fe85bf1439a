"""A rollout on disk that went through assess into its pilot, and on into scale, each gate really signed."""

import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from primum.actions import gates, promotion, protocol_lock, registration, reopening, resumption, suspension
from primum.actions.runs import run_stage
from primum.actions.submission import read_submission
from primum.actions.workplace import Workplace, open_workplace
from primum.integrations.configuration import load_policy
from primum.ledger import reading
from primum.roadmap.people import Role
from primum.roadmap.policy import SignatureRule
from primum.settings import Settings
from tests import factories, rollouts_on_disk
from tests import gates_at_work as work
from tests.factories import MORNING

ROLLOUT, LEAD, SAFETY = "asthma-follow-up", "amara-okafor", "ines-moreau"
SEATS = (
    (LEAD, Role.CLINICAL_LEAD),
    ("tomas-silva", Role.PATIENT_REPRESENTATIVE),
    ("leila-haddad", Role.ETHICIST),
    ("mei-lin", Role.TECHNOLOGIST),
)
ESTIMAND = """\
  estimand:
    population: adults discharged after an asthma attack
    treatment: follow-up with the model's advice against usual follow-up
    variable: a relapse within 30 days
    summary: difference of the shares with a relapse
    events:
      - {event: override, strategy: treatment-policy}
      - {event: contamination, strategy: treatment-policy}
      - {event: downtime, strategy: treatment-policy}
      - {event: version-change, strategy: treatment-policy}
"""
CHANGES = (
    ("rollout: small-trial", f"rollout: {ROLLOUT}"),
    ("kind: replay\nenters_at: pilot\n", ""),
    ("name: None", "name: Follow-Up"),
    ("  planned_units: 400", "  planned_units: 600\n" + ESTIMAND),
    ("policy: replay-of-a-published-trial", "policy: policy.yaml"),
)


class InPilot:
    """The rollout past assess, its protocol locked, its pilot evaluated and its gate asking for signatures."""

    def __init__(
        self, *, place: Workplace, changes: Sequence[tuple[str, str]] = (), signatures: Sequence[SignatureRule] = ()
    ) -> None:
        self.place = place
        self.files = rollouts_on_disk.write(place.home / "files", units=600)
        for before, after in (*CHANGES, *changes):
            self.files.change(before, after)
        self._write_policy(signatures)
        self._pass_assess()
        quiet = {"workplace": place, "progress": lambda _: None}
        self.ran = run_stage(path=self.files.file, person="noah-kim", at=MORNING, **quiet)

    @property
    def submission(self):
        return read_submission(self.files.file)

    def _write_policy(self, signatures: Sequence[SignatureRule]) -> None:
        seats = tuple(factories.seat_rule(role) for _, role in SEATS)
        changes = {"scope": "rollout", "sources": (), "seats": seats, "gate_open_days": 30, "dwell": ()}
        changes |= {"signatures": tuple(signatures)} if signatures else {}
        policy = load_policy("replay-of-a-published-trial", base=self.files.folder).model_copy(update=changes)
        plain = policy.model_dump(mode="json", exclude_none=True)
        (self.files.folder / "policy.yaml").write_text(json.dumps(plain), encoding="utf-8")

    def _pass_assess(self) -> None:
        handed_in, before = self.submission, MORNING - timedelta(days=40)
        common = {"person": "noah-kim", "at": before, "workplace": self.place}
        registration.enter(submission=handed_in, bundle=registration.bundle_now(handed_in), **common)
        made = work.evaluation(rollout=ROLLOUT)
        gate = gates.open_gate(submission=handed_in, evaluation=made, run=work.RUN, **common)
        gates.ask_seats(gate=gate, submission=handed_in, **common)
        self.sign_all(gate, at=before)
        world = work.World(conditions=(), subject=gates.subject_of(made))
        promotion.commit(gate=gate, world=world, submission=handed_in, **common)
        protocol_lock.lock(
            submission=handed_in,
            person=handed_in.person("priya-raman"),
            reason="Fixed before the first outcome is read.",
            channel="cli",
            authentication="password",
            zone="UTC",
            at=before,
            workplace=self.place,
        )

    def sign_all(self, gate: str, *, at=MORNING + timedelta(days=1)) -> None:
        with self.place.ledger.reading() as session:
            row = reading.gate(session, gate=gate)
        for person, role in SEATS:
            work.sign(gate, person, role, self.submission, self.place, at=at, digest=row.subject_digest)


class InScale(InPilot):
    """The rollout promoted, and what is done to it from the third of March on."""

    def __init__(self, *, home: Path, tracking: Path) -> None:
        home.mkdir()
        shutil.copy(tracking, home / "mlflow.db")
        super().__init__(place=open_workplace(Settings(home=home)))
        gate = self.ran.gate
        self.sign_all(gate, at=MORNING)
        promotion.apply(gate=gate, submission=self.submission, person="noah-kim", at=MORNING, workplace=self.place)

    def stop_for_harm(self, *, at=MORNING + timedelta(hours=5)) -> str:
        lead = self.submission.person(LEAD)
        return suspension.suspend(rollout=ROLLOUT, person=lead, reason="harm", at=at, workplace=self.place, harm=True)

    def reopen(self, *, at=MORNING + timedelta(hours=6)):
        return reopening.reopen(rollout=ROLLOUT, person="noah-kim", at=at, workplace=self.place)

    def agree(self, person: str, *, at=MORNING + timedelta(days=2)):
        return resumption.agree(
            rollout=ROLLOUT,
            person=person,
            reason="The cause was found, corrected and tried out.",
            channel="test",
            authentication="test",
            at=at,
            workplace=self.place,
        )

    def stage_and_exposure(self) -> tuple[str, str]:
        with self.place.ledger.reading() as session:
            record, exposed = reading.rollout(session, rollout=ROLLOUT), reading.exposure(session, rollout=ROLLOUT)
        return record.stage, exposed.state
