"""The third stage, up to its gate G3."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ids import PersonId, RolloutId
from primum.roadmap.stages import Stage
from tasks import evaluation, intake, publication, registration, seats


@flow(name="scale", persist_result=True, result_serializer="json")
def scale(rollout: RolloutId, requested_by: PersonId) -> State[str]:
    """Months 10 to 18: more sites and wards, in waves. Ends at gate G3."""
    if elsewhere := registration.why_not_begin(rollout=rollout, stage=Stage.SCALE):
        return publication.not_begun(rollout=rollout, reason=elsewhere)
    submission = registration.read_again(rollout=rollout, stage=Stage.SCALE, person=requested_by)
    tables, documents = intake.register_evidence(submission=submission, stage=Stage.SCALE, person=requested_by)
    checks = intake.check_expectations(submission=submission, tables=tables)
    gate = evaluation.evaluate(
        submission=submission, tables=tables, documents=documents, checks=checks, person=requested_by
    )
    seats.ask(submission=submission, gate=gate, person=requested_by)
    return publication.end_of(publication.show(gate=gate))
