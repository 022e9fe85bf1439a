"""What one would use instead: a bare scan, pandas, and a script with the same libraries and without the care."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import ROOT

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

    from benchmarks.rollouts import Kind


def scan(table: Path, *, columns: Sequence[str], labels: Sequence[str]) -> int:
    """Decode columns with Arrow, batch by batch, labels as codes; return how many rows there were."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(table, read_dictionary=list(labels))
    return sum(batch.num_rows for batch in file.iter_batches(columns=list(columns), batch_size=1 << 17))


def group(table: Path, *, keys: Sequence[str]) -> "pd.Series[int]":
    """Count with pandas."""
    import pandas as pd

    return pd.read_parquet(table, columns=list(keys)).groupby(list(keys), observed=True).size()


def gate_by_hand(table: Path, *, kind: "Kind", store: Path) -> None:
    """
    Check, count, estimate and log as a script does.

    The same expectations of the same library, the same counts, one interval for each site, one MLflow run; no hash,
    no identities compared, no ledger, no seats, no page.
    """
    import pandas as pd

    raw = pd.read_parquet(table, columns=list(kind.columns))
    frame = raw.rename(columns=dict(kind.meant))
    if not _holds(frame, kind.name):
        raise ValueError("The table does not meet its expectations.")
    counts = frame.groupby([kind.meant[key] for key in kind.keys], observed=True).size()
    _log(_intervals(counts, event=kind.meant[kind.keys[-1]]), store)


def _holds(frame: "pd.DataFrame", kind: str) -> bool:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = gx.get_context(mode="ephemeral")
    written = json.loads((ROOT / "expectations" / f"{kind}.json").read_text(encoding="utf-8"))
    suite = gx.ExpectationSuite(name=kind)
    asked = []
    for one in written["expectations"]:
        named = one["kwargs"].get("column_list", [one["kwargs"].get("column")])
        if set(named) <= set(frame.columns):
            # A script checks the table as it is; its labels and numbers are not translated first.
            known = [_raw(value) for value in one["kwargs"].get("value_set", ())]
            kwargs = {**one["kwargs"], **({"value_set": known} if known else {})}
            asked.append(ExpectationConfiguration(type=one["type"], kwargs=kwargs))
    suite.add_expectation_configurations(asked)
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    return bool(batch.validate(suite).success)


def _raw(value: str) -> object:
    return {"1": 1, "0": 0, "intervention": "new", "control": "old"}.get(value, value)


def _intervals(counts: "pd.Series[int]", *, event: str) -> dict[str, float]:
    from scipy.stats import binomtest

    plain = counts.rename("rows").reset_index()
    found: dict[str, float] = {}
    for site, here in plain.groupby("site"):
        total, events = int(here["rows"].sum()), int(here.loc[here[event] == 1, "rows"].sum())
        interval = binomtest(events, total).proportion_ci(method="exact")
        found |= {f"{site}.value": events / total, f"{site}.low": interval.low, f"{site}.high": interval.high}
    return found


def _log(metrics: dict[str, float], store: Path) -> None:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{store}")
    mlflow.create_experiment("by-hand", artifact_location=str(store.parent / "by_hand_artifacts"))
    mlflow.set_experiment("by-hand")
    with mlflow.start_run():
        mlflow.log_params({"policy": "by hand"})
        mlflow.log_metrics(metrics)
        mlflow.log_dict(metrics, "verdict.json")


def fairlearn_frames(table: Path, *, groups: Sequence[str], replicates: int) -> list[object]:
    """Measure sensitivity, accuracy and the rate of alarms of each group, with intervals from fairlearn's bootstrap."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame, selection_rate
    from sklearn.metrics import accuracy_score, recall_score

    frame = pd.read_parquet(table, columns=[*groups, "reference", "prediction"])
    metrics = {"sensitivity": recall_score, "accuracy": accuracy_score, "alarms": selection_rate}
    found: list[object] = []
    for group in groups:
        measured = MetricFrame(
            metrics=metrics,
            y_true=frame["reference"],
            y_pred=frame["prediction"],
            sensitive_features=frame[group],
            n_boot=replicates,
            ci_quantiles=[0.025, 0.975],
            random_state=1,
        )
        found += [measured.by_group_ci, measured.difference_ci()]
    return found


def row_bootstrap(table: Path, *, groups: Sequence[str], replicates: int) -> "pd.DataFrame":
    """Draw rows again, and measure sensitivity, accuracy and the area under the curve of all and of each group."""
    import numpy as np
    import pandas as pd
    from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

    frame = pd.read_parquet(table, columns=[*groups, "reference", "prediction", "score"])
    draw = np.random.default_rng(1)

    def measured(rows: "pd.DataFrame") -> tuple[float, float, float]:
        truth, answer = rows["reference"], rows["prediction"]
        return recall_score(truth, answer), accuracy_score(truth, answer), roc_auc_score(truth, rows["score"])

    drawn: list[dict[str, tuple[float, float, float]]] = []
    for _ in range(replicates):
        again = frame.iloc[draw.integers(0, len(frame), len(frame))]
        here = {"all": measured(again)}
        for group in groups:
            here |= {f"{group}={level}": measured(rows) for level, rows in again.groupby(group, observed=True)}
        drawn.append(here)
    return pd.DataFrame(drawn)


def opened_store(path: Path) -> "MlflowClient":
    """Return a client of an MLflow store that is there and was asked once."""
    import mlflow
    from mlflow import MlflowClient

    mlflow.set_tracking_uri(f"sqlite:///{path}")
    client = MlflowClient()
    client.search_experiments(max_results=1)
    return client


def log_one_by_one(client: "MlflowClient", numbers: Mapping[str, float]) -> None:
    """Log each number with a call of its own."""
    run = client.create_run("0").info.run_id
    for name, value in numbers.items():
        client.log_metric(run, name.replace("=", "-").replace("+", "_").replace("<", "under"), value)
    client.set_terminated(run)
