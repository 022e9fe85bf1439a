"""Readings of a crossed study: rows, their counts of pairs, and a rollout that a study asks for."""

from typing import Any

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import Batch
from primum.evidence.measures.tabulation import Tabulation, tabulate
from primum.evidence.scores import readers
from primum.roadmap.protocol import Endpoint, Protocol
from tests import evidence_factories as make
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
    sites: tuple[str, ...] = ("North", "South"),
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
