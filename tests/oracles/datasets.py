"""The data sets that oracle rows name: reference data kept here for tests only, and those of the examples."""

from functools import cache
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent / "data"
EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def read(name: str) -> pd.DataFrame:
    """Return a data set by the name a row gives it, ``data/asah.csv``; the same table may be kept as Parquet."""
    stem = Path(name).stem
    found = [*HERE.glob(f"{stem}.*"), *EXAMPLES.glob(f"*/data/{stem}.parquet")]
    if not found:
        raise LookupError(f"No data set '{stem}' is kept in {HERE.name}/ or in an example.")
    return pd.read_parquet(found[0]) if found[0].suffix == ".parquet" else pd.read_csv(found[0])
