"""Comparing what our tables say must happen with what Prefect is doing."""

from datetime import timedelta

from primum.actions import gates, unfinished
from primum.actions.gates import SYSTEM
from primum.integrations import orchestrator
from tasks.entrance import at_work, now
from tasks.patience import patient
from tasks.promotion import engine_of

# A promotion that was refused is asked about again after so long: what stood in its way may be gone.
REFUSED_FOR = timedelta(hours=1)


@patient(minutes=5)
def expire_gates_that_are_due() -> tuple[str, ...]:
    """Expire every open gate whose time is over; return their ids."""
    with at_work() as workplace:
        return gates.expire_due(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def begin_lost_runs_again() -> tuple[str, ...]:
    """Begin again the runs whose process died."""
    with at_work() as workplace:
        return orchestrator.begin_lost_runs_again(at=now(), api_url=engine_of(workplace))


@patient(minutes=5)
def promote_granted_gates() -> tuple[str, ...]:
    """Begin the promotion of every granted gate that nobody is promoting."""
    with at_work() as workplace:
        return tuple(
            orchestrator.start_promotion(
                gate=gate, api_url=engine_of(workplace), unless_ended_since=now() - REFUSED_FOR
            )
            for gate in unfinished.granted_gates(workplace=workplace)
        )
