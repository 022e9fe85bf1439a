"""The first stage, up to its gate G1."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ids import PersonId, RolloutId
from primum.roadmap.stages import Stage
from tasks import evaluation, intake, publication, registration, seats


@flow(name="assess", persist_result=True, result_serializer="json")
def assess(rollout: RolloutId, requested_by: PersonId) -> State[str]:
    """Months 1 to 3: is it sound, fair and safe enough to be tried? Ends at gate G1."""
    if elsewhere := registration.why_not_begin(rollout=rollout, stage=Stage.ASSESS):
        return publication.not_begun(rollout=rollout, reason=elsewhere)
    submission = registration.read_again(rollout=rollout, stage=Stage.ASSESS, person=requested_by)
    tables, documents = intake.register_evidence(submission=submission, stage=Stage.ASSESS, person=requested_by)
    checks = intake.check_expectations(submission=submission, tables=tables)
    gate = evaluation.evaluate(
        submission=submission, tables=tables, documents=documents, checks=checks, person=requested_by
    )
    seats.ask(submission=submission, gate=gate, person=requested_by)
    return publication.end_of(publication.show(gate=gate))
