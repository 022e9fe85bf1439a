"""Suspending at once, asking the gate anew and agreeing to go on, setting a check aside."""

from fastapi import APIRouter

from primum.actions import reopening, resumption, suspension, tokens, waiving
from primum.actions.tokens import Scope
from primum.web.api.callers import CHANNEL, Signs, Stops, person_at
from primum.web.api.rollout_shapes import Agreed, ReasonAsked, Reopened, StopAsked, WaiverAsked
from primum.web.api.shapes import Done, Id
from primum.web.visitors import NotAllowed

router = APIRouter(prefix="/rollouts/{rollout}", tags=["stopping and going on"])


@router.post("/suspension")
def suspend(caller: Stops, rollout: Id, asked: StopAsked) -> Done:
    """Send a rollout back to standard care at once: one person, no quorum; twice gives the same suspension."""
    person = person_at(rollout, caller=caller)
    done = suspension.suspend(
        rollout=rollout,
        person=person,
        reason=asked.reason,
        at=caller.at,
        workplace=caller.workplace,
        harm=asked.harm,
    )
    return Done(id=done, sentence=f"{rollout} is suspended: standard care, no AI. Exposure is off.")


@router.post("/suspension/reopening")
def reopen(caller: Signs, rollout: Id) -> Reopened:
    """Evaluate anew the gate that let a stopped rollout in, and ask its seats; signatures before count no more."""
    caller.admit(rollout)
    ran = reopening.reopen(rollout=rollout, person=caller.person, at=caller.at, workplace=caller.workplace)
    return Reopened(gate=ran.gate, state=ran.state)


@router.post("/resumption")
def resume(caller: Signs, rollout: Id, asked: ReasonAsked) -> Agreed:
    """Agree that a suspended rollout goes on; the last of the people the policy asks for lifts the suspension."""
    caller.admit(rollout)
    agreed = resumption.agree(
        rollout=rollout,
        person=caller.person,
        reason=asked.reason,
        channel=CHANNEL,
        authentication=caller.method,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Agreed(
        suspension=agreed.suspension, agreed=len(agreed.people), needed=agreed.needed, lifted=agreed.is_lifted
    )


@router.post("/waivers", status_code=201)
def waive(caller: Signs, rollout: Id, asked: WaiverAsked) -> Done:
    """Set aside one overridable check for some days; the second person is known by a token of their own."""
    submission = caller.submission(rollout)
    second = tokens.present(secret=asked.second, at=caller.at, workplace=caller.workplace)
    if second is None or Scope.SIGN not in second.token.scopes:
        raise NotAllowed("The token of the second person is not one that may sign; nothing was set aside.")
    people = tuple(submission.person(one) for one in (caller.person, second.token.person))
    done = waiving.waive(
        check=asked.check,
        approvers=people,
        reason=asked.reason,
        days=asked.days,
        submission=submission,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=done, sentence=f"'{asked.check}' is waived for {asked.days} days; run the stage again.")
