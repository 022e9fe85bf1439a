"""Telling a Prefect server what there is to run: work pool, flows of prefect.yaml, and what a lost run is."""

import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from primum.integrations.orchestrator import POOL, PrefectUnreachable, asked, make_limit
from primum.settings import NothingShipped, inherited_environment

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

LOST_RUNS = "primum: a run without a heartbeat has crashed"
# Three heartbeats of 30 seconds, Prefect's shortest.
SILENCE = timedelta(seconds=90)
DEPLOYING_SECONDS = 300


def register(*, api_url: str, rollouts: Iterable[str]) -> None:
    """
    Make pool, flows and limits known to a server; again changes nothing.

    :raises PrefectUnreachable: if the server does not answer, or Prefect refuses prefect.yaml
    """
    with asked(api_url) as client:
        _make_pool(client)
        for rollout in rollouts:
            make_limit(client, rollout=rollout)
    _register_flows(api_url)


def watch(*, api_url: str) -> None:
    """
    Have the server notice runs whose machine died; again changes nothing.

    It believes such a run to be running for ever, unless somebody misses its heartbeat. On one machine
    the supervisor knows better and sooner, and the server's SQLite is spared the watching.

    :raises PrefectUnreachable: if the server does not answer
    """
    with asked(api_url) as client:
        _watch(client)


def _watch(client: "SyncPrefectClient") -> None:
    from prefect.client.schemas.objects import StateType
    from prefect.events import AutomationCore, EventTrigger, Posture, ResourceSpecification
    from prefect.events.actions import ChangeFlowRunState

    if client.read_automations_by_name(LOST_RUNS):
        return
    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        # Anything that is heard of a run will do: our runs end in states with names of their own.
        expect={"prefect.flow-run.*"},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=SILENCE,
    )
    crashed = ChangeFlowRunState(name="Crashed", state=StateType.CRASHED, message="Its process fell silent.")
    client.create_automation(AutomationCore(name=LOST_RUNS, trigger=trigger, actions=[crashed]))


def _make_pool(client: "SyncPrefectClient") -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    try:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    except ObjectAlreadyExists:
        return


def _register_flows(api_url: str) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(engine_file())]
    environment = {**inherited_environment(without=("PREFECT_API_URL",)), "PREFECT_API_URL": api_url}
    ran = subprocess.run(  # noqa: S603 -- our own command, without a shell
        command, env=environment, capture_output=True, text=True, timeout=DEPLOYING_SECONDS, check=False
    )
    if ran.returncode != 0:
        said = "\n".join(line for line in (ran.stdout + ran.stderr).splitlines() if line.strip())
        raise PrefectUnreachable(f"Prefect did not take the flows of prefect.yaml.\n{said[-2_000:]}")


def engine_file() -> Path:
    """
    Return prefect.yaml, which an installed Primum carries and a source checkout has at its root.

    :raises NothingShipped: if it is in neither place
    """
    room = Path(__file__).parents[1]
    for place in (room / "shipped" / "engine" / "prefect.yaml", room.parent / "prefect.yaml"):
        if place.is_file():
            return place
    raise NothingShipped("The file prefect.yaml travels with Primum and is missing; install Primum again.")
