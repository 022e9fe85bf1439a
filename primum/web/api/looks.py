"""Interim looks: whether one is due, taking it, and what each caller may see of them, the monitoring board by arm."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from primum.actions.blinding import LooksView, LookView
from primum.actions.look_offers import look_offer
from primum.actions.looks import CannotLook, NothingToCount, take_look
from primum.roadmap.stages import GateName
from primum.web.api.callers import Reads, Signs
from primum.web.api.shapes import Asked, Id, Limit, Number, Offset, Page, Said, Shape, Words, paged
from primum.web.console.looks import looks_for

router = APIRouter(tags=["looks"])


class UnknownLook(CannotLook):
    """There is no such look at this rollout; the message is shown to the person."""


class ArmSeenShape(Shape):
    """One arm at a look; small groups are words."""

    name: str
    events: str
    n: str


class SafetySeenShape(Shape):
    """One safety boundary at a look."""

    name: str
    seen: Number
    boundary: Number = Field(description="Null where no number would stop here.")
    stops: bool
    arms: list[ArmSeenShape]


class EfficacyShape(Shape):
    """Efficacy and futility on the z scale, positive when the intervention is better."""

    z: Number
    boundary: Number
    futility: Number
    spent_before: Number
    spent: Number = Field(description="One-sided error spent so far.")
    value: Number = Field(description="The benefit as a difference of shares.")
    lower: Number = Field(description="Lower end of the repeated interval.")
    upper: Number
    repeated_p: Number
    conditional: Number = Field(description="Conditional power at the current trend.")
    predictive: Number


class PriceShape(Shape):
    """What a look that nobody planned cost."""

    spent: Number
    final_without: Number
    final_with: Number


class BoardSeenShape(Shape):
    """What the monitoring board sees of a look."""

    state: str
    sentence: str
    arms: list[ArmSeenShape]
    safety: list[SafetySeenShape]
    efficacy: EfficacyShape | None
    price: PriceShape | None


class LookShape(Shape):
    """One look."""

    id: str
    number: int | None = Field(description="Which planned look; null for one that nobody planned.")
    information: int = Field(description="Units of randomisation with a known outcome.")
    planned: int
    at: datetime
    by: str
    reason: Said
    told: str = Field(description="What the team is told it came to.")
    sentence: str
    sample_ratio: Number
    pooled: str = Field(description="The primary endpoint of all arms together; empty where it was not read.")
    suspension: str | None
    afterwards: bool
    board: BoardSeenShape | None = Field(description="Null for everybody but the monitoring board.")


class DueShape(Shape):
    """How much is known at the unit of randomisation, and where that stands in the plan; no arm was looked at."""

    number: int | None = Field(description="The look that is due; null if none is.")
    at: int | None = Field(description="At how many known outcomes it, or the next one, is planned.")
    information: int | None = Field(description="Known outcomes; null while too few to tell.")
    planned: int
    unit: str
    passed: list[int] = Field(description="Planned looks that the information overtook.")
    sentence: str
    late: str | None
    price: PriceShape | None = Field(description="What a look that nobody planned would cost now.")


class OfferShape(Shape):
    """A look as it is offered to you now."""

    due: DueShape | None = Field(description="Null where none may be taken of this rollout.")
    why_not: str = Field(description="The one reason why you may take none now; empty if you may.")
    asks_reason: bool = Field(description="Whether nobody planned it, so that it needs a reason and is charged.")


class LookAsked(Asked):
    """Take the look that is due; one that nobody planned needs a reason."""

    reason: Words = Field(default="", description="Why, for a look that nobody planned.")


class LookTakenShape(Shape):
    """A look that was taken, in the words of the team."""

    look: str
    rollout: str
    number: int | None
    told: str
    sentence: str
    suspension: str | None
    asks: GateName | None = Field(description="The gate that is asked for because of it.")
    new: bool = Field(description="False where the same data had their look before; nothing new was recorded.")


BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": LookTakenShape, "description": "These data had this look before; nothing new was recorded."}
}


@router.get("/rollouts/{rollout}/looks/due")
def due(caller: Reads, rollout: Id) -> OfferShape:
    """Tell whether a look is due, what it would cost, and why you may take none, if so."""
    submission = caller.submission(rollout)
    try:
        offer = look_offer(submission=submission, person=caller.person, at=caller.at, workplace=caller.workplace)
    except (CannotLook, NothingToCount) as refused:
        return OfferShape(due=None, why_not=str(refused), asks_reason=False)
    told = {name: getattr(offer.due, name) for name in DueShape.model_fields}
    return OfferShape(due=DueShape.model_validate(told), why_not=offer.why_not, asks_reason=offer.asks_reason)


@router.post("/rollouts/{rollout}/looks", status_code=201, responses=BEFORE)
def take(caller: Signs, rollout: Id, asked: LookAsked, answer: Response) -> LookTakenShape:
    """Take a look: the outcomes are read and cannot be unread. The same data have one look; again answers 200."""
    submission = caller.submission(rollout)
    taken = take_look(
        submission=submission,
        person=submission.person(caller.person).id,
        reason=asked.reason,
        at=caller.at,
        workplace=caller.workplace,
    )
    answer.status_code = 201 if taken.new else 200
    return LookTakenShape.model_validate({name: getattr(taken, name) for name in LookTakenShape.model_fields})


@router.get("/rollouts/{rollout}/looks")
def looks(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[LookShape]:
    """List the looks of a rollout as far as you may see them, the first one first."""
    view = looks_for(rollout, reader=caller)
    return paged(LookShape, [_told(one) for one in view.looks], limit=limit, offset=offset)


@router.get("/rollouts/{rollout}/looks/{look}")
def look(caller: Reads, rollout: Id, look: Id) -> LookShape:
    """Tell one look as far as you may see it."""
    return LookShape.model_validate(_told(_one(looks_for(rollout, reader=caller), look)))


def _one(view: LooksView, look: str) -> LookView:
    found = next((one for one in view.looks if one.id == look), None)
    if found is None:
        raise UnknownLook(f"There is no look '{look}' at {view.rollout}.")
    return found


def _told(one: LookView) -> dict[str, object]:
    told = {name: getattr(one, name) for name in LookShape.model_fields if name != "board"}
    board = one.board
    if board is None:
        return told | {"board": None}
    efficacy = None
    if board.efficacy is not None:
        efficacy = {name: board.efficacy[name] for name in EfficacyShape.model_fields}
    seen = {name: getattr(board, name) for name in ("state", "sentence", "arms", "safety", "price")}
    return told | {"board": BoardSeenShape.model_validate(seen | {"efficacy": efficacy})}
