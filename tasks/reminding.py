"""Telling people that something waits for them; each of these may be done twice and is told once."""

from primum.actions import care_reminders, contingencies, digests, exposed_units, limits, regulator_clocks, reminders
from primum.actions.gates import SYSTEM
from primum.actions.reminders import Reminded
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=5)
def say_what_is_overdue() -> tuple[str, ...]:
    """Say which contingencies are overdue; they close the gate to every further promotion."""
    with at_work() as workplace:
        return contingencies.mark_overdue(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=5)
def end_exposures_that_are_over() -> tuple[str, ...]:
    """Write down that an approval's time is over and exposure is off."""
    with at_work() as workplace:
        return limits.end_exposures(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=10)
def remind_of_waiting_gates() -> Reminded:
    """Remind the people of every gate that waits, of what is due now."""
    with at_work() as workplace:
        return reminders.remind_due(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=10)
def ask_for_digests() -> tuple[str, ...]:
    """Ask for the digest of everybody whose morning it is."""
    with at_work() as workplace:
        return digests.ask_for_digests(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=10)
def tell_clocks_again() -> tuple[str, ...]:
    """Give clocks of regulators their end, where somebody has filled in and signed the numbers meanwhile."""
    with at_work() as workplace:
        return regulator_clocks.tell_again(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=10)
def remind_of_care() -> tuple[str, ...]:
    """Tell who is due now of reports that are owed, serious ones nobody confirmed, sites that stay silent."""
    with at_work() as workplace:
        return care_reminders.remind_of_care(at=now(), person=SYSTEM, workplace=workplace)


@patient(minutes=10)
def list_exposed_units() -> tuple[str, ...]:
    """List in the data plane whom a suspended release had reached, where it is not done yet."""
    with at_work() as workplace:
        return exposed_units.list_due(person=SYSTEM, at=now(), workplace=workplace)
