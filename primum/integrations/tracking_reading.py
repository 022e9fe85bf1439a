"""Reading a run back: MLflow lets anyone change a finished run, so what it says is held against our digest."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from primum.integrations.tracking_contents import MANIFEST, SMALLEST_CELL, sha256, told_by
from primum.integrations.tracking_store import Store, opened
from primum.roadmap.evaluations import Evaluation
from primum.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities import FileInfo, Run

# A manifest of ours is a few dozen kilobytes; a much larger file is not ours and is not fetched.
LARGEST_MANIFEST = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a run says now: one sentence for each difference to what was recorded."""

    run_id: str
    differences: tuple[str, ...]

    @property
    def unchanged(self) -> bool:
        """True if nothing differs."""
        return not self.differences


def read_back(*, run_id: str, manifest_digest: str, settings: Settings) -> Reading:
    """
    Compare a run with what was recorded: parameters, metrics, tags, data sets and files.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    with opened(settings) as store:
        return Reading(run_id=run_id, differences=tuple(_differences(store, run_id, manifest_digest, None)))


def why_run_differs(*, run: str, snapshot: bytes, settings: Settings, manifest_digest: str = "") -> str | None:
    """
    Return in one sentence how a run differs from the evaluation that the ledger keeps, if it does.

    ``snapshot`` is the evaluation as canonical JSON. Metrics, tags, data sets, snapshot and verdict are
    held against it; parameters, figures and card against ``manifest_digest``, or without one against
    the manifest that the run names itself, which finds a slip but not a forger.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    evaluation = TypeAdapter(Evaluation).validate_json(snapshot)
    with opened(settings) as store:
        found = tuple(_differences(store, run, manifest_digest, evaluation))
    if not found:
        return None
    more = f" There are {len(found) - 1} more differences." if len(found) > 1 else ""
    return f"MLflow run {run} does not say what was recorded. {found[0]}{more} Run the stage again."


def _differences(store: Store, run_id: str, manifest_digest: str, evaluation: Evaluation | None) -> Iterator[str]:
    run = _run(store, run_id)
    if run is None:
        yield f"Run {run_id} does not exist in MLflow any more."
        return
    if run.info.lifecycle_stage != "active":
        yield f"Run {run_id} was deleted in MLflow."
    if run.info.status != "FINISHED":
        yield f"Run {run_id} is {run.info.status.lower()}, not finished."
    files = {info.path: info for info in _listed(store, run_id, "")}
    manifest = _manifest(store, run_id, files, manifest_digest or run.data.tags.get("primum.manifest", ""))
    if manifest is None:
        yield f"The file {MANIFEST} is missing or is not the one that was recorded; nothing else can be compared."
        return
    if evaluation is not None:
        yield from _forged(manifest, evaluation)
    yield from _values(run, manifest)
    yield from _inputs(run, manifest["inputs"])
    yield from _files(store, run_id, files, manifest["files"])


def _forged(manifest: Mapping[str, Any], evaluation: Evaluation) -> Iterator[str]:
    """Hold a manifest against the evaluation itself."""
    told = told_by(evaluation, smallest_cell=int(manifest["parameters"][SMALLEST_CELL]))
    kept = {path: sha256(content) for path, content in told.files.items()}
    named = {path: manifest["files"].get(path, {}).get("sha256") for path in kept}
    yield from _changes("File", kept, named)
    yield from _changes("Metric", told.metrics, manifest["metrics"])
    yield from _changes("Tag", told.tags, manifest["tags"])
    yield from _changes("Data set", {name: facts.digest for name, facts in told.inputs.items()}, manifest["inputs"])


def _run(store: Store, run_id: str) -> "Run | None":
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _listed(store: Store, run_id: str, folder: str) -> Iterator["FileInfo"]:
    for info in store.client.list_artifacts(run_id, folder or None):
        if info.is_dir:
            yield from _listed(store, run_id, info.path)
        else:
            yield info


def _manifest(
    store: Store, run_id: str, files: Mapping[str, "FileInfo"], manifest_digest: str
) -> dict[str, Any] | None:
    info = files.get(MANIFEST)
    if info is None or (info.file_size or 0) > LARGEST_MANIFEST:
        return None
    content = _content(store, run_id, MANIFEST)
    if sha256(content) != manifest_digest:
        return None
    plain: dict[str, Any] = json.loads(content)
    return plain


def _content(store: Store, run_id: str, path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return Path(store.client.download_artifacts(run_id, path, folder)).read_bytes()


def _values(run: "Run", manifest: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    own = {name: value for name, value in run.data.tags.items() if name.startswith(("primum.", "unknown."))}
    own.pop("primum.manifest", None)
    yield from _changes("Parameter", manifest["parameters"], run.data.params)
    yield from _changes("Metric", manifest["metrics"], run.data.metrics)
    yield from _changes("Tag", manifest["tags"], own)


def _changes(kind: str, recorded: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(recorded.keys() | now.keys()):
        if name not in now:
            yield f"{kind} '{name}' was {recorded[name]} and is gone."
        elif name not in recorded:
            yield f"{kind} '{name}' was not recorded and is {now[name]} now."
        elif recorded[name] != now[name]:
            yield f"{kind} '{name}' was {recorded[name]} and is {now[name]} now."


def _inputs(run: "Run", recorded: Mapping[str, object]) -> Iterator[str]:
    now = {
        item.dataset.name: next((tag.value for tag in item.tags if tag.key == "primum.sha256"), item.dataset.digest)
        for item in (run.inputs.dataset_inputs if run.inputs else ())
    }
    yield from _changes("Data set", recorded, now)


def _files(
    store: Store, run_id: str, files: Mapping[str, "FileInfo"], recorded: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for path in sorted(recorded.keys() | files.keys() - {MANIFEST}):
        if path not in files:
            yield f"File '{path}' is gone."
        elif path not in recorded:
            yield f"File '{path}' was not recorded and was added."
        elif files[path].file_size != recorded[path]["bytes"]:
            yield f"File '{path}' had {recorded[path]['bytes']:,} bytes and has {files[path].file_size:,} now."
        elif sha256(_content(store, run_id, path)) != recorded[path]["sha256"]:
            yield f"File '{path}' has other contents now."
