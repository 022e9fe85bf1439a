"""Gates: what they rest on, what stands between them and a promotion, voting, applying."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from primum.actions import explaining, projection, promotion, voting
from primum.actions.inbox import submission_of
from primum.actions.reporting import gate_report
from primum.actions.submission import Submission
from primum.actions.voting import Ballot, CannotVote, Conditions, ContingencyAsked
from primum.integrations.tracking import TrackingUnreachable
from primum.ledger import reading
from primum.ledger.tables import Gate
from primum.roadmap.gates import GateState
from primum.web.api.callers import CHANNEL, Reads, Signs
from primum.web.api.gate_shapes import (
    Applied,
    ConditionShape,
    Explanation,
    GateLineShape,
    GateShape,
    VoteAsked,
    Voted,
    gate_shape,
)
from primum.web.api.shapes import PROBLEM, Id, Limit, Named, Offset, Page, Problem, paged
from primum.web.console.readers import Reader
from primum.web.desk import AtDesk, Desk

router = APIRouter(prefix="/gates", tags=["gates"])


@router.get("")
def gates(
    caller: Reads,
    rollout: Annotated[Named | None, Query(description="Only of this rollout.")] = None,
    state: Annotated[GateState | None, Query(description="Only in this state.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[GateLineShape]:
    """List the gates you may read, the newest first."""
    with caller.workplace.ledger.reading() as session:
        rows = [one for one in reading.gates(session, rollout=rollout) if one.rollout in caller.rollouts]
    lines = [
        {name: getattr(row, "id" if name == "gate" else name) for name in GateLineShape.model_fields}
        for row in reversed(rows)
        if state is None or row.state == state
    ]
    return paged(GateLineShape, lines, limit=limit, offset=offset)


@router.get("/{gate}")
def gate(caller: Reads, gate: Id) -> GateShape:
    """Tell what a gate rests on, what was found, and who has signed."""
    row = caller.gate(gate)
    submission = caller.submission(row.rollout)
    report = gate_report(gate=row.id, submission=submission, workplace=caller.workplace, reader=caller.person)
    return gate_shape(report, smallest_cell=submission.policy.smallest_cell)


@router.get("/{gate}/explanation")
def explain(caller: Reads, gate: Id) -> Explanation:
    """Tell everything a promotion will ask, before anybody tries."""
    row = caller.gate(gate)
    submission = caller.submission(row.rollout)
    asked = explaining.explain(gate=row.id, submission=submission, at=caller.at, workplace=caller.workplace)
    return Explanation(holds=all(one.holds for one in asked), conditions=ConditionShape.each(asked))


@router.post("/{gate}/votes", status_code=201, response_model=Voted)
def vote(caller: Signs, desk: AtDesk, gate: Id, asked: VoteAsked) -> Voted | JSONResponse:
    """
    Sign a gate on your seat.

    The same vote sent twice is recorded once: the second is refused with 409, and `Idempotency-Key` changes nothing.
    A gate that wants a signature answers 409 with a `link` to the page where the person shows again who they are.
    """
    row, submission = _to_sign(gate, caller)
    ballot = ballot_of(asked, caller=caller)
    try:
        state = voting.vote(
            gate=row.id,
            ballot=ballot,
            submission=submission,
            person=caller.person,
            at=caller.at,
            workplace=caller.workplace,
        )
    except CannotVote as refused:
        if not voting.needs_step_up(gate=row.id, submission=submission):
            raise
        return _on_the_page(str(refused), row.id, ballot, submission, caller, desk)
    return Voted(gate=row.id, seat=asked.seat, answer=asked.answer, state=state)


def _to_sign(gate: str, caller: Reader) -> tuple[Gate, Submission]:
    """A gate and its files: also for one whose authority is over, who is told so by the vote itself."""
    with caller.workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        record = None if row is None else reading.rollout(session, rollout=row.rollout)
    if row is None or record is None:
        return caller.gate(gate), caller.submission(gate.partition(".")[0])
    if row.rollout not in caller.rollouts:
        submission = submission_of(record)
        if caller.person in {one.id for one in submission.people}:
            return row, submission
    return caller.gate(gate), caller.submission(row.rollout)


def _on_the_page(
    sentence: str, gate: str, ballot: Ballot, submission: Submission, caller: Reader, desk: Desk
) -> JSONResponse:
    """A token cannot show again who somebody is; what they mean to sign waits for them on the page."""
    intended = voting.intend(
        gate=gate,
        ballot=ballot,
        submission=submission,
        person=caller.person,
        at=caller.at,
        workplace=caller.workplace,
    )
    problem = Problem(
        title="Refused",
        status=HTTPStatus.CONFLICT,
        detail=sentence,
        link=desk.link(f"/sign/{intended.code}"),
        until=intended.expires_at,
    )
    return JSONResponse(problem.model_dump(mode="json"), status_code=HTTPStatus.CONFLICT, media_type=PROBLEM)


def ballot_of(asked: VoteAsked, *, caller: Reader) -> Ballot:
    """Return the ballot a request asks for."""
    left, limits = asked.contingency, asked.conditions
    return Ballot(
        role=asked.seat,
        answer=asked.answer,
        meaning=asked.meaning,
        reason=asked.reason,
        shown_digest=asked.digest,
        channel=CHANNEL,
        authentication=caller.method,
        authenticated_at=caller.authenticated_at,
        zone=asked.zone or caller.zone,
        contingency=ContingencyAsked(what=left.what, owner=left.owner, due_at=left.due_at) if left else None,
        conditions=Conditions(**limits.model_dump()) if limits else None,
        on_behalf_of=asked.on_behalf_of,
    )


@router.post("/{gate}/promotion")
def apply(caller: Signs, gate: Id) -> Applied:
    """Ask everything again and apply a granted gate; what does not hold is said and nothing changes."""
    row = caller.gate(gate)
    submission = caller.submission(row.rollout)
    submission.person(caller.person)
    done = promotion.apply(
        gate=row.id, submission=submission, person=caller.person, at=caller.at, workplace=caller.workplace
    )
    try:
        projection.project_alias(submission=submission, workplace=caller.workplace)
        in_mlflow = True
    except TrackingUnreachable:
        in_mlflow = False
    with caller.workplace.ledger.reading() as session:
        rollout = reading.rollout(session, rollout=row.rollout)
    return Applied(gate=row.id, promotion=done, stage=rollout.stage if rollout else "", in_mlflow=in_mlflow)
