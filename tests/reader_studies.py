"""Readings of a crossed study: rows, their counts of pairs, and a rollout that a study asks for."""

from pathlib import Path
from typing import Any

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import Batch
from primum.evidence.measures.tabulation import Tabulation, tabulate
from primum.evidence.scores import readers
from primum.roadmap.protocol import Endpoint, Protocol
from tests import evidence_factories as make
from tests import rollouts_on_disk
from tests.oracles import datasets

KEYS = ("arm", "site", "reader", "reference")
COLUMNS = ("case_id", "reader", "arm", "site", "reference", "rating", "sex")
Row = dict[str, str]
AREA = Endpoint(name="area under the curve", event="area", good="higher")
FALSE_ALARMS = Endpoint(name="false alarms", event="specificity", good="higher")


def protocol(**changes: Any) -> Protocol:
    """A crossed study of the gain in area, with specificity as what must not get worse."""
    given: dict[str, Any] = {
        "design": "randomised-mrmc",
        "unit": "case",
        "primary": AREA,
        "safety": (FALSE_ALARMS,),
        "planned_units": 60,
        "positive_from": 4,
    }
    return make.protocol(**(given | changes))


def published() -> list[Row]:
    """The study of the reference constants: five readers, sixty cases, ratings from 1 to 5."""
    table = datasets.read("data/mrmc.csv")
    return [
        {
            "case_id": str(row.case),
            "reader": str(row.reader),
            "arm": {"alone": "control", "withAI": "intervention"}[str(row.modality)],
            "site": "North",
            "reference": str(int(row.truth)),
            "rating": str(int(row.rating)),
        }
        for row in table.itertuples()
    ]


def drawn(
    *,
    seed: int,
    readers: int = 5,
    cases: int = 80,
    gain: float = 0.0,
    bias: float = 0.0,
    levels: int = 5,
    sites: tuple[str, ...] = ("north", "south"),
) -> list[Row]:
    """
    Readings whose readers and cases go together; ``gain`` moves both classes apart with the model.

    ``bias`` makes readers call more with the model, right or wrong; the sex of a case is its number's parity.
    """
    generator = np.random.default_rng(seed)
    truth = np.arange(cases) % 2
    common = generator.normal(0, 0.6, cases)[None, None] + generator.normal(0, 0.3, readers)[None, :, None]
    own = generator.normal(0, 0.15, (2, readers))[:, :, None] + generator.normal(0, 0.3, (2, 1, cases))
    apart = np.array([1.0, 1.0 + gain])[:, None, None] * (2 * truth - 1)[None, None]
    seen = apart + common + own + generator.normal(0, 0.9, (2, readers, cases))
    seen[1] += bias
    edges = np.linspace(-2, 2, levels - 1)
    ratings = np.searchsorted(edges, seen) + 1
    return [
        {
            "case_id": f"CASE-{case:04d}",
            "reader": f"R{reader + 1}",
            "arm": arm,
            "site": sites[case * len(sites) // cases],
            "reference": str(truth[case]),
            "rating": str(ratings[place, reader, case]),
            "sex": ("F", "M")[case // 2 % 2],
        }
        for place, arm in enumerate(("control", "intervention"))
        for reader in range(readers)
        for case in range(cases)
    ]


def batch(rows: list[Row]) -> Batch:
    """Rows as one batch of labels."""
    coded = {}
    for key in rows[0]:
        levels = tuple(dict.fromkeys(row[key] for row in rows))
        coded[key] = (np.array([levels.index(row[key]) for row in rows], np.int32), levels)
    return Batch(labels=coded)


def counted(rows: list[Row], *, by: tuple[str, ...] = (), source: str = "a") -> dict[str, Cells]:
    """The counts of readings and of their pairs, by name."""
    plan = Tabulation(kind="readings", keys=(*KEYS, *by), pair_by=by)
    return dict(tabulate([batch(rows)], plan=plan, sources=(source,)))


def row_level(rows: list[Row]) -> readers.Readings:
    """The same readings for the analysis that has every row."""
    return readers.readings(
        modality=[row["arm"] for row in rows],
        reader=[row["reader"] for row in rows],
        case=[row["case_id"] for row in rows],
        positive=[row["reference"] == "1" for row in rows],
        rating=[float(row["rating"]) for row in rows],
    )


ON_DISK = """\
protocol:
  design: randomised-mrmc
  question: superiority
  unit: case
  arms: [reader with the model, reader alone]
  primary: {name: area under the curve, event: area, good: higher}
  safety: [{name: false alarms, event: specificity, good: higher}]
  positive_from: 4
  planned_units: 200
evidence:
  - name: readings
    kind: readings
    stages: [pilot]
    source: readings.csv
    columns: {case_id: case, reader: reader, arm: arm, site: site, reference: truth, rating: rating, sex: sex}
    subgroups: [sex]
    measured_on: 2026-02-01T00:00:00+01:00
    author: noah-kim
"""


def write(folder: Path, rows: list[Row], **changes: str) -> rollouts_on_disk.OnDisk:
    """A rollout on disk whose pilot is a crossed reader study; ``changes`` replace lines of its protocol."""
    made = rollouts_on_disk.write(folder)
    text = made.file.read_text(encoding="utf-8")
    start, end = text.index("protocol:"), text.index("documents:")
    asked = "".join(changes.get(line.split(":")[0].strip(), line) for line in ON_DISK.splitlines(keepends=True))
    text = text[:start] + asked + text[end:]
    use = {"clinical-decision-support": "imaging", "treatment-planning": "image-interpretation"}
    for before, after in use.items():
        text = text.replace(before, after)
    made.file.write_text(text, encoding="utf-8")
    write_readings(folder / "readings.csv", rows)
    return made


def write_readings(path: Path, rows: list[Row]) -> None:
    """The readings as a hospital would export them."""
    names = {"case_id": "case", "reader": "reader", "arm": "arm", "site": "site", "reference": "truth"}
    header = {**names, "rating": "rating", "sex": "sex"}
    lines = [",".join(header.values()), *(",".join(row[name] for name in header) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
