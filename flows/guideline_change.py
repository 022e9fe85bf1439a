"""What follows when a guideline changes, up to where a person is waited for."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ids import ChangeId, PersonId
from tasks import changing


@flow(name="guideline_change", persist_result=True, result_serializer="json")
def guideline_change(change: ChangeId, requested_by: PersonId) -> State[str]:
    """Take the steps whose turn has come: before the gate, and again after it is applied. Nobody is waited for here."""
    refused = (
        changing.hold_against_the_plan(change=change, person=requested_by)
        or changing.relabel(change=change, person=requested_by)
        or changing.retrain(change=change, person=requested_by)
        or changing.compare(change=change, person=requested_by)
        or changing.tell_every_site(change=change, person=requested_by)
        or changing.write_card(change=change, person=requested_by)
    )
    return changing.end_of(change=change, waits_for=refused or changing.what_it_waits_for(change=change))
