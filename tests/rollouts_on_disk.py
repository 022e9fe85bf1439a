"""A small complete rollout on disk: a replayed trial in a CSV, handed in as a team would."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from primum.settings import shipped

ROLLOUT = """\
rollout: small-trial
title: A small trial
institution: Riverside University Hospital
summary: Made for a test.
kind: replay
enters_at: pilot
model:
  name: None
  version: "1"
  provider: Nobody
  model_class: other
  modalities: [other]
  endpoint: https://nobody.example
use:
  use_case: clinical-decision-support
  purpose: treatment-planning
  domain: clinical
  mode: assistive
  human_decision: The physician decides.
policy: replay-of-a-published-trial
people: people.yaml
sites: sites.yaml
protocol:
  design: parallel-rct
  question: superiority
  unit: patient
  arms: [new, old]
  primary: {name: relapse, event: relapse, good: lower}
  planned_units: 400
evidence:
  - name: outcomes
    kind: trial
    stages: [pilot]
    source: SOURCE
    columns: {unit_id: patient, arm: arm, site: site, relapse: relapse}
    values:
      arm: {new: intervention, old: control}
    measured_on: 2026-02-01T00:00:00+01:00
    author: noah-kim
documents:
  - kind: study-registration
    file: registration.md
    title: Registration
    author: noah-kim
    issued_on: 2026-01-10T00:00:00+01:00
  - kind: published-report
    file: report.md
    title: Report
    author: noah-kim
    issued_on: 2026-01-10T00:00:00+01:00
"""

SITES = """\
sites:
  - {id: north, name: North Clinic, country: CH, timezone: Europe/Zurich, resource_level: high}
  - {id: south, name: South Clinic, country: CH, timezone: Europe/Zurich, resource_level: middle}
"""


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """The folder of a rollout and its rows as written."""

    folder: Path
    rows: tuple[tuple[str, str, str, str], ...]

    @property
    def file(self) -> Path:
        return self.folder / "rollout.yaml"

    @property
    def table(self) -> Path:
        return self.folder / "outcomes.csv"

    def write_table(self, rows, header="patient,arm,site,relapse") -> None:
        lines = [header, *(",".join(row) for row in rows)]
        self.table.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def change(self, before: str, after: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert before in text
        self.file.write_text(text.replace(before, after), encoding="utf-8")


def write(folder: Path, *, units: int = 400, ids=None, source: str = "outcomes.csv") -> OnDisk:
    """Write a trial in which 20 of 200 relapse with the new treatment and 50 of 200 with the old."""
    folder.mkdir(parents=True, exist_ok=True)
    half = units // 2
    names = list(ids) if ids else [f"P-{number:05d}" for number in range(units)]
    rows = []
    for number, name in enumerate(names):
        new = number < half
        event = (number % half) < half // (10 if new else 4)
        rows.append((name, "new" if new else "old", ("north", "south")[number % 2], "1" if event else "0"))
    random.Random(7).shuffle(rows)
    made = OnDisk(folder=folder, rows=tuple(rows))
    made.file.write_text(ROLLOUT.replace("SOURCE", source), encoding="utf-8")
    made.write_table(rows)
    for name in ("registration.md", "report.md"):
        (folder / name).write_text("A document for a test.\n", encoding="utf-8")
    shutil.copy(shipped("examples") / "people.yaml", folder / "people.yaml")
    (folder / "sites.yaml").write_text(SITES, encoding="utf-8")
    return made
