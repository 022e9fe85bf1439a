"""Tables as a hospital would hand them in, of any length, the same each time; written batch by batch."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 1 << 20
SITES = 40
AGE_BANDS = ("18-39", "40-59", "60-74", "75+")


def write_trial(path: Path, *, rows: int) -> None:
    """Write a two-arm trial: patient, arm, site, relapse."""
    _write(path, _trial, rows=rows)


def write_diagnostic(path: Path, *, rows: int) -> None:
    """Write readings at 40 sites: case, site, sex, age band, disease, flag."""
    _write(path, _diagnostic, rows=rows)


def _write(path: Path, batch: Callable[[int, int], Mapping[str, "pa.Array"]], *, rows: int) -> None:
    with pq.ParquetWriter(path, pa.table(batch(0, 1)).schema) as writer:
        for start in range(0, rows, BATCH):
            writer.write_table(pa.table(batch(start, min(BATCH, rows - start))))


def _trial(start: int, rows: int) -> dict[str, "pa.Array"]:
    draw = np.random.default_rng([7, start])
    number = np.arange(start, start + rows)
    new = number % 2 == 0
    return {
        "patient": _names(number, prefix="P-"),
        "arm": _labels(np.where(new, 0, 1), ("new", "old")),
        "site": _labels(draw.integers(0, 2, rows), ("north", "south")),
        "relapse": pa.array((draw.random(rows) < np.where(new, 0.10, 0.25)).astype(np.int64)),
    }


def _diagnostic(start: int, rows: int) -> dict[str, "pa.Array"]:
    draw = np.random.default_rng([8, start])
    disease = draw.random(rows) < 0.30  # noqa: PLR2004 -- three in ten are ill, and 97 and 90 in 100 are told so rightly
    right = draw.random(rows) < np.where(disease, 0.97, 0.90)
    return {
        "id": _names(np.arange(start, start + rows), prefix="C-"),
        "site": _labels(draw.integers(0, SITES, rows), site_names()),
        "sex": _labels(draw.integers(0, 2, rows), ("Female", "Male")),
        "age_band": _labels(draw.integers(0, len(AGE_BANDS), rows), AGE_BANDS),
        "disease": pa.array(disease.astype(np.int64)),
        "flag": pa.array((disease == right).astype(np.int64)),
    }


def site_names() -> tuple[str, ...]:
    """Return the ids of the 40 sites."""
    return tuple(f"site-{number:02d}" for number in range(1, SITES + 1))


def _names(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]", *, prefix: str) -> "pa.Array":
    return pa.array([f"{prefix}{number:09d}" for number in numbers.tolist()])


def _labels(codes: "np.ndarray[tuple[int], np.dtype[np.int64]]", names: tuple[str, ...]) -> "pa.Array":
    return pa.array(np.array(names, dtype=object)[codes])


ETHNICITIES = ("group-a", "group-b", "group-c", "group-d", "group-e")


def write_encounters(path: Path, *, rows: int) -> None:
    """Write scored encounters at 40 sites, called as the contract calls them: three subgroup columns and 11 others."""
    _write(path, _encounters, rows=rows)


def _encounters(start: int, rows: int) -> dict[str, "pa.Array"]:
    draw = np.random.default_rng([9, start])
    disease = draw.random(rows) < 0.30  # noqa: PLR2004 -- three in ten are ill
    score = draw.beta(np.where(disease, 6.0, 2.0), np.where(disease, 2.0, 6.0))
    number = np.arange(start, start + rows)
    others = {f"finding_{place:02d}": pa.array(draw.integers(0, 900, rows)) for place in range(9)}
    return {
        "case_id": _names(number, prefix="C-"),
        "patient_id": _names(number, prefix="P-"),
        "site": _labels(draw.integers(0, SITES, rows), site_names()),
        "sex": _labels(draw.integers(0, 2, rows), ("Female", "Male")),
        "age_band": _labels(draw.integers(0, len(AGE_BANDS), rows), AGE_BANDS),
        "ethnicity": _labels(draw.integers(0, len(ETHNICITIES), rows), ETHNICITIES),
        "reference": pa.array(disease.astype(np.int64)),
        "prediction": pa.array((score > 0.5).astype(np.int64)),  # noqa: PLR2004 -- as likely as not
        "score": pa.array(score),
        **others,
    }
