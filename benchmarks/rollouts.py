"""The two rollouts whose gate is measured, each a folder as a team hands it in, with as many rows as asked."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT

EXAMPLES = ROOT / "examples"
TRIAL = """\
rollout: large-trial
title: A large trial
institution: Riverside University Hospital
summary: Generated for a measurement.
kind: replay
enters_at: pilot
model: {name: None, version: "1", provider: Nobody, model_class: other, modalities: [other], \
endpoint: https://nobody.example}
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
  planned_units: ROWS
evidence:
  - name: outcomes
    kind: trial
    stages: [pilot]
    source: table.parquet
    columns: {unit_id: patient, arm: arm, site: site, relapse: relapse}
    values:
      arm: {new: intervention, old: control}
    measured_on: 2026-02-01T00:00:00+01:00
    author: noah-kim
"""
DIAGNOSTIC = """\
evidence:
  - name: predictions
    kind: diagnostic
    stages: [assess]
    source: table.parquet
    columns: {case_id: id, patient_id: id, site: site, reference: disease, prediction: flag, \
sex: sex, age_band: age_band}
    subgroups: [sex, age_band]
    measured_on: 2026-02-20T00:00:00+01:00
    author: hana-sato

"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    One kind of evidence to measure.

    ``columns`` are the raw columns the contract needs, ``keys`` those that are counted by, ``meant`` the contract's
    name of each.
    """

    name: str
    title: str
    write: Callable[[Path, int], None]
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    meant: Mapping[str, str]


def _write_trial(folder: Path, rows: int) -> None:
    from benchmarks.tables import write_trial

    write_trial(folder / "table.parquet", rows=rows)
    (folder / "rollout.yaml").write_text(TRIAL.replace("ROWS", str(rows)), encoding="utf-8")
    _write_sites(folder, ("north", "south"))


def _write_diagnostic(folder: Path, rows: int) -> None:
    from benchmarks.tables import site_names, write_diagnostic

    write_diagnostic(folder / "table.parquet", rows=rows)
    example = EXAMPLES / "cardiac-second-opinion"
    text = (example / "rollout.cleaned.yaml").read_text(encoding="utf-8").replace("../", "")
    before, _, rest = text.partition("evidence:\n")
    documents = rest[rest.index("documents:\n") :]
    (folder / "rollout.yaml").write_text(before + DIAGNOSTIC + documents, encoding="utf-8")
    shutil.copytree(example / "documents", folder / "documents", dirs_exist_ok=True)
    _write_sites(folder, site_names())


def _write_sites(folder: Path, names: tuple[str, ...]) -> None:
    lines = [
        f"  - {{id: {name}, name: {name}, country: CH, timezone: Europe/Zurich, resource_level: high}}"
        for name in names
    ]
    (folder / "sites.yaml").write_text("\n".join(["sites:", *lines, ""]), encoding="utf-8")
    shutil.copy(EXAMPLES / "people.yaml", folder / "people.yaml")


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="trial",
            title="a two-arm trial, superiority, 2 sites",
            write=_write_trial,
            columns=("patient", "arm", "site", "relapse"),
            keys=("arm", "site", "relapse"),
            meant={"patient": "unit_id", "arm": "arm", "site": "site", "relapse": "relapse"},
        ),
        Kind(
            name="diagnostic",
            title="readings of a diagnostic model at 40 sites, gaps by sex and age band",
            write=_write_diagnostic,
            columns=("id", "site", "sex", "age_band", "disease", "flag"),
            keys=("site", "sex", "age_band", "disease", "flag"),
            meant={
                "id": "case_id",
                "site": "site",
                "sex": "sex",
                "age_band": "age_band",
                "disease": "reference",
                "flag": "prediction",
            },
        ),
    )
}


def kind_in(folder: Path) -> Kind:
    """Return the kind of the rollout that was written into a folder of its name."""
    return KINDS[folder.name.partition("-")[0]]


def main(kind: str, rows: int, folder: Path) -> None:
    """Write a rollout of a kind with so many rows into a new folder."""
    folder.mkdir()
    KINDS[kind].write(folder, rows)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
