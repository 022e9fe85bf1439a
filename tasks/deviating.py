"""Comparing the logs of outputs with the answers of the point of care; done twice, it records nothing twice."""

from primum.actions import deviations
from primum.actions.gates import SYSTEM
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=60)
def record_what_was_shown_without_leave() -> int:
    """Record the deviations of every rollout that declares a log of outputs; return how many are new."""
    with at_work() as workplace:
        return len(deviations.record_every(person=SYSTEM, at=now(), workplace=workplace))
