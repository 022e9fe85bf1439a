"""Reading a run back: MLflow lets anyone change a finished run, so what it says is held against our digest."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primum.integrations.tracking_contents import MANIFEST, sha256
from primum.integrations.tracking_store import Store, opened
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
        return Reading(run_id=run_id, differences=tuple(_differences(store, run_id, manifest_digest)))


def _differences(store: Store, run_id: str, manifest_digest: str) -> Iterator[str]:
    run = _run(store, run_id)
    if run is None:
        yield f"Run {run_id} does not exist in MLflow any more."
        return
    if run.info.lifecycle_stage != "active":
        yield f"Run {run_id} was deleted in MLflow."
    if run.info.status != "FINISHED":
        yield f"Run {run_id} is {run.info.status.lower()}, not finished."
    files = {info.path: info for info in _listed(store, run_id, "")}
    manifest = _manifest(store, run_id, files, manifest_digest)
    if manifest is None:
        yield f"The file {MANIFEST} is missing or is not the one that was recorded; nothing else can be compared."
        return
    yield from _values(run, manifest)
    yield from _inputs(run, manifest["inputs"])
    yield from _files(store, run_id, files, manifest["files"])


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
