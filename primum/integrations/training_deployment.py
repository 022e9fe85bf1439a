"""A trainer that is a Prefect deployment: begun once for each request, waited for within its limit, ended beyond."""

import time
from typing import TYPE_CHECKING
from uuid import UUID

from primum.integrations.orchestrator import asked

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

LOOK_EVERY_SECONDS = 1.0


class DeploymentFailed(Exception):
    """The deployment did not end well in time; the message is a sentence."""


def run_deployment(*, name: str, parameters: dict[str, str], key: str, seconds: float, api_url: str) -> None:
    """
    Run a deployment and wait for its end; the same key gives the same run.

    :raises DeploymentFailed: if it fails or takes longer than its limit; then the run is cancelled
    :raises PrefectUnreachable: if Prefect does not answer
    """
    with asked(api_url) as client:
        deployment = client.read_deployment_by_name(name)
        run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters, idempotency_key=key)
        state = _end_of(client, run.id, until=time.monotonic() + seconds)
    if state is None:
        raise DeploymentFailed(f"The trainer {name} was cancelled after {seconds:,.0f} seconds, its limit.")
    if not state.is_completed():
        raise DeploymentFailed(
            f"The trainer {name} ended as {state.name} and handed back nothing that counts; Prefect's page of the "
            "run says more."
        )


def _end_of(client: "SyncPrefectClient", run: UUID, *, until: float) -> "State[object] | None":
    from prefect.states import Cancelling

    while time.monotonic() < until:
        state = client.read_flow_run(run).state
        if state is not None and state.is_final():
            return state
        time.sleep(LOOK_EVERY_SECONDS)
    client.set_flow_run_state(run, state=Cancelling(), force=True)
    return None
