"""A registered rollout that follows the older hypertension guideline, and a steward who publishes the newer one."""

import functools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from primum.actions import guidelines
from primum.actions.intake import register_evidence
from primum.actions.registration import register
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace, open_workplace
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.guidelines import Guideline
from primum.roadmap.people import Person
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import rollouts_on_disk
from tests.factories import MORNING

STEWARD, LEAD = "gita-steward", "amara-okafor"
BEFORE, AFTER = "hypertension@before-2025", "hypertension@2025"
PERSON = """
  - id: {id}
    name: {name}
    organisation: Riverside University Hospital
    authorities:
      - role: guideline-steward
        rollouts: ["{rollouts}"]
        valid_from: 2026-01-01T00:00:00+01:00
        valid_until: 2036-01-01T00:00:00+01:00
"""


TABLE = """\
  - name: {name}
    kind: inputs
    stages: [pilot]
    source: {name}.csv
    columns:
      {{unit_id: unit, patient_id: unit, site: site, age_years: age, risk: risk, systolic: sys, diastolic: dia{advice}}}
    measured_on: 2026-02-01T00:00:00+01:00
    author: noah-kim
"""


LOG = """\
  - name: outputs
    kind: interactions
    stages: [pilot]
    source: outputs.csv
    columns: {{{columns}}}
    measured_on: 2026-02-01T00:00:00+01:00
    author: noah-kim
"""


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A workplace with one rollout on disk."""

    place: Workplace
    folder: Path

    def publish(self, guideline: Guideline, person: str = STEWARD, **changes) -> guidelines.Published:
        given = {"channel": "cli", "at": MORNING, "workplace": self.place}
        return guidelines.publish(guideline=guideline, person=self.person(person), **(given | changes))

    def advise(self, rows: Sequence[Sequence[object]], *, advice: bool = False, name: str = "past-advice") -> None:
        """Register past advice; a row is unit, site, age, risk, systolic, diastolic, and what was advised."""
        header = ["unit", "site", "age", "risk", "sys", "dia", *(["said"] if advice else [])]
        lines = [",".join("" if one is None else str(one) for one in row) for row in (header, *rows)]
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._declare(TABLE.format(name=name, advice=", advice: said" if advice else ""))

    def show(self, units: Sequence[str]) -> None:
        """Register a log of outputs that were shown of these patients."""
        columns = [column.name for column in CONTRACTS["interactions"].required]
        lines = [",".join(unit if name.endswith("_id") else "" for name in columns) for unit in units]
        (self.folder / "outputs.csv").write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
        self._declare(LOG.format(columns=", ".join(f"{name}: {name}" for name in columns)))

    def _declare(self, table: str) -> None:
        file = self.folder / "rollout.yaml"
        file.write_text(file.read_text().replace("evidence:\n", f"evidence:\n{table}", 1), encoding="utf-8")
        given = {"submission": self.submission(), "stage": Stage.PILOT, "workplace": self.place}
        register_evidence(person="noah-kim", at=MORNING, **given)

    def submission(self) -> Submission:
        return read_submission(self.folder / "rollout.yaml")

    def person(self, id_: str) -> Person:
        return self.submission().person(id_)

    def follow(self, *names: str) -> None:
        """Register the rollout again, following these versions."""
        file = self.folder / "rollout.yaml"
        kept = [line for line in file.read_text().splitlines() if not line.startswith("release:")]
        declared = f"release: {{guidelines: [{', '.join(names)}]}}"
        file.write_text("\n".join([*kept, declared]) + "\n", encoding="utf-8")
        register(path=file, person="noah-kim", at=MORNING, workplace=self.place)


@functools.cache
def _empty_home() -> TemporaryDirectory[str]:
    """A home with an empty ledger; making one takes most of a second."""
    home = TemporaryDirectory()
    open_workplace(Settings(home=Path(home.name))).ledger.close()
    return home


def at_work(folder: Path, *, follows: str = BEFORE, **settings) -> AtWork:
    """Register a rollout that follows a version of a guideline; close its ledger yourself."""
    disk = rollouts_on_disk.write(folder / "rollout")
    people = disk.folder / "people.yaml"
    people.write_text(people.read_text().rstrip() + PERSON.format(id=STEWARD, name="Gita Steward", rollouts="*"))
    shutil.copytree(_empty_home().name, folder / "home")
    working = AtWork(place=open_workplace(Settings(home=folder / "home", **settings)), folder=disk.folder)
    working.follow(follows)
    return working
