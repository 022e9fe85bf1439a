"""Watching rollouts in use; each of these may be done twice and counts once."""

from primum.actions import monitoring, sustain_gates
from primum.actions.gates import SYSTEM
from primum.actions.monitoring import Ticked
from primum.integrations import orchestrator
from primum.roadmap.stages import Stage
from tasks.entrance import at_work, now
from tasks.patience import patient
from tasks.promotion import engine_of


@patient(minutes=30)
def let_monitors_read() -> Ticked:
    """Let every monitor read that is due, and do what its alarms lead to."""
    with at_work() as workplace:
        return monitoring.watch(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def say_which_monitors_are_silent() -> tuple[str, ...]:
    """Raise an alarm for monitors that did not read although they were due; asked by another flow than the tick."""
    with at_work() as workplace:
        return monitoring.say_who_is_silent(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def walk_back_what_failed() -> tuple[str, ...]:
    """Walk exposure back where the review of a rollout in use failed."""
    with at_work() as workplace:
        return sustain_gates.walk_back_failed(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def end_approvals_that_ran_out() -> tuple[str, ...]:
    """Hold, and later end, what is exposed on an approval that nobody renewed."""
    with at_work() as workplace:
        return sustain_gates.end_expired(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def begin_reviews_that_are_due() -> tuple[str, ...]:
    """Begin the stage sustain again where its calendar or something that happened asks for it; once for each cause."""
    with at_work() as workplace:
        return tuple(
            orchestrator.start_stage(
                stage=Stage.SUSTAIN,
                rollout=one.rollout,
                requested_by=one.requested_by,
                cause=one.cause,
                api_url=engine_of(workplace),
            )
            for one in sustain_gates.due(at=now(), workplace=workplace)
        )
