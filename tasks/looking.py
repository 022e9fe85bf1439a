"""Interim looks and what they ask for; each of these may be done twice and happens once."""

from prefect import get_run_logger

from primum.actions import looks
from primum.actions.gates import SYSTEM
from primum.actions.look_gates import gates_asked
from primum.integrations import orchestrator
from primum.roadmap.stages import Stage
from tasks.entrance import at_work, now
from tasks.patience import patient
from tasks.promotion import engine_of


@patient(minutes=60)
def take_looks_that_are_due() -> tuple[str, ...]:
    """Take the look of every pilot that has reached a planned fraction; return what could not be looked at."""
    with at_work() as workplace:
        refused = looks.take_due(at=now(), person=SYSTEM, workplace=workplace).refused
    for sentence in refused:
        get_run_logger().warning("%s", sentence)
    return refused


@patient(minutes=5)
def begin_gates_that_looks_ask_for() -> tuple[str, ...]:
    """Begin the pilot's stage, once for each look that asks for its gate; people decide there."""
    with at_work() as workplace:
        return tuple(
            orchestrator.start_stage(
                stage=Stage.PILOT,
                rollout=one.rollout,
                requested_by=one.requested_by,
                cause=f"look:{one.look}",
                api_url=engine_of(workplace),
            )
            for one in gates_asked(workplace=workplace)
        )
