"""Rows of the oracle file against our numbers: what a row asks, and where ours differ."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.oracles import stated
from tests.oracles.families import REPRODUCED, Numbers
from tests.oracles.families_counts import dataset_of

STRATA = json.loads((Path(__file__).parent / "strata.json").read_text())


def strata_in(rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """Return the strata that rows may refer to: those of the file itself, and the shipped ones."""
    stated = {dataset_of(row["id"]): row["input"]["strata"] for row in rows if "strata" in row["input"]}
    return STRATA | stated


def answer(row: Mapping[str, object], *, rows: Sequence[Mapping[str, object]]) -> Numbers:
    """Return our numbers for a row; what only its id or other rows say is added to its inputs."""
    given = stated.inputs(row)
    if row["family"] == "stratified_mantel_haenszel":
        given["known_strata"] = strata_in(rows)
        said = re.search(r"\bmh\b.*-(OR|RR|RD)\b|measure='(OR|RR|RD)'", f"{row['id']} {row.get('call')}")
        given.setdefault("measure", (said.group(1) or said.group(2)) if said else "OR")
    if row["family"].startswith(("clustered_", "heterogeneity_")):
        given |= {"known_strata": strata_in(rows), "asked": f"{row.get('tool')} | {row['id']} {row.get('call')}"}
    if row["family"] == "sample_size_two_proportions":
        given["method"] = "arcsine" if "cohen_h" in row["expect"] else "pooled"
    if row["family"] == "drift_statistics":
        given.setdefault("title", row.get("title", ""))
    return REPRODUCED[row["family"]](given)


def differences(row: Mapping[str, object], ours: Numbers) -> Sequence[str]:
    """Return one sentence for each expected number that ours does not reproduce; none is the goal."""
    return [
        f"{name}: expected {hoped}, ours {ours.get(name, 'absent')}"
        for name, hoped in row["expect"].items()
        if not name.endswith("_published") and not _same(hoped, ours.get(name, "absent"), row)
    ]


def _same(hoped: object, ours: object, row: Mapping[str, object]) -> bool:
    if isinstance(hoped, list):
        return isinstance(ours, list) and len(ours) == len(hoped) and all(map(_same, hoped, ours, [row] * len(hoped)))
    if isinstance(hoped, dict):
        return isinstance(ours, dict) and all(_same(one, ours.get(name, "absent"), row) for name, one in hoped.items())
    if _is_unknown(hoped):
        return ours is None
    if isinstance(hoped, bool):
        return ours is hoped
    if hoped in INFINITE:
        return ours is None or ours == INFINITE[hoped]
    if isinstance(ours, str) or isinstance(hoped, str):
        return ours == hoped
    if not isinstance(ours, int | float) or isinstance(ours, bool):
        return False
    large = "sample_size" in row["family"] and abs(hoped) > 1000
    return abs(ours - hoped) <= max(row["tol_abs"], 1e-4 * abs(hoped) if large else 0.0)


INFINITE = {"inf": math.inf, "Inf": math.inf, math.inf: math.inf, "-inf": -math.inf, "-Inf": -math.inf}
INFINITE |= {"Infinity": math.inf, "-Infinity": -math.inf, -math.inf: -math.inf}
"""How a tool writes a number without end -> the number; ours may also be no number at all."""


def _is_unknown(hoped: object) -> bool:
    return (
        hoped is None or hoped in ("nan", "NaN", "NA", "undefined") or (isinstance(hoped, float) and math.isnan(hoped))
    )
