"""
Make this example's table from the public one: who it is about, and what the model in use answered.

    python prepare.py nhanes_bp_2017_2018.parquet

Adults of 20 years and more with at least one reading. The model in use is fitted by ``trainer.py`` on a fifth
of them with the label of 140/90, the same fifth that the change plan names; it answers all of them.
Survey weights are not used: every figure is a count of the sample and says nothing about a population.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import trainer  # noqa: E402 -- it stands one folder up

SEED, LEARNS = 1, 2**64 / 5
INPUTS = ["systolic", "diastolic", "age"]
BANDS = {"20-39": (20, 39), "40-59": (40, 59), "60+": (60, 200)}


def cases(source):
    """Return one row for each adult with a reading, in the words of the example."""
    rows = pq.read_table(source).to_pandas()
    rows = rows[(rows.age >= 20) & rows.sbp_mean.notna() & rows.dbp_mean.notna()].reset_index(drop=True)
    education = rows.education.where(~rows.education.isin(["Don't Know", "Refused"]))
    return pd.DataFrame(
        {
            "case_id": rows.seqn.astype(int).astype(str),
            "patient_id": rows.seqn.astype(int).astype(str),
            "site": "NHANES",
            "sex": rows.sex,
            "age_band": [next(name for name, (low, high) in BANDS.items() if low <= age <= high) for age in rows.age],
            "race_ethnicity": rows.race_ethnicity,
            "education": education,
            "age": rows.age,
            "risk": "high",
            "systolic": rows.sbp_mean,
            "diastolic": rows.dbp_mean,
            "reference": ((rows.sbp_mean >= 140) | (rows.dbp_mean >= 90)).astype(int),
        }
    )


def learns(case):
    """Say whether a case is one to learn from."""
    return int.from_bytes(hashlib.sha256(f"{SEED}:{case}".encode()).digest()[:8], "big") < LEARNS


def answered(rows):
    """Return the cases with the answers of a model fitted on a fifth of them, and the model."""
    part = rows.case_id.map(learns).to_numpy()
    values = rows[INPUTS].to_numpy(float)
    model = trainer.fitted(values[part], rows.reference.to_numpy()[part].astype(float))
    scores = np.round(trainer.scored(model, values), 6)
    return rows.assign(prediction=(scores >= 0.5).astype(int), score=scores), {"inputs": INPUTS, **model}


def main(source):
    """Write the table and the model in use."""
    rows, model = answered(cases(source))
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), HERE / "cases.parquet")
    (HERE / "champion.json").write_text(json.dumps(model), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
