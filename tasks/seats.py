"""Asking the people who must sign."""

from primum.actions import gates
from primum.actions.submission import Submission
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=5)
def ask(*, submission: Submission, gate: str, person: str) -> str:
    """Ask the seats of a gate that is ready; return the state of the gate."""
    with at_work() as workplace:
        return str(gates.ask_seats(gate=gate, submission=submission, person=person, at=now(), workplace=workplace))
