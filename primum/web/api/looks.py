"""Interim looks: each caller is told what they may see, the monitoring board by arm."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from primum.actions.blinding import LooksView, LookView
from primum.actions.looks import CannotLook
from primum.web.api.callers import Reads
from primum.web.api.shapes import Id, Limit, Number, Offset, Page, Said, Shape, paged
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
