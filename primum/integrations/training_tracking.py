"""The training of a challenger as one finished MLflow run: digests, versions and names, no row and no prediction."""

from datetime import datetime

from primum.integrations.tracking_store import experiment_id, opened
from primum.integrations.training import Trained, TrainingRequest
from primum.roadmap.digests import digest
from primum.settings import Settings


def record_training(
    *, rollout: str, request: TrainingRequest, trained: Trained, at: datetime, settings: Settings
) -> str:
    """
    Record one training and return the id of its run; the same model trained again from the same is the same run.

    :raises TrackingUnreachable: if MLflow does not answer
    """
    from mlflow.entities import Param

    result = trained.result
    said = {
        "guideline": request.guideline,
        "champion": request.champion,
        "seed": str(request.seed),
        "model.version": result.model.version,
        "model.digest": result.model.digest,
        "data.digest": trained.data_digest,
        "code.digest": trained.code_digest,
        "environment.digest": result.environment_digest,
        "interface.inputs": ", ".join(result.interface.inputs),
        "interface.output": result.interface.output,
    }
    tags = {"primum.kind": "training", "primum.change": request.change, "primum.training": digest(said)}
    moment = int(at.timestamp() * 1000)
    with opened(settings) as store:
        experiment = experiment_id(store, rollout=rollout)
        query = f"tags.`primum.training` = '{tags['primum.training']}' and attributes.status = 'FINISHED'"
        known = store.client.search_runs([experiment], filter_string=query, max_results=1)
        if known:
            return str(known[0].info.run_id)
        name = f"training for {request.guideline}"
        run = store.client.create_run(experiment, start_time=moment, tags=tags, run_name=name)
        params = [Param(key, value) for key, value in said.items()]
        params += [Param(f"library.{name}", version) for name, version in sorted(result.libraries.items())]
        store.client.log_batch(run.info.run_id, params=params)
        store.client.set_terminated(run.info.run_id, status="FINISHED", end_time=moment)
        return str(run.info.run_id)
