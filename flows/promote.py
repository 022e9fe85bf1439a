"""What a granted gate leads to."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ids import GateId
from primum.integrations.orchestrator_pages import ended
from tasks import promotion, publication


@flow(name="promote", persist_result=True, result_serializer="json")
def promote(gate: GateId) -> State[str]:
    """Ask everything again; apply the gate, show it in MLflow and begin the next stage, or say why not."""
    applied = promotion.apply(gate=gate)
    if applied.promotion is None:
        return ended(name="refused", message=applied.sentence, result=gate)
    promotion.show_in_mlflow(rollout=applied.rollout)
    publication.show(gate=gate)
    promotion.begin_entered_stages(rollout=applied.rollout)
    return ended(name="applied", message=applied.sentence, result=gate)
