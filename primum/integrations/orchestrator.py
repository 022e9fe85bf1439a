"""The door to Prefect: runs begun once, runs begun again, one promotion at a time, what its page shows."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from primum.roadmap.stages import Stage

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

POOL = "primum"
STAGES = tuple(str(stage) for stage in Stage)
PROMOTE, RECONCILE, REMIND = "promote", "reconcile", "remind"
LOOK = "look"
WATCH = "watch"
RECONCILE_ANSWERS = "reconcile_answers"
CHANGE = "guideline_change"
FLOWS = (*STAGES, PROMOTE, CHANGE, RECONCILE, REMIND, LOOK, WATCH, RECONCILE_ANSWERS)
SECONDS = 5
PORTS = {"http": 80, "https": 443}
# A run that lost its process is begun again; one that loses it every time is left for a person to look at.
MOST_BEGINNINGS = 5
# Worker and server both report a lost process; in between, a run that was begun again would be stopped once more.
SETTLING = timedelta(seconds=20)
LEASE_SECONDS = 60
WAITING_FOR_A_TURN_SECONDS = 600


class PrefectUnreachable(Exception):
    """Prefect did not answer or could not do what was asked; the message is shown to the person."""


class RunBroken(Exception):
    """A run stopped on a fault of our own; the message names the place and withholds what it was about."""


def reach(*, api_url: str) -> None:
    """
    Ask the Prefect server whether it is there, knows our flows and expects the reconciler.

    :raises PrefectUnreachable: if it does not answer, a flow was never registered, or nothing is scheduled
    """
    with asked(api_url) as client:
        for flow in FLOWS:
            client.read_deployment_by_name(f"{flow}/{flow}")
        if not _expected(client):
            raise PrefectUnreachable(
                f"Prefect at {_shown(api_url)} has not scheduled the reconciler, so lost runs are not begun again. "
                f"In its first minute this is usual; later its log says why."
            )


def _expected(client: "SyncPrefectClient") -> bool:
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType

    scheduled = filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    ours = filters.DeploymentFilter(name=filters.DeploymentFilterName(any_=[RECONCILE]))
    wanted = filters.FlowRunFilter(state=scheduled)
    return bool(client.read_flow_runs(flow_run_filter=wanted, deployment_filter=ours, limit=1))


@contextmanager
def asked(api_url: str) -> Iterator["SyncPrefectClient"]:
    """
    Give a client of a Prefect server; every failure of it becomes one sentence.

    :raises PrefectUnreachable: if it does not answer, or does not know what it is asked about
    """
    # Prefect's client would try for a minute; one short question comes first.
    parts = urlsplit(api_url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or PORTS[parts.scheme]), timeout=SECONDS).close()
    except OSError as error:
        raise PrefectUnreachable(_unreachable(api_url, error.strerror or str(error))) from None
    from httpx import HTTPError
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.exceptions import ObjectNotFound

    try:
        with SyncPrefectClient(api_url) as client:
            yield client
    except ObjectNotFound:
        raise PrefectUnreachable(
            f"Prefect at {_shown(api_url)} does not know all flows of Primum; "
            f"`primum up --only register` makes them known."
        ) from None
    except HTTPError as error:
        raise PrefectUnreachable(_unreachable(api_url, type(error).__name__)) from None


def _unreachable(api_url: str, reason: str) -> str:
    return (
        f"Prefect at {_shown(api_url)} did not answer ({reason}). Nothing that was recorded is lost: "
        f"what is due begins by itself when it is back. Start it with `primum up`, or correct PRIMUM_PREFECT_API_URL."
    )


def _shown(api_url: str) -> str:
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def start_stage(*, stage: Stage, rollout: str, requested_by: str, cause: str, api_url: str) -> str:
    """
    Begin a stage's flow, once for each cause (a promotion's id); return the id of the run.

    :raises PrefectUnreachable: if Prefect does not answer; the reconciler begins it later
    """
    with asked(api_url) as client:
        return _begun(
            client,
            flow=str(stage),
            parameters={"rollout": rollout, "requested_by": requested_by},
            key=f"{stage}:{cause}",
            tags=(f"rollout:{rollout}",),
        )


def start_change(*, change: str, rollout: str, requested_by: str, cause: str, api_url: str) -> str:
    """
    Begin the flow of a guideline change, once for each cause; return the id of the run.

    :raises PrefectUnreachable: if Prefect does not answer; the reconciler begins it later
    """
    with asked(api_url) as client:
        return _begun(
            client,
            flow=CHANGE,
            parameters={"change": change, "requested_by": requested_by},
            key=f"{CHANGE}:{cause}",
            tags=(f"rollout:{rollout}", f"change:{change}"),
        )


def start_promotion(*, gate: str, api_url: str, unless_ended_since: datetime | None = None) -> str:
    """
    Begin the promotion of a granted gate; while one is under way, or ended lately, return that run's id.

    Asking at the same moment from two places begins one run: the key is the gate, and after a run
    that ended it is the gate and that run.

    :raises PrefectUnreachable: if Prefect does not answer; the reconciler begins it later
    """
    rollout = gate.split(".", maxsplit=1)[0]
    with asked(api_url) as client:
        make_limit(client, rollout=rollout)
        last = _last_run(client, tag=f"gate:{gate}")
        if last is not None and _is_left_alone(last, unless_ended_since):
            return str(last.id)
        return _begun(
            client,
            flow=PROMOTE,
            parameters={"gate": gate},
            key=f"{PROMOTE}:{gate}" if last is None else f"{PROMOTE}:{gate}:{last.id}",
            tags=(f"rollout:{rollout}", f"gate:{gate}"),
        )


def reconcile(*, api_url: str) -> str:
    """
    Compare our tables with Prefect's runs now, without waiting for the next time; return the id of the run.

    :raises PrefectUnreachable: if Prefect does not answer
    """
    with asked(api_url) as client:
        known = client.read_deployment_by_name(f"{RECONCILE}/{RECONCILE}")
        return str(client.create_flow_run_from_deployment(known.id).id)


def _begun(
    client: "SyncPrefectClient", *, flow: str, parameters: dict[str, str], key: str, tags: tuple[str, ...]
) -> str:
    known = client.read_deployment_by_name(f"{flow}/{flow}")
    run = client.create_flow_run_from_deployment(known.id, parameters=parameters, idempotency_key=key, tags=tags)
    return str(run.id)


def _last_run(client: "SyncPrefectClient", *, tag: str) -> "FlowRun | None":
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
    from prefect.client.schemas.sorting import FlowRunSort

    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag]))
    runs = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)
    return runs[0] if runs else None


def _is_left_alone(run: "FlowRun", since: datetime | None) -> bool:
    if run.state is None or not run.state.is_final():
        return True
    if run.state.is_crashed():
        return run.run_count < MOST_BEGINNINGS
    return since is not None and run.state.timestamp >= since


def begin_lost_runs_again(*, at: datetime, api_url: str, even_running: bool = False) -> tuple[str, ...]:
    """
    Begin again the runs whose process died; return their ids.

    With ``even_running``, also those that Prefect believes to be running: for the moment when no
    worker can be alive. A run that died five times is left as it is.

    :raises PrefectUnreachable: if Prefect does not answer
    """
    from prefect.states import AwaitingRetry

    with asked(api_url) as client:
        lost = [run for run in _runs_without_process(client, even_running=even_running) if _may_begin(run, at)]
        for run in lost:
            client.set_flow_run_state(
                run.id, AwaitingRetry(message="Its process was lost; it begins again."), force=True
            )
    return tuple(str(run.id) for run in lost)


def _runs_without_process(client: "SyncPrefectClient", *, even_running: bool) -> list["FlowRun"]:
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType

    states = [StateType.CRASHED, *((StateType.PENDING, StateType.RUNNING) if even_running else ())]
    wanted = filters.FlowRunFilter(state=filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=states)))
    # The reconciler comes by itself every few minutes; a lost one is not missed.
    ours = filters.DeploymentFilter(name=filters.DeploymentFilterName(any_=[*STAGES, PROMOTE, CHANGE]))
    return client.read_flow_runs(flow_run_filter=wanted, deployment_filter=ours, limit=200)


def _may_begin(run: "FlowRun", at: datetime) -> bool:
    if run.state is None or run.run_count >= MOST_BEGINNINGS:
        return False
    return not run.state.is_crashed() or at - run.state.timestamp > SETTLING


def limit_of(rollout: str) -> str:
    """Return the name of the limit that lets one promotion of a rollout run at a time."""
    return f"primum:promotion:{rollout}"


def make_limit(client: "SyncPrefectClient", *, rollout: str) -> None:
    """Make the limit of a rollout, which must exist before anybody asks for it; again changes nothing."""
    from prefect.exceptions import ObjectAlreadyExists

    try:
        client.upsert_global_concurrency_limit_by_name(limit_of(rollout), 1)
    except ObjectAlreadyExists:
        # Somebody else made it since Prefect's client looked.
        return


@contextmanager
def one_promotion_at_a_time(*, rollout: str, api_url: str) -> Iterator[None]:
    """
    Wait for this rollout's turn to be promoted; the limit is made when there is none.

    The row lock in our own database is what makes a second promotion impossible; this keeps it from trying.

    :raises PrefectUnreachable: if the turn did not come in time
    """
    from prefect.concurrency.sync import concurrency

    with asked(api_url) as client:
        make_limit(client, rollout=rollout)
    turn = concurrency(
        limit_of(rollout),
        strict=True,
        timeout_seconds=WAITING_FOR_A_TURN_SECONDS,
        lease_duration=LEASE_SECONDS,
        raise_on_lease_renewal_failure=False,
    )
    with ExitStack() as held:
        try:
            held.enter_context(turn)
        except TimeoutError:
            raise PrefectUnreachable(f"Another promotion of {rollout} did not end in ten minutes.") from None
        yield
