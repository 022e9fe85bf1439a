"""Deputies, declared interests, and what approvals left to be done."""

from fastapi import APIRouter

from primum.actions import conflicts, contingencies, delegation
from primum.web.api.callers import CHANNEL, Reads, Signs
from primum.web.api.rollout_shapes import DelegationAsked, NoteAsked, OpenContingencyShape, ReasonAsked, StandInShape
from primum.web.api.rollouts import report_of
from primum.web.api.shapes import Done, Id, Limit, Offset, Page, paged

router = APIRouter(prefix="/rollouts/{rollout}", tags=["deputies, interests, contingencies"])


@router.get("/delegations")
def delegations(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[StandInShape]:
    """List who stands in for whom, now or later."""
    return paged(StandInShape, report_of(rollout, caller=caller).stand_ins, limit=limit, offset=offset)


@router.post("/delegations", status_code=201)
def delegate(caller: Signs, rollout: Id, asked: DelegationAsked) -> Done:
    """Hand your seat to somebody who holds the same role, for a time; it is not handed on."""
    done = delegation.delegate(
        submission=caller.submission(rollout),
        person=caller.person,
        deputy=asked.deputy,
        role=asked.role,
        ends_at=asked.ends_at,
        starts_at=asked.starts_at,
        reason=asked.reason,
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=done, sentence=f"The seat {asked.role} is handed to {asked.deputy} until {asked.ends_at}.")


@router.post("/delegations/{delegation_id}/end")
def revoke(caller: Signs, rollout: Id, delegation_id: Id) -> Done:
    """End a delegation before its time: who made it, or the deputy."""
    delegation.revoke(
        delegation=delegation_id,
        submission=caller.submission(rollout),
        person=caller.person,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=delegation_id, sentence="The delegation is ended.")


@router.post("/conflicts", status_code=201)
def declare(caller: Signs, rollout: Id, asked: ReasonAsked) -> Done:
    """Declare a conflict of interest; from then on you sign nothing here, and what you signed counts no more."""
    done = conflicts.declare(
        submission=caller.submission(rollout),
        person=caller.person,
        reason=asked.reason,
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=done, sentence="Your interest is recorded; you are not asked to sign on this rollout.")


@router.post("/conflicts/end")
def withdraw(caller: Signs, rollout: Id) -> Done:
    """Withdraw your declared interest, since it is over."""
    conflicts.withdraw(
        submission=caller.submission(rollout), person=caller.person, at=caller.at, workplace=caller.workplace
    )
    return Done(id=caller.person, sentence="Your interest is withdrawn.")


@router.get("/contingencies")
def open_contingencies(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[OpenContingencyShape]:
    """List what approvals left to be done and is not closed."""
    return paged(OpenContingencyShape, report_of(rollout, caller=caller).contingencies, limit=limit, offset=offset)


@router.post("/contingencies/{contingency}/closing")
def close(caller: Signs, rollout: Id, contingency: Id, asked: NoteAsked) -> Done:
    """Say that a contingency is done: somebody of the role it was asked in, who does not own it."""
    contingencies.close(
        contingency=contingency,
        submission=caller.submission(rollout),
        person=caller.person,
        note=asked.note,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=contingency, sentence="Recorded as done.")
