"""The patience of every task: again when somebody did not answer, never after a refusal."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from primum.integrations.orchestrator import PrefectUnreachable
from primum.integrations.tracking_store import TrackingUnreachable
from primum.ledger.refusals import LedgerUnreachable

UNREACHABLE = (LedgerUnreachable, PrefectUnreachable, TrackingUnreachable)
PAUSES_SECONDS = [5.0, 20.0, 60.0]

P = ParamSpec("P")
R = TypeVar("R")


def patient(*, minutes: int) -> Callable[[Callable[P, R]], Task[P, R]]:
    """
    Return a decorator that makes a task with patience.

    It is tried again up to three times, only if ledger, MLflow or Prefect did not answer. Nothing it
    returns is kept by Prefect: what must last is in our tables, and every effect may happen twice.
    """
    return task(
        retries=len(PAUSES_SECONDS),
        retry_delay_seconds=PAUSES_SECONDS,
        retry_condition_fn=somebody_did_not_answer,
        timeout_seconds=minutes * 60,
        persist_result=False,
        cache_policy=NO_CACHE,
    )


def somebody_did_not_answer(_: Task[..., object], __: TaskRun, state: State[object]) -> bool:
    """Return True if trying again can help."""
    return isinstance(state.result(raise_on_failure=False), UNREACHABLE)
