"""Looking at pilots when their information has reached a planned fraction, not when a calendar says so."""

from prefect import flow

from tasks import looking


@flow(name="look", persist_result=False)
def look() -> None:
    """Every hour: take the looks that are due, then begin the pilot's gate where a boundary asked for it."""
    looking.take_looks_that_are_due()
    looking.begin_gates_that_looks_ask_for()
