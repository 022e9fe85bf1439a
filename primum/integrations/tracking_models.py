"""The LMM in MLflow's registry: its version, and stage aliases that follow our ledger."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from primum.integrations.tracking_store import Store, as_the_default, experiment_id, opened
from primum.roadmap.digests import digest
from primum.roadmap.rollout import Model, Rollout
from primum.roadmap.stages import Stage
from primum.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True, kw_only=True)
class RegisteredLmm:
    """
    One version of a rollout's LMM in MLflow's registry.

    ``number`` is MLflow's own count; ``model_digest`` is that of the rollout's ``model`` part, the
    same that stands in the release bundle.
    """

    name: str
    number: str
    version: str
    model_digest: str


def registered_name(rollout: str) -> str:
    """Return the name of a rollout's LMM in the registry; MLflow allows no slash there."""
    return f"primum.{rollout}"


def register_lmm(*, rollout: Rollout, settings: Settings) -> RegisteredLmm:
    """
    Register the LMM of a rollout by its version; the same model twice is one registered version.

    The model is an external one for MLflow: an endpoint or a digest of weights, never a file that
    could be loaded.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    with opened(settings) as store:
        return _registered(store, rollout) or _register(store, rollout)


def set_stage_alias(*, lmm: RegisteredLmm, stage: Stage, settings: Settings) -> None:
    """
    Point the alias of a stage at a registered version, as the ledger has decided.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    with opened(settings) as store:
        store.client.set_registered_model_alias(lmm.name, str(stage), lmm.number)


def alias_now(*, rollout: str, stage: Stage, settings: Settings) -> RegisteredLmm | None:
    """
    Return the version that the alias of a stage points at in MLflow now, if it points at any.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    with opened(settings) as store:
        return _aliased(store, rollout, stage)


def why_alias_moved(*, stage: Stage, expected: RegisteredLmm | None, actual: RegisteredLmm | None) -> str | None:
    """
    Return in one sentence how the alias of a stage differs from where it was left, if it does.

    A copy of our version under another number is another version: its tags can be copied, too.
    """
    if expected == actual:
        return None
    return (
        f"The MLflow alias '{stage}' was left at {_in_words(expected)} and is at {_in_words(actual)} now. Somebody "
        f"moved it outside Primum; find out who and why, then evaluate again."
    )


def _in_words(lmm: RegisteredLmm | None) -> str:
    if lmm is None:
        return "no version"
    return f"version {lmm.number} of {lmm.name} (model {lmm.version}, {lmm.model_digest[:19]})"


def _digest(model: Model) -> str:
    return digest(model.model_dump(mode="json"))


def _registered(store: Store, rollout: Rollout) -> RegisteredLmm | None:
    """Return the first version that holds exactly this model; a later copy of it is not ours."""
    query = f"name = '{registered_name(rollout.rollout)}' and tags.`primum.model` = '{_digest(rollout.model)}'"
    known = store.client.search_model_versions(query)
    return _lmm(min(known, key=lambda version: int(version.version))) if known else None


def _make_room(store: Store, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(name, tags={"primum.kind": "lmm"})
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _register(store: Store, rollout: Rollout) -> RegisteredLmm:
    model, name = rollout.model, registered_name(rollout.rollout)
    tags = _tags(model)
    _make_room(store, name)
    external = store.client.create_logged_model(
        experiment_id(store, rollout=rollout.rollout),
        name=re.sub(r"[/:.%\"'\s]+", "-", f"{model.name} {model.version}"),
        tags={"mlflow.model.isExternal": "true", **tags},
        model_type=str(model.model_class),
    )
    store.client.finalize_logged_model(external.model_id, "READY")
    with as_the_default(store):
        version = store.client.create_model_version(
            name, source=f"models:/{external.model_id}", model_id=external.model_id, tags=tags, await_creation_for=0
        )
    return _lmm(version)


def _tags(model: Model) -> dict[str, str]:
    tags = {
        "primum.model": _digest(model),
        "primum.version": model.version,
        "primum.name": model.name,
        "primum.provider": model.provider,
        "primum.endpoint": model.endpoint,
        "primum.weights": model.weights_digest,
    }
    return {key: value for key, value in tags.items() if value}


def _aliased(store: Store, rollout: str, stage: Stage) -> RegisteredLmm | None:
    from mlflow.exceptions import MlflowException

    try:
        return _lmm(store.client.get_model_version_by_alias(registered_name(rollout), str(stage)))
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None


def _lmm(version: "ModelVersion") -> RegisteredLmm:
    return RegisteredLmm(
        name=version.name,
        number=str(version.version),
        version=version.tags.get("primum.version", "unknown"),
        model_digest=version.tags.get("primum.model", "unknown"),
    )
