"""One MLflow run for each evaluation, and whether it still says what it said."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from primum.integrations.figures import Figure
from primum.integrations.tracking_contents import MANIFEST, Contents, contents_of, sha256
from primum.integrations.tracking_models import (
    RegisteredLmm,
    alias_now,
    register_lmm,
    set_stage_alias,
    why_alias_moved,
)
from primum.integrations.tracking_reading import Reading, read_back
from primum.integrations.tracking_store import (
    Store,
    TrackingRefused,
    TrackingUnreachable,
    alone,
    experiment_id,
    experiment_of,
    opened,
    reach,
)
from primum.roadmap.evaluations import Evaluation, TableFacts
from primum.roadmap.model_card import ModelCard
from primum.roadmap.rollout import Rollout
from primum.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Param

__all__ = [
    "Reading",
    "RegisteredLmm",
    "TrackedRun",
    "TrackingRefused",
    "TrackingUnreachable",
    "alias_now",
    "experiment_of",
    "reach",
    "read_back",
    "record",
    "register_lmm",
    "set_stage_alias",
    "why_alias_moved",
]

# MLflow's own limits: so much fits in one batch, and so many characters in the digest of a data set.
LARGEST_BATCH = 1_000
LONGEST_DATASET_DIGEST = 36


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """
    Where an evaluation was recorded.

    ``snapshot_digest`` is the digest of the evaluation that the gate decides on; ``manifest_digest``
    covers the snapshot and everything else of the run, and is what a later reading is held against.
    """

    run_id: str
    experiment: str
    snapshot_digest: str
    manifest_digest: str


def record(
    *,
    evaluation: Evaluation,
    rollout: Rollout,
    figures: Sequence[Figure],
    card: ModelCard,
    smallest_cell: int,
    settings: Settings,
) -> TrackedRun:
    """
    Record one evaluation as one finished MLflow run; recording the same one again returns the same run.

    Estimates on fewer than ``smallest_cell`` people do not leave (P9); numbers that are not finite
    become tags. The run is finished last, so that a run cut short is never mistaken for a whole one.

    :raises TrackingUnreachable: if MLflow does not answer within a few seconds
    :raises TrackingRefused: if MLflow answers and refuses
    """
    contents = contents_of(
        evaluation=evaluation, rollout=rollout, figures=figures, card=card, smallest_cell=smallest_cell
    )
    manifest = contents.manifest()
    with opened(settings) as store, alone(store.address):
        experiment = experiment_id(store, rollout=evaluation.rollout)
        run = _finished_run(store, experiment, sha256(manifest))
        run = run or _write(store, experiment, evaluation, contents, manifest)
    return TrackedRun(
        run_id=run,
        experiment=experiment_of(evaluation.rollout),
        snapshot_digest=contents.snapshot_digest,
        manifest_digest=sha256(manifest),
    )


def _finished_run(store: Store, experiment: str, manifest_digest: str) -> str | None:
    query = f"tags.`primum.manifest` = '{manifest_digest}' and attributes.status = 'FINISHED'"
    runs = store.client.search_runs([experiment], filter_string=query, max_results=1)
    return str(runs[0].info.run_id) if runs else None


def _write(store: Store, experiment: str, evaluation: Evaluation, contents: Contents, manifest: bytes) -> str:
    at = datetime.fromisoformat(evaluation.at)
    moment = int(at.timestamp() * 1000)
    run = store.client.create_run(
        experiment,
        start_time=moment,
        tags={**contents.tags, "primum.manifest": sha256(manifest)},
        run_name=f"{evaluation.gate} {at:%Y-%m-%d} {evaluation.verdict.outcome}",
    )
    run_id = str(run.info.run_id)
    # MLflow reads the whole run again for its files and its data sets; before its numbers there is little to read.
    _write_files(store, run_id, {**contents.files, MANIFEST: manifest})
    store.client.log_inputs(run_id, datasets=[_dataset(facts) for facts in contents.inputs.values()])
    for metrics, params in _batches(contents, moment):
        store.client.log_batch(run_id, metrics=metrics, params=params)
    store.client.set_terminated(run_id, status="FINISHED", end_time=moment)
    return run_id


def _batches(contents: Contents, moment: int) -> Iterator[tuple[list["Metric"], list["Param"]]]:
    """Give everything in one batch, or in as many as MLflow's limit asks for."""
    from mlflow.entities import Metric, Param

    params = [Param(name, value) for name, value in contents.parameters.items()]
    metrics = (Metric(name, value, moment, 0) for name, value in contents.metrics.items())
    yield list(islice(metrics, LARGEST_BATCH - len(params))), params
    while batch := list(islice(metrics, LARGEST_BATCH)):
        yield batch, []


def _dataset(facts: TableFacts) -> "DatasetInput":
    """Return the data set by its digest alone; MLflow never sees the table."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(
        name=facts.name,
        digest=facts.digest.removeprefix("sha256:")[:LONGEST_DATASET_DIGEST],
        source_type="primum",
        source=json.dumps({"location": facts.location, "sha256": facts.digest}),
        profile=json.dumps({"num_rows": facts.rows}),
    )
    return DatasetInput(dataset, tags=[InputTag("primum.sha256", facts.digest), InputTag("primum.kind", facts.kind)])


def _write_files(store: Store, run_id: str, files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        store.client.log_artifacts(run_id, folder)
