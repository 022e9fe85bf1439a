"""
The tables of a guideline change, in a folder of the data plane that only its owner may read (P9).

Stored cases labelled by both versions of the guideline; a part to learn from; the others without their labels for
the trainer; and the comparison of both models' answers on them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from primum.integrations.training_files import digest_of_file
from primum.roadmap.guidelines import NOT_COVERED, Guideline

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "changes"
BEFORE, NOW = "reference_before", "reference"
CASE = "case_id"
LABELLED, TRAINING, CASES = "labelled.parquet", "training.parquet", "cases.parquet"


class CasesRefused(Exception):
    """The stored cases cannot be labelled or divided; the message says why and holds no value."""


def folder_of(*, home: Path, change: str, part: str = "") -> Path:
    """Return the folder of a change, made for its owner alone."""
    folder = home / FOLDER / change / part if part else home / FOLDER / change
    for made in (home / FOLDER, home / FOLDER / change, folder):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def labelled(
    cases: "pd.DataFrame",
    *,
    facts: Mapping[str, str],
    old: Guideline,
    new: Guideline,
    positive: Sequence[str],
) -> "pd.DataFrame":
    """
    Return the cases that both versions label, with both labels as 0 or 1.

    :param facts: field of the guideline -> column of the cases
    :raises CasesRefused: if a column is absent, or a number is none
    """
    import pandas as pd

    absent = [column for column in facts.values() if column not in cases.columns]
    if absent:
        raise CasesRefused(f"The change plan takes a fact from the column '{absent[0]}', which the cases do not have.")
    rows = list(zip(*(cases[column].tolist() for column in facts.values()), strict=True))
    before, now = (_labels(rows, tuple(facts), guideline, positive) for guideline in (old, new))
    known = [one is not None and other is not None for one, other in zip(before, now, strict=True)]
    both = {BEFORE: pd.Series(before, index=cases.index), NOW: pd.Series(now, index=cases.index)}
    kept = cases.assign(**both).loc[known]
    if kept.empty:
        raise CasesRefused("No case has a label under both versions; look at the plan's `facts`.")
    return kept.astype({BEFORE: "int8", NOW: "int8"}).reset_index(drop=True)


def _labels(
    rows: Iterable[tuple[object, ...]], fields: tuple[str, ...], guideline: Guideline, positive: Sequence[str]
) -> list[int | None]:
    """Label each row exactly; many rows say the same, and what was said once is not worked out again."""
    numeric = {one.name for one in guideline.fields if one.numeric}
    known: dict[tuple[object, ...], int | None] = {}
    found = []
    for row in rows:
        if row not in known:
            said = {
                name: fact for name, value in zip(fields, row, strict=True) if (fact := _fact(value, name in numeric))
            }
            label = guideline.label_of({name: fact[0] for name, fact in said.items()})
            known[row] = None if label in (None, NOT_COVERED) else int(label in positive)
        found.append(known[row])
    return found


def _fact(value: object, is_number: bool) -> tuple[Fraction | str] | None:
    """Return a value exactly as it was written, in a tuple because a fact may be 0; ``None`` where it is missing."""
    if value is None or value != value or str(value) in ("", "<NA>", "nan"):  # noqa: PLR0124 -- NaN differs from itself
        return None
    if not is_number:
        return (str(value),)
    try:
        return (Fraction(str(value)),)
    except ValueError:
        raise CasesRefused("A fact of a case that is to be a number is none; look at the plan's `facts`.") from None


def learns_from(case: str, *, seed: int, share: Fraction) -> bool:
    """Return whether a case is one to learn from; which are follows from the seed and is the same every time."""
    drawn = hashlib.sha256(f"{seed}:{case}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < share * 2**64


def divided(
    rows: "pd.DataFrame", *, inputs: Sequence[str], seed: int, share: Fraction, folder: Path
) -> tuple[Path, Path, tuple[str, ...]]:
    """
    Write what a trainer may see: the part to learn from with its labels, the others without; return the paths.

    The other cases come as ids too, in the order in which they are to be answered.

    :raises CasesRefused: if an input is not a column, or one of the parts is empty
    """
    absent = [name for name in inputs if name not in rows.columns]
    if absent:
        raise CasesRefused(f"The model reads '{absent[0]}', which is no column of the cases.")
    learns = rows[CASE].map(lambda case: learns_from(str(case), seed=seed, share=share))
    if not learns.any() or learns.all():
        raise CasesRefused("There are too few cases to learn from some and be compared on the others.")
    training = rows.loc[learns, list(inputs)].assign(label=rows.loc[learns, NOW])
    others = rows.loc[~learns, [CASE, *inputs]]
    return (
        written(training, folder / TRAINING),
        written(others, folder / CASES),
        tuple(str(case) for case in others[CASE]),
    )


def compared(
    rows: "pd.DataFrame", *, case_ids: Sequence[str], answers: Sequence[str], scores: Sequence[float]
) -> "pd.DataFrame":
    """Return the cases that were answered, with the champion's answers beside the challenger's."""
    import pandas as pd

    said = pd.DataFrame({CASE: list(case_ids), "challenger": list(answers), "challenger_score": list(scores)})
    rows = rows.assign(**{CASE: rows[CASE].astype(str)})
    joined = said.merge(rows.drop(columns=["score"], errors="ignore"), on=CASE, how="left", validate="one_to_one")
    named = {"prediction": "champion", "challenger": "prediction", "challenger_score": "score"}
    return joined.rename(columns=named)


def written(table: "pd.DataFrame", path: Path) -> Path:
    """Write a table for its owner alone and return its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    path.chmod(0o600)
    return path


def case_ids(path: Path) -> tuple[str, ...]:
    """Return the cases that a trainer was asked about, in order."""
    import pandas as pd

    return tuple(str(case) for case in pd.read_parquet(path, columns=[CASE])[CASE])


def read(path: Path, *, digest: str) -> "pd.DataFrame":
    """
    Read a table that was written before.

    :raises CasesRefused: if it is gone or its bytes are others
    """
    import pandas as pd

    if not path.is_file() or digest_of_file(path) != digest:
        raise CasesRefused(f"The file {path.name} of this change is gone or was altered; label the evidence again.")
    return pd.read_parquet(path)
