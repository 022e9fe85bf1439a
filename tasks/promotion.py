"""Applying a granted gate, showing it in MLflow, beginning the next stage."""

from primum.actions import projection, resubmission, unfinished
from primum.actions.gates import SYSTEM
from primum.actions.unfinished import Applied
from primum.actions.workplace import Workplace
from primum.integrations import orchestrator
from primum.integrations.orchestrator import PrefectUnreachable
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=30)
def apply(*, gate: str) -> Applied:
    """Ask everything again and apply the gate, one promotion of a rollout at a time."""
    with at_work() as workplace:
        turn = orchestrator.one_promotion_at_a_time(rollout=unfinished.rollout_of(gate), api_url=engine_of(workplace))
        with turn:
            return unfinished.apply_grant(gate=gate, person=SYSTEM, at=now(), workplace=workplace)


@patient(minutes=10)
def show_in_mlflow(*, rollout: str) -> None:
    """Point MLflow's stage alias at what was promoted."""
    with at_work() as workplace:
        submission = resubmission.submitted(rollout=rollout, workplace=workplace)
        projection.project_alias(submission=submission, workplace=workplace)


@patient(minutes=5)
def begin_entered_stages(*, rollout: str | None = None) -> tuple[str, ...]:
    """Begin the flow of every stage that was entered and not evaluated since; once for each promotion."""
    with at_work() as workplace:
        return tuple(
            orchestrator.start_stage(
                stage=one.stage,
                rollout=one.rollout,
                requested_by=one.requested_by,
                cause=one.cause,
                api_url=engine_of(workplace),
            )
            for one in unfinished.entered_stages(workplace=workplace, rollout=rollout)
        )


def engine_of(workplace: Workplace) -> str:
    """Return the address of Prefect.

    :raises PrefectUnreachable: if the settings name none
    """
    url = workplace.settings.prefect_api_url
    if url is None:
        raise PrefectUnreachable("Set PRIMUM_PREFECT_API_URL where flows run: they begin other flows there.")
    return url
