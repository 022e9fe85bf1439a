"""Outputs that were shown, held against what the point of care had answered."""

from prefect import flow

from tasks import deviating


@flow(name="reconcile_answers", persist_result=False)
def reconcile_answers() -> None:
    """Every night: record what was shown without leave, as a deviation and a safety event."""
    deviating.record_what_was_shown_without_leave()
