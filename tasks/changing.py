"""The steps of a guideline change, one effect each; each may be done twice and says why it was refused, if so."""

from prefect.client.schemas.objects import State

from primum.actions import change_telling, change_turns
from primum.actions.gates import SYSTEM
from primum.integrations import orchestrator
from primum.integrations.orchestrator_pages import ended
from primum.roadmap.changes import Step
from tasks.entrance import at_work, now
from tasks.patience import patient
from tasks.promotion import engine_of


@patient(minutes=5)
def hold_against_the_plan(*, change: str, person: str) -> str:
    """Ask whether the change was foreseen; outside the plan the rollout goes back to a full gate."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.SCOPED, person=person, at=now(), workplace=workplace)


@patient(minutes=60)
def relabel(*, change: str, person: str) -> str:
    """Label the stored cases by the new rule, where they are."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.RELABELLED, person=person, at=now(), workplace=workplace)


@patient(minutes=8 * 24 * 60)
def retrain(*, change: str, person: str) -> str:
    """Let the hospital's own trainer make a challenger, within the limits it declares."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.RETRAINED, person=person, at=now(), workplace=workplace)


@patient(minutes=60)
def compare(*, change: str, person: str) -> str:
    """Compare the challenger with the model in use and ask the seats of gate GU."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.COMPARED, person=person, at=now(), workplace=workplace)


@patient(minutes=5)
def tell_every_site(*, change: str, person: str) -> str:
    """Tell every site of the changed release, once it is in use."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.TOLD, person=person, at=now(), workplace=workplace)


@patient(minutes=5)
def write_card(*, change: str, person: str) -> str:
    """Write the model card's version that names the guideline and who approved it."""
    with at_work() as workplace:
        return change_turns.take_turn(change=change, step=Step.CARD, person=person, at=now(), workplace=workplace)


@patient(minutes=5)
def what_it_waits_for(*, change: str) -> str:
    """Return the step that is missing now, in a sentence."""
    with at_work() as workplace:
        return change_turns.waits_for(change=change, workplace=workplace)


def end_of(*, change: str, waits_for: str) -> State[str]:
    """Return how a run ends: with the sentence that says what the change waits for."""
    return ended(name="waiting", message=waits_for, result=change)


@patient(minutes=5)
def begin_those_whose_turn_has_come() -> tuple[str, ...]:
    """Begin a run for every open change whose next step is a machine's, once for each step."""
    with at_work() as workplace:
        return tuple(
            orchestrator.start_change(
                change=one.change,
                rollout=one.rollout,
                requested_by=one.requested_by,
                cause=one.cause,
                api_url=engine_of(workplace),
            )
            for one in change_turns.due(workplace=workplace)
        )


@patient(minutes=10)
def see_to_silent_sites() -> tuple[str, ...]:
    """Escalate what a site did not acknowledge in time, and then send the rollout back to standard care."""
    with at_work() as workplace:
        return change_telling.see_to_silence(at=now(), person=SYSTEM, workplace=workplace)
