"""Look-backs: how far the worklists are, in counts alone; the worklists stay where the data are (P9)."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from primum.actions.look_back import states
from primum.web.api.callers import Reads
from primum.web.api.shapes import Limit, Offset, Page, Shape, paged

router = APIRouter(tags=["guidelines"])


class LookBackShape(Shape):
    """How a look-back stands; a count is null where it is too small to show."""

    id: str
    rollout: str
    old: str = Field(description="The version whose advice is looked back at.")
    new: str
    evidence: str
    counts: dict[str, Any] = Field(description="Labels that change, in all and by group.")
    listed: int | None
    done: int | None
    left: int | None
    complete: bool
    words: str = Field(description="Where it stands, in a sentence.")
    made_at: datetime
    worked_on_at: datetime | None


@router.get("/look-backs")
def look_backs(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[LookBackShape]:
    """List the look-backs of your rollouts, the newest first."""
    with caller.workplace.ledger.reading() as session:
        found = states(session, rollouts=caller.rollouts)
    told = [{name: getattr(one, name) for name in LookBackShape.model_fields} for one in reversed(found)]
    return paged(LookBackShape, told, limit=limit, offset=offset)
