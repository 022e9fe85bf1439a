"""An output that was shown without leave: what kinds there are, and who reviews it (P4.6)."""

from datetime import datetime
from enum import StrEnum

from primum.roadmap.people import Person
from primum.roadmap.roles import Role
from primum.roadmap.seats import why_not_reason


class DeviationKind(StrEnum):
    """How an output came to be shown without an ``lmm`` answer."""

    UNASKED = "unasked"
    REFUSED = "refused"


MEANING = {
    DeviationKind.UNASKED: "shown without asking",
    DeviationKind.REFUSED: "shown although the answer was not `lmm`",
}


def why_not_review(*, person: Person, rollout: str, reviewed: bool, reason: str, at: datetime) -> str | None:
    """Return the one reason why somebody may not say that a deviation was looked into, if there is one."""
    if Role.SAFETY_OFFICER not in person.roles_at(rollout=rollout, at=at):
        return f"{person.name} is no safety officer of {rollout}; a deviation is reviewed by one."
    if reviewed:
        return "This deviation was reviewed already."
    return why_not_reason(reason)
