"""Counts, protocols and criteria for tests of the numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import CodedBatch, count
from primum.evidence.measures.registry import measure
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Endpoint, Look, Protocol
from tests import factories

EXAMPLES = Path(__file__).parents[1] / "examples"


def batch(keys: Sequence[str], rows: Mapping[tuple[str, ...], int]) -> CodedBatch:
    """Rows by their levels and how often each comes, as one coded batch."""
    times = list(rows.values())
    coded: CodedBatch = {}
    for axis, key in enumerate(keys):
        levels = tuple(dict.fromkeys(row[axis] for row in rows))
        codes = np.repeat([levels.index(row[axis]) for row in rows], times).astype(np.int32)
        coded[key] = (codes, levels)
    return coded


def cells(kind: str, keys: Sequence[str], rows: Mapping[tuple[str, ...], int], *, source: str = "a") -> Cells:
    """Cells as one counting pass leaves them."""
    return count([batch(keys, rows)], kind=kind, keys=keys, sources=(source,))


def from_parquet(
    path: Path, *, kind: str, columns: Mapping[str, str], values: Mapping[str, Mapping[str, str]] | None = None
) -> Cells:
    """Cells of a shipped table; ``columns`` maps contract names to its own, ``values`` translates texts."""
    table, coded = pq.read_table(path, columns=sorted(set(columns.values()))), {}
    for key, raw in columns.items():
        known = (values or {}).get(key, {})
        texts = ["" if one is None or one != one else str(one) for one in table[raw].to_pylist()]  # noqa: PLR0124 -- only NaN differs from itself
        encoded = pa.array([known.get(text, text) for text in texts]).dictionary_encode()
        coded[key] = (np.array(encoded.indices.to_pylist(), np.int32), tuple(encoded.dictionary.to_pylist()))
    return count([coded], kind=kind, keys=tuple(columns), sources=(str(path.name),))


def protocol(**changes: Any) -> Protocol:
    """A parallel trial for superiority with one safety endpoint and no interim look."""
    values: dict[str, Any] = {
        "design": "parallel-rct",
        "question": "superiority",
        "unit": "patient",
        "arms": ("treatment", "usual care"),
        "primary": Endpoint(name="relapse", event="relapse", good="lower"),
        "safety": (Endpoint(name="serious event", event="serious", good="lower"),),
        "planned_units": 400,
    }
    return Protocol(**(values | changes))


def with_looks(*at: int, planned: int, **changes: Any) -> Protocol:
    """The same trial with planned looks and O'Brien-Fleming-type spending."""
    looks = tuple(Look(at=one) for one in at)
    return protocol(spending="lan-demets-obrien-fleming", looks=looks, planned_units=planned, **changes)


def trial(rows: Mapping[tuple[str, ...], int], *keys: str) -> Cells:
    """Counts of a trial by arm, relapse and further keys."""
    return cells("trial", ("arm", "relapse", *keys), rows)


def two_arms(*, intervention: tuple[int, int], control: tuple[int, int]) -> Cells:
    """Counts of a trial from (events, n) of each arm."""
    rows = {}
    for arm, (events, n) in (("intervention", intervention), ("control", control)):
        rows |= {(arm, "1"): events, (arm, "0"): n - events}
    return trial(rows)


def diagnostic(rows: Mapping[tuple[str, ...], int], *keys: str) -> Cells:
    """Counts of a diagnostic table by reference, prediction and further keys."""
    return cells("diagnostic", ("reference", "prediction", *keys), rows)


def asked(
    metric: str,
    counted: Cells,
    *,
    threshold: Mapping[str, str] | None = None,
    protocol: Protocol | None = None,
    subgroups: tuple[str, ...] = (),
    smallest_cell: int = 5,
    **parameters: str,
) -> tuple[Estimate, ...]:
    """The estimates that `measure` gives for one criterion on these counts."""
    columns = {key: key for key in counted.keys}
    criterion = factories.criterion(
        metric=metric,
        evidence=counted.kind,
        threshold=factories.threshold(**({"method": ""} | dict(threshold))) if threshold else None,
        parameters=parameters,
    )
    evidence = factories.evidence(kind=counted.kind, columns=columns, subgroups=subgroups)
    return measure(
        criterion=criterion,
        cells={counted.kind: counted},
        rollout=factories.rollout(evidence=(evidence,), protocol=protocol),
        policy=factories.policy(smallest_cell=smallest_cell),
    )


MORE_THAN_95 = {"operator": "more_than", "value": "95/100", "bound": "lower"}
ABOVE_ZERO = {"operator": "more_than", "value": "0", "bound": "lower"}
GAP_BELOW_5 = {"operator": "less_than", "value": "5/100", "bound": "upper"}
